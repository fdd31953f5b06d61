"""One connector at each destination: the tables hold what the API had, after each of two runs."""

import json
from typing import Any

import pytest

from restsrc_dagster_tests.load.destinations.conftest import ALL, of_libraries
from restsrc_dagster_tests.load.destinations.places import Place, Row
from restsrc_dagster_tests.load.destinations.shop import ONE, TWO, Shop, resources, stored
from restsrc_dagster_tests.support.api import Api

pytestmark = of_libraries


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def customers_of(place: Place) -> list[Row]:
    """By the name that a destination makes of the one that is too long for some."""
    found = []
    for row in place.rows("customers"):
        (long,) = [key for key in row if key.startswith("a_field_")]
        assert len(long) <= place.longest
        assert row.pop(long) == row["id"]
        found.append(row)
    return in_order(found)


def nested(place: Place) -> dict[str, list[Any]]:
    names = {"tags": "value", "lines": "sku", "lines__deep": "x"}
    return {
        table: sorted(row[column] for row in place.rows(f"customers__{table}"))
        for table, column in names.items()
    }


def nested_of(customers: list[Row]) -> dict[str, list[Any]]:
    lines = [line for customer in customers for line in customer["lines"]]
    return {
        "tags": sorted(tag for customer in customers for tag in customer["tags"]),
        "lines": sorted(line["sku"] for line in lines),
        "lines__deep": sorted(deep["x"] for line in lines for deep in line["deep"]),
    }


@pytest.mark.parametrize("place", ALL, indirect=True)
def test_what_the_api_had_is_there_once_after_each_run(api: Api, place: Place) -> None:
    shop = Shop(api)
    acme = place.connector(api.url, resources(place))
    report = place.load(acme)
    assert not report.failed
    assert customers_of(place) == in_order(list(map(stored, ONE.values())))
    assert nested(place) == nested_of(list(ONE.values()))

    shop.edition = 1
    report = place.load(acme)
    assert not report.failed
    assert report.removed_rows == 0
    log = "append" in place.name
    known = [*ONE.values(), *TWO.values()] if log else list((ONE | TWO).values())
    assert customers_of(place) == in_order(list(map(stored, known)))
    assert nested(place) == nested_of(known)
    events = [{key: value for key, value in row.items() if key != "parts"} for row in shop.events]
    assert place.rows("events") == in_order(events)
    assert [row["value"] for row in place.rows("events__parts")] == [1, 2, 3, 4, 5]
    assert place.rows("countries") == [{"code": "ES"}, {"code": "IT"}]
    assert place.rows("countries__langs") == []
    whole = "files" in place.name
    kept = [] if whole else [{"id": 1, "v": 0}]
    assert place.rows("products") == [*kept, {"id": 2, "v": 1}, {"id": 3, "v": 1}]
    for table in [name for name in ("notes", "visits") if name in acme.resources]:
        assert place.rows(table) == in_order(children(place, table))


def children(place: Place, table: str) -> list[Row]:
    """After the second run, in which those of 1 were not asked for, if there was a cursor."""
    old = [{"_customers_id": c, "n": n, "t": f"0.{n}"} for c in (1, 2, 3) for n in (0, 1)]
    new = [{"_customers_id": c, "n": 0, "t": "1.0"} for c in (2, 3, 4)]
    match place.name:
        case "files, replace":
            return [{**row, "_customers_id": c} for row in new[:1] for c in (1, 2, 3, 4)]
        case "files, append":
            # 3 comes again as it is at the cursor, and is no new version.
            return [*old, *(row for row in new if row["_customers_id"] != 3)]
    again = [row for row in old if row["_customers_id"] == 1]
    if table == "visits":  # by their own key: the API does not list 1 any more, but it is kept
        again = [row for row in old if row["_customers_id"] == 1 or row["n"] == 1]
    return [*again, *new]
