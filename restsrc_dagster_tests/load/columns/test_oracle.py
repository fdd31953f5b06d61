"""By the column or record by record: the tables are the same."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from restsrc_dagster_tests.load.columns.both_ways import outcome

TIMES = st.sampled_from(
    [
        "2024-01-31T10:00:00Z",
        "2024-01-31T10:00:00.5Z",
        "2024-02-29T23:59:59.123456Z",
        "2023-02-29T10:00:00Z",
        "2024-01-31T10:00:00.1234567Z",
        "2024-01-31T10:00:00+05:30",
        "2024-01-31T10:00:00.25-11:45",
        "2024-01-31T10:00:00+0530",
        "2024-01-31T10:00:00+23:59",
        "2024-01-31 10:00:00",
        "2024-01-31T10:00:00",
        "2024-01-31T10:00",
        "2024-01-31T24:00:00Z",
        "2024-01-31T10:00:60Z",
        "2024-01-31t10:00:00z",
        "1969-12-31T23:59:59.999999Z",
        "1583-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2024-01-31",
        "2024-02-30",
        "2024-W05-3",
        "20240131T100000Z",
        "2024",
        "10:30:00",
        "٢٠٢٤-01-31",
        "2024-01-31T10:00:00Z\n",
    ]
)
TIMES_AT_THE_ENDS = [
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "0000-01-01T00:00:00Z",
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0, 1, 2**53, 2**53 + 1, -1]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1.0, 0.1, -0.0, 1e300]),
    st.text(max_size=8),
    st.sampled_from(["7", "-0", "1.5", "007", "true", "1e3"]),
    TIMES,
)
KEYS = st.sampled_from(
    ["id", "userId", "user_id", "User Name", "a", "a__b", "b", "value", "list", "", " ", "ä", "1st",
     "_dlt_id", "x" * 70]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
WILD = st.dictionaries(KEYS, VALUES, max_size=4)


@st.composite
def alike(draw: st.DrawFn) -> list[list[Any]]:
    """Pages as APIs give them: one kind of value for a field, some missing, a few of another."""
    kinds = [
        st.integers(-1000, 1000),
        st.floats(-1000, 1000),
        st.booleans(),
        st.text(max_size=5),
        TIMES.filter(lambda text: len(text) > 18),
        st.sampled_from(["2024-01-31T10:00:00Z", "2023-12-01T00:00:00.125Z"]),
    ]

    def field(depth: int) -> st.SearchStrategy[Any]:
        choice = draw(st.integers(0, 7 if depth else 5))
        if choice < 6:
            kind = kinds[choice]
        elif choice == 6:
            names = draw(st.lists(KEYS, max_size=3, unique=True))
            kind = st.fixed_dictionaries({}, optional={name: field(depth - 1) for name in names})
        else:
            kind = st.lists(field(depth - 1), max_size=3)
        return st.one_of(kind, st.none()) if draw(st.booleans()) else kind

    names = draw(st.lists(KEYS.filter(lambda key: key != "_dlt_id"), max_size=5, unique=True))
    whole = {name: field(2) for name in names}
    if draw(st.integers(0, 2)):
        records: st.SearchStrategy[Any] = st.fixed_dictionaries(whole)
    else:
        records = st.fixed_dictionaries({}, optional=whole)
    if draw(st.integers(0, 5)) == 0:
        records = st.one_of(*[records] * 9, WILD)
    return draw(st.lists(st.lists(records, min_size=1, max_size=5), min_size=3, max_size=8))


PAGES = st.one_of(
    alike(), alike(), alike(), st.lists(st.lists(WILD, max_size=6), min_size=1, max_size=2)
)
HINTS_OF_MERGE = {"write_disposition": "merge", "primary_key": "id"}
NUMBERS = [2, 2.0, 2.5, -0.0, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 1e300, True, "3", "3.5", "x"]
HINTS = st.sampled_from(
    [
        {},
        HINTS_OF_MERGE,
        {"max_table_nesting": 0},
        {"max_table_nesting": 1},
        {"columns": {"id": {"data_type": "bigint", "nullable": False}}},
        {"columns": {"a": {"data_type": "json"}, "b": {"data_type": "decimal"}}},
        {"columns": {"b": {"data_type": "timestamp", "timezone": False}}},
        {"columns": {"b": {"data_type": "timestamp", "precision": 3}}},
        {"columns": {"b": {"data_type": "bigint", "precision": 16}}},
        {"columns": {"b": {"data_type": "date"}}},
        {"columns": {"b": {"data_type": "text"}, "userId": {"data_type": "double"}}},
        {"schema_contract": {"data_type": "discard_value", "columns": "discard_row"}},
        {"schema_contract": "freeze"},
    ]
)


def same(pages: list[Any], hints: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plainly = outcome(Path(folder), pages, columnar=False, **hints)
        columnar = outcome(Path(folder), pages, columnar=True, **hints)
    assert columnar == plainly


LINES = [{"sku": "a", "price": 1.5, "tags": ["x", None, "y"]}, {"sku": "b", "price": 2.0}]
PLAIN = {"id": 1, "name": "ä", "at": "2024-01-31T10:00:00Z", "ok": True, "x": 0.5}
DEEP = {"id": 1, "a": {"b": {"c": {"d": 1}}, "e": "x"}, "lines": LINES}
OTHERS = [{**DEEP, "id": number} for number in (2, 3)]
CASES: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "plain": ([[PLAIN], [PLAIN] * 9], {}),
    "one field": ([[{"id": 1}], [{"id": 2}, {"id": None}, {"id": 4}]], {}),
    "objects": ([[DEEP], [DEEP, {"id": 2, "a": None}, {"id": 3, "a": {}}, {"id": 4}]], {}),
    "objects in a sparse list": ([[DEEP], [{"id": 1}, DEEP], [{"x": 1, "id": 2}]], {}),
    "lists": ([[DEEP], [DEEP, {**DEEP, "lines": []}, {**DEEP, "lines": None}, DEEP]], {}),
    "only empty lists": ([[DEEP], [{**DEEP, "lines": []}] * 3], {}),
    "lists of lists": ([[{"a": [[1], [2, 3]]}], [{"a": [[4]]}, {"a": [[5], [6]]}]], {}),
    "lists of objects and others": ([[DEEP], [{**DEEP, "lines": [*LINES, 7]}]], {}),
    "lists and others": ([[DEEP], [DEEP, {**DEEP, "lines": "none"}]], {}),
    "objects and others": ([[DEEP], [DEEP, {**DEEP, "a": "none"}]], {}),
    "lists in objects": (
        [[{"a": {"b": [{"c": 1}]}}], [{"a": {"b": [{"c": 2}, {"c": 3}]}}] * 2],
        {},
    ),
    "merge": ([[DEEP], [DEEP, DEEP, {**DEEP, "lines": LINES * 2}]], HINTS_OF_MERGE),
    "scd2": ([[DEEP], OTHERS], {"write_disposition": {"disposition": "merge", "strategy": "scd2"}}),
    "upsert": (
        [[DEEP], OTHERS],
        {"write_disposition": {"disposition": "merge", "strategy": "upsert"}, "primary_key": "id"},
    ),
    "as documents": ([[DEEP], [DEEP] * 3], {"max_table_nesting": 0}),
    "some levels": ([[DEEP], [DEEP] * 3], {"max_table_nesting": 1}),
    "more levels": ([[DEEP], [DEEP] * 3], {"max_table_nesting": 2}),
    "lists as documents": ([[DEEP], [DEEP] * 3], {"columns": {"lines": {"data_type": "json"}}}),
    "objects as documents": ([[DEEP], [DEEP] * 3], {"columns": {"a": {"data_type": "json"}}}),
    "documents of all kinds": (
        [[{"a": one}] for one in ({"b": 1}, [1], "[2]", None, 3, True)],
        {"columns": {"a": {"data_type": "json"}}},
    ),
    "two fields, one column": (
        [
            [{"a__b": 1, "user_id": 1}],
            [{"a__b": 1, "a": {"b": 2}}],
            [{"a": {"b": 2}, "a__b": 1}],
            [{"userId": 1, "user_id": 2}],
            [{"user_id": 1, "userId": 2}],
        ],
        {},
    ),
    "two lists, one table": (
        [[{"aB": [1]}], [{"aB": [1], "a_b": [2]}, {"aB": [1], "a_b": [2]}]],
        {},
    ),
    "no names": ([[{"": 1, "b": 1}], [{"": 2, "b": 1}, {" ": 3, "b": 1}]], {}),
    "fields come": ([[PLAIN], [PLAIN] * 3, [{**PLAIN, "new": 1}] * 3, [PLAIN] * 3], {}),
    "fields come late": ([[{"a": 1}] * 9 + [{"a": 1, "b": 2}] * 9 + [{"a": 1, "c": 2}] * 9], {}),
    "ids of one's own": ([[PLAIN], [{**PLAIN, "_dlt_id": "mine"}], [PLAIN]], {}),
    "a load id of one's own": ([[PLAIN], [{**PLAIN, "_dlt_load_id": "mine"}], [PLAIN]], {}),
    "a parent id of one's own": ([[DEEP], [{**DEEP, "lines": [{"_dlt_parent_id": "x"}]}]], {}),
    "what looks typed to dlt": ([[{"a": "b"}], [{"a": "\uf0261.5"}, {"a": "\uf0281.5"}]], {}),
    "only null": ([[{"a": 1, "b": None}], [{"a": 2, "b": None}] * 3, [{"a": 1, "b": "x"}]], {}),
    "null, then an object": ([[{"a": None}], [{"a": {"b": 1}}] * 2, [{"a": None}] * 2], {}),
    "null where there must be some": (
        [[{"a": 1, "b": 1}], [{"a": 2, "b": None}]],
        {"columns": {"b": {"data_type": "bigint", "nullable": False}}},
    ),
    "nothing where there must be some": (
        [[{"a": 1, "b": 1}], [{"a": 2}] * 2],
        {"columns": {"b": {"data_type": "bigint", "nullable": False}}},
    ),
    "numbers": ([[{"a": 1, "b": 1.5}], *([{"a": one, "b": one}] for one in NUMBERS)], {}),
    "small integers": (
        [[{"b": 1}], [{"b": 2}, {"b": -(2**15)}], [{"b": 2**15}]],
        {"columns": {"b": {"data_type": "bigint", "precision": 16}}},
    ),
    "texts of numbers": (
        [
            [{"a": 1, "b": 1.5, "c": True}],
            *(
                [{"a": a, "b": b, "c": c}] * 2
                for a, b, c in (
                    ("7", "-0.25", "true"),
                    ("-0", "-0", "False"),
                    ("9" * 18, "0.1", "TRUE"),
                    ("9" * 19, "0.30000000000000004", "yes"),
                    ("007", "1e3", "0"),
                    (" 7 ", ".5", "t"),
                    ("0x1f", "1e400", "maybe"),
                    ("7.0", "1_0", ""),
                    (None, "123456789012345678.123456789012345", None),
                )
            ),
            [{"a": "8", "b": 1, "c": "true"}, {"a": 8, "b": "1", "c": False}],
        ],
        {},
    ),
    "texts of decimals": (
        [
            [{"a": one}] * 2
            for one in ("1.50", "-0.000000001", "1.0000000001", "7", "1e5", "-0", "x")
        ],
        {"columns": {"a": {"data_type": "decimal"}}},
    ),
    "texts of small decimals": (
        [[{"a": one}] * 2 for one in ("1.5", "999.99", "1000", "0.005", "-0.5", "00.5")],
        {"columns": {"a": {"data_type": "decimal", "precision": 5, "scale": 2}}},
    ),
    "texts of keys": (
        [[{"a": one}] * 2 for one in ("1", "2", "x")],
        {"columns": {"a": {"data_type": "bigint", "nullable": False}}},
    ),
    "truth": ([[{"a": True, "b": 1}], [{"a": False, "b": True}], [{"a": 1, "b": 0}]], {}),
    "texts": ([[{"a": "x"}], [{"a": 1}, {"a": 1.5}], [{"a": True}], [{"a": "2024-01-31"}]], {}),
    "far times": (
        [[{"a": text}] * 2 for text in ("2024-01-31T10:00:00Z", *TIMES_AT_THE_ENDS)],
        {},
    ),
    "naive times": (
        [[{"a": text}] for text in ("2024-01-31T10:00:00", "2024-01-31T10:00:00+02:00", "nothing")],
        {"columns": {"a": {"data_type": "timestamp", "timezone": False}}},
    ),
    "coarse times": (
        [[{"a": "2024-01-31T10:00:00.123456Z"}]] * 2,
        {"columns": {"a": {"data_type": "timestamp", "precision": 3}}},
    ),
    "dates": (
        [[{"a": one}] for one in ("2024-01-31", "2024-02-30", "1066-10-14", "31.1.2024", None)],
        {"columns": {"a": {"data_type": "date"}}},
    ),
    "columns are frozen": ([[PLAIN], [PLAIN, {**PLAIN, "new": 1}]], {"schema_contract": "freeze"}),
    "rows are discarded": (
        [[PLAIN], [PLAIN, {**PLAIN, "new": 1}], [PLAIN, {**PLAIN, "new": 1}]],
        {"schema_contract": {"columns": "discard_row"}},
    ),
    "values are discarded": (
        [[DEEP], [DEEP, {**DEEP, "lines": [{"new": 1}]}], [DEEP, {**DEEP, "new": 1}]],
        {"schema_contract": {"columns": "discard_value", "tables": "discard_value"}},
    ),
    "no objects": ([[1], [2, 3], [{"value": 4}, 5]], {}),
    "nothing in them": ([[{}], [{}, {}], [{"a": 1}, {}]], {}),
    "no records": ([[], [PLAIN], []], {}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_apis_give(case: str) -> None:
    same(*CASES[case])


@pytest.mark.parametrize("first", ["2024-01-31T10:00:00Z", "2024-01-31", "text", 1.5, 7])
def test_spellings_of_times(first: Any) -> None:
    spelled = [
        f"2024-{month:02}-{day:02}{t}{hour:02}:00:00{fraction}{zone}"
        for month, day in ((1, 31), (2, 30), (6, 15), (13, 1))
        for t in "T t"
        for hour in (0, 9, 23, 24)
        for fraction in ("", ".1", ".12", ".123456", ".1234567", ",5")
        for zone in ("", "Z", "+00:00", "-05:30", "+14:00", "+15:00", "-0530", "+05", " +05:00")
    ]
    for size in (1, 2, 500):
        pages = [[{"b": first}] * 3]
        pages += [
            [{"b": one} for one in spelled[start : start + size]]
            for start in range(0, len(spelled) if size > 2 else 60, size)
        ]
        same(pages, {})


@given(pages=PAGES, hints=HINTS)
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@example(pages=[[{"b": text}] * 2 for text in ("2024-01-31T10:00:00Z", "")], hints={})
def test_generated_pages(pages: list[Any], hints: dict[str, Any]) -> None:
    same(pages, hints)
