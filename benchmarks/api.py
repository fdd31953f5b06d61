"""The API of all benchmarks, in a process of its own, which answers faster than anybody asks.

| path | answers |
|---|---|
| `/flat?rows=N` | N records of ten columns, 1000 a page, linked by `next` |
| `/nested?rows=N` | the same with an object and a list of objects each |
| `/changed?rows=N` | the flat ones, a tenth of them changed |
| `/numbered?total=N&page=P` | the flat ones by page number, 10 a page; `total` is in pages |
| `/offset?total=N&offset=P&limit=L` | the flat ones by offset, L a page; `total` is in records |
| `/parents?count=N` | N parents, 1000 a page, linked by `next` |
| `/parents/<id>/child` | one child |
| `/cursors?count=N&values=same` | N records, 1000 a page, all of one cursor value |
| `/cursors?count=N&values=distinct` | the same, each of a cursor value of its own |
| `/ranged?since=T&until=T` | 2000 records of 100 days, 10 a page, linked by `next` |
| `/new?since=T` | the records of a short list that were updated after T |
| `/limited?page=P` | 60 pages of 10 records, as far as a token bucket of 10 a second allows |
| `/written?rows=N&kind=K&packed=P` | the flat ones in one answer: json, jsonl, csv, xml |
| `/arrivals` | when the requests for children came, in seconds, which are forgotten then |
| `/bucket?size=S&tokens=T` | what `/limited` has counted; a new bucket for S has T tokens |

With `delay=MS` an answer waits so many milliseconds.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from benchmarks.data import REPEATS_AFTER, record
from benchmarks.written import written

PAGE = 1000
FEW = 10
LIMITED_PAGES = 60
RANGED = 2000
RANGED_FROM = datetime(2024, 1, 1, tzinfo=timezone.utc)
EVERY = timedelta(minutes=72)
NEW = [{"id": day, "updated_at": f"2026-01-{day:02}T00:00:00Z"} for day in range(1, 29)]
Query = dict[str, str]


class Bucket:
    """A rate limit of 10 requests a second, and what was asked of it."""

    RATE = 10.0
    WAIT = 1
    """Seconds that a refusal tells to wait."""

    def __init__(self, size: float, tokens: float) -> None:
        self._size = size
        self._tokens = tokens
        self._filled = time.monotonic()
        self._refused_at = self._until = 0.0
        self.asked = self.refused = self.early = 0

    def allows(self) -> bool:
        now = time.monotonic()
        self.asked += 1
        # A tenth of a second is granted to what was under way when the refusal went out.
        self.early += self._refused_at + 0.1 < now < self._until
        self._tokens = min(self._size, self._tokens + (now - self._filled) * self.RATE)
        self._filled = now
        if self._tokens < 0.98:
            self.refused += 1
            if now > self._until:
                self._refused_at = now
            self._until = max(self._until, now + self.WAIT - 0.1)
            return False
        self._tokens -= 1
        return True


arrivals: list[float] = []
bucket = Bucket(10, 10)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


@cache
def _template(kind: str, page: int) -> tuple[list[bytes], list[bytes]]:
    """A page's records, cut where their ids stand: ids go on where the other columns repeat."""
    numbers = range(page * PAGE, (page + 1) * PAGE)
    records = [record(n, nested=kind == "nested", changed=kind == "changed") for n in numbers]
    texts = [
        _json(one).partition(b"%d" % number) for one, number in zip(records, numbers, strict=True)
    ]
    return [before for before, _, _ in texts], [after for _, _, after in texts]


def _rows(path: str, query: Query) -> bytes:
    kind, rows, first = path.strip("/"), int(query["rows"]), int(query.get("from", 0))
    befores, afters = _template(kind, first % REPEATS_AFTER // PAGE)
    numbers = range(first, min(first + PAGE, rows))
    records = b", ".join(
        b"%b%d%b" % (before, number, after)
        for before, number, after in zip(befores, numbers, afters, strict=False)
    )
    return b'{"data": [%b], "next": %b}' % (records, _json(_next(path, query, numbers.stop, rows)))


def _next(path: str, query: Query, first: int, count: int) -> str | None:
    if first >= count:
        return None
    kept = "".join(f"{key}={value}&" for key, value in query.items() if key != "from")
    return f"{path}?{kept}from={first}"


def _listed(path: str, query: Query) -> bytes:
    count, first = int(query["count"]), int(query.get("from", 0))
    numbers = range(first, min(first + PAGE, count))
    same = query.get("values") == "same"
    records = [{"id": number, "at": 1 if same else number + 1, "text": "x"} for number in numbers]
    return _json({"data": records, "next": _next(path, query, numbers.stop, count)})


def _ranged(path: str, query: Query) -> bytes:
    """One record each 72 minutes."""
    low = _place(query["since"])
    high = _place(query["until"]) if "until" in query else RANGED
    first = int(query.get("from", low))
    numbers = range(first, min(first + FEW, high))
    records = [{**record(one), "at": f"{at_of(one):%Y-%m-%dT%H:%M:%SZ}"} for one in numbers]
    return _json({"data": records, "next": _next(path, query, numbers.stop, high)})


def at_of(number: int) -> datetime:
    """When a record of `/ranged` was made."""
    return RANGED_FROM + number * EVERY


def _place(instant: str) -> int:
    """The first record from an instant on."""
    since = datetime.fromisoformat(instant) - RANGED_FROM
    return max(0, min(RANGED, -(-since // EVERY)))


def _some(first: int, count: int, total: int) -> bytes:
    return _json({"data": [record(first + at) for at in range(count)], "total": total})


def _numbered(_: str, query: Query) -> bytes:
    page, total = int(query["page"]), int(query["total"])
    return _some(page * FEW, FEW if page < total else 0, total)


def _offset(_: str, query: Query) -> bytes:
    first, total = int(query.get("offset", 0)), int(query["total"])
    return _some(first, max(0, min(int(query["limit"]), total - first)), total)


def _child(path: str, _: Query) -> bytes:
    arrivals.append(time.monotonic())
    return _json({"data": [{"id": int(path.split("/")[2])}]})


def _new(_: str, query: Query) -> bytes:
    found = [one for one in NEW if str(one["updated_at"]) > query.get("since", "")]
    return _json({"data": found, "paging": {}})


def _limited(_: str, query: Query) -> bytes | None:
    page = int(query["page"])
    return _some(page * FEW, FEW, LIMITED_PAGES) if bucket.allows() else None


def _written(_: str, query: Query) -> bytes:
    return written(query["kind"], int(query["rows"]), query.get("packed", ""))


def _arrivals(_: str, __: Query) -> bytes:
    told = _json(arrivals)
    arrivals.clear()
    return told


def _bucket(_: str, query: Query) -> bytes:
    global bucket
    told = _json({"asked": bucket.asked, "refused": bucket.refused, "early": bucket.early})
    bucket = Bucket(float(query["size"]), float(query["tokens"]))
    return told


ANSWERS = {
    "flat": _rows,
    "nested": _rows,
    "changed": _rows,
    "numbered": _numbered,
    "offset": _offset,
    "parents": _listed,
    "cursors": _listed,
    "ranged": _ranged,
    "new": _new,
    "limited": _limited,
    "written": _written,
    "arrivals": _arrivals,
    "bucket": _bucket,
}


class _Connection(asyncio.Protocol):
    """As much of HTTP as a client needs that asks one thing after the other, without bodies."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            parts = urlsplit(head.split(b" ", 2)[1].decode())
            query = dict(parse_qsl(parts.query))
            seconds = int(query.get("delay", 0)) / 1000
            answer = ANSWERS.get(parts.path[1:], _child)
            if seconds:
                loop = asyncio.get_running_loop()
                loop.call_later(seconds, self._send, answer, parts.path, query)
            else:
                self._send(answer, parts.path, query)

    def _send(self, answer: Any, path: str, query: Query) -> None:
        body = answer(path, query)
        status = b"200 OK" if body is not None else b"429 Too Many Requests\r\nRetry-After: 1"
        body = body or b"{}"
        self._transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(body), body)
        )


@contextmanager
def serving() -> Iterator[str]:
    """The address of an API that ends with the block."""
    command = [sys.executable, "-m", "benchmarks.api"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


async def _serve() -> None:
    for kind in ("flat", "nested", "changed"):
        for page in range(REPEATS_AFTER // PAGE):
            _template(kind, page)
    server = await asyncio.get_running_loop().create_server(
        _Connection, "127.0.0.1", 0, backlog=200
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
