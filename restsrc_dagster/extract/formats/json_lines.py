"""A JSON value in each line, which is a record (NDJSON, JSON lines, JSON text sequences)."""

import codecs
from typing import Any, BinaryIO

from restsrc_dagster.extract.formats.broken import Broken
from restsrc_dagster.extract.formats.piece import Pieces
from restsrc_dagster.extract.response import sizes
from restsrc_dagster.extract.response.decode import decoded

_BLANK = b" \t\r\n\x1e"
"""Around a value; 1e begins one in a JSON text sequence."""
_SHOWN = 60


def json_lines(stream: BinaryIO) -> Pieces:
    """The records of a file, piece by piece; raises Broken, RecursionError."""
    number = 0
    while lines := stream.readlines(sizes.PIECE):
        if not number:
            lines[0] = lines[0].removeprefix(codecs.BOM_UTF8)
        yield _records(lines, number)
        number += len(lines)


def _records(lines: list[bytes], before: int) -> list[Any]:
    values = [value for line in lines if (value := line.strip(_BLANK))]
    try:
        records = decoded(b"[" + b",".join(values) + b"]").value
        if len(records) == len(values):
            return list(records)
    except ValueError:
        pass
    return [_record(line, number) for number, line in enumerate(lines, before + 1) if line.strip()]


def _record(line: bytes, number: int) -> Any:
    text = line.strip(_BLANK)
    try:
        return decoded(text).value
    except ValueError:
        shown = text[:_SHOWN].decode(errors="replace")
        raise Broken(
            f"has no JSON in its line {number}, which begins with {shown!r}",
            is_cut=not line.endswith(b"\n"),
        ) from None
