"""What an API answered, read once: JSON, nothing at all, or something else.

dlt reads `response.json()` two or three times a page, and of an answer that is no JSON it says
neither the address nor the resource.
"""

import json
import zlib
from collections.abc import Iterator
from math import inf
from typing import Any

import requests

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.response import sizes
from restsrc_dagster.extract.response.body_file import BodyFile, keep_in_file
from restsrc_dagster.extract.response.charset import charset_of, text_of
from restsrc_dagster.extract.response.decode import Decoded, TooManyDigits, decoded, decoded_slowly
from restsrc_dagster.extract.response.limits import too_large
from restsrc_dagster.extract.response.not_ready import ACCEPTED
from restsrc_dagster.extract.response.rules import rule_for
from restsrc_dagster.extract.response.taken import Whole
from restsrc_dagster.extract.response.url_redaction import redacted_url

BEGINNING = 120
LOOKED_AT = 1 << 16
EMPTY: list[Any] = []
NO_LENGTH = "a chunk of the answer has no length that can be"


def read_body(response: requests.Response, limit: float, *, in_pieces: bool = False) -> None:
    """Read the whole body, of no more than `limit` bytes; raises ReadError.

    Read here, the body counts as under way, and the connection of a refusal is given back: dlt
    raises for it before requests would have read it.

    Args:
        in_pieces: whether a large one need not stay in memory.
    """
    chunks: list[bytes] = []
    file, size = None, 0
    largest = _in_memory(response) if in_pieces and response.ok else inf
    for chunk in _sound(_chunks(response)):
        size += len(chunk)
        if size > limit:
            response.close()
            raise too_large(limit)
        if file is not None:
            file.write(chunk)
            continue
        chunks.append(chunk)
        if size > largest:
            file, begins = BodyFile(), b"".join(chunks)
            file.write(begins)
            chunks = [begins[:LOOKED_AT]]
    if file is not None:
        keep_in_file(response, file, chunks[0])
    else:
        response._content = b"".join(chunks)


def _sound(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks; raises ChunkedEncodingError where one has a length that none can have."""
    try:
        yield from chunks
    except ValueError:
        raise requests.exceptions.ChunkedEncodingError(NO_LENGTH) from None


def _in_memory(response: requests.Response) -> float:
    return sizes.JSON_AT_ONCE if _says_json(response) else sizes.AT_ONCE


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes; of what is packed on the way, unpacked.

    Lines of which the last ones are missing are lines as well: where urllib3 would not see that
    what is packed has no end, it is unpacked here.
    """
    encoding = response.headers.get("Content-Encoding", "").lower()
    if encoding not in ("gzip", "x-gzip") or _says_json(response):
        return response.iter_content(sizes.CHUNK)
    response.raw.headers.discard("Content-Encoding")
    return _ungzipped(response)


def _says_json(response: requests.Response) -> bool:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json"))


def _ungzipped(response: requests.Response) -> Iterator[bytes]:
    made = None
    for chunk in response.iter_content(sizes.CHUNK):
        left, is_more = chunk, False
        while left or is_more:
            made = made if made is not None and not made.eof else zlib.decompressobj(31)
            try:
                piece = made.decompress(left, sizes.UNPACKED)
            except zlib.error as error:
                raise requests.exceptions.ContentDecodingError(str(error)) from None
            yield piece
            left, is_more = made.unconsumed_tail or made.unused_data, len(piece) == sizes.UNPACKED
    if made is not None and not made.eof:
        raise requests.exceptions.ChunkedEncodingError("the gzip of the answer ends too early")


def is_ignored(response: requests.Response, request: requests.PreparedRequest) -> bool:
    """Whether the configuration's `response_actions` leave an answer out."""
    rule = rule_for(response, request)
    return rule is not None and rule.action.kind == "ignore"


def take_json(response: requests.Response, content: bytes | None = None) -> bool:
    """Read the body into what `response.json()` will give; whether it could be read.

    An empty body is an empty page, and so is a 202 in words. NaN and infinities, which are no JSON,
    are nulls.

    Args:
        content: the body, where it was unpacked.

    Raises:
        ReadError: it is JSON, of more levels or digits than Python reads; no second try would help.
    """
    content = response.content if content is None else content
    if response.status_code == 204 or not content.strip():
        body = Decoded(EMPTY)
    else:
        try:
            body = _parsed(response, content)
        except ValueError:
            if response.status_code != ACCEPTED:
                return False
            body = Decoded(EMPTY)
        except RecursionError:
            raise ReadError(
                f"{redacted_url(response.url)} answered {response.status_code} with JSON that is "
                "nested too deeply to be read"
            ) from None
        except TooManyDigits as error:
            raise ReadError(
                f"{redacted_url(response.url)} answered {response.status_code} with JSON that "
                f"{error}"
            ) from None
    response.json = Whole(body)  # type: ignore[method-assign]
    return True


def refuse(response: requests.Response, error: Exception) -> None:
    """Let `response.json()` say what was answered instead."""

    def refusing(**_: Any) -> Any:
        raise error

    response.json = refusing  # type: ignore[method-assign]


def is_several(content: bytes) -> bool:
    """Whether behind a whole JSON object or list comes another one."""
    text = content.lstrip()
    if not text.startswith((b"{", b"[")):
        return False
    try:
        document = text.decode()
        _, end = json.JSONDecoder().raw_decode(document)
    except (ValueError, RecursionError):
        return False
    return document[end:].lstrip().startswith(("{", "["))


def described(response: requests.Response, redact: Redactor) -> str:
    """`answered 200 with text/html instead of JSON; it begins with '<html>…'`."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip() or "no Content-Type"
    if is_several(response.content):
        what = "several JSON documents, one after the other (NDJSON), instead of one"
    elif response.content.lstrip().startswith(b"<"):
        what = "HTML or XML instead of JSON"
    elif "json" in kind:
        what = f"{len(response.content)} bytes that are no whole JSON"
    else:
        what = f"{kind} instead of JSON"
    begins = beginning(response, redact)
    return f"answered {response.status_code} with {what}; it begins with {begins!r}"


def beginning(response: requests.Response, redact: Redactor, most: int = BEGINNING) -> str:
    """The first characters of the answer, in one line: redacted first, lest a secret is cut."""
    charset = charset_of(response.headers.get("Content-Type", "")) or "utf-8"
    text = response.content[:LOOKED_AT].decode(charset, errors="replace")
    line = " ".join(redact(text).split())
    return line if len(line) <= most else f"{line[:most]}…"


def _parsed(response: requests.Response, content: bytes) -> Decoded:
    try:
        return decoded(content)
    except UnicodeDecodeError:
        return Decoded(decoded_slowly(text_of(response)))
