"""What an API answered, read once: JSON, nothing at all, or something else.

dlt reads `response.json()` two or three times a page, and of an answer that is no JSON it says
neither the address nor the resource.
"""

from dataclasses import dataclass
from typing import Any

import requests

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ApiUnavailable, ReadError
from restsrc_dagster.extract.address import shown
from restsrc_dagster.extract.decode import Decoded, decoded, decoded_slowly

BEGINNING = 120
LOOKED_AT = 1 << 16
EMPTY: list[Any] = []


def take_json(response: requests.Response) -> bool:
    """Read the body into what `response.json()` will give; whether it could be read.

    An empty body is an empty page. NaN and infinities, which are no JSON, are nulls.

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
            return False
        except RecursionError:
            raise ReadError(
                f"{shown(response.url)} answered {response.status_code} with JSON that is nested "
                "too deeply to be read"
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
    error = ApiUnavailable(f"{url} {_described(response, redact)}")

    def refuse(**_: Any) -> Any:
        raise error

    response.json = refuse  # type: ignore[method-assign]


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


def beginning(response: requests.Response, redact: Redactor) -> str:
    """The first characters of the answer, in one line: redacted first, lest a secret is cut."""
    text = response.content[:LOOKED_AT].decode(response.encoding or "utf-8", errors="replace")
    line = " ".join(redact(text).split())
    return line if len(line) <= BEGINNING else f"{line[:BEGINNING]}…"


def _parsed(response: requests.Response, content: bytes) -> Decoded:
    try:
        return decoded(content)
    except UnicodeDecodeError:
        return Decoded(decoded_slowly(response.text))
