"""A table as text: a record in each row, whose values are texts.

What a text means is not guessed: the same column would be of one type in a file, and of another in
the next one. The hints of a column say it.
"""

import csv
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, TextIO

from restsrc_dagster.connector.resources.format import CsvFormat
from restsrc_dagster.extract.formats.broken import Broken
from restsrc_dagster.extract.formats.piece import Pieces
from restsrc_dagster.extract.formats.text import as_text, not_text
from restsrc_dagster.extract.response import sizes

LONGEST_VALUE = 1 << 24
"""Characters; a quote that is never closed would take all that follows into one value."""
_ROWS = 500
"""Between two looks at how much was read."""
_DELIMITERS = ";\t|,"
_SHOWN = 60
Row = list[str]


def csv_rows(stream: BinaryIO, said: CsvFormat, charset: str | None) -> Pieces:
    """The records of a file, piece by piece; raises Broken."""
    if csv.field_size_limit() < LONGEST_VALUE:
        csv.field_size_limit(LONGEST_VALUE)
    text = as_text(stream, said.encoding, charset, "")
    lines = _Lines(text)
    rows = csv.reader(lines, **_dialect(said))
    try:
        for _ in range(said.skip):
            text.readline()
        yield from _pieces(rows, lines, said)
    except UnicodeDecodeError as error:
        raise not_text(error) from None
    except csv.Error as error:
        raise _not_csv(str(error), said.skip + rows.line_num) from None


class _Lines:
    """The lines of a text, as the csv module takes them; `read` counts their characters."""

    def __init__(self, text: TextIO) -> None:
        self._next = text.__next__
        self.read = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._next()
        self.read += len(line)
        return line


def _pieces(rows: Any, lines: _Lines, said: CsvFormat) -> Pieces:
    names, piece, read = _names(rows, said), [], 0
    if names is None:
        return
    width = len(names)
    while block := list(islice(rows, _ROWS)):
        if any(len(row) != width for row in block):
            block = list(_whole(block, width, said.skip + rows.line_num))
        if said.empty == "null":
            piece += [
                {name: value or None for name, value in zip(names, row, strict=True)}
                for row in block
            ]
        else:
            piece += [dict(zip(names, row, strict=True)) for row in block]
        if lines.read - read >= sizes.PIECE:
            yield piece
            piece, read = [], lines.read
    if piece:
        yield piece


def _dialect(said: CsvFormat) -> dict[str, Any]:
    return {
        "delimiter": said.delimiter,
        "quotechar": said.quote,
        "quoting": csv.QUOTE_NONE if said.quote is None else csv.QUOTE_MINIMAL,
        "escapechar": said.escape,
        "doublequote": said.escape is None,
        "strict": True,
    }


def _names(rows: Iterator[Row], said: CsvFormat) -> list[str] | None:
    """Those of the columns; None where there is no row at all."""
    if not said.header:
        return said.names
    header = next((row for row in rows if row), None)
    if header is None:
        return None
    if said.names is not None:
        if len(said.names) != len(header):
            raise Broken(
                f"has a header of {len(header)} columns, and the format names {len(said.names)}"
            )
        return said.names
    header = [name.strip() for name in header]
    _refuse_odd_header(header, said)
    return header


def _refuse_odd_header(header: Row, said: CsvFormat) -> None:
    only = header[0] if len(header) == 1 else ""
    other = next((one for one in _DELIMITERS if one in only and one != said.delimiter), None)
    if other is not None and re.fullmatch(r"[^\s\"'{}\[\]<>()]+", only.replace(other, "")):
        raise Broken(
            f"has one column, {_shown(only)}: the delimiter seems to be {other!r}; write "
            f'"format": {{"type": "csv", "delimiter": "{other}"}}'.replace("\t", "\\t")
        )
    if "" in header:
        raise Broken(
            f"has no name for column {header.index('') + 1}; name all columns in the format's names"
        )
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise Broken(
            f"has two columns named {_shown(twice)}; name all columns in the format's names"
        )


def _whole(block: list[Row], width: int, line: int) -> Iterator[Row]:
    """The rows but blank ones; raises Broken at one of another width."""
    for row in block:
        if len(row) == width:
            yield row
        elif row:
            raise Broken(
                f"has a row of {len(row)} values, where {width} columns are named, at or before "
                f"line {line}: it begins with {_shown(row[0])}",
                is_cut=len(row) < width and row is block[-1],
            )


def _not_csv(error: str, line: int) -> Broken:
    if "field larger" in error or "unexpected end" in error:
        return Broken(
            f"has a quote that is never closed, before line {line}; if quotes are plain characters "
            'there, write "quote": null in the format',
            is_cut="unexpected end" in error,
        )
    return Broken(f"is no CSV at line {line}: {error}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
