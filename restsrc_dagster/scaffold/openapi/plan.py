"""Which resources there will be: those asked for, and the parents that they take ids from."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.fill import PARAMETER
from restsrc_dagster.scaffold.openapi.operation import Field, Operation
from restsrc_dagster.scaffold.openapi.paths import Paths
from restsrc_dagster.scaffold.openapi.records import Records, find_records, primary_key, subject
from restsrc_dagster.scaffold.openapi.schema import Schema
from restsrc_dagster.scaffold.words import plain, singular, words

_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")
_DEEPEST = 2
"""Parents above a resource. dlt copies a parent's field as `_<parent>_<field>`; of a copy of a
copy the name would have two underscores, which stand for nested tables."""


@dataclass(eq=False)
class Planned:
    """A resource to be: `asked` for, or only read for its children."""

    operation: Operation
    records: Records
    asked: bool
    name: str = ""
    parent: "Planned | None" = None
    binds: str = ""
    """The parameter of the path that takes a field of the parent's records."""
    field: str = ""

    @property
    def names_parent(self) -> bool:
        """Whether the records themselves tell whose child they are, as far as is known."""
        if self.parent is None or not self.records.item.properties:
            return False
        about = singular(plain(subject(self.parent.operation.route)))
        names = {about, f"{about}id", f"{about}uuid", f"{about}key", f"{about}{plain(self.field)}"}
        return any(plain(key) in names for key in self.records.item.properties)

    @property
    def depth(self) -> int:
        return self.parent.depth + 1 if self.parent else 0


def plan(document: Document, paths: Paths, asked: Sequence[str]) -> list[Planned]:
    """The resources in the order in which they are read, parents before their children.

    Raises:
        ValueError: a path is not known.
    """
    planned: dict[tuple[str, str], Planned] = {}
    for operation in [paths.meant(path) for path in asked]:
        _add(document, paths, planned, operation).asked = True
    needed = [one for one in planned.values() if one.asked]
    for one in needed:  # grows: a parent's parent is needed, too
        if one.parent is not None and one.parent not in needed:
            needed.append(one.parent)
    ordered = sorted((one for one in planned.values() if one in needed), key=lambda one: one.depth)
    _name(ordered)
    return ordered


def _add(
    document: Document,
    paths: Paths,
    planned: dict[tuple[str, str], Planned],
    operation: Operation,
) -> Planned:
    key = (operation.path, operation.method)
    if key in planned:
        return planned[key]
    one = planned[key] = Planned(operation, find_records(document, operation), asked=False)
    for above, parameter in _lists_above(paths, operation):
        records = find_records(document, above)
        field = _field(document, records, above, _described(operation, parameter))
        if field is not None:
            parent = _add(document, paths, planned, above)
            if parent.depth < _DEEPEST:
                one.parent, one.binds, one.field = parent, parameter, field
            break
    return one


def _lists_above(paths: Paths, operation: Operation) -> Iterator[tuple[Operation, str]]:
    """(the list, the parameter that takes one of its ids), the nearest first."""
    for match in reversed(list(PARAMETER.finditer(operation.route))):
        above = operation.route[: match.start()]
        if above.endswith("/") and (found := paths.get_list(above)) is not None:
            yield found, match[1]


def _described(operation: Operation, parameter: str) -> Field:
    known = (item for item in operation.of("path") if item.name == parameter)
    return next(known, Field(parameter, "path", Schema()))


def _field(document: Document, records: Records, above: Operation, parameter: Field) -> str | None:
    """The field of the list's records that the parameter takes."""
    wanted = plain(parameter.name)
    if not records.item.properties:
        return "id" if records.item.may_be("object") else None
    about = singular(plain(subject(above.route)))
    last = singular((words(subject(above.route)) or (about,))[-1])  # customer of store-customers
    is_id = wanted in (about, last, "key") or wanted.endswith("id") or "id" in words(parameter.name)
    names = [wanted.removeprefix(about) or "id", wanted, wanted.removeprefix(last)]
    by_name = {plain(key): key for key in reversed(records.item.properties)}
    keys = [by_name.get(name) for name in [*names, *(["id"] if is_id else [])]]
    if is_id:
        keys.append(primary_key(document, records.item, subject(above.route)))
    return next((key for key in keys if key and _fits(document, records, key, parameter)), None)


def _fits(document: Document, records: Records, key: str, parameter: Field) -> bool:
    if not key.isidentifier() or "__" in key:  # as a placeholder names it
        return False
    types = document.schema(records.item.properties[key]).types
    if not types or not parameter.schema.types:
        return not types or bool(types & {"string", "integer", "number"})
    return not types.isdisjoint(parameter.schema.types) or "string" in parameter.schema.types


def _name(planned: list[Planned]) -> None:
    """By the last word of the path; where two are alike, by the word before as well."""
    taken: set[str] = set()
    for one in sorted(planned, key=lambda one: not one.asked):
        for name in _names(one.operation.route):
            if table_identifier(name) not in taken:
                one.name = name
                taken.add(table_identifier(name))
                break


def _names(path: str) -> Iterator[str]:
    literal = [
        name
        for part in path.removesuffix(".json").split("/")
        if "{" not in part and (name := _NO_NAME.sub("_", part).strip("_"))
    ]
    about = _NO_NAME.sub("_", subject(path)).strip("_") or "items"
    yield about
    yield from ("_".join(literal[-count:]) for count in range(2, len(literal) + 1))
    number = 2
    while True:
        yield f"{about}_{number}"
        number += 1
