"""The flat records in the formats of exports, packed or not: one answer, however large."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.data import REPEATS_AFTER, record

BLOCK = 10_000
Records = Sequence[Mapping[str, Any]]


def _lines(records: Records) -> bytes:
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in records)


def _csv(records: Records) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [_cell(value) for value in one.values()] for one in records
    )
    return text.getvalue().encode()


def _xml(records: Records) -> bytes:
    return "".join(f"<item>{_children(one)}</item>" for one in records).encode()


def _json(records: Records) -> bytes:
    return b"".join(b"%b," % json.dumps(one, ensure_ascii=False).encode() for one in records)


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _children(one: Mapping[str, Any]) -> str:
    return "".join(f"<{key}>{escape(_cell(value))}</{key}>" for key, value in one.items())


WRITERS: Mapping[str, tuple[bytes, Callable[[Records], bytes], bytes]] = {
    "json": (b"[", _json, b"]"),
    "jsonl": (b"", _lines, b""),
    "csv": (",".join(record(0)).encode() + b"\n", _csv, b""),
    "xml": (b"<items>", _xml, b"</items>"),
}
"""By format: what stands before the records, how they are written, and what stands behind."""


def blocks(kind: str, rows: int) -> Iterator[bytes]:
    """The answer with so many records, in parts."""
    before, write, behind = WRITERS[kind]
    yield before
    for first in range(0, rows, BLOCK):
        numbers = range(first, min(first + BLOCK, rows))
        part = write([{**record(n % REPEATS_AFTER), "id": n} for n in numbers])
        is_last = numbers.stop == rows
        yield part.removesuffix(b",") if is_last and kind == "json" else part
    yield behind


@cache
def written(kind: str, rows: int, packed: str) -> bytes:
    """The whole answer, as it is sent."""
    if packed != "gzip":
        return b"".join(blocks(kind, rows))
    packer = zlib.compressobj(1, wbits=31)
    return b"".join([*map(packer.compress, blocks(kind, rows)), packer.flush()])


def unpacked_size(content: bytes) -> int:
    """Bytes of what is packed."""
    with gzip.open(io.BytesIO(content)) as file:
        return sum(map(len, iter(lambda: file.read(1 << 20), b"")))
