"""What values become in a request: JSON stays JSON, and nothing is not sent.

dlt formats what it sends with Python's words: `True`, `None`, `['a', 'b']`. An API takes `true` for
true, and an unknown filter for none.
"""

import json
from collections.abc import Iterable, Mapping
from copy import copy
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import requests

IN_A_SEGMENT = "~:@!$&'()*+,;="
ABSENT = "\0absent\0"
"""A part of a text that has no value: the param that holds it is not sent."""
_LIST = "\0list\0"
"""What follows is a list as JSON: its values are sent one by one, `a=1&a=2`."""


def as_text(value: Any) -> str:
    """In a text: as JSON writes it, but texts without quotes, and lists as `a,b`."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False, default=str)


def as_param(value: Any) -> str:
    """As the whole of a param, in a form that passes through dlt's formatting."""
    if isinstance(value, list):
        return _LIST + json.dumps([as_text(item) for item in value])
    return as_text(value)


def as_segment(value: Any) -> str:
    """As a part of a path: encoded, so that it stays one."""
    return quote(as_text(value), safe=IN_A_SEGMENT)


def as_json(value: Any) -> Any:
    """As a value of a body: numbers that were too wide for a table are numbers again."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def static(params: Mapping[str, Any]) -> dict[str, Any]:
    """Params as the file has them. A null takes a default away, and is not sent (requests)."""
    return {key: _static(value) for key, value in params.items()}


def _static(value: Any) -> Any:
    if isinstance(value, bool):
        return as_text(value)
    return [_static(item) for item in value] if isinstance(value, list) else value


def without_absent(value: Any) -> Any:
    """Headers, or a body, without the keys and items that hold what is not sent; `ABSENT` itself
    where that is a text."""
    if isinstance(value, dict):
        return {
            key: without_absent(item)
            for key, item in value.items()
            if not _is_absent(key) and not _is_absent(item)
        }
    if isinstance(value, list):
        return [without_absent(item) for item in value if not _is_absent(item)]
    return value


def sendable(request: requests.Request) -> requests.Request:
    """What is sent for a request of dlt's; it stays as it is."""
    params, data = request.params, request.data
    sent_params = _cleaned(params) if isinstance(params, dict) else params
    sent_data = _cleaned(data) if isinstance(data, dict) else data
    if sent_params is params and sent_data is data:
        return request
    other = copy(request)
    other.params, other.data = sent_params, sent_data
    return other


def _cleaned(params: dict[str, Any]) -> dict[str, Any]:
    if not any(map(_is_marked, params.values())):
        return params
    return {key: _unmarked(value) for key, value in params.items() if not _is_absent(value)}


def _texts(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else (value,)


def _is_marked(value: Any) -> bool:
    return any(isinstance(text, str) and "\0" in text for text in _texts(value))


def _is_absent(value: Any) -> bool:
    return isinstance(value, str) and ABSENT in value


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        kept = [_unmarked(item) for item in value if not _is_absent(item)]
        return [item for one in kept for item in _texts(one)]
    if isinstance(value, str) and value.startswith(_LIST):
        return json.loads(value.removeprefix(_LIST))
    return value
