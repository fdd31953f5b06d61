"""What the functions of an expression give, and what they refuse."""

from datetime import datetime, timezone
from typing import Any

import pytest

from restsrc_dagster.connector.syntax.expression import expression_error
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.records.expressions import searcher

NOW = datetime(2024, 1, 31, 10, tzinfo=timezone.utc)
RECORD = {
    "id": 7,
    "rates": {"EUR": 1, "USD": 1.1},
    "days": ["2024-01-01", "2024-01-02"],
    "values": [3, 4],
    "short": [1],
    "lines": [{"sku": "a"}, {"sku": "b", "id": 1}],
    "texts": ["a"],
    "pairs": [["a", 1], ["b", None]],
    "name": "  Ann Lee ",
    "at": "31.01.2024 10:00",
    "zoned": "2024-01-31T10:00:00+0100",
    "exact": "2024-01-31 10:00:00.25",
    "amount": "12.50",
    "count": " 12 ",
    "nothing": None,
}


def of(expression: str) -> Any:
    assert expression_error(expression) is None
    return searcher(expression, "map", NOW)(RECORD)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("items(rates)", [{"key": "EUR", "value": 1}, {"key": "USD", "value": 1.1}]),
        ("from_items(items(rates))", RECORD["rates"]),
        ("from_items(pairs)", {"a": 1, "b": None}),
        ("zip(days, values)", [["2024-01-01", 3], ["2024-01-02", 4]]),
        ("zip(days, values, days)[0]", ["2024-01-01", 3, "2024-01-01"]),
        ("zip(`[]`, `[]`)", []),
        (
            "spread(lines, {of: id})",
            [{"of": 7, "sku": "a"}, {"of": 7, "sku": "b", "id": 1}],
        ),
        ("spread(lines[:1], {id: id})", [{"id": 7, "sku": "a"}]),
        ("sort(keys(spread(lines[:1], @)[0]))", sorted([*RECORD, "sku"])),
        ("'lines' && contains(keys(spread(lines, {a: lines, b: id})[0]), 'a')", False),
        ("now()", "2024-01-31T10:00:00.000000Z"),
        ("parse_time(at, '%d.%m.%Y %H:%M')", "2024-01-31T10:00:00Z"),
        ("parse_time(zoned, '%Y-%m-%dT%H:%M:%S%z')", "2024-01-31T09:00:00Z"),
        ("parse_time(exact, '%Y-%m-%d %H:%M:%S.%f')", "2024-01-31T10:00:00.250000Z"),
        ("format_time(zoned, 'epoch_seconds')", 1706691600),
        ("format_time('1706691600', '%Y/%m/%d')", "2024/01/31"),
        ("format_time(`1706655600`, 'date@Europe/Berlin')", "2024-01-31"),
        ("lower(name)", "  ann lee "),
        ("upper(trim(name))", "ANN LEE"),
        ("split(trim(name), ' ')", ["Ann", "Lee"]),
        ("replace(name, ' ', '')", "AnnLee"),
        ("number(amount)", 12.5),
        ("number(count)", 12),
        ("number(id)", 7),
        ("number('-1e3')", -1000.0),
        ("nothing && lower(nothing)", None),
    ],
)
def test_what_it_gives(expression: str, expected: Any) -> None:
    assert of(expression) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("items(days)", "map: items() takes object, but got array"),
        ("items(nothing)", "got null; write field && function(field)"),
        ("zip(days, short)", "zip() takes lists of one length, but they have 1 to 2 elements"),
        ("zip(days, values, id)", "zip() takes lists"),
        ("spread(lines, {id: id})", "an element has a field id of its own"),
        ("spread(texts, @)", "spread() takes a list of objects"),
        ("from_items(values)", "from_items() takes a list of {key: …, value: …}, or of pairs"),
        ('from_items(`[["a", 1], ["a", 2]]`)', "the same key twice"),
        ("parse_time(name, '%Y')", "a text that is not written as %Y"),
        ("format_time(name, 'date')", "a value that is no point in time"),
        ("format_time(at, 'dates')", "format_time(): 'dates' is no pattern"),
        ("split(name, '')", "a separator that is not empty"),
        ("replace(name, '', 'x')", "a text to replace that is not empty"),
        ("number(name)", "number() got a text that is no number"),
        ("number('1_000')", "number() got a text that is no number"),
        ("number('nan')", "number() got a text that is no number"),
        ("lower(id)", "lower() takes string, but got number"),
    ],
)
def test_what_it_refuses_without_a_value_of_the_record(expression: str, message: str) -> None:
    with pytest.raises(ReadError) as failed:
        of(expression)
    assert message in str(failed.value)
    assert "Ann" not in str(failed.value)


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("item(rates)", "item() is no function; did you mean items()?"),
        ("items()", "items() takes 1 argument, not 0"),
        ("zip(days)", "zip() takes at least 2 arguments, not 1"),
        ("now(id)", "now() takes 0 arguments, not 1"),
    ],
)
def test_what_validation_finds(expression: str, error: str) -> None:
    assert error in str(expression_error(expression))
