"""Fields that change their type, fields that become one column, and what a contract makes of it."""

import logging
from typing import Any

import pytest

from restsrc_dagster.errors import ReadError
from restsrc_dagster_tests.load.surprising import Listing, types
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items

V = "SELECT v FROM acme.items"


class TestNumbers:
    """Of one field become one column."""

    @pytest.mark.parametrize("pages", [([1, 1.5],), ([1], [1.5]), ([1.5], [1])], ids=str)
    def test_whole_ones_and_fractions(self, api: Api, warehouse: Warehouse, pages: Any) -> None:
        report = Listing(api, warehouse).load(*([{"v": one} for one in page] for page in pages))
        assert types(report) == {"v": "double"}
        assert warehouse.values(V) == [1, 1.5]
        assert report.warnings == []

    def test_in_objects_and_lists(self, api: Api, warehouse: Warehouse) -> None:
        record = {"o": {"p": 1, "l": [1, 1.5]}, "m": [{"q": 1}], "n": [[1], [1.5]]}
        later = {"o": {"p": 1.5}, "m": [{"q": 1.5}, {"q": 2}]}
        report = Listing(api, warehouse).load([record], [later])
        assert types(report) == {"o__p": "double"}
        for table, column, found in [
            ("items", "o__p", [1, 1.5]),
            ("items__o__l", "value", [1, 1.5]),
            ("items__m", "q", [1, 1.5, 2]),
            ("items__n__list", "value", [1, 1.5]),
        ]:
            assert warehouse.values(f"SELECT {column} FROM acme.{table}") == found
        assert report.warnings == []

    def test_beside_hints_of_the_person(self, api: Api, duck: Warehouse) -> None:
        hints = {"m": {"columns": {"r": {"data_type": "text"}}}}
        columns = [{"name": "w", "data_type": "text"}]
        listing = Listing(api, duck, nested_hints=hints, columns=columns)
        report = listing.load([{"w": 1, "v": 1, "m": [{"q": 1, "r": 1}, {"q": 1.5, "r": 1.5}]}])
        assert types(report)["w"] == "text"
        assert duck.rows("SELECT q, r FROM acme.items__m") == [(1.0, "1"), (1.5, "1.5")]

    def test_a_parents_types_are_not_those_of_its_children(self, api: Api, duck: Warehouse) -> None:
        api.routes["/items"] = lambda _: {"data": [{"id": 1, "v": 1}, {"id": 2, "v": 1.5}]}
        api.routes |= {f"/items/{n}": lambda _: {"data": [{"v": "text"}]} for n in (1, 2)}
        children = items("children", path="items/{resources.items.id}")
        report = duck.load(duck.connector(api.url, [items(), children]))
        assert types(report.resources["items"])["v"] == "double"
        assert types(report.resources["children"]) == {"v": "text"}

    def test_of_a_later_run_are_apart_and_told(self, api: Api, warehouse: Warehouse) -> None:
        listing = Listing(api, warehouse, write_disposition="append")
        listing.load([{"v": 1, "l": [{"q": 1}]}])
        report = listing.load([{"v": 1.5, "l": [{"q": 1.5}]}])
        told = (
            "the values of v that are no bigint are in a column of their own, v__v_double (double)"
            '; for one column give it a type, "columns": {"v": {"data_type": "double"}}, and read '
            "the resource again with full_refresh"
        )
        nested = (
            "the values of l.q that are no bigint are in a column of their own, q__v_double "
            '(double); for one column give it a type, "nested_hints": {"l": {"columns": {"q": '
            '{"data_type": "double"}}}}, and read the resource again with full_refresh'
        )
        assert report.warnings == [told, nested]
        assert report.changes.new_columns == ("v__v_double", "l.q__v_double")
        assert listing.load([{"v": 2}]).warnings == [told, nested], "as long as they are apart"
        cure = {
            "columns": {"v": {"data_type": "double"}},
            "nested_hints": {"l": {"columns": {"q": {"data_type": "double"}}}},
        }
        report = listing.load([{"v": 1, "l": [{"q": 1.5}]}, {"v": 1.5}], refresh=True, **cure)
        assert report.warnings == []
        assert warehouse.values(V) == [1, 1.5]
        assert listing.load([{"v": 2.5}], **cure).warnings == []

    def test_a_variant_that_has_a_hint_is_meant(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck, write_disposition="append")
        listing.load([{"v": 1}])
        assert len(listing.load([{"v": 1.5}]).warnings) == 1
        columns = {"v__v_double": {"data_type": "double"}}
        assert listing.load([{"v": 2.5}], columns=columns).warnings == []
        assert duck.values("SELECT v__v_double FROM acme.items WHERE v IS NULL") == [1.5, 2.5]

    def test_among_truth_values_are_told(self, api: Api, duck: Warehouse) -> None:
        (warning,) = Listing(api, duck).load([{"v": True}], [{"v": 5}]).warnings
        assert warning.startswith("the field v is true or false in some records and a number in")


@pytest.mark.parametrize(
    ("first", "then", "variant"),
    [
        ("2024-01-01T00:00:00Z", "n/a", "v__v_text"),
        (1, "n/a", "v__v_text"),
        (True, "maybe", "v__v_text"),
    ],
)
def test_texts_among_others_are_apart_and_told(
    api: Api, warehouse: Warehouse, first: Any, then: Any, variant: str
) -> None:
    report = Listing(api, warehouse).load([{"v": first}, {"v": then}])
    (warning,) = report.warnings
    assert f"in a column of their own, {variant} (text)" in warning
    assert warehouse.values(f"SELECT {variant} FROM acme.items WHERE v IS NULL") == [then]


@pytest.mark.parametrize(
    ("values", "query", "found"),
    [
        (["a", {"x": 1}], "SELECT COALESCE(v, CAST(v__x AS VARCHAR)) FROM acme.items", ["1", "a"]),
        ([{"x": 1}, [2]], "SELECT v__x FROM acme.items WHERE v__x IS NOT NULL", [1]),
        ([{"x": 1}, [2]], "SELECT value FROM acme.items__v", [2]),
        ([[1], 2], "SELECT v FROM acme.items WHERE v IS NOT NULL", [2]),
        ([[1], 2], "SELECT value FROM acme.items__v", [1]),
    ],
    ids=str,
)
def test_objects_lists_and_scalars_have_places_of_their_own(
    api: Api, warehouse: Warehouse, values: list[Any], query: str, found: list[Any]
) -> None:
    report = Listing(api, warehouse).load(*([{"v": value}] for value in values))
    assert warehouse.values(query) == found
    assert report.warnings == []


def test_new_columns_of_a_table_that_is_there(api: Api, duck: Warehouse) -> None:
    listing = Listing(api, duck)
    assert listing.load([{"a": 1, "l": [{"b": 1}]}]).changes.new_columns == ()
    report = listing.load([{"a": 1, "c": {"d": 1}, "l": [{"b": 1, "e": 1}], "m": [1]}])
    assert report.changes.new_columns == ("c__d", "l.e")
    assert report.warnings == []
    assert listing.load([{"a": 1}]).changes.new_columns == ()


class TestOneColumnOfTwoFields:
    @pytest.mark.parametrize(
        ("record", "first", "second", "column"),
        [
            ({"userId": 1, "user_id": 2}, "userId", "user_id", "user_id"),
            ({"userId": 1, "user_id": None}, "userId", "user_id", "user_id"),
            ({"a": {"b": 1}, "a__b": 2}, "a.b", "a__b", "a__b"),
            ({"a__b": 2, "a": {"b": 1}}, "a__b", "a.b", "a__b"),
            ({"o": {"X": 1, "x": 2}}, "o.X", "o.x", "o__x"),
            ({"l": [{"y": 1}, {"X": 1, "x": 2}]}, "l.X", "l.x", "x"),
            ({"Tags": [1], "tags": [2]}, "Tags", "tags", "tags"),
        ],
        ids=str,
    )
    def test_is_told(
        self, api: Api, duck: Warehouse, record: Any, first: str, second: str, column: str
    ) -> None:
        listing = Listing(api, duck)
        with pytest.raises(ReadError) as error:
            listing.load([{"id": 1}], [record])
        assert str(error.value) == (
            f"items: the fields {first!r} and {second!r} of one record differ and become one "
            f"column, {column}: one would be lost. Leave one of them out: "
            f'"processing_steps": [{{"map": {{"exclude": ["{second}"]}}}}]'
        )
        steps = [{"map": {"exclude": [second]}}]
        assert listing.load([{"id": 1}], [record], processing_steps=steps).rows_loaded == 2

    def test_is_found_in_each_record(self, api: Api, duck: Warehouse) -> None:
        with pytest.raises(ReadError, match="one would be lost"):
            Listing(api, duck).load([{"aB": 1, "a_b": 1}, {"aB": 1, "a_b": 2}])

    def test_that_say_the_same_is_no_harm(self, api: Api, duck: Warehouse) -> None:
        Listing(api, duck).load([{"userId": 1, "user_id": 1}, {"userId": 2}, {"user_id": 3}])
        assert duck.values("SELECT user_id FROM acme.items") == [1, 2, 3]

    def test_in_json_is_none(self, api: Api, duck: Warehouse) -> None:
        record = {"o": {"aB": 1, "a_b": 2}}
        for hints in ({"columns": {"o": {"data_type": "json"}}}, {"max_table_nesting": 0}):
            assert Listing(api, duck, **hints).load([record], refresh=True).rows_loaded == 1


SECRET = "somebody@example.com"
FIRST = [{"id": 71, "v": 1, "l": [1]}]
LATER = [{"id": 72, "v": SECRET}, {"id": 73, "v": 3, "w": SECRET}, {"id": 74, "m": [1]}]
IDS = "SELECT id FROM acme.items"


class TestContract:
    """As dlt describes it, in words without data."""

    @pytest.mark.parametrize("primary_key", [{}, {"primary_key": "id"}], ids=["", "key"])
    @pytest.mark.parametrize(
        ("part", "told"),
        [
            (
                "columns",
                "items: schema_contract freezes columns, and a record has a new one, w, text; let "
                "columns evolve, or leave the field out with processing_steps",
            ),
            (
                "data_type",
                "items: schema_contract freezes data types, and a record has in v, which is "
                "bigint, another value, text; let data_type evolve, or change the field with "
                "processing_steps",
            ),
        ],
    )
    def test_freeze(
        self,
        api: Api,
        warehouse: Warehouse,
        caplog: pytest.LogCaptureFixture,
        part: str,
        told: str,
        primary_key: dict[str, str],
    ) -> None:
        listing = Listing(api, warehouse, schema_contract={part: "freeze"}, **primary_key)
        listing.load(FIRST)
        with pytest.raises(ReadError) as error, caplog.at_level(logging.DEBUG):
            listing.load(LATER if part == "data_type" else LATER[1:])
        assert str(error.value) == told
        assert warehouse.values(IDS) == [71]

    @pytest.mark.parametrize("contract", ["freeze", {"tables": "freeze"}], ids=str)
    def test_freeze_of_tables(self, api: Api, duck: Warehouse, contract: Any) -> None:
        listing = Listing(api, duck)
        with pytest.raises(ReadError) as error:
            listing.load(FIRST, schema_contract=contract)
        assert str(error.value) == (
            "items: schema_contract freezes tables, and there is no table items yet; let tables be "
            'made, {"tables": "evolve", "columns": "freeze", "data_type": "freeze"}, or leave out '
            "the field that needs one"
        )
        listing.load(FIRST)
        with pytest.raises(ReadError, match="no table items__m yet"):
            listing.load(LATER[2:], schema_contract=contract)

    def test_freeze_of_columns_holds_for_numbers_too(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck, schema_contract={"columns": "freeze"})
        listing.load(FIRST)
        with pytest.raises(ReadError, match="has a new one, n"):
            listing.load([{"id": 1, "n": 1}, {"id": 2, "n": 1.5}])

    @pytest.mark.parametrize("part", ["columns", "data_type", "tables"])
    def test_evolve(self, api: Api, duck: Warehouse, part: str) -> None:
        listing = Listing(api, duck, schema_contract={part: "evolve"}, write_disposition="append")
        listing.load(FIRST)
        listing.load(LATER)
        assert duck.values(IDS) == [71, 72, 73, 74]
        assert duck.values("SELECT v__v_text FROM acme.items WHERE id = 72") == [SECRET]

    @pytest.mark.parametrize(
        ("contract", "ids", "discarded"),
        [
            ({"columns": "discard_row"}, [71, 72, 74], ("w",)),
            ({"data_type": "discard_row"}, [71, 73, 74], ()),
            ({"columns": "discard_value"}, [71, 72, 73, 74], ("w",)),
            ({"data_type": "discard_value"}, [71, 72, 73, 74], ()),
            ({"tables": "discard_row"}, [71, 72, 73, 74], ("m.value",)),
            ("discard_value", [71, 72, 73, 74], ("w", "m.value")),
        ],
        ids=str,
    )
    def test_discard(
        self, api: Api, warehouse: Warehouse, contract: Any, ids: list[int], discarded: Any
    ) -> None:
        listing = Listing(api, warehouse, write_disposition="append")
        listing.load(FIRST)
        report = listing.load(LATER, schema_contract=contract)
        assert warehouse.values(IDS) == ids
        assert report.discarded == 4 - len(ids)
        assert sorted(report.changes.discarded) == sorted(discarded)
        told = ["1 records were discarded by schema_contract"] if report.discarded else []
        assert [one for one in report.warnings if "contract" in one] == told

    def test_of_the_defaults(self, api: Api, duck: Warehouse) -> None:
        api.routes["/items"] = lambda _: {"data": FIRST}
        acme = duck.connector(api.url, [items()])
        acme.configuration["resource_defaults"] = {"schema_contract": {"columns": "freeze"}}
        duck.load(acme)
        api.routes["/items"] = lambda _: {"data": LATER[1:]}
        assert "freezes columns" in duck.failure(acme)


def test_a_row_that_the_database_refuses_is_not_shown(
    api: Api, elephant: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    listing = Listing(api, elephant, write_disposition="append")
    listing.load([{"id": 1, "v": "a"}])
    elephant.execute("ALTER TABLE acme.items ADD CHECK (v <> 'somebody@example.com')")
    with pytest.raises(ReadError) as error, caplog.at_level(logging.DEBUG):
        listing.load([{"id": 2, "v": SECRET}])
    assert SECRET not in str(error.value)
    assert "violates check constraint" in str(error.value)
