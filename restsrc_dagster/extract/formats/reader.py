"""Reads an answer: at once, or so that the page loop does it, piece by piece."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO

import requests

from restsrc_dagster.connector.resources.format import (
    NAMES,
    Compression,
    CsvFormat,
    FormatObject,
    JsonFormat,
    JsonLinesFormat,
    XmlFormat,
)
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ApiUnavailable, ReadError
from restsrc_dagster.extract.formats.broken import Broken, NoJson, OtherFormat, TooLarge
from restsrc_dagster.extract.formats.csv_rows import csv_rows
from restsrc_dagster.extract.formats.json_lines import json_lines
from restsrc_dagster.extract.formats.json_windows import JsonWindows, NoList
from restsrc_dagster.extract.formats.kinds import (
    LINES,
    begins_json,
    cure_of,
    format_of,
    media_type,
)
from restsrc_dagster.extract.formats.packed import Counted, compression_of, unpacked
from restsrc_dagster.extract.formats.piece import Pieces
from restsrc_dagster.extract.formats.text_lines import text_lines
from restsrc_dagster.extract.formats.xml_elements import XmlElements
from restsrc_dagster.extract.response import sizes
from restsrc_dagster.extract.response.body import (
    LOOKED_AT,
    beginning,
    described,
    is_several,
    refuse,
    take_json,
)
from restsrc_dagster.extract.response.body_file import is_in_file, open_body
from restsrc_dagster.extract.response.charset import charset_of
from restsrc_dagster.extract.response.decode import Decoded, TooManyDigits
from restsrc_dagster.extract.response.limits import AnswerLimits, too_large
from restsrc_dagster.extract.response.not_ready import not_ready
from restsrc_dagster.extract.response.taken import InPieces, Whole, note_read_as
from restsrc_dagster.extract.response.url_redaction import redacted_url

_TAIL = 1 << 10


@dataclass(frozen=True, kw_only=True)
class AnswerFormat:
    """How the answers to one resource are read.

    Args:
        said: the format, by the person; None for what the answer says.
        compression: how they are packed, by the person; None for what the first bytes say.
        path: names of the objects that lead to the records of a JSON document; None where they are
            found otherwise, so that the document is read at once.
        in_pieces: whether a large one may be handed on piece by piece.
        is_waited_for: whether the file says which answer is the one with records.
        not_as: by format, why the resource cannot be read so; where the file names none.
    """

    said: FormatObject | None = None
    compression: Compression | None = None
    path: Sequence[str] | None = None
    in_pieces: bool = False
    is_waited_for: bool = False
    not_as: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_be_json(self) -> bool:
        """Whether an answer that seems to be JSON is."""
        return self.compression is None and (self.said is None or self.said.type == "json")

    @property
    def is_packed(self) -> bool:
        """Whether the person says that answers are packed."""
        return self.compression not in (None, "none")


AS_IT_IS = AnswerFormat()


class AnswerReader:
    """Makes of the bytes of good answers what `response.json()` gives.

    Args:
        formats: by the resource's name.
        limits: how much of an answer is taken.
        redact: takes secrets out of what is shown.
    """

    def __init__(
        self, formats: Mapping[str, AnswerFormat], limits: AnswerLimits, redact: Redactor
    ) -> None:
        self._formats = formats
        self.limits = limits
        self._redact = redact

    def may_be_in_pieces(self, resource: str) -> bool:
        """Whether a large answer need not stay in memory."""
        return self._formats.get(resource, AS_IT_IS).in_pieces

    def take(self, response: requests.Response, resource: str) -> Broken | None:
        """Read an answer, if it can be; else what is wrong with it.

        Raises:
            ReadError: no other try would help.
        """
        how = self._formats.get(resource, AS_IT_IS)
        self.limits.refuse_many_values(response.content)
        if how.may_be_json and _seems_json(response) and take_json(response):
            return None
        is_empty = not (response.content.strip() or how.is_packed)
        if response.status_code == 204 or is_empty:
            take_json(response)
            return None
        try:
            self._take(response, how)
        except OtherFormat as broken:
            # What is waited for may be told of in JSON.
            is_asked_again = take_json(response) and (
                how.is_waited_for or not_ready(response, None) is not None
            )
            if not is_asked_again:
                return broken
            response.json = Whole(  # type: ignore[method-assign]
                Decoded(response.json()), refusal=ReadError(self.in_words(response, broken))
            )
        except Broken as broken:
            return broken
        except TooLarge as large:
            raise too_large(large.most, large.what) from None
        return None

    def _take(self, response: requests.Response, how: AnswerFormat) -> None:
        packed = how.compression or compression_of(response.content)
        if how.is_packed and compression_of(response.content) == "none":
            packed = _unpacked_on_the_way(response, packed)
        seen = self._looked_over(response, packed, how)
        content_type = response.headers.get("Content-Type", "")
        said = format_of(how.said, content_type, seen.begins)
        if how.said is None and (why_not := how.not_as.get(said.type)):
            raise Broken(f"is {NAMES[said.type]}: {why_not}")
        opened = _Answer(self, response, packed, said, charset_of(content_type), seen.content)
        self._make_readable(response, how, opened, seen, said)
        note_read_as(response, NAMES[said.type], packed)

    def _make_readable(
        self,
        response: requests.Response,
        how: AnswerFormat,
        opened: "_Answer",
        seen: "_Seen",
        said: FormatObject,
    ) -> None:
        if isinstance(said, JsonFormat):
            self._take_json(response, how, opened, seen)
        elif how.in_pieces and seen.size > sizes.AT_ONCE:
            response.json = InPieces(opened.document)  # type: ignore[method-assign]
        else:
            document = opened.document()
            records = [record for piece in document.pieces_or_broken() for record in piece]
            body = records if document.is_only_records else document.body
            response.json = Whole(  # type: ignore[method-assign]
                Decoded(body), records, size=seen.size
            )

    def _take_json(
        self, response: requests.Response, how: AnswerFormat, opened: "_Answer", seen: "_Seen"
    ) -> None:
        if seen.files != 1:
            raise Broken(
                f"is a zip of {seen.files} files, of which it is not known what they are; write "
                '"format": "jsonl", or "csv"'
            )
        path = how.path if how.in_pieces and seen.size > sizes.JSON_AT_ONCE else None
        if path is not None:
            if not seen.ends.rstrip().endswith((b"]", b"}")):
                raise NoJson("is JSON that ends too early", is_cut=True)
            if opened.has_list_at(path):
                response.json = InPieces(opened.windows(path))  # type: ignore[method-assign]
                return
        content = opened.only_file()
        self.limits.refuse_many_values(content)
        if not take_json(response, content):
            raise NoJson("is no JSON", is_cut=begins_json(content) and not is_several(content))

    def _looked_over(
        self, response: requests.Response, packed: Compression, how: AnswerFormat
    ) -> "_Seen":
        """Raises Broken.

        What is packed is unpacked to its end before anything of it is used: if its end is missing,
        it is asked for again, and no row is there twice.
        """
        if packed == "none" and not is_in_file(response):
            content = response.content
            return _Seen(content[:LOOKED_AT], len(content), content[-_TAIL:], content)
        begins, size, ends, files = b"", 0, b"", 0
        kept: list[bytes] = []
        counted = Counted(self.limits.of_body(in_pieces=how.in_pieces))
        with open_body(response) as body:
            for stream in unpacked(body, packed, counted):
                files += 1
                while piece := stream.read(sizes.CHUNK):
                    begins, size, ends = begins or piece, size + len(piece), ends[-_TAIL:] + piece
                    if size <= sizes.AT_ONCE:
                        kept.append(piece)
        content = b"".join(kept) if size <= sizes.AT_ONCE and files == 1 else None
        return _Seen(begins[:LOOKED_AT], size, ends[-_TAIL:], content, files)

    @contextmanager
    def told(self, response: requests.Response) -> Iterator[None]:
        """Say of which answer it is that something breaks off while it is handed on."""
        try:
            yield
        except Broken as broken:
            kind = ApiUnavailable if broken.is_cut else ReadError
            raise kind(self.in_words(response, broken)) from None
        except TooLarge as large:
            raise too_large(large.most, large.what) from None
        except RecursionError:
            raise ReadError(
                self.in_words(response, Broken("is JSON that is nested too deeply to be read"))
            ) from None
        except TooManyDigits as error:
            raise ReadError(self.in_words(response, Broken(str(error)))) from None

    def refuse(self, response: requests.Response, broken: Broken, resource: str) -> None:
        """Let `response.json()` say what is wrong with an answer."""
        kind = ApiUnavailable if broken.is_cut else ReadError
        text = self.in_words(response, broken)
        if isinstance(broken, NoJson):
            several = is_several(response.content)
            kind = ReadError if several else ApiUnavailable
            url, what = redacted_url(response.url), described(response, self._redact)
            content_type = response.headers.get("Content-Type", "")
            cure = cure_of(content_type, response.content[:LOOKED_AT], several)
            place = f' (in "reading": {{"{resource}": …}})'
            text = f"{self._redact(url)} {what}{f'; {cure}{place}' if cure else ''}"
        refuse(response, kind(text))

    def in_words(self, response: requests.Response, broken: Broken) -> str:
        """What is wrong, of which answer, and how that begins."""
        url = self._redact(redacted_url(response.url))
        kind = response.headers.get("Content-Type", "") or "no Content-Type"
        packed = compression_of(response.content)
        begins = f"it begins with {beginning(response, self._redact)!r}"
        return (
            f"{url} answered {response.status_code}, and the answer {self._redact(str(broken))} "
            f"({kind}; {begins if packed == 'none' else f'packed as {packed}'})"
        )


def _seems_json(response: requests.Response) -> bool:
    """Whether it may be one JSON document that is read at once: by far the most are."""
    content = response.content
    if is_in_file(response) or len(content) > sizes.JSON_AT_ONCE or not begins_json(content[:99]):
        return False
    return media_type(response.headers.get("Content-Type", "")) not in LINES


def _unpacked_on_the_way(response: requests.Response, said: Compression) -> Compression:
    """What is not packed any more, as its header told how to unpack it; raises Broken."""
    if response.headers.get("Content-Encoding", "identity").lower() not in ("identity", "none", ""):
        return "none"
    if not response.content:
        raise Broken(f"is empty, where {said} is expected", is_cut=True)
    raise Broken(f"is not packed as {said}, as the resource's compression says")


@dataclass(frozen=True)
class _Seen:
    """What was seen of an answer, unpacked: its first and last bytes, how many they are, and all of
    them where they are few."""

    begins: bytes
    size: int
    ends: bytes
    content: bytes | None
    files: int = 1


@dataclass(frozen=True)
class _Answer:
    """An answer of a known format, to be opened as often as it is read."""

    reader: AnswerReader
    response: requests.Response
    packed: Compression
    said: FormatObject
    charset: str | None
    content: bytes | None

    def document(self) -> "_Document":
        return _Document(self)

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
        limits = self.reader.limits
        return Counted(limits.in_pieces, limits.in_memory)

    def only_file(self) -> bytes:
        """All of the document; raises Broken."""
        if self.content is not None:
            return self.content
        with self.files() as files:
            return next(files).read()

    def windows(self, path: Sequence[str]) -> Callable[[], "_Windows"]:
        return lambda: _Windows(self, path)

    def has_list_at(self, path: Sequence[str]) -> bool:
        """Whether the records of a JSON document are a list where they were said to be."""
        try:
            with self.files() as files:
                next(JsonWindows(next(files), path).pieces(), None)
        except NoList:
            return False
        return True


class _Document:
    """An answer in pieces, of all files in it."""

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer
        self._xml: XmlElements | None = None

    @property
    def is_only_records(self) -> bool:
        return not isinstance(self._answer.said, XmlFormat)

    @property
    def body(self) -> Any:
        if self.is_only_records:
            return []
        return {} if self._xml is None else self._xml.body

    def pieces(self) -> Pieces:
        with self._answer.reader.told(self._answer.response):
            yield from self.pieces_or_broken()

    def pieces_or_broken(self) -> Pieces:
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


class _Windows:
    """A JSON document in pieces."""

    def __init__(self, answer: _Answer, path: Sequence[str]) -> None:
        self._answer = answer
        self._path = path
        self._windows: JsonWindows | None = None

    @property
    def body(self) -> Any:
        return [] if self._windows is None else self._windows.body

    def pieces(self) -> Pieces:
        answer, counted = self._answer, self._answer.counted()
        with answer.reader.told(answer.response), answer.files(counted) as files:
            self._windows = JsonWindows(next(files), self._path)
            for piece in self._windows.pieces():
                yield piece
                counted.used_up()
