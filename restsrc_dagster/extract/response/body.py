"""What an API answered, read once: JSON, nothing at all, or something else.

dlt reads `response.json()` two or three times a page, and of an answer that is no JSON it says
neither the address nor the resource.
"""

import json
from dataclasses import dataclass
from typing import Any

import requests

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ApiUnavailable, ReadError
from restsrc_dagster.extract.response.decode import Decoded, decoded, decoded_slowly
from restsrc_dagster.extract.response.not_ready import ACCEPTED
from restsrc_dagster.extract.response.rules import rule_for
from restsrc_dagster.extract.response.url_redaction import redacted_url

CHUNK_BYTES = 1 << 18
"""requests itself reads a body in pieces of 10 kB, which takes longer than to get it."""
BEGINNING = 120
LOOKED_AT = 1 << 16
LINES = frozenset(
    {
        *("application/x-ndjson", "application/ndjson", "application/jsonl", "text/jsonl"),
        *("application/jsonlines", "application/x-jsonlines", "application/stream+json"),
        *("application/x-json-stream", "application/json-seq"),
    }
)
TABLES = frozenset({"text/csv", "application/csv", "text/x-csv", "text/tab-separated-values"})
EMPTY: list[Any] = []


def read_body(response: requests.Response, limit: float | None) -> None:
    """Read the whole body, of no more than `limit` megabytes; raises ReadError.

    Read here, the body counts as under way, and the connection of a refusal is given back: dlt
    raises for it before requests would have read it.
    """
    chunks, size = [], 0
    for chunk in response.iter_content(CHUNK_BYTES):
        chunks.append(chunk)
        size += len(chunk)
        if limit is not None and size > limit * 1_000_000:
            response.close()
            raise ReadError(
                f"an answer is larger than http.max_response_mb ({limit:g}); ask for smaller "
                "pages, or raise the limit"
            )
    response._content = b"".join(chunks)


def is_ignored(response: requests.Response, request: requests.PreparedRequest) -> bool:
    """Whether the configuration's `response_actions` leave an answer out."""
    rule = rule_for(response, request)
    return rule is not None and rule.action.kind == "ignore"


def take_json(response: requests.Response) -> bool:
    """Read the body into what `response.json()` will give; whether it could be read.

    An empty body is an empty page, and so is a 202 in words. NaN and infinities, which are no JSON,
    are nulls.

    Raises:
        ReadError: it is JSON, of more levels than Python reads; no second try would help.
    """
    content = response.content
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
    response.json = _Json(body)  # type: ignore[method-assign]
    return True


def is_plain(response: requests.Response) -> bool:
    """Whether no value of the body needs a closer look; False where that was not found out."""
    return isinstance(response.json, _Json) and response.json.body.is_plain


@dataclass(frozen=True, slots=True)
class _Json:
    """`response.json`: what was read once."""

    body: Decoded

    def __call__(self, **_: Any) -> Any:
        return self.body.value


def refuse_json(response: requests.Response, url: str, redact: Redactor) -> None:
    """Let `response.json()` say what was answered instead."""
    _refuse(response, ApiUnavailable(f"{url} {_described(response, redact)}"))


def refuse_other_format(response: requests.Response, url: str, redact: Redactor) -> bool:
    """The same where it is a format that is not read, which no other try changes; whether it is."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in LINES or _is_several(response.content):
        what = "several JSON documents, one after the other (NDJSON)"
    elif kind in TABLES:
        what = f"a table as text ({kind})"
    else:
        return False
    _refuse(
        response,
        ReadError(
            f"{url} answered {response.status_code} with {what}, which is not read; ask for one "
            f"JSON document, by a param or by the header Accept: application/json. It begins with "
            f"{beginning(response, redact)!r}"
        ),
    )
    return True


def _refuse(response: requests.Response, error: Exception) -> None:
    def refuse(**_: Any) -> Any:
        raise error

    response.json = refuse  # type: ignore[method-assign]


def _is_several(content: bytes) -> bool:
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


def _described(response: requests.Response, redact: Redactor) -> str:
    """`answered 200 with text/html instead of JSON; it begins with '<html>…'`."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip() or "no Content-Type"
    if response.content.lstrip().startswith(b"<"):
        what = "HTML or XML instead of JSON"
    elif "json" in kind:
        what = f"{len(response.content)} bytes that are no whole JSON"
    else:
        what = f"{kind} instead of JSON"
    begins = beginning(response, redact)
    return f"answered {response.status_code} with {what}; it begins with {begins!r}"


def beginning(response: requests.Response, redact: Redactor, most: int = BEGINNING) -> str:
    """The first characters of the answer, in one line: redacted first, lest a secret is cut."""
    text = response.content[:LOOKED_AT].decode(response.encoding or "utf-8", errors="replace")
    line = " ".join(redact(text).split())
    return line if len(line) <= most else f"{line[:most]}…"


def _parsed(response: requests.Response, content: bytes) -> Decoded:
    try:
        return decoded(content)
    except UnicodeDecodeError:
        return Decoded(decoded_slowly(response.text))
