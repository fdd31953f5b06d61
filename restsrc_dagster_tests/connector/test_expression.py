"""JMESPath: what is told of a text that is none, without repeating it."""

import warnings

import pytest

from restsrc_dagster.connector.syntax.expression import expression_error


@pytest.mark.parametrize(
    "text",
    [
        "status",
        "status != 'deleted'",
        "{id: id, total: amount.value}",
        "lines[?quantity > `0`].{sku: sku}",
        "sort_by(lines, &sku)[0]",
        "join(', ', tags[].name)",
        "not_null(a, b, c)",
        "merge(@, {kind: type(@)})",
        '"é" || "a b"',
        "!a && !(b.c) && !contains(d.e, 'f') && !g[0] && !@",
        "`old`",
    ],
)
def test_expressions(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert expression_error(text) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no JMESPath: it is empty"),
        ("  ", "is no JMESPath: it ends too early, after character 2"),
        ("status ==", "is no JMESPath: it ends too early, after character 9"),
        ("foo[?a", "is no JMESPath: it ends too early, after character 6"),
        (
            "status = 'deleted'",
            "is no JMESPath: a character that has no meaning there at character 8",
        ),
        ("é", "is no JMESPath: a character that has no meaning there at character 1"),
        ("status != 'deleted", "is no JMESPath: a quote that is not closed at character 11"),
        ('a == "\\x"', "is no JMESPath: a literal that is not JSON at character 6"),
        ("{id: id, total}", "is no JMESPath: `}` stands at character 15"),
        ("id name", "is no JMESPath: a name stands at character 4"),
        ("a 'b'", "is no JMESPath: a literal stands at character 3"),
        ("a 5", "is no JMESPath: a number stands at character 3"),
        ("(" * 5000, "is no JMESPath: it is too long or too deep"),
        ("lenght(a)", "lenght() is no function; did you mean length()?"),
        ("{a: {b: [xyz(c)]}}", "xyz() is no function; known are abs, avg, ceil, …"),
        ("length(a, b)", "length() takes 1 argument, not 2"),
        ("starts_with(a)", "starts_with() takes 2 arguments, not 1"),
        ("merge()", "merge() takes at least 1 argument, not 0"),
        (
            "!a.b",
            "has a ! that takes the name behind it alone; write !(a.b) for the opposite of a.b",
        ),
        ("a && !b.c", "has a ! that takes the name behind it alone; …"),
        ("!lines[?open]", "has a ! that takes the name behind it alone; …"),
        ("{a: &b}", "has an & that is no argument of a function"),
    ],
)
def test_no_expressions(text: str, told: str) -> None:
    found = expression_error(text) or ""
    assert found == told or (told.endswith("…") and found.startswith(told[:-1]))
