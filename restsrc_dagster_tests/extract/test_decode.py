"""What a page's JSON becomes does not hang on how fast it is read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restsrc_dagster.extract.records.sanitize import may_be_odd, written
from restsrc_dagster.extract.response.decode import decoded, decoded_slowly

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**18, 10**40])
    | st.floats()
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def told(value: Any) -> str:
    """With the kinds of numbers, and -0.0."""
    return repr(value)


@given(VALUES, st.booleans())
def test_is_what_python_reads(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    content = text.encode("utf-8", errors="surrogatepass")
    assert told(decoded(content).value) == told(decoded_slowly(content))


@given(VALUES, st.booleans())
def test_what_is_plain_needs_no_closer_look(value: Any, ascii_only: bool) -> None:
    text = json.dumps([value], ensure_ascii=ascii_only)
    found = decoded(text.encode("utf-8", errors="surrogatepass"))
    if found.is_plain:
        lines = written(found.value)
        assert lines is not None
        assert not may_be_odd(lines)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"[9223372036854775808]", [2**63]),
        (b"[-9223372036854775809]", [-(2**63) - 1]),
        (b"[18446744073709551615, 0.1]", [2**64 - 1, 0.1]),
        (b"[NaN, Infinity, -Infinity]", [None, None, None]),
        (b"1e400", float("inf")),
        (b"\xef\xbb\xbf[1]", [1]),
        ("[1]".encode("utf-16"), [1]),
        (b'"\\ud800"', "\ud800"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"[-0, -0.0, 1E2]", [0, -0.0, 100.0]),
    ],
    ids=repr,
)
def test_what_is_not_alike(content: bytes, value: Any) -> None:
    assert told(decoded(content).value) == told(value)


@pytest.mark.parametrize("content", [b"", b"[1", b"<html>", b"[1] 2", b"'a'", b"01"])
def test_what_is_no_json(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"char|column"):
        decoded(content)
