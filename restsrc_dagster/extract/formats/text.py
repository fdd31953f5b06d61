"""Bytes to text: by the person's word, a byte order mark, or the header; else UTF-8."""

import codecs
import io
from typing import Any, BinaryIO, TextIO

from restsrc_dagster.extract.formats.broken import Broken

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LONGEST_MARK = 4


def encoding_of(stream: Any, said: str | None, charset: str | None) -> str:
    """That of a stream, of which nothing is read by this.

    Args:
        stream: an `io.BufferedReader`.
        said: by the person.
        charset: by the header.
    """
    begins = stream.peek(_LONGEST_MARK)[:_LONGEST_MARK]
    mark = next((name for mark, name in _MARKS if begins.startswith(mark)), None)
    if mark == "utf-8-sig" and codecs.lookup(said or "utf-8").name in ("utf-8", "utf-8-sig"):
        return mark
    return said or mark or charset or "utf-8"


def as_text(stream: BinaryIO, said: str | None, charset: str | None, newline: str | None) -> TextIO:
    """The text of a stream; `newline` as for `open`."""
    file: Any = stream
    if not isinstance(stream, io.BufferedReader):
        file = io.BufferedReader(file)
    return io.TextIOWrapper(file, encoding_of(file, said, charset), newline=newline)


def not_text(error: UnicodeDecodeError) -> Broken:
    """What to say of bytes that are no text."""
    found = error.object[error.start : error.start + 1].hex()
    return Broken(
        f"is no {error.encoding}: it has a byte {found}; name its encoding in the format, such as "
        '"encoding": "latin-1"'
    )
