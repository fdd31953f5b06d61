"""An answer of a known format: its files, and its records piece by piece."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import requests

from restsrc_dagster.connector.resources.format import (
    Compression,
    CsvFormat,
    FormatObject,
    JsonFormat,
    JsonLinesFormat,
    XmlFormat,
)
from restsrc_dagster.extract.formats.csv_rows import csv_rows
from restsrc_dagster.extract.formats.json_lines import json_lines
from restsrc_dagster.extract.formats.json_windows import JsonWindows, NoList
from restsrc_dagster.extract.formats.packed import Counted, unpacked
from restsrc_dagster.extract.formats.piece import Pieces
from restsrc_dagster.extract.formats.text_lines import text_lines
from restsrc_dagster.extract.formats.xml_elements import XmlElements
from restsrc_dagster.extract.response.body_file import open_body
from restsrc_dagster.extract.response.limits import AnswerLimits


@dataclass(frozen=True, kw_only=True)
class OpenedAnswer:
    """An answer of a known format, to be opened as often as it is read.

    Args:
        response: the answer.
        packed: how it is packed.
        said: its format.
        charset: its encoding, as its head says; None where that says nothing.
        content: all of it, unpacked, where it is in memory; else None.
        limits: how much of it is taken.
        raised: turns what breaks off while it is handed on into what a person reads.
    """

    response: requests.Response
    packed: Compression
    said: FormatObject
    charset: str | None
    content: bytes | None
    limits: AnswerLimits
    raised: Callable[[requests.Response], AbstractContextManager[None]]

    def document(self) -> "Document":
        """All files of it, to be read once."""
        return Document(self)

    @contextmanager
    def files(self, counted: Counted | None = None) -> Iterator[Iterator[BinaryIO]]:
        """Unpacked; raises Broken, TooLarge: also where too much is held at once."""
        if self.content is not None:
            yield iter([BytesIO(self.content)])
            return
        with open_body(self.response) as body:
            yield unpacked(body, self.packed, counted or self.counted())

    def counted(self) -> Counted:
        """That of its bytes, of which no more may be held than fit into memory."""
        return Counted(self.limits.in_pieces, self.limits.in_memory)

    def only_file(self) -> bytes:
        """All of the document; raises Broken."""
        if self.content is not None:
            return self.content
        with self.files() as files:
            return next(files).read()

    def windows(self, path: Sequence[str]) -> Callable[[], "JsonDocument"]:
        """Opens it as one JSON document whose records are a list at `path`."""
        return lambda: JsonDocument(self, path)

    def has_list_at(self, path: Sequence[str]) -> bool:
        """Whether the records of a JSON document are a list where they were said to be."""
        try:
            with self.files() as files:
                next(JsonWindows(next(files), path).pieces(), None)
        except NoList:
            return False
        return True


class Document:
    """An answer in pieces, of all files in it."""

    def __init__(self, answer: OpenedAnswer) -> None:
        self._answer = answer
        self._xml: XmlElements | None = None

    @property
    def is_only_records(self) -> bool:
        """Whether nothing stands beside its records."""
        return not isinstance(self._answer.said, XmlFormat)

    @property
    def body(self) -> Any:
        """What stands beside its records, once they are read."""
        if self.is_only_records:
            return []
        return {} if self._xml is None else self._xml.body

    def pieces(self) -> Pieces:
        """Its records; raises ReadError, ApiUnavailable."""
        with self._answer.raised(self._answer.response):
            yield from self.pieces_or_broken()

    def pieces_or_broken(self) -> Pieces:
        """Its records; raises Broken, TooLarge."""
        answer, counted = self._answer, self._answer.counted()
        with answer.files(counted) as files:
            for file in files:
                for piece in self._records(file):
                    yield piece
                    counted.used_up()

    def _records(self, file: BinaryIO) -> Pieces:
        said, charset = self._answer.said, self._answer.charset
        if isinstance(said, CsvFormat):
            return csv_rows(file, said, charset)
        if isinstance(said, JsonLinesFormat):
            return json_lines(file)
        if isinstance(said, XmlFormat):
            self._xml = XmlElements(said, charset)
            return self._xml.pieces(file)
        if isinstance(said, JsonFormat):
            raise TypeError(said)
        return text_lines(file, said, charset)


class JsonDocument:
    """A JSON document in pieces."""

    def __init__(self, answer: OpenedAnswer, path: Sequence[str]) -> None:
        self._answer = answer
        self._path = path
        self._windows: JsonWindows | None = None

    @property
    def body(self) -> Any:
        """What stands beside its records, once they are read."""
        return [] if self._windows is None else self._windows.body

    def pieces(self) -> Pieces:
        """Its records; raises ReadError, ApiUnavailable."""
        answer, counted = self._answer, self._answer.counted()
        with answer.raised(answer.response), answer.files(counted) as files:
            self._windows = JsonWindows(next(files), self._path)
            for piece in self._windows.pieces():
                yield piece
                counted.used_up()
