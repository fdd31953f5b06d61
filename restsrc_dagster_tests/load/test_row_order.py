"""`row_order` and `end_value`: believed as far as they are seen, compared as what they mean."""

from typing import Any

import pytest

from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items

LINKED = {"type": "json_link", "next_url_path": "next"}


class Listing:
    """Records as they stand, some a page; what is older than the start may be among them."""

    def __init__(self, api: Api, size: int) -> None:
        self.records: list[dict[str, Any]] = []
        self.pages = 0
        self._size = size
        api.routes["/items"] = self._page

    def _page(self, asked: Asked) -> Any:
        self.pages += 1
        number, size = int(asked.params.get("page", 1)), self._size
        more = {"next": f"/items?page={number + 1}"} if self.records[number * size :] else {}
        return {"data": self.records[(number - 1) * size : number * size], **more}


def resource(**cursor: Any) -> dict[str, Any]:
    incremental = {"cursor_path": "at", "initial_value": 0, **cursor}
    return {**items(incremental=incremental, paginator=LINKED), "primary_key": "id"}


def of(*ticks: int) -> list[dict[str, Any]]:
    return [{"id": tick, "at": tick} for tick in ticks]


SIZES = pytest.mark.parametrize("size", [1, 5, 100], ids="{} a page".format)


@SIZES
def test_a_pinned_record_ends_no_list(api: Api, duck: Warehouse, size: int) -> None:
    listing = Listing(api, size)
    acme = duck.connector(api.url, [resource(row_order="desc")])
    listing.records = of(*range(5, 0, -1))
    duck.load(acme)
    listing.records = [{"id": 0, "at": 1}, *of(*range(11, 0, -1))]
    duck.load(acme)
    assert duck.values("SELECT id FROM acme.items WHERE id > 0") == list(range(1, 12))


@SIZES
def test_desc_is_written_for_a_list_that_ascends(api: Api, duck: Warehouse, size: int) -> None:
    listing = Listing(api, size)
    acme = duck.connector(api.url, [resource(row_order="desc")])
    listing.records = of(*range(1, 7))
    duck.load(acme)
    listing.records = of(*range(1, 11))
    report = duck.load(acme).resources["items"]
    assert duck.values("SELECT id FROM acme.items") == list(range(1, 11))
    assert any("row_order is desc, but" in one for one in report.warnings)


@SIZES
def test_asc_up_to_an_end(api: Api, duck: Warehouse, size: int) -> None:
    listing = Listing(api, size)
    listing.records = of(1, 2, 90, 3, 4, 5)
    acme = duck.connector(api.url, [resource(row_order="asc", end_value=50)])
    report = duck.load(acme).resources["items"]
    assert duck.values("SELECT id FROM acme.items") == [1, 2, 3, 4, 5]
    assert any("row_order is asc, but" in one for one in report.warnings)


def test_a_list_that_keeps_its_order_is_left_early(api: Api, duck: Warehouse) -> None:
    listing = Listing(api, 10)
    acme = duck.connector(api.url, [resource(row_order="desc")], http={"max_concurrency": 1})
    listing.records = of(*range(1000, 0, -1))
    duck.load(acme)
    listing.pages = 0
    listing.records = of(*range(1003, 0, -1))
    assert not duck.load(acme).resources["items"].warnings
    assert listing.pages <= 7
    assert len(duck.values("SELECT id FROM acme.items")) == 1003


@pytest.mark.parametrize(
    ("at", "end", "within"),
    [
        ("2024-01-31T23:00:00Z", "2024-02-01T00:00:00-05:00", True),
        ("2024-02-01T04:59:59Z", "2024-02-01T00:00:00-05:00", True),
        ("2024-02-01T05:00:00Z", "2024-02-01T00:00:00-05:00", False),
        ("2024-02-01T01:00:00+02:00", "2024-02-01T00:00:00Z", True),
        ("2024-01-31T23:00:00-02:00", "2024-02-01T00:00:00Z", False),
        ("2024-02-01T00:00:00.000Z", "2024-02-01T00:00:00Z", False),
        ("2024-01-31T23:59:59.999Z", "2024-02-01T00:00:00Z", True),
        ("9", "10", True),
        ("10", "9", False),
        ("Wed, 31 Jan 2024 23:00:00 GMT", "2024-02-01T00:00:00Z", True),
    ],
)
def test_an_end_means_a_point_in_time(
    api: Api, duck: Warehouse, at: str, end: str, within: bool
) -> None:
    listing = Listing(api, 10)
    first = "1" if end.isdigit() else "2020-01-01T00:00:00Z"
    listing.records = [{"id": 1, "at": at}]
    acme = duck.connector(api.url, [resource(initial_value=first, end_value=end)])
    duck.load(acme)
    if within:
        assert duck.values("SELECT id FROM acme.items") == [1]
    else:
        with pytest.raises(Exception, match="items"):
            duck.values("SELECT id FROM acme.items")


@pytest.mark.parametrize("commit", [500_000, 2], ids=["at once", "in chunks"])
def test_an_end_that_is_taken_away_again(api: Api, duck: Warehouse, commit: int) -> None:
    object.__setattr__(duck.settings, "commit_after_records", commit)
    numbered = {"type": "page_number", "base_page": 1, "total_path": None}
    records = of(*range(1, 9))
    api.routes["/items"] = lambda asked: {
        "data": records[2 * int(asked.params["page"]) - 2 : 2 * int(asked.params["page"])]
    }
    for end in ({"end_value": 6}, {}, {"end_value": 4}, {}):
        one = resource(**end)
        one["endpoint"]["paginator"] = numbered
        report = duck.load(duck.connector(api.url, [one]))
        assert not report.failed, report.failed
    assert duck.values("SELECT id FROM acme.items") == list(range(1, 9))


@pytest.mark.parametrize("nested", [False, True], ids=["flat", "nested"])
@pytest.mark.parametrize(
    "versions",
    [
        ["9", "10", "2"],
        ["Fri, 05 Jan 2024 10:00:00 GMT", "Mon, 08 Jan 2024 10:00:00 GMT"],
        ["2024-01-05T23:00:00-05:00", "2024-01-06T05:00:00+02:00", "2024-01-06T03:59:59Z"],
        ["2024-01-01T00:00:00.000000001Z", "2024-01-01T00:00:00.000000003Z"],
        ["2024-01-05T10:00:00Z", None],
    ],
    ids=["numbers", "mail", "offsets", "nanoseconds", "null"],
)
def test_the_newest_version_is_that_by_the_cursor(
    api: Api, warehouse: Warehouse, versions: list[Any], nested: bool
) -> None:
    newest = {"9": "10", "2024-01-05T23:00:00-05:00": "2024-01-05T23:00:00-05:00"}
    right = newest.get(versions[0]) or max(one for one in versions if one)
    if "Jan 2024" in str(versions[0]):
        right = versions[1]
    records: list[dict[str, Any]] = [{"id": 1, "v": f"is {at}"} for at in versions]
    for record, at in zip(records, versions, strict=True):
        record |= {"m": {"at": at}} if nested else {"at": at}
    api.routes["/items"] = lambda _: {"data": records[::-1] if nested else records}
    cursor = {"cursor_path": "m.at" if nested else "at", "on_cursor_value_missing": "include"}
    one = {**items(incremental=cursor), "primary_key": "id"}
    hints = {"max_table_nesting": 0} if nested else {}
    assert not warehouse.load(warehouse.connector(api.url, [{**one, **hints}])).failed
    assert warehouse.values("SELECT v FROM acme.items") == [f"is {right}"]
