"""One JSON document that is too large to be read at once: its list of records, piece by piece.

A piece ends at a comma between two records. Which comma that is, is tried: what lies before it, in
brackets, is a JSON list if it is one of those, and none if it is within a record or a text. So all
is read by orjson, as the whole would be, twice as fast as by a parser of events (ijson).
"""

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from restsrc_dagster.extract.formats.broken import Broken
from restsrc_dagster.extract.formats.piece import Pieces, Records
from restsrc_dagster.extract.response import sizes
from restsrc_dagster.extract.response.decode import decoded

_SPACE = re.compile(rb"[ \t\r\n]*")
_FIRST_KEY = re.compile(rb'\{\s*"(?:[^"\\]|\\.)*"\s*:')
_TRIES = 40
MOST_BESIDE = 100_000_000
"""Bytes of the document but its records: they are in memory until its end."""
_SCAN = json.JSONDecoder()


class NoList(Exception):
    """There is no list where the records were said to be; nothing was handed on."""


class JsonWindows:
    """One document.

    Args:
        stream: its bytes, in UTF-8.
        path: names of the objects that lead to the list of records.

    Attributes:
        body: the document; in place of the list of records are those of the last piece.
    """

    def __init__(self, stream: BinaryIO, path: Sequence[str]) -> None:
        self._stream = stream
        self._path = list(path)
        self._text = b""
        self._is_over = False
        self._handed_on = False
        self._beside = 0
        self.body: Any = None

    def pieces(self) -> Pieces:
        """The records; raises Broken, NoList, RecursionError."""
        try:
            yield from self._pieces()
        except ValueError as error:  # of a part whose end was found, by a reader that takes more
            raise Broken(f"is no JSON: {error}") from None

    def _pieces(self) -> Pieces:
        self._fill()
        self._text = self._text.removeprefix(codecs.BOM_UTF8)
        yield from self._at(self._path, [])
        self._skip()
        if self._text:
            raise Broken("is a JSON document with something behind it")

    def _at(self, path: Sequence[str], above: list[str]) -> Pieces:
        if not path:
            yield from self._list(above)
            return
        self._expect(b"{")
        body = self._object(above)
        is_found = False
        while not self._takes(b"}"):
            key = self._value()
            self._expect(b":")
            if key == path[0] and not is_found:
                is_found = True
                yield from self._at(path[1:], [*above, key])
            else:
                body[key] = self._value()
            if not self._takes(b","):
                self._expect(b"}")
                break
        if not is_found and not self._handed_on:
            raise NoList

    def _object(self, above: Sequence[str]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        self._put(above, made)
        return made

    def _put(self, above: Sequence[str], value: Any) -> None:
        if not above:
            self.body = value
            return
        holder = self.body
        for key in above[:-1]:
            holder = holder[key]
        holder[above[-1]] = value

    def _list(self, above: Sequence[str]) -> Pieces:
        self._expect(b"[")
        self._put(above, [])
        while True:
            while len(self._text) < sizes.PIECE and not self._is_over:
                self._fill()
            records = None if self._is_over else self._before_a_comma()
            is_last = records is None
            if records is None:
                records = self._rest()
            if records is None:
                if self._is_over:
                    raise Broken("is JSON that ends too early", is_cut=True)
                self._fill()
                continue
            self._handed_on = True
            self._put(above, records)
            if records:
                yield records
            if is_last:
                return

    def _before_a_comma(self) -> Records | None:
        """The records before the last comma between two; None where none was found."""
        for at in self._candidates():
            try:
                records = decoded(b"[" + self._text[:at] + b"]").value
            except ValueError:
                continue
            self._text = self._text[at + 1 :]
            return list(records)
        return None

    def _candidates(self) -> Iterator[int]:
        """Commas, the likeliest first: those before what begins as the first record does."""
        text = self._text
        if (first := _FIRST_KEY.match(text, self._space(0))) is not None:
            begins, at = first[0], len(text)
            for _ in range(_TRIES):
                at = text.rfind(begins, 0, at)
                if at <= 0:
                    break
                before = text[max(0, at - 200) : at].rstrip()
                if before.endswith(b","):
                    yield text.rfind(b",", 0, at)
        at = len(text)
        for _ in range(_TRIES):
            at = text.rfind(b",", 0, at)
            if at <= 0:
                return
            yield at

    def _rest(self) -> Records | None:
        """The records up to the end of the list, if that is there."""
        try:
            text = (b"[" + self._text).decode("utf-8", "replace" if self._is_over else "ignore")
            _, end = _SCAN.raw_decode(text)
        except ValueError:
            return None
        size = len(text[:end].encode())
        records = decoded(b"[" + self._text[: size - 1]).value
        self._text = self._text[size - 1 :]
        return list(records)

    def _value(self) -> Any:
        """The next value, whole."""
        self._skip()
        while True:
            try:
                text = self._text.decode("utf-8", "ignore")
                _, end = _SCAN.raw_decode(text)
                if end < len(text) or self._is_over:
                    break
            except ValueError:
                if self._is_over:
                    raise Broken("is JSON that ends too early", is_cut=True) from None
            self._fill()
        size = len(text[:end].encode())
        value = decoded(self._text[:size]).value
        self._text = self._text[size:]
        self._beside += size
        if self._beside > MOST_BESIDE:
            raise Broken(f"has more than {MOST_BESIDE // 1_000_000} MB beside its records")
        return value

    def _fill(self) -> None:
        """Read on; what did not suffice is doubled, as all of it is tried again."""
        more = self._stream.read(max(sizes.PIECE, len(self._text)))
        self._is_over = not more
        self._text += more

    def _space(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _skip(self) -> None:
        while True:
            self._text = self._text[self._space(0) :]
            if self._text or self._is_over:
                return
            self._fill()

    def _takes(self, sign: bytes) -> bool:
        self._skip()
        if not self._text.startswith(sign):
            return False
        self._text = self._text[1:]
        return True

    def _expect(self, sign: bytes) -> None:
        if self._takes(sign):
            return
        if not self._text:
            raise Broken("is JSON that ends too early", is_cut=True)
        if self._handed_on:
            raise Broken("is JSON that breaks off, or has something behind its list")
        raise NoList
