"""What an answer only says because it was asked: the address, a filter, the page."""

from urllib.parse import parse_qsl, urlsplit

import requests


def is_echo(text: str, response: requests.Response) -> bool:
    """Whether a text of the answer is the address that was asked, or a value of the request."""
    request = response.request
    url = request.url or ""
    if text in (url, response.url):
        return True
    if any(text == value for _, value in parse_qsl(urlsplit(url).query)):
        return True
    body = request.body.encode() if isinstance(request.body, str) else request.body
    return isinstance(body, bytes) and text.encode() in body


def names(value: object, response: requests.Response) -> bool:
    """Whether the request names a value, as a part of its path or in its query."""
    parts = urlsplit(response.request.url or "")
    text = str(value)
    return text in parts.path.split("/") or any(text == one for _, one in parse_qsl(parts.query))
