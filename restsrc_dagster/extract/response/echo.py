"""What an answer only says because it was asked: the address, a filter, the page."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from restsrc_dagster.connector.page_size import is_page_size
from restsrc_dagster.json_types import Json


def is_echo(text: str, response: requests.Response) -> bool:
    """Whether a text of the answer is the address that was asked, or a value of the request.

    Not the size of a page: behind the first 100 records, `after` is 100, too.
    """
    request = response.request
    url = request.url or ""
    if text in (url, response.url):
        return True
    if any(text == value for _, value in _without_sizes(parse_qsl(urlsplit(url).query))):
        return True
    body = request.body.encode() if isinstance(request.body, str) else request.body
    return isinstance(body, bytes) and _is_in_body(text, body)


def names(value: object, response: requests.Response) -> bool:
    """Whether the request names a value, as a part of its path or in its query."""
    parts = urlsplit(response.request.url or "")
    text = str(value)
    return text in parts.path.split("/") or any(text == one for _, one in parse_qsl(parts.query))


def _is_in_body(text: str, body: bytes) -> bool:
    try:
        sent = json.loads(body)
    except ValueError:
        return text.encode() in body
    sent = [str(value) for _, value in _without_sizes(_leaves("", sent))]
    # A filter may be a part of a query: of GraphQL, or of SQL.
    return text in sent or (not text.isdecimal() and any(text in value for value in sent))


def _without_sizes(pairs: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in pairs if not is_page_size(name))


def _leaves(name: str, value: Json) -> Iterator[tuple[str, Any]]:
    """(name, value) of all that is in a JSON value; an item of a list has the list's name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(name, inner)
    else:
        yield name, value
