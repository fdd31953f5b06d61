"""What MySQL does not take is told of the resource alone, and shows nobody's data."""

from contextlib import closing
from urllib.parse import urlsplit

import pytest

from restsrc_dagster_tests.load.destinations.conftest import of_libraries
from restsrc_dagster_tests.load.destinations.places import Place
from restsrc_dagster_tests.load.destinations.shop import COUNTRIES, CUSTOMERS, Shop
from restsrc_dagster_tests.support.api import Api

pytestmark = of_libraries


@pytest.fixture
def old_letters(place: Place, mariadb_url: str) -> None:
    """As databases have them that were made long ago."""
    import pymysql

    port = urlsplit(mariadb_url).port
    with closing(pymysql.connect(host="127.0.0.1", port=port, user="root")) as connection:
        for database in ("acme", "_staging_acme"):
            connection.cursor().execute(f"CREATE DATABASE {database} CHARACTER SET latin1")


@pytest.mark.parametrize("place", ["mariadb"], indirect=True)
def test_a_value_that_it_refuses(
    api: Api, place: Place, old_letters: None, caplog: pytest.LogCaptureFixture
) -> None:
    Shop(api)
    report = place.load(place.connector(api.url, [CUSTOMERS, COUNTRIES]))
    assert report.resources.keys() == {"countries"}
    told = str(report.failed["customers"])
    assert told.startswith("customers: the destination refuses rows of customers: ")
    assert "Incorrect string value" in told
    assert "Ada" not in told + caplog.text
    assert len(place.rows("countries")) == 3
