"""An answer ends, by its size or by its time, whatever the API does; and what ends it is told."""

import gzip
import io
import resource
import time
import zipfile
import zlib
from itertools import count
from typing import Any

import pyarrow as pa
import pytest

from restsrc_dagster.connector.http import Http
from restsrc_dagster.errors import ApiUnavailable
from restsrc_dagster.extract.http.patience import Patience
from restsrc_dagster.extract.response.limits import AnswerLimits
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.security.shapes import LINK, WELL, Shape
from restsrc_dagster_tests.security.test_hostile_answers import loaded, wrong
from restsrc_dagster_tests.security.wire import Wire, answer, dripping, pouring
from restsrc_dagster_tests.support.connectors import items

pytestmark = pytest.mark.usefixtures("one_try")

MB = 1_000_000
TOO_LARGE = "larger than http.max_response_mb (2)"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n["
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def zipped(content: bytes, files: int = 1) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(files):
            archive.writestr(f"{number}.jsonl", content)
    return made.getvalue()


def packed(content: bytes, **headers: str) -> bytes:
    return answer(content, headers={name.replace("_", "-"): one for name, one in headers.items()})


def bombs() -> dict[str, Any]:
    """Made only where they are thrown: they are large, and take a second."""
    long = b"0" * 30 * MB
    bomb, lines = b'{"data":[{"x":"' + long + b'"}]}', b'{"x":"' + long + b'"}\n'
    return {
        "plain": answer(bomb),
        "of_gzip": packed(gzip.compress(bomb), Content_Encoding="gzip"),
        "of_deflate": packed(zlib.compress(bomb), Content_Encoding="deflate"),
        "twice": packed(gzip.compress(gzip.compress(bomb)), Content_Encoding="gzip, gzip"),
        "lines": packed(gzip.compress(lines), Content_Encoding="gzip", Content_Type="text/plain"),
        "file": packed(gzip.compress(lines), Content_Type="application/gzip"),
        "zip": packed(zipped(lines), Content_Type="application/zip"),
        "zstd": packed(pa.compress(lines, "zstd", asbytes=True), Content_Type="application/zstd"),
        "refused": packed(gzip.compress(bomb), Content_Encoding="gzip").replace(
            b"200 OK", b"400 No"
        ),
        "endless": pouring(HEAD + b"\r\n[", b"1," * 100_000),
        "chunks": pouring(CHUNKED + b"1\r\n[\r\n", b"2\r\n1,\r\n" * 30_000),
        "chunk_line": pouring(CHUNKED, b"0" * 100_000),
        "trailers": pouring(CHUNKED + b"2\r\n[]\r\n0\r\n", b"X: y\r\n" * 100_000),
    }


def test_what_is_too_large_is_told_however_it_is_packed(duck: Warehouse) -> None:
    thrown = bombs()
    shapes = {name: Shape(one, TOO_LARGE) for name, one in thrown.items()}
    shapes["chunk_line"] = Shape(thrown["chunk_line"], "cannot be read")
    shapes["files"] = Shape(packed(zipped(b"1", 10_001)), "a zip of more than 10,000 files")
    shapes["small"] = Shape(packed(gzip.compress(b'{"data":[{"id":1}]}'), Content_Encoding="gzip"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = loaded(duck, shapes, max_response_mb=2)
    assert wrong(report, shapes) == {}
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300_000, "kB that a megabyte of limit has let in"


def test_what_never_ends_ends_after_a_time(duck: Warehouse) -> None:
    told = "http.max_request_seconds allows 0.3"
    drops = {
        "body": dripping(LONG, b"1,", 0.05),
        "head": dripping(b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.05),
        "continued": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
        "chunked": dripping(CHUNKED, b"1\r\n[\r\n", 0.05),
        "trailed": dripping(CHUNKED + b"2\r\n[]\r\n0\r\n", b"X: y\r\n", 0.05),
        "refusal": dripping(LONG.replace(b"200 OK", b"503 No"), b"no ", 0.05),
    }
    shapes = {name: Shape(one, told) for name, one in drops.items()}
    shapes["poured"] = Shape(
        pouring(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 9000), "more than 8 MB of headers"
    )
    assert wrong(loaded(duck, shapes, max_request_seconds=0.3), shapes) == {}


def test_many_small_values_are_told(duck: Warehouse) -> None:
    told = "too many for http.max_response_mb (1)"
    shapes = {
        "lists": Shape(answer(b'{"data":[' + b"[]," * 60_000 + b"[]]}"), told),
        "values": Shape(answer(b'{"data":[{"x":[' + b"1," * 250_000 + b"1]}]}"), told),
        "table": Shape(answer({"data": [{"id": 1, "at": "2024-01-31T10:00:00"}] * 20_000})),
    }
    assert wrong(loaded(duck, shapes, max_response_mb=1), shapes) == {}


def test_who_is_slow_has_time_for_each_megabyte() -> None:
    slow = Patience(seconds=0.1, most_bytes=10 * MB)
    slow.received(2 * MB)
    time.sleep(0.2)
    slow.received(1)
    late = Patience(seconds=0.1, most_bytes=10 * MB)
    time.sleep(0.2)
    with pytest.raises(ApiUnavailable, match="and 5 more for each megabyte"):
        late.received(1)


def test_the_limits_that_hold_where_the_file_says_nothing() -> None:
    limits = AnswerLimits.of(Http(), timeout=60)
    assert (limits.in_memory, limits.in_pieces, limits.seconds) == (100 * MB, 10_000 * MB, 600)
    assert AnswerLimits.of(Http(), timeout=1800).seconds == 3600
    said = AnswerLimits.of(Http(max_response_mb=3, max_request_seconds=5), timeout=1800)
    assert (said.in_memory, said.in_pieces, said.seconds) == (3 * MB, 3 * MB, 5)
    assert Http().max_pages == 1_000_000


@pytest.mark.parametrize("total", [None, "grows"])
def test_pages_without_end_are_told(duck: Warehouse, total: str | None) -> None:
    numbers = count()

    def page(_: str) -> list[bytes]:
        number = next(numbers)
        body = {"data": [{"id": number}], "next": f"/endless?page={number}", "total": number + 99}
        return [answer(body)]

    endless = {"type": "offset", "limit": 1, "total_path": "total"} if total else LINK["paginator"]
    shapes = {"endless": Shape(page, "more than 20 pages", {"paginator": endless})}
    assert wrong(loaded(duck, shapes, max_pages=20), shapes) == {}


def test_a_token_that_never_ends(duck: Warehouse) -> None:
    auth = {
        "type": "oauth2_client_credentials",
        "client_id": "shop",
        "client_secret": "a secret of it",
    }
    for script in (dripping(LONG, b" ", 0.05), pouring(HEAD + b"\r\n", b" " * 100_000)):
        with Wire({"/token": script, "/items": WELL}) as wire:
            acme = duck.connector(
                wire.url,
                [items()],
                client={"auth": {**auth, "access_token_url": f"{wire.url}/token"}},
                http={"max_request_seconds": 0.3, "max_response_mb": 1},
            )
            with pytest.raises(Exception, match=r"max_request_seconds|max_response_mb"):
                raise duck.load(acme).failed["items"]
