"""`${NAME}` where the models want a number, true or false, a list, or a text of a certain form.

The models say where that is: what they refuse and is a reference gets a stand-in, by which
everything else of the file is checked, and which definitions are made of. A run puts the values in
their place and checks the file again (`files.environment`).
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from restsrc_dagster.connector.configuration.model import Configuration
from restsrc_dagster.connector.configuration.part import StandIn
from restsrc_dagster.connector.configuration.problems import PlaceInModel
from restsrc_dagster.connector.model import Connector, Deferred, Later
from restsrc_dagster.connector.syntax.references import references, takes_reference
from restsrc_dagster.connector.syntax.variables import (
    REFERENCE,
    Kind,
    broken_reference,
    converted,
    is_left_out,
    is_reference,
    looked_up,
    whole_reference,
)

LEFT_OUT = object()
"""For `${NAME:-}` that is not set: as if its key were not written."""
RESOLVED_WHOLE = ("http", "reading")
"""Parts that are read from the models: their texts are resolved before a run, too."""
_KINDS: dict[str, Kind] = {
    "int_type": "whole number",
    "float_type": "number",
    "bool_type": "boolean",
    "list_type": "list",
    "value_error": "text",
    "config_error": "text",
}
_DEEPEST = 4
"""How often a stand-in may show that another one is wanted."""


def is_needed(content: Mapping[str, Any]) -> bool:
    """Whether a run has to resolve more of a file than the texts of its `configuration`."""
    return any(any(references(content.get(part), part)) for part in RESOLVED_WHOLE)


def with_stand_ins(name: str, content: Mapping[str, Any]) -> tuple[dict[str, Any], Later | None]:
    """The content, in which something that fits stands in for each reference that does not, its
    default if it has one; and what a run needs to put the values there, None if that is nothing.
    """
    deferred: list[Deferred] = []
    made = dict(content)
    for _ in range(_DEEPEST):
        found = list(_misfits(name, made))
        if not found:
            break
        made = deepcopy(made)
        for one, stand_in in found:
            put(made, one, stand_in)
        deferred += [one for one, _ in found]
    needed = deferred or is_needed(content)
    return made, Later(content, tuple(deferred)) if needed else None


def wrong_defaults(later: Later) -> Iterator[tuple[str, str]]:
    """(place, message) of each default that is no number, say, where one is wanted."""
    for one in later.deferred:
        try:
            value_of(one, {})
        except KeyError:
            continue
        except ValueError as error:
            found = whole_reference(one.text)
            yield one.place, f"the default of {found['name'] if found else one.text} {error}"


def put(content: Any, one: Deferred, value: Any) -> None:
    """Write a value where a reference stands."""
    for key in one.keys[:-1]:
        content = content[key]
    if value is LEFT_OUT and isinstance(content, dict):
        del content[one.keys[-1]]
    else:
        content[one.keys[-1]] = None if value is LEFT_OUT else value


def value_of(one: Deferred, environment: Mapping[str, str]) -> Any:
    """What a run puts in the place of a reference.

    Raises:
        KeyError: a variable is not set, and has no default.
        ValueError: what its text is not.
    """
    whole = whole_reference(one.text)
    if whole is None:
        return REFERENCE.sub(
            lambda match: looked_up(match, environment) if match["name"] else "${", one.text
        )
    text = looked_up(whole, environment)
    if one.kind != "list" and is_left_out(whole, text):
        return LEFT_OUT
    return converted(text, one.kind)


def _misfits(name: str, content: Mapping[str, Any]) -> Iterator[tuple[Deferred, Any]]:
    """The references that the models refuse, each with what stands in for it."""
    configuration = content.get("configuration")
    try:
        Connector.from_mapping(name, content)
    except ValidationError as error:
        yield from _in_error(error, Connector, ())
    if isinstance(configuration, dict):
        try:
            Configuration.model_validate(configuration)
        except ValidationError as error:
            yield from _in_error(error, Configuration, ("configuration",))


def _in_error(
    error: ValidationError, model: type[BaseModel], above: tuple[str, ...]
) -> Iterator[tuple[Deferred, Any]]:
    for details in error.errors(include_url=False):
        text, kind = details["input"], _KINDS.get(details["type"])
        if kind is None or not is_reference(text) or broken_reference(text):
            continue
        place = PlaceInModel.of(details["loc"], model)
        path = ".".join([*above, place.path])
        if not takes_reference(path) or (kind != "text" and not whole_reference(text)):
            continue
        one = Deferred(path, (*above, *place.keys), text, kind)
        stand_in = _stand_in(one, place)
        if stand_in is not None:
            yield one, stand_in


def _stand_in(one: Deferred, place: PlaceInModel) -> Any:
    """Its default, else what the models would take; None where a reference cannot stand."""
    if one.kind == "list" and not _is_of_texts(place.annotation):
        return None
    form = next((beside.text for beside in place.beside if isinstance(beside, StandIn)), None)
    if one.kind == "text" and form is None:
        return None
    try:
        return value_of(one, {})
    except (KeyError, ValueError):  # a wrong default is told where the file is checked
        pass
    if one.kind == "text":
        return form
    if one.kind == "list":
        return []
    default = place.field.default if place.field else None
    if isinstance(default, bool | int | float):
        return default
    return False if one.kind == "boolean" else _number(place)


def _number(place: PlaceInModel) -> int:
    least = [getattr(bound, "ge", None) for bound in place.beside]
    return max([1, *(int(bound) for bound in least if bound is not None)])


def _is_of_texts(annotation: Any) -> bool:
    """Whether a list's elements are texts: those of objects no variable can hold."""
    found = [annotation, *get_args(annotation)]
    items = next((get_args(kind)[0] for kind in found if get_origin(kind) is list), None)
    return items is str or (bool(get_args(items)) and get_args(items)[0] is str)
