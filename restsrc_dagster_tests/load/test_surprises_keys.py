"""Keys that are missing, keys that come twice, and lists that move while they are read."""

from typing import Any

import pytest

from restsrc_dagster.errors import ReadError
from restsrc_dagster_tests.load.surprising import Listing
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items

ROWS = "SELECT id, v FROM acme.items"
UPSERT = {"disposition": "merge", "strategy": "upsert"}
SCD2 = {"disposition": "merge", "strategy": "scd2"}
A, B, C = ({"id": number, "v": text} for number, text in enumerate("abc", 1))


class TestMissing:
    @pytest.mark.parametrize(
        ("record", "found"),
        [({"x": 1}, "no"), ({"id": None}, "null as"), ({"id": [5]}, "a list as")],
        ids=["missing", "null", "list"],
    )
    @pytest.mark.parametrize(
        ("hints", "why"),
        [
            ({"primary_key": "id"}, "which primary_key names"),
            ({"primary_key": ["ID"]}, "which primary_key names"),
            ({"primary_key": "id", "write_disposition": "append"}, "which primary_key names"),
            ({"merge_key": "id", "write_disposition": "merge"}, "which merge_key names"),
            ({"columns": {"id": {"primary_key": True}}}, "which primary_key names"),
            ({"columns": {"id": {"nullable": False}}}, "which columns says is never empty"),
        ],
        ids=str,
    )
    def test_is_told(
        self, api: Api, duck: Warehouse, record: Any, found: str, hints: Any, why: str
    ) -> None:
        with pytest.raises(ReadError) as error:
            Listing(api, duck, **hints).load([{"id": 1}], [record])
        assert str(error.value) == (
            f"items: a record has {found} id, {why}; name a field that each record has, or keep "
            'such records out: "processing_steps": [{"filter": "…"}]'
        )

    def test_inside_an_object(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck, primary_key="o__id")
        listing.load([{"o": {"id": 1}}])
        for record in ({"o": {"id": None}}, {"o": {}}, {"o": None}, {}):
            with pytest.raises(ReadError, match="o__id, which primary_key names"):
                listing.load([{"o": {"id": 1}}, record])

    def test_a_step_may_keep_such_records_out(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck, primary_key="id", processing_steps=[{"filter": "id"}])
        listing.load([A, {"v": "none"}])
        assert duck.rows(ROWS) == [(1, "a")]


class TestVersions:
    """Of one record in one load."""

    @pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["oldest first", "newest first"])
    @pytest.mark.parametrize(
        ("path", "fields"),
        [
            ("at", lambda at: {"at": at}),
            ("updatedAt", lambda at: {"updatedAt": f"2024-01-0{at}T00:00:00Z"}),
            ("meta.changedAt", lambda at: {"meta": {"changedAt": at}}),
        ],
        ids=["plain", "camel", "nested"],
    )
    def test_a_cursor_says_which_is_newest(
        self, api: Api, warehouse: Warehouse, order: Any, path: str, fields: Any
    ) -> None:
        endpoint = {"incremental": {"cursor_path": path}}
        columns: Any = {}
        if path == "at":  # whatever else is said of the columns
            columns = {"columns": [{"name": "v", "data_type": "text"}]}
        listing = Listing(api, warehouse, primary_key="id", endpoint=endpoint, **columns)
        versions = [{"id": 1, "v": f"v{at}", **fields(at)} for at in order]
        report = listing.load(versions[:1], versions[1:])
        assert warehouse.rows(ROWS) == [(1, "v2")]
        assert report.warnings == []

    def test_the_persons_own_order_stays(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(
            api,
            duck,
            primary_key="id",
            endpoint={"incremental": {"cursor_path": "at"}},
            columns={"rank": {"dedup_sort": "asc"}},
        )
        listing.load(
            [{"id": 1, "at": 2, "rank": 2, "v": "b"}, {"id": 1, "at": 1, "rank": 1, "v": "a"}]
        )
        assert duck.rows(ROWS) == [(1, "a")]

    def test_without_a_cursor_are_told(self, api: Api, duck: Warehouse) -> None:
        report = Listing(api, duck, primary_key="id").load([A, {**A, "v": "A"}, B])
        assert duck.rows(ROWS) == [(1, "A"), (2, "b")]
        assert report.warnings == [
            "1 records have the primary key of another one, and differ from it: the key does not "
            "tell records apart, and the last one of each key stays"
        ]

    @pytest.mark.parametrize("pages", [[[A, {**A, "v": "A"}]], [[A], [B], [{**A, "v": "A"}]]])
    def test_an_upsert_would_keep_both(self, api: Api, warehouse: Warehouse, pages: Any) -> None:
        listing = Listing(api, warehouse, primary_key="id", write_disposition=UPSERT)
        with pytest.raises(ReadError) as error:
            listing.load(*pages)
        assert str(error.value) == (
            "items: two records have the same primary key and differ (id), and the strategy of the "
            'merge would keep both: name another key, or the strategy "delete-insert"'
        )

    def test_an_upsert_of_the_same_twice(self, api: Api, warehouse: Warehouse) -> None:
        listing = Listing(api, warehouse, primary_key="id", write_disposition=UPSERT)
        far = [[{"id": number, "v": "x"}] for number in range(4, 9)]
        report = listing.load([A], [A, B], [B, C], *far, [A, C])
        assert report.read.repeated == 4
        assert warehouse.rows(ROWS)[:4] == [(1, "a"), (2, "b"), (3, "c"), (4, "x")]
        listing.load([{**A, "v": "A"}])
        assert warehouse.rows(ROWS)[:2] == [(1, "A"), (2, "b")]


class TestMoving:
    """An insert at the front makes the last row of a page come again as the first of the next."""

    @pytest.mark.parametrize("disposition", ["replace", "append", SCD2], ids=str)
    def test_rows_that_come_again_are_loaded_once(
        self, api: Api, warehouse: Warehouse, disposition: Any
    ) -> None:
        listing = Listing(api, warehouse, primary_key="id", write_disposition=disposition)
        report = listing.load([A, B], [B, C])
        assert warehouse.rows(ROWS) == [(1, "a"), (2, "b"), (3, "c")]
        assert report.warnings == [
            "1 records came twice, and were loaded once: the list moved while it was read, or the "
            "pages that the API links to overlap"
        ]
        assert report.rows_loaded == 3

    def test_a_newer_version_is_kept_beside_the_older_one_and_told(
        self, api: Api, duck: Warehouse
    ) -> None:
        newer = {**B, "v": "B"}
        listing = Listing(api, duck, primary_key="id")
        report = listing.load([A, B], [newer, C], write_disposition="replace")
        assert duck.rows(ROWS) == [(1, "a"), (2, "B"), (2, "b"), (3, "c")]
        assert (report.read.repeated, report.read.ambiguous) == (0, 1)
        report = listing.load([A, B], [newer, C], write_disposition="append")
        assert sorted(set(duck.rows(ROWS))) == [(1, "a"), (2, "B"), (2, "b"), (3, "c")]
        assert (report.read.repeated, report.read.ambiguous) == (0, 1)

    def test_without_a_key_nothing_is_dropped(self, api: Api, duck: Warehouse) -> None:
        report = Listing(api, duck).load([A, B], [B, C])
        assert len(duck.rows(ROWS)) == 4
        assert report.warnings == []

    def test_keys_of_several_fields(self, api: Api, duck: Warehouse) -> None:
        rows = [{"o": {"a": 1}, "id": number, "v": "x"} for number in range(4)]
        key = {"primary_key": ["o__a", "id"], "write_disposition": "replace"}
        Listing(api, duck, **key).load(rows[:2], rows[1:3], rows[3:])
        assert [row[0] for row in duck.rows(ROWS)] == [0, 1, 2, 3]

    def test_another_parents_list_is_another_list(self, api: Api, duck: Warehouse) -> None:
        api.routes["/items"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
        api.routes |= {
            f"/items/{n}/tags": lambda _: {"data": [{"id": 7, "v": "t"}]} for n in (1, 2)
        }
        tags = items("tags", path="items/{resources.items.id}/tags")
        tags |= {"primary_key": "id", "write_disposition": "append"}
        duck.load(duck.connector(api.url, [items(), tags]))
        assert duck.rows("SELECT id, v FROM acme.tags") == [(7, "t"), (7, "t")]
