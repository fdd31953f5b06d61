"""The placeholders of an endpoint under other names, one for each kind of place.

The same value is written otherwise in a path, in a text and in a body. dlt has one way for all.
"""

import re
import string
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from restsrc_dagster.connector.syntax.placeholders import FORMATTED_KEYS

_OF_ONE_RECORD = re.compile(r"[a-zA-Z0-9.\-_]+")
"""What dlt takes for the placeholder of a record's address (`single_entity_path`)."""


class PlaceholderPlace(Enum):
    """Where a value stands in a request."""

    PATH = "path"
    ADDRESS = "address"
    """A path that begins with it: an address that the API gave."""
    PARAM = "param"
    """The whole of a param."""
    PART = "part"
    """A part of a param."""
    TEXT = "text"
    """A header, or a part of a body."""
    VALUE = "value"
    """The whole of a value in a JSON body."""


NameOf = Callable[[str, PlaceholderPlace], str | None]
"""From what stands between the braces to what is to stand there; None to leave it."""


def rewritten(endpoint: Mapping[str, Any], name_of: NameOf) -> dict[str, Any]:
    """A copy of an endpoint with other placeholders."""
    made = dict(endpoint)
    for key in FORMATTED_KEYS:
        if key not in made or made[key] is None:
            continue
        if key == "path":
            made[key] = _path(str(made[key]), name_of)
        elif key == "params":
            made[key] = _params(made[key], name_of)
        else:
            whole = PlaceholderPlace.VALUE if key == "json" else PlaceholderPlace.TEXT
            made[key] = _walk(made[key], name_of, whole)
    return made


def with_params_of_cursor(
    endpoint: Mapping[str, Any], incremental: Mapping[str, Any]
) -> dict[str, Any]:
    """An endpoint whose params name the values of the cursor that they take, in whichever form the
    file has them."""
    params = dict(endpoint.get("params") or {})
    for name, value in params.items():
        if isinstance(value, dict) and value.get("type") == "incremental":
            params[name] = "{incremental.start_value}"
    for key, of in (("start_param", "start_value"), ("end_param", "end_value")):
        if param := incremental.get(key):
            params[param] = f"{{incremental.{of}}}"
    return {**endpoint, "params": params}


def name_beside(expression: str, name: str) -> str:
    """`name` as a field's path, which dlt takes for that of one record if it takes `expression`."""
    return name if _OF_ONE_RECORD.fullmatch(expression) else f"['{name}']"


def _params(params: Mapping[str, Any], name_of: NameOf) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in params.items():
        name = _text(key, name_of, PlaceholderPlace.TEXT, PlaceholderPlace.TEXT)
        if isinstance(value, list):
            made[name] = [
                _text(item, name_of, PlaceholderPlace.PART, PlaceholderPlace.PART)
                if isinstance(item, str)
                else item
                for item in value
            ]
        elif isinstance(value, str):
            made[name] = _text(value, name_of, PlaceholderPlace.PARAM, PlaceholderPlace.PART)
        else:
            made[name] = value
    return made


def _walk(value: Any, name_of: NameOf, whole: PlaceholderPlace) -> Any:
    if isinstance(value, str):
        return _text(value, name_of, whole, PlaceholderPlace.TEXT)
    if isinstance(value, dict):
        return {
            _text(key, name_of, PlaceholderPlace.TEXT, PlaceholderPlace.TEXT): _walk(
                item, name_of, whole
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_walk(item, name_of, whole) for item in value]
    return value


def _path(path: str, name_of: NameOf) -> str:
    """dlt formats it twice: `_bind_path_params` undoes one doubling of braces."""
    once = "".join(
        literal + ("" if expression is None else _braced(expression, spec, conversion))
        for literal, expression, spec, conversion in string.Formatter().parse(path)
    )
    whole = PlaceholderPlace.ADDRESS if once.strip().startswith("{") else PlaceholderPlace.PATH
    pieces = []
    for position, (literal, expression, spec, conversion) in enumerate(
        string.Formatter().parse(once)
    ):
        pieces.append(literal.replace("{", "{{{{").replace("}", "}}}}"))
        if expression is not None:
            begins = position == 0 and not literal.strip()
            named = name_of(expression, whole if begins else PlaceholderPlace.PATH)
            pieces.append(_braced(named or expression, spec, conversion))
    return "".join(pieces)


def _text(text: str, name_of: NameOf, whole: PlaceholderPlace, part: PlaceholderPlace) -> str:
    if "{" not in text and "}" not in text:
        return text
    pieces = list(string.Formatter().parse(text))
    is_whole = len(pieces) == 1 and not pieces[0][0]
    made = []
    for literal, expression, spec, conversion in pieces:
        made.append(literal.replace("{", "{{").replace("}", "}}"))
        if expression is not None:
            named = name_of(expression, whole if is_whole else part)
            made.append(_braced(named or expression, spec, conversion))
    return "".join(made)


def _braced(expression: str, spec: str | None, conversion: str | None) -> str:
    tail = (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
    return f"{{{expression}{tail}}}"
