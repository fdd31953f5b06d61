"""What becomes of tables when the file, or the deployment, says otherwise how they are written."""

from pathlib import Path

import pytest

from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.destinations import places
from restsrc_dagster_tests.load.destinations.conftest import of_libraries
from restsrc_dagster_tests.load.destinations.places import Place
from restsrc_dagster_tests.load.destinations.shop import (
    COUNTRIES,
    CUSTOMERS,
    EVENTS,
    PRODUCTS,
    Shop,
)
from restsrc_dagster_tests.support.api import Api

pytestmark = of_libraries
IDS = [1, 2, 3]


def ids(place: Place) -> list[int]:
    return sorted(row["id"] for row in place.rows("customers"))


@pytest.mark.parametrize("place", ["delta", "iceberg"], indirect=True)
def test_files_that_get_a_format_are_read_anew(
    api: Api, settings: Settings, tmp_path: Path, place: Place
) -> None:
    shop, plain = Shop(api), places.files(settings, tmp_path / "bucket", "append")
    resources = [CUSTOMERS, EVENTS, COUNTRIES]
    plain.load(plain.connector(api.url, resources))
    acme = place.connector(api.url, resources)
    shop.edition = 1
    report = place.load(acme)
    assert report.resources.keys() == {"countries"} == report.refreshed
    assert str(report.failed["customers"]) == (
        f"customers: has tables of the format native, and is to have those of {place.name} now, in "
        "which all would be missing that is there; run it once with full_refresh, which empties "
        "its table and reads everything again"
    )
    assert place.rows("customers") == place.rows("events") == []
    assert [row["code"] for row in place.rows("countries")] == ["ES", "IT"]
    assert not place.load(acme, refresh=["customers", "events"]).failed
    assert ids(place) == [1, 2, 3, 4]
    assert len(place.rows("events")) == 5
    assert not list((tmp_path / "bucket" / "acme" / "customers").glob("*.jsonl*"))
    assert not place.load(acme).failed
    assert ids(place) == [1, 2, 3, 4]


@pytest.mark.parametrize("place", ["files, append"], indirect=True)
def test_a_log_that_is_to_be_replaced_is_read_as_a_whole(api: Api, place: Place) -> None:
    shop = Shop(api)
    place.load(place.connector(api.url, [CUSTOMERS, PRODUCTS]))
    shop.edition = 1
    place.load(place.connector(api.url, [CUSTOMERS, PRODUCTS]))
    assert ids(place) == [1, 2, 2, 3, 4]
    whole = place.with_(where_merge_is_impossible="replace")
    place.load(whole.connector(api.url, [CUSTOMERS, PRODUCTS]))
    assert ids(place) == [1, 2, 3, 4]


@pytest.mark.parametrize("place", ["files, replace"], indirect=True)
def test_what_was_replaced_becomes_a_log_from_its_beginning(api: Api, place: Place) -> None:
    shop = Shop(api)
    place.load(place.connector(api.url, [CUSTOMERS]))
    log = place.with_(where_merge_is_impossible="append").connector(api.url, [CUSTOMERS])
    told: list[str] = []
    place.load(log, told=told)
    assert ids(place) == IDS
    assert told == [
        "customers is appended, as filesystem cannot merge it: a record that has changed is one "
        "more row, and the newest one of a key counts",
        "customers: its table begins anew, as the file says it otherwise now",
    ]
    shop.edition = 1
    place.load(log)
    assert ids(place) == [1, 2, 2, 3, 4]


@pytest.mark.parametrize("place", ["delta"], indirect=True)
def test_what_was_merged_is_not_appended(
    api: Api, settings: Settings, tmp_path: Path, place: Place
) -> None:
    Shop(api)
    place.load(place.connector(api.url, [CUSTOMERS]))
    plain = places.files(settings, tmp_path / "bucket", "append")
    report = plain.load(plain.connector(api.url, [CUSTOMERS]))
    assert "has tables of the format delta" in str(report.failed["customers"])
    assert ids(place) == IDS


@pytest.mark.parametrize("place", ["files, append", "files, replace"], indirect=True)
def test_a_full_refresh(api: Api, place: Place) -> None:
    Shop(api)
    acme = place.connector(api.url, [CUSTOMERS])
    place.load(acme)
    place.load(acme, refresh=["customers"])
    assert ids(place) == IDS
