"""Values that JSON can hold and a table cannot."""

import json
from decimal import Decimal
from typing import Any

import pytest

from restsrc_dagster.errors import ReadError
from restsrc_dagster_tests.load.surprising import Listing, types
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items

V = "SELECT v FROM acme.items"
WIDE = 2**63
HUGE = 10**40


class TestWideIntegers:
    """Of more than 64 bits."""

    @pytest.mark.parametrize("wide", [WIDE, -WIDE - 1, 2**64, 10**28])
    def test_a_new_column_is_decimal(self, api: Api, warehouse: Warehouse, wide: int) -> None:
        report = Listing(api, warehouse).load([{"v": wide}])
        assert types(report) == {"v": "decimal"}
        assert warehouse.values(V) == [wide]

    @pytest.mark.parametrize("pages", [([{"v": 5}], [{"v": WIDE}]), ([{"v": WIDE}], [{"v": 5}])])
    def test_the_order_does_not_matter(self, api: Api, warehouse: Warehouse, pages: Any) -> None:
        Listing(api, warehouse).load(*pages)
        assert warehouse.values(V) == [5, WIDE]

    def test_more_digits_than_a_decimal_has_are_text(self, api: Api, warehouse: Warehouse) -> None:
        report = Listing(api, warehouse).load([{"v": 5}], [{"v": WIDE}], [{"v": HUGE}])
        assert types(report) == {"v": "text"}
        assert warehouse.values(V) == [str(HUGE), "5", str(WIDE)]

    def test_beside_fractions_they_are_text(self, api: Api, duck: Warehouse) -> None:
        Listing(api, duck).load([{"v": 0.1}, {"v": WIDE}])
        assert duck.values(V) == ["0.1", str(WIDE)]

    @pytest.mark.parametrize(
        ("kind", "value", "stored"),
        [
            ("text", HUGE, str(HUGE)),
            ("wei", 10**37, 10**37),
            ("decimal", WIDE, WIDE),
            ("double", HUGE, 1e40),
        ],
    )
    def test_a_hint_decides(
        self, api: Api, warehouse: Warehouse, kind: str, value: int, stored: Any
    ) -> None:
        columns = {"v": {"data_type": kind}}
        Listing(api, warehouse, columns=columns).load([{"v": value}])
        assert warehouse.values(V) == [stored]

    @pytest.mark.parametrize("kind", ["wei", "decimal", "bigint"])
    def test_a_hint_that_is_too_narrow_is_told(self, api: Api, duck: Warehouse, kind: str) -> None:
        listing = Listing(api, duck, columns={"v": {"data_type": kind}})
        with pytest.raises(ReadError) as error:
            listing.load([{"v": HUGE}])
        assert str(error.value) == (
            f"items: the field v holds an integer of 41 digits, and its column is {kind}; give it "
            'room, "columns": {"v": {"data_type": "text"}}'
        )

    def test_a_column_that_is_there_is_too_narrow_until_a_full_refresh(
        self, api: Api, warehouse: Warehouse
    ) -> None:
        listing = Listing(api, warehouse, write_disposition="append")
        listing.load([{"v": 5}])
        with pytest.raises(ReadError, match=r"its column is bigint.*again with full_refresh"):
            listing.load([{"v": WIDE}])
        hint = {"v": {"data_type": "text"}}
        with pytest.raises(ReadError, match="the column v of items is bigint, and columns says te"):
            listing.load([{"v": WIDE}], columns=hint)
        listing.load([{"v": 5}, {"v": WIDE}], columns=hint, refresh=True)
        listing.load([{"v": HUGE}], columns=hint)
        assert warehouse.values(V) == [str(HUGE), "5", str(WIDE)]

    @pytest.mark.parametrize(
        ("before", "now", "told"),
        [
            (("decimal", 12, 2), ("decimal", 12, 4), r"decimal\(12,2\), and columns says decimal"),
            (("decimal",), ("decimal", 12, 4), r"decimal, and columns says decimal\(12,4\)"),
            (("bigint", 16), ("bigint", 64), r"bigint\(16\), and columns says bigint\(64\)"),
            (("text", 3), ("text", 30), r"text\(3\), and columns says text\(30\)"),
            (("text",), ("text", 30), ""),
        ],
        ids=str,
    )
    def test_a_size_that_the_column_does_not_have_is_refused(
        self, api: Api, duck: Warehouse, before: Any, now: Any, told: str
    ) -> None:
        """A decimal would be rounded in silence, or the destination refuse it."""

        def sized(*size: Any) -> dict[str, Any]:
            return {"v": dict(zip(("data_type", "precision", "scale"), size, strict=False))}

        listing = Listing(api, duck)
        value = {"decimal": "1.25", "bigint": 5, "text": "abc"}[before[0]]
        listing.load([{"v": value}], columns=sized(*before))
        if told:
            with pytest.raises(ReadError, match=told):
                listing.load([{"v": value}], columns=sized(*now))
        listing.load([{"v": value}], columns=sized(*now), refresh=bool(told))
        listing.load([{"v": value}], columns=sized(*now))

    def test_in_objects_and_lists(self, api: Api, warehouse: Warehouse) -> None:
        record = {"o": {"w": WIDE}, "l": [1, WIDE], "m": [{"n": [2, WIDE]}, {"n": [HUGE]}]}
        Listing(api, warehouse).load([record])
        assert warehouse.values("SELECT o__w FROM acme.items") == [WIDE]
        assert warehouse.values("SELECT value FROM acme.items__l") == [1, WIDE]
        numbers = warehouse.values("SELECT value FROM acme.items__m__n")
        assert numbers == [str(HUGE), "2", str(WIDE)]

    def test_in_json_they_are_texts(self, api: Api, warehouse: Warehouse) -> None:
        listing = Listing(api, warehouse, max_table_nesting=0)
        listing.load([{"v": {"a": [HUGE, WIDE, 1]}}])
        (found,) = warehouse.values(V)
        found = json.loads(found) if isinstance(found, str) else found
        assert found == {"a": [str(HUGE), str(WIDE), 1]}

    def test_as_a_key(self, api: Api, warehouse: Warehouse) -> None:
        listing = Listing(api, warehouse, primary_key="id")
        for text in "ab":
            listing.load([{"id": WIDE, "v": text}, {"id": WIDE + 1, "v": text}])
        assert warehouse.rows("SELECT id, v FROM acme.items") == [
            (Decimal(WIDE), "b"),
            (Decimal(WIDE + 1), "b"),
        ]

    def test_64_bits_are_left_alone(self, api: Api, duck: Warehouse) -> None:
        report = Listing(api, duck).load([{"v": WIDE - 1}, {"v": -WIDE}, {"v": 0}])
        assert types(report) == {"v": "bigint"}


def test_a_number_beyond_all_doubles_is_null(api: Api, warehouse: Warehouse) -> None:
    page = '[{"id": 1, "v": 1e400}, {"id": 2, "v": NaN}, {"id": 3, "v": 1.5}]'
    Listing(api, warehouse).load(page)
    assert warehouse.rows("SELECT id FROM acme.items WHERE v IS NULL") == [(1,), (2,)]


class TestTexts:
    def test_nul_is_taken_out_and_told(self, api: Api, warehouse: Warehouse) -> None:
        record = {"v": "a\0b", "o": {"p": "\0"}, "l": ["c\0"]}
        report = Listing(api, warehouse).load([{"v": "fine"}], [record])
        assert warehouse.values(V) == ["ab", "fine"]
        assert warehouse.values("SELECT value FROM acme.items__l") == ["c"]
        assert "NUL characters, which a table cannot hold, were taken out of v" in report.warnings

    @pytest.mark.parametrize("cursor", [False, True])
    def test_half_a_character_is_replaced_and_told(
        self, api: Api, warehouse: Warehouse, cursor: bool
    ) -> None:
        endpoint = {"incremental": {"cursor_path": "at"}} if cursor else {}
        listing = Listing(api, warehouse, endpoint=endpoint)
        report = listing.load(
            r'[{"at": 1, "v": "a\ud800b", "\udfff": 1}, {"at": 2, "v": "\ud83d\ude00"}]'
        )
        assert warehouse.values(V) == ["a\ufffdb", "\U0001f600"]
        assert "halves of characters (lone surrogates) were replaced in v" in report.warnings

    def test_whole_characters_are_left_alone(self, api: Api, warehouse: Warehouse) -> None:
        report = Listing(api, warehouse).load(r'[{"v": "\ud83d\ude00 \\u0000 \u00e9"}]')
        assert warehouse.values(V) == ["\U0001f600 \\u0000 \u00e9"]
        assert report.warnings == []


class TestDepth:
    @pytest.mark.parametrize("levels", [4, 30])
    def test_lists_in_lists_are_loaded(self, api: Api, warehouse: Warehouse, levels: int) -> None:
        Listing(api, warehouse).load([{"id": 1, "v": _deep(levels)}])
        tables = warehouse.values(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'acme' AND NOT starts_with(table_name, '_dlt')"
        )
        assert len(tables) == levels + 1

    def test_a_field_that_cannot_be_written_is_told(self, api: Api, duck: Warehouse) -> None:
        listing = Listing(api, duck)
        with pytest.raises(ReadError) as error:
            listing.load([{"id": 1, "fine": [[1]], "v": _deep(300)}])
        assert str(error.value) == (
            "items: the field v holds objects and lists of more than 240 levels, which cannot be "
            'loaded; leave it out: "processing_steps": [{"map": {"exclude": ["v"]}}]'
        )
        steps = [{"map": {"exclude": ["v"]}}]
        listing.load([{"id": 1, "v": _deep(300)}], processing_steps=steps)
        assert duck.values("SELECT id FROM acme.items") == [1]

    def test_json_that_cannot_be_read_is_told_at_once(self, api: Api, duck: Warehouse) -> None:
        with pytest.raises(ReadError, match="JSON that is nested too deeply to be read"):
            Listing(api, duck).load("[" * 5000 + "]" * 5000)
        assert len(api.asked) == 1


class TestWidth:
    WIDE = {f"c{number}": number for number in range(2000)}  # noqa: RUF012 - never changed

    def test_of_2000_columns_on_duckdb(self, api: Api, duck: Warehouse) -> None:
        Listing(api, duck).load([self.WIDE])
        assert duck.values("SELECT c1999 FROM acme.items") == [1999]

    @pytest.mark.parametrize(
        "hints", [{}, {"schema_contract": "evolve"}], ids=["read", "normalized"]
    )
    def test_that_postgres_cannot_hold(
        self, api: Api, elephant: Warehouse, hints: dict[str, str]
    ) -> None:
        listing = Listing(api, elephant, **hints)
        with pytest.raises(ReadError) as error:
            listing.load([{"o": self.WIDE}])
        assert str(error.value) == (
            "items: the table items would have 2002 columns, and postgres takes 1600; keep objects "
            'whole with "max_table_nesting": 0, or leave fields out with processing_steps'
        )
        listing.load([{"o": self.WIDE}], max_table_nesting=0)
        assert elephant.values("SELECT (o->>'c1999')::int FROM acme.items") == [1999]

    @pytest.mark.parametrize(("where", "columns"), [("record", 2002), ("list", 2003)])
    def test_that_postgres_cannot_hold_fails_its_resource_alone(
        self, api: Api, elephant: Warehouse, where: str, columns: int
    ) -> None:
        """Counting what the table has already."""
        rest = dict.fromkeys((f"d{number}" for number in range(1000)), 1)
        half = dict(list(self.WIDE.items())[:1000])

        def serve(fields: dict[str, int]) -> None:
            record = fields if where == "record" else {"l": [fields]}
            api.routes |= {"/items": lambda _: {"data": [record]}}

        api.routes["/others"] = lambda _: {"data": [{"id": 1}]}
        acme = elephant.connector(api.url, [items(), items("others")])
        serve(half)
        assert elephant.load(acme).failed == {}
        serve(rest)
        report = elephant.load(acme)
        assert f"would have {columns} columns" in str(report.failed["items"])
        assert report.resources.keys() == {"others"}

    def test_what_a_contract_discards_does_not_count(self, api: Api, elephant: Warehouse) -> None:
        listing = Listing(api, elephant, schema_contract={"columns": "discard_value"})
        listing.load([{"c1": 1}])
        listing.load([self.WIDE])
        assert elephant.values("SELECT c1 FROM acme.items") == [1]


class TestRecords:
    def test_nulls_among_them_are_left_out_and_told(self, api: Api, warehouse: Warehouse) -> None:
        report = Listing(api, warehouse).load([None, {"id": 1}, None])
        assert warehouse.values("SELECT id FROM acme.items") == [1]
        assert report.warnings == ["some records were null, and were left out"]

    @pytest.mark.parametrize("other", ["secret", 5, [{"id": 2}]], ids=["text", "number", "list"])
    @pytest.mark.parametrize("apart", [False, True])
    def test_what_is_no_object_among_them_is_told(
        self, api: Api, duck: Warehouse, other: Any, apart: bool
    ) -> None:
        pages = ([{"id": 1}], [other]) if apart else ([{"id": 1}, other],)
        with pytest.raises(ReadError) as error:
            Listing(api, duck).load(*pages)
        assert str(error.value).startswith("items: some records are objects, and one is ")
        assert "secret" not in str(error.value)

    def test_the_step_that_the_error_names_helps(self, api: Api, duck: Warehouse) -> None:
        steps = [{"filter": "type(@) == 'object'"}]
        Listing(api, duck, processing_steps=steps).load([{"id": 1}, "a"])
        assert duck.values("SELECT id FROM acme.items") == [1]

    def test_a_list_of_texts_is_a_column_value(self, api: Api, duck: Warehouse) -> None:
        Listing(api, duck).load(["a", "b"], ["c"])
        assert duck.values("SELECT value FROM acme.items") == ["a", "b", "c"]

    def test_empty_fields_make_no_columns(self, api: Api, duck: Warehouse) -> None:
        report = Listing(api, duck).load([{"id": 1, "a": None, "b": [], "c": {}}])
        assert types(report) == {"id": "bigint"}
        assert report.warnings == []


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": [value]}
    return value["a"] if levels else value
