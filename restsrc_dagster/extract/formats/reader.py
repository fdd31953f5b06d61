"""Reads an answer: at once, or so that the page loop does it, piece by piece."""

from collections.abc import Mapping

import requests

from restsrc_dagster.connector.resources.format import (
    NAMES,
    Compression,
    FormatObject,
    JsonFormat,
)
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.formats.answer_format import AS_IT_IS, AnswerFormat
from restsrc_dagster.extract.formats.broken import Broken, NoJson, OtherFormat, TooLarge
from restsrc_dagster.extract.formats.complaints import Complaints
from restsrc_dagster.extract.formats.kinds import LINES, begins_json, format_of, media_type
from restsrc_dagster.extract.formats.looked_over import Seen, look_over
from restsrc_dagster.extract.formats.opened import OpenedAnswer
from restsrc_dagster.extract.formats.packed import Counted, compression_of
from restsrc_dagster.extract.response import sizes
from restsrc_dagster.extract.response.body import is_several, take_json
from restsrc_dagster.extract.response.body_file import is_in_file
from restsrc_dagster.extract.response.charset import charset_of
from restsrc_dagster.extract.response.decode import Decoded
from restsrc_dagster.extract.response.limits import AnswerLimits, too_large
from restsrc_dagster.extract.response.not_ready import not_ready
from restsrc_dagster.extract.response.taken import InPieces, Whole, note_read_as


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
        self._complaints = Complaints(redact)

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
                Decoded(response.json()),
                refusal=ReadError(self._complaints.in_words(response, broken)),
            )
        except Broken as broken:
            return broken
        except TooLarge as large:
            raise too_large(large.most, large.what) from None
        return None

    def refuse(self, response: requests.Response, broken: Broken, resource: str) -> None:
        """Let `response.json()` say what is wrong with an answer."""
        self._complaints.refuse(response, broken, resource)

    def _take(self, response: requests.Response, how: AnswerFormat) -> None:
        packed = how.compression or compression_of(response.content)
        if how.is_packed and compression_of(response.content) == "none":
            packed = _unpacked_on_the_way(response, packed)
        seen = look_over(response, packed, Counted(self.limits.of_body(in_pieces=how.in_pieces)))
        content_type = response.headers.get("Content-Type", "")
        said = format_of(how.said, content_type, seen.begins)
        if how.said is None and (why_not := how.not_as.get(said.type)):
            raise Broken(f"is {NAMES[said.type]}: {why_not}")
        opened = OpenedAnswer(
            response=response,
            packed=packed,
            said=said,
            charset=charset_of(content_type),
            content=seen.content,
            limits=self.limits,
            raised=self._complaints.raised,
        )
        self._make_readable(response, how, opened, seen, said)
        note_read_as(response, NAMES[said.type], packed)

    def _make_readable(
        self,
        response: requests.Response,
        how: AnswerFormat,
        opened: OpenedAnswer,
        seen: Seen,
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
        self, response: requests.Response, how: AnswerFormat, opened: OpenedAnswer, seen: Seen
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
