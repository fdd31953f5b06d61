"""What a destination cannot hold, or has no rows of."""

import pytest

from restsrc_dagster_tests.load.destinations.conftest import of_libraries
from restsrc_dagster_tests.load.destinations.places import Place
from restsrc_dagster_tests.load.destinations.shop import COUNTRIES, Shop
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items

pytestmark = of_libraries
MOST = {"sqlite": 2000, "mariadb": 1017}


@pytest.mark.parametrize("place", MOST, indirect=True)
def test_too_many_columns_fail_their_resource_alone(api: Api, place: Place) -> None:
    Shop(api)
    most = MOST[place.name]
    api.routes["/items"] = lambda _: {"data": [{f"c{n}": n for n in range(most + 1)}]}
    report = place.load(place.connector(api.url, [items(), COUNTRIES]))
    assert report.resources.keys() == {"countries"}
    assert f" takes {most}; " in str(report.failed["items"])
    assert len(place.rows("countries")) == 3


@pytest.mark.parametrize(
    "place", ["sqlite", "mariadb", "files, append", "delta", "iceberg"], indirect=True
)
def test_a_list_that_is_empty_empties_its_table(api: Api, place: Place) -> None:
    Shop(api)
    acme = place.connector(api.url, [COUNTRIES])
    place.load(acme)
    assert len(place.rows("countries")) == len(place.rows("countries__langs")) == 3
    api.routes["/countries"] = lambda _: {"data": []}
    place.load(acme)
    assert place.rows("countries") == place.rows("countries__langs") == []
