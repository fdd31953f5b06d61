"""From pydantic's errors to what a person should change.

Of the values only numbers and plain words are repeated: any other text may be a secret.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from inspect import isclass
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, Tag, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from restsrc_dagster.connector.configuration.model import Configuration
from restsrc_dagster.connector.configuration.other_words import other_words
from restsrc_dagster.connector.configuration.part import Choice, Part
from restsrc_dagster.connector.configuration.word import Place, place_of
from restsrc_dagster.connector.syntax.references import NO_REFERENCE
from restsrc_dagster.connector.syntax.variables import (
    broken_reference,
    is_reference,
    whole_reference,
)
from restsrc_dagster.connector.wording import allowed, kind_of, nearest, out_of_bounds, unknown_key

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
_NOT_WHOLE = "takes a ${…} reference as its whole value only, with nothing beside it"
_TAKES_ITS_OWN = "values."
"""Where references are told of by the models themselves."""
_OF_A_VALUE = frozenset({"int_type", "float_type", "bool_type", "value_error", "config_error"})
_configuration: TypeAdapter[Configuration] = TypeAdapter(Configuration)
MOST_TOLD = 100
"""Of one file: nobody reads more, and for each the nearest known word is looked for."""
_PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z_ -]{0,30}")


class ConfigProblem(NamedTuple):
    """One problem: the path in what was checked, and what to change."""

    path: str
    message: str
    harmless: bool = False
    """Whether everything else at this place can still be relied on: a key too many."""


def configuration_problems(configuration: Mapping[str, Any]) -> list[ConfigProblem]:
    """Everything in which `configuration` is not dlt's, in the order of the models."""
    try:
        _configuration.validate_python(configuration)
    except ValidationError as error:
        return list(in_words(error, Configuration))
    return []


def in_words(error: ValidationError, model: type[BaseModel]) -> Iterator[ConfigProblem]:
    """What `error` says of a value that `model` did not take; the first hundred of it."""
    meant: set[str] = set()
    missing: list[tuple[str, ConfigProblem]] = []
    seen: set[tuple[str, str]] = set()
    for details in error.errors(include_url=False)[:MOST_TOLD]:
        place = PlaceInModel.of(details["loc"], model)
        if details["type"] == "extra_forbidden":
            key = str(details["loc"][-1])
            suggestion, message = _unknown(key, place)
            if suggestion:
                meant.add(f"{place.parent}.{suggestion}".lstrip("."))
            yield ConfigProblem(place.path, message, harmless=suggestion is None)
        elif details["type"] == "missing":
            missing.append(
                (place.path, ConfigProblem(place.path, f"required: {place.description}"))
            )
        else:
            found = ConfigProblem(*_one(details, place))
            if found[:2] not in seen:
                seen.add(found[:2])
                yield found
    yield from (found for path, found in missing if path not in meant)
    if (more := error.error_count() - MOST_TOLD) > 0:
        yield ConfigProblem("", f"has {more:,} more problems, which are not told")


def _unknown(key: str, place: "PlaceInModel") -> tuple[str | None, str]:
    """(the key that was probably meant instead, message)."""
    if key in place.elsewhere:
        return nearest(key, place.known), f"unknown key; it belongs in {place.elsewhere[key]}"
    object_is = place_of(place.parent)
    if object_is and (known := other_words(object_is, key)):
        return known.meant_in(object_is, place.known), known.message(object_is, place.known)
    return nearest(key, place.known), unknown_key(key, place.known)


def _one(details: ErrorDetails, place: "PlaceInModel") -> tuple[str, str]:
    path, value, context = place.path, details["input"], details.get("ctx", {})
    is_value = details["type"] in _OF_A_VALUE and not path.startswith(_TAKES_ITS_OWN)
    if is_value and (refused := _refused_reference(value)):
        return path, refused
    if bounds := out_of_bounds(details["type"], context):
        return path, f"{value} {bounds}"
    match details["type"]:
        case "union_tag_invalid" | "union_tag_not_found":
            return _choose(place, value)
        case "literal_error":
            return path, _not_one_of(value, place.choices, _kind_at(path))
        case "value_error":
            return path, str(context["error"])
        case "config_error":
            at = f".{context['at']}" if "at" in context else ""
            return path + at, context.get("message") or details["msg"]
        case "string_too_short" | "too_short" if not value:
            return path, f"is empty{place.required}"
        case "too_short" | "too_long":
            count = context.get("min_length", context.get("max_length"))
            return path, f"has {len(value)} entries, not {count}"
        case "int_type" | "int_from_float" if isinstance(value, float):
            return path, f"{value} is not a whole number"
        case kind if kind in _WANTED:
            return path, _is_not(value, place.wanted or _WANTED[kind], place)
        case _:
            return path, f"is {kind_of(value)}: {details['msg'].lower()}"


def _refused_reference(value: Any) -> str | None:
    """Why a text cannot be a reference where it stands; None if it is none."""
    if not isinstance(value, str):
        return None
    if (broken := broken_reference(value)) or not is_reference(value):
        return broken
    return NO_REFERENCE if whole_reference(value) else _NOT_WHOLE


def _choose(place: "PlaceInModel", value: Any) -> tuple[str, str]:
    choice = place.choice
    if choice.key is None or not isinstance(value, dict):
        return place.path, _is_not(value, choice.expected, place)
    path = f"{place.path}.{choice.key}"
    if choice.key not in value:
        return path, f"required: one of {', '.join(choice.allowed)}"
    named, choices = value[choice.key], (*choice.allowed, *choice.registered())
    kind = _kind_at(place.path)
    message = _not_one_of(named, choices, kind)
    if choice.register and isinstance(named, str) and not _is_like_one(named, choices, kind):
        message += f"; a kind of your own is registered first, by dlt's {choice.register}"
    return path, message


def _is_like_one(word: str, choices: Sequence[str], kind: Place | None) -> bool:
    return nearest(word, choices) is not None or other_words(kind, word) is not None


def _kind_at(path: str) -> Place | None:
    match place_of(path):
        case "auth":
            return "kind of auth"
        case "paginator":
            return "kind of paginator"
        case _:
            return None


def _not_one_of(value: Any, choices: Sequence[str], kind: Place | None = None) -> str:
    if not isinstance(value, str):
        return f"is {kind_of(value)}, not one of {', '.join(choices)}"
    if "${" in value:
        return NO_REFERENCE
    if kind and (known := other_words(kind, value)):
        return f"{value!r} is not one of {', '.join(choices)}; here it is {known.said(kind)}"
    shown = f"{value!r} " if _PLAIN_WORD.fullmatch(value) else ""
    return f"{shown}is not one of {allowed(value, choices)}"


def _is_not(value: Any, wanted: str, place: "PlaceInModel") -> str:
    remedy = "; leave the key out" if value is None and place.optional else ""
    return f"is {kind_of(value)}, not {wanted}{remedy}"


class PlaceInModel:
    """Where in the models an error lies, and what is known of it there."""

    def __init__(self, root: type[BaseModel]) -> None:
        self.path = ""
        self.keys: tuple[int | str, ...] = ()
        self.parent = ""
        self.field: FieldInfo | None = None
        self.owner: type[BaseModel] | None = None
        self.annotation: Any = root

    @classmethod
    def of(cls, location: tuple[int | str, ...], root: type[BaseModel]) -> "PlaceInModel":
        place = cls(root)
        for part in location:
            place._enter(part)
        return place

    def _enter(self, part: int | str) -> None:
        kind, is_tag = _member(self.annotation, part)
        if is_tag:
            self.annotation = kind
            return
        if get_origin(kind) is Union and get_args(kind) and part in _TYPE_TAGS:
            return
        self.parent = self.path
        self.keys += (part,)
        if isinstance(part, int):
            self.path += f"[{part}]"
        else:
            self.path += f".{part}" if self.path else part
        self.field = None
        if isclass(kind) and issubclass(kind, BaseModel):
            self.owner = kind
            self.field = _fields(kind).get(str(part))
            self.annotation = self.field.annotation if self.field else Any
        else:
            arguments = get_args(kind)
            self.annotation = arguments[-1] if get_origin(kind) in (list, dict) else Any

    @property
    def known(self) -> list[str]:
        """The keys of the object, those that it needs first."""
        fields = _fields(self.owner) if self.owner else {}
        keys = [key for key, field in fields.items() if not field.exclude]
        return sorted(keys, key=lambda key: not fields[key].is_required())

    @property
    def elsewhere(self) -> Mapping[str, str]:
        return self.owner.elsewhere if self.owner and issubclass(self.owner, Part) else {}

    @property
    def optional(self) -> bool:
        return self.field is not None and not self.field.is_required()

    @property
    def description(self) -> str:
        words = (self.field.description if self.field else None) or "text"
        sentence = words.split(". ")[0].rstrip(".")
        return sentence[0].lower() + sentence[1:]

    @property
    def required(self) -> str:
        if self.field is None:
            return "; a name is required"
        return "; leave the key out" if self.optional else f"; required: {self.description}"

    @property
    def beside(self) -> list[Any]:
        """What stands beside the type, such as bounds."""
        return [*(self.field.metadata if self.field else []), *_metadata(self.annotation)]

    @property
    def choice(self) -> Choice:
        return next(item for item in self.beside if isinstance(item, Choice))

    @property
    def choices(self) -> list[str]:
        kind, _ = _member(self.annotation, "")
        return [str(choice) for choice in get_args(kind)]

    @property
    def wanted(self) -> str | None:
        """More than pydantic tells: all types of a plain union, and what kind of an object."""
        described = self.description
        if self.field is not None and described.startswith("an object"):
            return described
        return _PLAIN_UNIONS.get(frozenset(_members(self.annotation)))


_PLAIN_UNIONS = {
    frozenset({str, int, float}): "text or a number",
    frozenset({str, list[str]}): "text or a list of texts",
}
_TYPE_TAGS = frozenset({"str", "int", "float", "list[str]"})


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _member(kind: Any, part: int | str) -> tuple[Any, bool]:
    """What stands at a place, and whether `part` is only the tag of a union's member."""
    while True:
        origin = get_origin(kind)
        if origin is Annotated:
            kind = get_args(kind)[0]
            continue
        if origin not in (Union, UnionType):
            return kind, False
        members = [member for member in get_args(kind) if member is not NoneType]
        for member in members:
            if Tag(str(part)) in getattr(member, "__metadata__", ()):
                return get_args(member)[0], True
        if len(members) != 1:
            return Union[tuple(members)], False  # noqa: UP007 - made while running
        kind = members[0]


def _metadata(kind: Any) -> Iterator[Any]:
    """What stands beside a type, also where it is optional."""
    yield from getattr(kind, "__metadata__", ())
    if get_origin(kind) in (Union, UnionType):
        for member in get_args(kind):
            yield from getattr(member, "__metadata__", ())


def _members(kind: Any) -> Iterator[Any]:
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _members(get_args(kind)[0])
    elif origin in (Union, UnionType):
        for member in get_args(kind):
            yield from _members(member)
    elif kind is not NoneType:
        yield kind
