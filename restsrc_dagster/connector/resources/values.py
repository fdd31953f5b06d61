"""`values`: lists of values, by which resources are read as by the records of a parent.

Nothing is requested for a list, and it has no table. A list is in the file, or the text of an
environment variable, which is known when a run reads.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field, Tag, WithJsonSchema

from restsrc_dagster.connector.configuration.part import BY_SHAPE, Choice, Name
from restsrc_dagster.connector.file_part import FilePart
from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.connector.syntax.references import (
    misplaced_references,
    references,
    resolve,
)
from restsrc_dagster.connector.syntax.variables import is_reference, items_of, whole_reference
from restsrc_dagster.connector.wording import nearest
from restsrc_dagster.errors import MissingVariable, WrongVariable

VALUE = "value"
"""The field of a text, a number, true or false."""
_NO_NAME = frozenset(".{}!:'\"[]")


def _item(value: Any) -> Any:
    if value is None or isinstance(value, list):
        kind = "null" if value is None else "a list"
        raise ValueError(f"is {kind}, not text, a number, true, false or an object")
    if isinstance(value, dict) and not value:
        raise ValueError("is an object without fields")
    return value


def _from_variable(text: str) -> str:
    if not is_reference(text):
        raise ValueError('is text without a ${NAME}; write the values as a list, ["a", "b"]')
    return text


def _not_empty(items: list[Any]) -> list[Any]:
    if not items:
        raise ValueError("is empty: nothing would be read; write its values, or remove it")
    return items


_ITEM_TYPES = ({"type": kind} for kind in ("string", "number", "boolean", "object"))
Item = Annotated[Any, AfterValidator(_item), WithJsonSchema({"anyOf": list(_ITEM_TYPES)})]
Listed = Annotated[
    list[Item], AfterValidator(_not_empty), Field(json_schema_extra={"minItems": 1}), Tag("<list>")
]
FromVariable = Annotated[str, AfterValidator(_from_variable), Tag("<text>")]
Items = Annotated[
    Listed | FromVariable,
    BY_SHAPE,
    Choice("a list, or text with a ${NAME}"),
]


class OfEach(FilePart):
    """A list that is gone through for each record of a resource."""

    of: Name = Field(description="The resource, for each record of which the list is gone through.")
    list: Items = Field(description="The values, or ${NAME}.")


Values = Annotated[
    Listed | FromVariable | Annotated[OfEach, Tag("<object>")],
    BY_SHAPE,
    Choice("a list, text with a ${NAME}, or an object with of and list"),
]


@dataclass(frozen=True)
class ValueList:
    """A list as the file has it; `place` is where its values stand."""

    name: str
    items: Any
    place: str
    of: str | None = None

    @property
    def fields(self) -> frozenset[str] | None:
        """What its values have; None where only a run knows."""
        if not isinstance(self.items, list):
            return None
        names: set[str] = set()
        for item in self.items:
            names |= item.keys() if isinstance(item, dict) else {VALUE}
        return frozenset(names)

    def has(self, field: str) -> bool:
        """Whether its values have a field, as far as the file tells."""
        return self.fields is None or field.split(".")[0].split("[")[0] in self.fields

    def records(self, environment: Mapping[str, str]) -> list[dict[str, Any]]:
        """Its values as records, each once, in their order.

        Raises:
            MissingVariable: a variable is not set, or has no values.
            WrongVariable: it is no JSON list though it begins as one. No message has its text.
        """
        found = resolve(self.items, environment, self.place)
        if isinstance(self.items, str):
            found = self._split(found)
        records = [item if isinstance(item, dict) else {VALUE: item} for item in found]
        told = {json.dumps(record, sort_keys=True): record for record in records}
        return list(told.values())

    def texts(self, environment: Mapping[str, str]) -> Iterator[str]:
        """What its variables give, piece by piece: nothing of it is to be shown."""
        if not any(references(self.items)):
            return
        try:
            yield from _leaves(self.records(environment))
        except MissingVariable:
            return

    def _split(self, text: str | list[str]) -> list[Any]:
        names = ", ".join(dict.fromkeys(name for name, _ in references(self.items)))
        if isinstance(text, list):
            found: list[Any] | None = text
        elif text.lstrip().startswith("["):
            found = _listed(text)
            if found is None:
                raise WrongVariable(
                    f"environment variable {names} begins with [, and is no JSON list of values "
                    f"of one kind, texts and numbers or objects; {self.place} wants one"
                )
        else:
            found = items_of(text)
        if not found:
            raise MissingVariable(
                f"environment variable {names} is empty, but {self.place} wants values from it"
            )
        return found


def value_lists(values: Any) -> dict[str, ValueList]:
    """The lists of a file by name; what is no list is left out, and told elsewhere."""
    found = {}
    for name, said in (values if isinstance(values, Mapping) else {}).items():
        place, of, items = f"values.{name}", None, said
        if isinstance(said, OfEach):
            of, items, place = said.of, said.list, f"{place}.list"
        elif isinstance(said, Mapping):
            of, items, place = said.get("of"), said.get("list"), f"{place}.list"
        if isinstance(items, (list, str)):
            found[name] = ValueList(name, items, place, of if isinstance(of, str) else None)
    return found


def values_problems(values: Mapping[str, Any], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(place, message) of lists that cannot be used beside resources of these names; what a
    resource does with one is checked with the resource."""
    resources = {table_identifier(name): name for name in names}
    for message, place in misplaced_references(dict(values), "values"):
        yield place, message
    for name, said in values.items():
        place = f"values.{name}"
        if not name or _NO_NAME & set(name) or name != name.strip():
            yield place, f"{name!r} is no name; dots, colons, quotes and brackets are not allowed"
        elif (other := resources.get(table_identifier(name))) is not None:
            yield place, f"{other!r} is the name of a resource, too; rename the list"
        if not isinstance(said, (list, str, Mapping)):
            continue
        items = value_lists({name: said}).get(name)
        whole = whole_reference(items.items) if items is not None else None
        if items is not None and whole is not None and whole["kind"] not in (None, "list"):
            one = f'["{items.items}"]'
            yield items.place, f"is one {whole['kind']}, and no list; write it in one, {one}"
        if items is not None and isinstance(items.items, list) and not _one_kind(items.items):
            yield items.place, "has objects beside other values; write all of them as objects"
        of = said.get("of") if isinstance(said, Mapping) else None
        if isinstance(of, str) and of not in resources.values():
            meant = nearest(of, list(resources.values()))
            known = ", ".join(resources.values())
            cure = f"did you mean {meant}?" if meant else f"known are {known}"
            yield f"{place}.of", f"{of!r} is not a resource; {cure}"


def _one_kind(items: list[Any]) -> bool:
    return len({isinstance(item, dict) for item in items}) < 2


def _listed(text: str) -> list[Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, list) or not _one_kind(found):
        return None
    return None if any(one in (None, {}) or isinstance(one, list) for one in found) else found


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif not isinstance(value, bool) and value is not None:
        yield str(value)
