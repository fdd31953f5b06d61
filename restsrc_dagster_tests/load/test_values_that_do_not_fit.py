"""Values that their column cannot hold: in a column apart and told, or refused by name.

Many resources are loaded at once: that one of them holds such a value stops none of the others.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster_tests.load.surprising import Listing, types
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

EARLY, LATE = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-10:00"
NOW = "2024-01-01T00:00:00Z"
MANY = "99999999999999999999"
Case = tuple[dict[str, Any], list[Any], dict[str, list[Any]]]


def hint(kind: str, **more: int) -> dict[str, Any]:
    return {"columns": {"v": {"data_type": kind, **more}}}


APART: Mapping[str, Case] = {
    "decimal": (
        hint("decimal"),
        [1, 1e300, -1e40, "1e300", "NaN", "-Infinity", True, "0x10"],
        {"v": [1, 16], "v__v_double": [-1e40, 1e300], "v__v_text": ["-Infinity", "1e300", "NaN"],
         "v__v_bool": [True]},
    ),
    "narrow decimal": (
        hint("decimal", precision=5, scale=2),
        [1.239, 99999, 999.99, 999.996, -1000],
        {"v": [Decimal("1.24"), Decimal("999.99")], "v__v_bigint": [-1000, 99999],
         "v__v_double": [999.996]},
    ),
    "decimal with a precision alone": (
        hint("decimal", precision=20), [1.5, 1e12],
        {"v": [Decimal("1.5")], "v__v_double": [1e12]},
    ),
    "wei": (
        hint("wei"), [2, 1e300, "Infinity"],
        {"v": [2], "v__v_double": [1e300], "v__v_text": ["Infinity"]},
    ),
    "bigint": (
        hint("bigint"), [1, "7", 1e300, MANY, -1e19],
        {"v": [1, 7], "v__v_double": [-1e19, 1e300], "v__v_text": [MANY]},
    ),
    "small bigint": (
        hint("bigint", precision=16), [2**15 - 1, 2**15, -(2**40)],
        {"v": [2**15 - 1], "v__v_bigint": [-(2**40), 2**15]},
    ),
    "timestamp": (
        hint("timestamp"), [EARLY, LATE, 10**17, 1e300],
        {"v__v_text": [EARLY, LATE], "v__v_bigint": [10**17], "v__v_double": [1e300]},
    ),
    "date": (
        hint("date"), [EARLY, LATE, 10**17],
        {"v__v_text": [EARLY, LATE], "v__v_bigint": [10**17]},
    ),
    "json": (
        hint("json"), ['"x"', "{}", 10**30 + 1, "null", "5"],
        {"v__v_text": ['"x"', str(10**30 + 1), "null"]},
    ),
    "binary": (hint("binary", precision=2), ["aGk=", "aGlqaw=="], {"v__v_text": ["aGlqaw=="]}),
    "times without a hint": ({}, [NOW, EARLY, LATE], {"v__v_text": [EARLY, LATE]}),
    "a time that no column holds": ({}, [EARLY, NOW], {"v": [EARLY, NOW]}),
    "texts, the first a time, among numbers": (
        {}, [1, NOW, "x"], {"v": [1], "v__v_text": [NOW, "x"]},
    ),
    "wide integers among texts": (
        {}, [-(2**63), 10**35, ""], {"v": ["", str(-(2**63)), str(10**35)]},
    ),
    "wide integers and truth": ({}, [True, 10**35], {"v": [True], "v__v_text": [str(10**35)]}),
    "sums of steps": (
        {"processing_steps": [{"map": "{id: id, v: sum([v, v, v, v])}"}]}, [2**61, 2**62],
        {"v": [2**63, 2**64]},
    ),
}  # fmt: skip


class Many:
    """Resources by name, each with values in the field `v` of its records, all on one page."""

    def __init__(self, api: Api, warehouse: Warehouse) -> None:
        self.records: dict[str, list[Any]] = {"good": [{"id": 1}]}
        self.hints: dict[str, dict[str, Any]] = {"good": {}}
        self._api = api
        self._warehouse = warehouse

    def add(self, name: str, values: list[Any], hints: dict[str, Any]) -> None:
        self.put(name, [{"id": number, "v": value} for number, value in enumerate(values)], hints)

    def put(self, name: str, records: list[Any], hints: dict[str, Any]) -> None:
        self.records[name], self.hints[name] = records, hints

    def connector(self) -> Connector:
        self._api.routes |= {f"/{name}": self._answer for name in self.records}
        return self._warehouse.connector(
            self._api.url, [items(name) | hints for name, hints in self.hints.items()]
        )

    def load(self) -> LoadReport:
        report = self._warehouse.load(self.connector())
        assert "good" in report.resources
        assert self._warehouse.values("SELECT id FROM acme.good") == [1]
        return report

    def failures(self) -> dict[str, str]:
        return {name: str(error) for name, error in self.load().failed.items()}

    def _answer(self, asked: Asked) -> Any:
        return {"data": self.records[asked.path.removeprefix("/")]}


@pytest.fixture
def many(api: Api, warehouse: Warehouse) -> Many:
    return Many(api, warehouse)


def test_they_get_a_column_apart_and_are_told(many: Many, warehouse: Warehouse) -> None:
    names = {case: f"r{number}" for number, case in enumerate(APART)}
    for case, (hints, values, _) in APART.items():
        many.add(names[case], values, hints)
    report = many.load()
    assert not report.failed
    for case, (_, values, columns) in APART.items():
        name = names[case]
        assert report.resources[name].rows_loaded == len(values), case
        for column, stored in columns.items():
            found = warehouse.values(
                f"SELECT {column} FROM acme.{name} WHERE {column} IS NOT NULL ORDER BY {column}"
            )
            assert found == stored, (case, column)
        apart = {column for column in columns if column != "v"}
        told = "\n".join(report.resources[name].warnings)
        assert all(f"in a column of their own, {column} (" in told for column in apart), case
        assert {one.column for one in report.resources[name].changes.variants} == apart, case


def test_a_type_is_told_with_its_size(api: Api, duck: Warehouse) -> None:
    report = Listing(api, duck, **hint("decimal", precision=5, scale=2)).load([{"v": 99999}])
    (warning,) = report.warnings
    assert warning.startswith("the values of v that are no decimal(5,2) are in a column of their")


@pytest.mark.parametrize("value", [1e300, -1e40, "1e300"])
@pytest.mark.parametrize("disposition", ["append", "replace"])
def test_a_decimal_column_that_is_there(
    api: Api, warehouse: Warehouse, value: Any, disposition: str
) -> None:
    listing = Listing(api, warehouse, write_disposition=disposition)
    listing.load([{"v": 2**70}])
    report = listing.load([{"v": value}, {"v": 2**71}])
    assert types(report)["v"] == "decimal"
    stored = [2**70, 2**71] if disposition == "append" else [2**71]
    assert warehouse.values("SELECT v FROM acme.items WHERE v IS NOT NULL") == stored
    (other,) = types(report).keys() - {"v"}
    assert warehouse.values(f"SELECT {other} FROM acme.items WHERE v IS NULL") == [value]


def test_in_objects_and_lists(api: Api, warehouse: Warehouse) -> None:
    hints = {
        "columns": {"o__v": {"data_type": "decimal"}},
        "nested_hints": {"l": {"columns": {"value": {"data_type": "bigint", "precision": 16}}}},
    }
    report = Listing(api, warehouse, **hints).load([{"o": {"v": 1e300}, "l": [1, 2**20]}])
    assert warehouse.values("SELECT o__v__v_double FROM acme.items") == [1e300]
    table = "acme.items__l"
    assert warehouse.values(f"SELECT value FROM {table} WHERE value IS NOT NULL") == [1]
    found = f"SELECT value__v_bigint FROM {table} WHERE value IS NULL"
    assert warehouse.values(found) == [2**20]
    assert len(report.warnings) == 2


@pytest.mark.parametrize("count", [1, 50])
def test_texts_that_are_longer_than_their_column(api: Api, elephant: Warehouse, count: int) -> None:
    listing = Listing(api, elephant, write_disposition="append", **hint("text", precision=3))
    listing.load([{"v": "abc"}])
    listing.load([{"v": "äöü"}] * count, [{"v": "abcd"}], [{"v": "a"}] * count)
    stored = elephant.values("SELECT v FROM acme.items WHERE v IS NOT NULL")
    assert stored == sorted(["abc", *["äöü"] * count, *["a"] * count])
    assert elephant.values("SELECT v__v_text FROM acme.items WHERE v IS NULL") == ["abcd"]


def test_nanoseconds_do_not_reach_far(api: Api, duck: Warehouse) -> None:
    listing = Listing(api, duck, **hint("timestamp", precision=9, timezone=False))
    listing.load([{"v": "1600-01-01T00:00:00Z"}, {"v": NOW}])
    assert duck.values("SELECT v__v_text FROM acme.items WHERE v IS NULL") == [
        "1600-01-01T00:00:00Z"
    ]


class TestRounding:
    """Numbers with more places behind the point than their column has."""

    def test_is_told(self, api: Api, warehouse: Warehouse) -> None:
        report = Listing(api, warehouse, **hint("decimal")).load([{"v": 0.1 + 0.2}, {"v": 2.5}])
        assert warehouse.values("SELECT v FROM acme.items") == [Decimal("0.3"), Decimal("2.5")]
        assert report.warnings == [
            "numbers of v have more than the 9 places behind the point that their column has, and "
            'were rounded; for all of them give it a type, "columns": {"v": {"data_type": "text"}},'
            " and read the resource again with full_refresh. Where it is meant, name precision "
            "and scale in columns"
        ]

    def test_is_meant_by_who_names_the_scale(self, api: Api, warehouse: Warehouse) -> None:
        hints = hint("decimal", precision=10, scale=2)
        report = Listing(api, warehouse, **hints).load([{"v": 1.005}, {"v": "-2.345"}])
        stored = [Decimal("-2.35"), Decimal("1.01")]
        assert warehouse.values("SELECT v FROM acme.items") == stored
        assert report.warnings == []

    def test_of_numbers_that_lose_nothing_is_none(self, api: Api, duck: Warehouse) -> None:
        report = Listing(api, duck, **hint("decimal")).load([{"v": "1.50000000000000000"}])
        assert report.warnings == []

    def test_would_make_one_key_of_two(self, api: Api, warehouse: Warehouse) -> None:
        hints = hint("decimal", precision=10, scale=2) | {"primary_key": "v"}
        listing = Listing(api, warehouse, **hints)
        listing.load([{"v": 1.01}])
        with pytest.raises(Exception, match="a record has a number as v, which primary_key names"):
            listing.load([{"v": 1.011}, {"v": 1.012}])


KEY = {"primary_key": "v"}
NEVER_EMPTY = {"columns": {"v": {"nullable": False, "data_type": "bigint"}}}
OF_A_LIST = {"nested_hints": {"l": {"columns": {"k": {"nullable": False}}}}}
FILTER = 'or keep such records out: "processing_steps": [{"filter": "…"}]'
NAMED = f"name a field that each record has, {FILTER}"


def retyped(name: str, *, again: bool = True) -> str:
    refresh = ", and read the resource again with full_refresh," if again else ","
    columns = f'"columns": {{"{name}": {{"data_type": "text"}}}}'
    return f"give it a type that holds both, {columns}{refresh} {FILTER}"


class TestKeys:
    """What must not be empty has no column apart."""

    def test_are_refused_by_name_with_what_came(self, many: Many) -> None:
        many.add("truth", [1, True], KEY)
        many.add("null", [1, None], NEVER_EMPTY)
        many.add("text", [1, "A"], NEVER_EMPTY)
        many.add("nan", [1], KEY)
        many.put("in_list", [{"l": [{"k": 1}, {"k": None}]}], OF_A_LIST)
        many.put("not_in_list", [{"l": [{"k": 1}, {"w": 1}]}], OF_A_LIST)
        many.put("in_object", [{"o": {"k": 1}}, {"o": None}], {"primary_key": "o__k"})
        many.put("dotted", [{"o": {"k": 1}}], {"primary_key": "o.k"})
        many.put("no_version", [{"id": 1}], {
            "primary_key": "id",
            "write_disposition": {
                "disposition": "merge", "strategy": "scd2", "row_version_column_name": "version",
            },
        })  # fmt: skip
        many.records["nan"] = [{"id": 1, "v": float("nan")}]
        assert many.failures() == {
            "truth": "truth: v, which primary_key names, is true or false in some records and a "
            f"number in others; {retyped('v', again=False)}",
            "null": "null: a record has null as v, which columns says is never empty; " + NAMED,
            "text": "text: a record has text as v, which columns says is never empty, and its "
            f"column is bigint; {retyped('v')}",
            "nan": "nan: a record has null as v, which primary_key names; " + NAMED,
            "in_list": "in_list: a record of l has null as k, which columns says is never empty; "
            + NAMED,
            "not_in_list": "not_in_list: a record of l has no k, which columns says is never "
            f"empty; {NAMED}",
            "in_object": "in_object: a record has no o__k, which primary_key names; " + NAMED,
            "dotted": "dotted: a record has no o_k, which primary_key names (a field within an "
            f"object is written o__k); {NAMED}",
            "no_version": "no_version: a record has no version, which row_version_column_name "
            f"names; {NAMED}",
        }

    @pytest.mark.parametrize(
        "pages", [[[1, "A", 2]], [[1], ["A"], [2]], [["A"], [1, 2]]], ids=["one", "two", "text"]
    )
    @pytest.mark.parametrize("hints", [KEY, {"columns": {"v": {"nullable": False}}}], ids=str)
    def test_numbers_and_texts_of_a_new_table_are_texts(
        self, api: Api, warehouse: Warehouse, pages: list[Any], hints: Any
    ) -> None:
        listing = Listing(api, warehouse, **hints)
        report = listing.load(*([{"v": one} for one in page] for page in pages))
        assert warehouse.values("SELECT v FROM acme.items") == ["1", "2", "A"]
        (told,) = report.warnings
        assert told.endswith(
            "is a number in some records and text in others: all of them are stored as text"
        )

    def test_in_a_list_with_a_key_of_its_own(self, api: Api, duck: Warehouse) -> None:
        hints = {"nested_hints": {"l": {"primary_key": "k"}}}
        listing = Listing(api, duck, **hints)
        listing.load([{"l": [{"k": 1, "v": 1}, {"k": "A", "v": 1.5}]}])
        assert duck.rows("SELECT k, v FROM acme.items__l") == [("1", 1.0), ("A", 1.5)]

    @pytest.mark.parametrize(
        ("before", "now", "kind", "came"),
        [
            (1, "A", "bigint", "text"),
            (1, True, "bigint", "true"),
            (1, 1.5, "bigint", "a number"),
            (True, 5.5, "bool", None),
            (2**70, "x", "decimal", "text"),
            (2**70, 1e300, "decimal", "a number"),
            (NOW, "all", "timestamp", "text"),
            (NOW, EARLY, "timestamp", "text"),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("warehouse", ["duck"], indirect=True)
    def test_of_a_table_that_is_there_are_refused_until_a_full_refresh(
        self, api: Api, warehouse: Warehouse, before: Any, now: Any, kind: str, came: Any
    ) -> None:
        """On the second page; times on the first."""
        listing = Listing(api, warehouse, primary_key="v")
        listing.load([{"v": before}])
        pages = [[{"v": before}]] * (kind != "timestamp") + [[{"v": now}]]
        if came is None:  # 5.5 is true to dlt, and told
            listing.load(*pages)
            return
        with pytest.raises(Exception, match="items: a record has") as error:
            listing.load(*pages)
        assert str(error.value) == (
            f"items: a record has {came} as v, which primary_key names, and its column is {kind}; "
            f"{retyped('v')}"
        )
        assert len(warehouse.values("SELECT v FROM acme.items")) == 1
        listing.load([{"v": before}])
        cure = {"columns": {"v": {"data_type": "text"}}}
        listing.load(*pages, **cure, refresh=True)
        assert str(now) in {one.capitalize() if came == "true" else one
                            for one in warehouse.values("SELECT v FROM acme.items")}  # fmt: skip

    @pytest.mark.parametrize("record", [{"id": 2, "v": None}, {"id": 2}], ids=str)
    def test_that_an_earlier_file_named(
        self, api: Api, warehouse: Warehouse, record: dict[str, Any]
    ) -> None:
        listing = Listing(api, warehouse, write_disposition="append")
        listing.load([{"id": 1, "v": 1}], columns={"v": {"nullable": False}})
        with pytest.raises(Exception, match="a record has n") as error:
            listing.load([record])
        assert "v, which its table has never empty; read the resource again with full_ref" in str(
            error.value
        )
        listing.load([record], refresh=True)
        assert warehouse.values("SELECT id FROM acme.items") == [2]


class TestWhatNoTableCanBe:
    """It is told before anything is read, and the others are loaded."""

    def test_types_that_the_destination_does_not_have(
        self, api: Api, many: Many, warehouse: Warehouse
    ) -> None:
        many.add("bits", [1], hint("bigint", precision=200))
        many.add("digits", [1], hint("decimal", precision=5000, scale=2))
        many.add("places", [1], hint("decimal", precision=5))
        many.add("nothing", [1], hint("decimal", precision=0))
        told = many.failures()
        assert told.keys() == {"bits", "digits", "places", "nothing"}
        assert told["places"].startswith("places: columns says that v is decimal(5), which ")
        assert told["places"].endswith(
            "does not have: of 5 digits, 9 would be behind the point; name the scale, too"
        )
        assert "columns says that v is bigint(200)" in told["bits"]
        assert api.paths() == ["/good"]

    @pytest.mark.parametrize(
        "hints",
        [
            {"primary_key": ["id", "seq"]},
            {"columns": {"seq": {"nullable": False}}, "write_disposition": "append"},
        ],
        ids=["key", "columns"],
    )
    def test_a_key_that_the_rows_lack_which_are_there(
        self, api: Api, warehouse: Warehouse, hints: Any
    ) -> None:
        many = Many(api, warehouse)
        many.put("odd", [{"id": 1}], hints | {"primary_key": "id", "columns": {}})
        many.load()
        many.put("odd", [{"id": 1, "seq": 1}], hints)
        told = many.failures()["odd"]
        assert "is no column of the table odd, which has rows already: they would lack it" in told
        assert warehouse.values("SELECT id FROM acme.odd") == [1]
        warehouse.load(many.connector(), refresh=["odd"])
        assert warehouse.values("SELECT seq FROM acme.odd") == [1]

    def test_a_table_without_rows_may_get_a_key(self, api: Api, warehouse: Warehouse) -> None:
        listing = Listing(api, warehouse, write_disposition="append")
        listing.load([{"id": 1}])
        warehouse.execute("DELETE FROM acme.items")
        listing.load([{"id": 1, "seq": 1}], columns={"seq": {"nullable": False}})
        assert warehouse.values("SELECT seq FROM acme.items") == [1]


def test_a_list_that_becomes_the_table_of_another_resource(
    api: Api, many: Many, warehouse: Warehouse
) -> None:
    """Their rows would be in one table, and break each other's loads."""
    many.put("orders", [{"id": 1, "lines": [1]}], {})
    many.put("x", [{"id": 1}], {"table_name": "orders__lines"})
    assert many.failures() == {
        "orders": "orders: the list lines becomes the table orders__lines, which is that of "
        "another resource: give that one another table_name, or leave the list out: "
        '"processing_steps": [{"map": {"exclude": ["lines"]}}]'
    }
    assert warehouse.values("SELECT id FROM acme.orders__lines") == [1]


def test_a_number_that_no_double_holds(api: Api, duck: Warehouse) -> None:
    listing = Listing(api, duck, **hint("double"))
    api.routes["/items"] = lambda _: Answer(json.dumps({"data": [{"v": 10**400}]}).encode())
    told = duck.failure(listing.connector())
    assert told == (
        "items: the field v holds an integer of 401 digits, and its column is double; give it room,"
        ' "columns": {"v": {"data_type": "text"}}'
    )


@pytest.mark.parametrize(
    ("kind", "before", "now"),
    [("bigint", 1, "A"), ("text", "1", "2"), ("text", 1, 2), ("timestamp", NOW, EARLY)],
    ids=str,
)
def test_a_parent_without_children_whose_id_is_of_another_type(
    api: Api, warehouse: Warehouse, kind: str, before: Any, now: Any
) -> None:
    """Its children would be deleted, of whom the table can have none."""
    posts = [{"id": before, "at": 1}, {"id": now, "at": 2}]
    api.routes["/posts"] = lambda _: {"data": posts}
    api.routes |= {f"/posts/{one['id']}": lambda _: {"data": []} for one in posts}
    api.routes[f"/posts/{before}"] = lambda _: {"data": children}
    children = [{"text": "a"}]
    hints = {"columns": {"_posts_id": {"data_type": kind}}}
    acme = warehouse.connector(
        api.url,
        [
            items("posts", incremental={"cursor_path": "at"}),
            items("comments", path="posts/{resources.posts.id}") | hints,
            items("good"),
        ],
    )
    api.routes["/good"] = lambda _: {"data": [{"id": 1}]}
    assert not warehouse.load(acme).failed
    assert warehouse.values("SELECT text FROM acme.comments") == ["a"]
    posts[0]["at"], posts[1]["at"] = 3, 3
    children.clear()
    assert not warehouse.load(acme).failed
    assert warehouse.values("SELECT text FROM acme.comments") == []
