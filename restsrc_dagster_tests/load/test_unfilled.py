"""Fields that no record has any more, and hints on fields that no record has."""

from typing import Any

import pytest

from restsrc_dagster.load.tables.empty_columns import EXPECTED, EXPECTED_OF_SOME
from restsrc_dagster_tests.load.surprising import Listing
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api

GONE = (
    "no record has {} any more, which the table has been given so far: renamed or removed? The "
    "rows have nothing there now"
)
AMBIGUOUS = (
    "1 records have the primary key of another one, and differ from it: the key does not tell "
    "records apart, and the last one of each key stays"
)
BY_CURSOR = {"endpoint": {"incremental": {"cursor_path": "id"}}}


def records(count: int, first: int = 0, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": number, **fields} for number in range(first, first + count)]


class TestGone:
    """A field that the records had, and none has any more."""

    @pytest.mark.parametrize("left", [{"name": None}, {"full_name": "x"}], ids=str)
    @pytest.mark.parametrize("hints", [{}, {"primary_key": "id"}], ids=["replace", "merge"])
    def test_is_told_once(
        self, api: Api, warehouse: Warehouse, left: dict[str, Any], hints: Any
    ) -> None:
        listing = Listing(api, warehouse, **hints)
        listing.load(records(50, name="x", lines=[{"sku": "a"}]))
        report = listing.load(records(50, lines=[{"code": "a"}], **left))
        assert report.warnings == [GONE.format("name, lines.sku")]
        assert listing.load(records(50, lines=[{"code": "a"}], **left)).warnings == []

    @pytest.mark.parametrize("count", [EXPECTED - 1, EXPECTED])
    def test_of_a_few_records_is_chance(self, api: Api, duck: Warehouse, count: int) -> None:
        listing = Listing(api, duck)
        listing.load(records(50, name="x"))
        assert bool(listing.load(records(count)).warnings) == (count == EXPECTED)

    def test_that_few_records_had_is_chance(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck)
        listing.load([*records(1000, name=None), *records(5, 1000, name="x")])
        assert listing.load(records(1000)).warnings == []

    def test_that_one_record_still_has_is_not_gone(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck)
        listing.load(records(50, name="x"))
        assert listing.load(records(50), records(1, 50, name="x")).warnings == []

    @pytest.mark.parametrize("count", [EXPECTED_OF_SOME - 1, EXPECTED_OF_SOME])
    def test_below_a_cursor_many_records_must_lack_it(
        self, api: Api, warehouse: Warehouse, count: int
    ) -> None:
        """New records lack what is filled in later."""
        listing = Listing(api, warehouse, primary_key="id", **BY_CURSOR)
        listing.load(records(2000, closed_at="x"))
        found = listing.load(records(count, 2000)).warnings
        assert found == ([GONE.format("closed_at")] if count == EXPECTED_OF_SOME else [])

    @pytest.mark.parametrize(
        "hints",
        [
            {"columns": {"name": {"data_type": "text"}}},
            {"columns": {"Name": {"data_type": "text"}}},
        ],
        ids=str,
    )
    def test_a_column_with_a_type_of_the_files_may_have_been_empty_always(
        self, api: Api, duck: Warehouse, hints: Any
    ) -> None:
        listing = Listing(api, duck, **hints)
        for _ in range(2):
            assert listing.load(records(50)).warnings == []

    def test_values_of_another_type_are_not_gone(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck, columns={"v__v_text": {"data_type": "text"}})
        listing.load([*records(50, v=1), *records(50, 50, v="n/a")])
        assert listing.load(records(100, v=1)).warnings == []
        assert listing.load(records(100, v="n/a")).warnings == []

    def test_of_a_table_that_was_empty_nothing_is_told(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck)
        listing.load(records(50, name="x"))
        listing.load([])
        assert listing.load(records(50)).warnings == []

    def test_of_objects(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck)
        listing.load(records(50, address={"street": "x", "geo": {"lat": 1.5}}))
        report = listing.load(records(50, address={"street": "x"}))
        assert report.warnings == [GONE.format("address__geo__lat")]


class TestSortedBy:
    """A hint that says which version stays."""

    HINT = {"primary_key": "id", "columns": {"rev": {"dedup_sort": "desc"}}}  # noqa: RUF012
    TOLD = (
        "columns names dedup_sort for 'rev', which no record has: which of several versions stays "
        "is not decided by it"
    )

    def test_a_field_that_no_record_has_is_told(self, api: Api, warehouse: Warehouse) -> None:
        listing = Listing(api, warehouse, **self.HINT)
        versions = [{"id": 1, "version": 2, "v": "b"}, {"id": 1, "version": 1, "v": "a"}]
        report = listing.load(versions)
        assert set(report.warnings) == {self.TOLD, AMBIGUOUS}

    def test_so_is_one_that_was_renamed(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck, **self.HINT)
        versions = [{"id": 1, "rev": 1, "v": "a"}, {"id": 1, "rev": 2, "v": "b"}]
        assert listing.load(versions).warnings == []
        assert duck.values("SELECT v FROM acme.items") == ["b"]
        renamed = [{"id": one["id"], "revision": one["rev"], "v": one["v"]} for one in versions]
        assert set(listing.load(renamed).warnings) == {self.TOLD, AMBIGUOUS}
        null = [{**one, "rev": None} for one in versions]
        assert set(listing.load(null).warnings) == {self.TOLD, AMBIGUOUS}
        assert listing.load(versions).warnings == []

    def test_one_that_comes_late_is_there(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck, **self.HINT)
        report = listing.load([{"id": 1, "v": "a"}], [{"id": 2, "rev": 1, "v": "b"}])
        assert report.warnings == []

    def test_of_no_record_nothing_is_told(self, api: Api, duck: Warehouse) -> None:
        assert Listing(api, duck, **self.HINT).load([]).warnings == []

    def test_in_a_list(self, api: Api, duck: Warehouse) -> None:
        hints = {
            "nested_hints": {"l": {"primary_key": "k", "columns": {"rev": {"dedup_sort": "asc"}}}}
        }
        report = Listing(api, duck, **hints).load([{"id": 1, "l": [{"k": 1}]}])
        assert report.warnings == [self.TOLD.replace("'rev'", "'l.rev'")]


class TestDeletedBy:
    HINT = {"primary_key": "id", "columns": {"gone": {"hard_delete": True}}}  # noqa: RUF012
    TOLD = "columns names hard_delete for 'gone', which no record has: no row is deleted by it"

    def test_a_field_that_no_record_has_is_told(self, api: Api, warehouse: Warehouse) -> None:
        listing = Listing(api, warehouse, **self.HINT)
        assert listing.load(records(3)).warnings == [self.TOLD]
        assert listing.load(records(3, gone=None)).warnings == []
        assert listing.load(records(3, gone=False)).warnings == []
        listing.load(records(1, gone=True))
        assert warehouse.values("SELECT id FROM acme.items") == [1, 2]

    def test_below_a_cursor_it_may_come_with_what_is_deleted(
        self, api: Api, duck: Warehouse
    ) -> None:
        listing = Listing(api, duck, **self.HINT, **BY_CURSOR)
        assert listing.load(records(3)).warnings == [self.TOLD], "it has never come"
        listing.load(records(1, 2, gone=True))
        assert duck.values("SELECT id FROM acme.items") == [0, 1]
        assert listing.load(records(3, 5)).warnings == []

    def test_below_a_cursor_one_that_all_had_is_told(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck, **self.HINT, **BY_CURSOR)
        assert listing.load(records(3, gone=False)).warnings == []
        assert listing.load(records(3, 5)).warnings == [self.TOLD]
