"""Answers that are drawn: a page that is right, and what becomes of it on the way.

Those to which nothing is done have to be loaded to the last row. Any other is loaded, or its
resource fails by one sentence.
"""

import gzip
import json
import zlib
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from restsrc_dagster_tests.security.shapes import UNSEEN

AT_ONCE = 8
"""Resources of one load."""
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**64), 10**40, 10**4000, 1e308, 5e-324, "\0", "\ud800", UNSEEN])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["2024-01-31", "0000-00-00", "9999-12-31T23:59:60Z", "1e999999", "9" * 5000])
)
NAMES = st.sampled_from(
    [
        "name",
        "Name",
        "at",
        "data",
        "next",
        "total",
        "_dlt_id",
        "_dlt_load_id",
        "id ",
        "",
        " ",
        "a.b",
    ]
) | st.text(max_size=12)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4)
)
RECORDS = st.dictionaries(NAMES, VALUES, max_size=5) | VALUES
BODIES = (
    st.lists(RECORDS, max_size=5).map(lambda found: {"data": found})
    | st.fixed_dictionaries({"data": VALUES, "next": VALUES})
    | VALUES
)
LINES = st.sampled_from(
    [
        *("HTTP/1.1 200 OK", "HTTP/1.0 200", "HTTP/1.1 204 No Content", "HTTP/1.1 206 Part"),
        *(
            "HTTP/1.1 304 Not Modified",
            "HTTP/1.1 301 Moved",
            "HTTP/1.1 400 \x1b[2J",
            "HTTP/2 200 OK",
        ),
        *(
            "HTTP/1.1 401 No",
            "HTTP/1.1 404 No",
            "HTTP/1.1 418 \x85",
            "HTTP/1.1 500 No",
            "ICY 200 OK",
        ),
        *("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK", "HTTP/1.1 000 OK", "HTTP/1.1 999 OK", ""),
    ]
)
HEADERS = st.sampled_from(
    [
        *(
            "Content-Length: 5",
            "Content-Length: -5",
            "Content-Length: x",
            "Transfer-Encoding: chunked",
        ),
        *("Content-Encoding: gzip", "Content-Encoding: br", "Content-Encoding: deflate, gzip"),
        *(
            "Content-Type: text/csv",
            "Content-Type: text/html; charset=undefined",
            "Content-Type: \x1b",
        ),
        *("Content-Type: application/xml", "Content-Type: application/x-ndjson; charset=utf-16"),
        *("Location: http://[", "Location: /round", "Location: //evil.invalid/", "Location:"),
        *("Retry-After: -1", "Retry-After: 0", "Retry-After: 1e999", "X-RateLimit-Remaining: 0"),
        *('Link: <http://[>; rel="next"', "Link: <", "Set-Cookie: a=\x00", "Date: x", ": x", "x"),
        *("Content-Range: items 0-1/" + "9" * 5000, "X-Total-Count: 1e99", "Content-Type: a/b; c"),
    ]
)
CHANGES = st.sampled_from(
    ["none", "cut", "flip", "chunked", "gzip", "deflate", "twice", "as lines"]
)


@dataclass(frozen=True)
class Drawn:
    """An answer, and the ids of its records where they have to be loaded."""

    content: bytes
    ids: tuple[int, ...] | None


@st.composite
def honest(draw: st.DrawFn) -> Drawn:
    ids = tuple(draw(st.lists(st.integers(1, 10**9), min_size=1, max_size=9, unique=True)))
    named = st.fixed_dictionaries({"name": st.text(st.characters(codec="ascii"), max_size=9)})
    body = json.dumps({"data": [{"id": one, **draw(named)} for one in ids]}).encode()
    return Drawn(_answer("HTTP/1.1 200 OK", [], *_changed(draw(PACKINGS), body)), ids)


PACKINGS = st.sampled_from(["none", "chunked", "gzip", "deflate"])


@st.composite
def hostile(draw: st.DrawFn) -> Drawn:
    line = draw(LINES)
    headers = draw(st.lists(HEADERS, max_size=3))
    body = draw(st.binary(max_size=200) | BODIES.map(_json))
    change = draw(CHANGES)
    if change in ("cut", "flip"):
        at = draw(st.integers(0, max(0, len(body) - 1)))
        end = b"" if change == "cut" else draw(st.binary(max_size=4)) + body[at + 1 :]
        changed: tuple[bytes, list[str]] = (body[:at] + end, [])
    else:
        changed = _changed(change, body)
    content = _answer(line, headers, *changed)
    if draw(st.integers(0, 9)) == 0:
        content = draw(st.binary(min_size=1, max_size=400))  # of nothing, nobody answers
    return Drawn(content, None)


ANSWERS = st.lists(hostile() | hostile() | hostile() | honest(), min_size=AT_ONCE, max_size=AT_ONCE)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _changed(change: str, body: bytes) -> tuple[bytes, list[str]]:
    """The body as it is sent, and the headers that say so."""
    match change:
        case "chunked":
            pieces = [body[at : at + 7] for at in range(0, len(body), 7)] + [b""]
            sent = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
            return sent, ["Transfer-Encoding: chunked"]
        case "gzip":
            return gzip.compress(body), ["Content-Encoding: gzip"]
        case "deflate":
            return zlib.compress(body), ["Content-Encoding: deflate"]
        case "twice":
            return body + body, []
        case "as lines":
            return body + b"\n" + body, ["Content-Type: application/x-ndjson"]
    return body, []


def _answer(line: str, headers: list[str], body: bytes, more: list[str]) -> bytes:
    named = ["Connection: close", *headers, *more]
    lines = [line, *(one for one in named if one)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", errors="replace") + body
