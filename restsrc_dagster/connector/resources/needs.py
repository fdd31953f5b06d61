"""Fields that are needed after the processing steps, and steps that take them away.

dlt runs the steps before it looks at the cursor, before children bind a field of their parent, and
before keys are columns. A record without them would be read again for ever, or merged with none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.syntax.expression import Tree, expression_tree
from restsrc_dagster.connector.syntax.fields import field_path, plain_path

_HINTS = {"primary_key": True, "merge_key": True, "dedup_sort": False, "hard_delete": False}
"""Hints of columns that say how rows are merged, and whether a hash does as well."""
_Path = tuple[str, ...]
_Spelling = Callable[[str], str]


@dataclass(frozen=True)
class RequiredField:
    """A field of the records that must come out of the steps.

    `column`: the names are those of the table, so their spelling is compared as dlt normalizes it.
    `copied`: the field comes from the parent's record, and a map does not lose it.
    """

    path: _Path
    role: str
    may_be_hash: bool = False
    column: bool = False
    copied: bool = False

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def filled(self) -> bool:
        """Whether null will not do either: as a cursor, or as a part of a child's address."""
        return not self.may_be_hash and not self.column


@dataclass(frozen=True)
class DroppedField:
    """A need that a step does not meet; `place` is the step's own, below processing_steps."""

    need: RequiredField
    place: str
    how: str

    def __str__(self) -> str:
        return f"{self.how} {self.need.name}, {self.need.role}"


def needs(resource: Resource, resources: Resources) -> list[RequiredField]:
    """What later parts look for in the records of `resource`."""
    copied = copied_fields(resource, resources)
    found = chain(_needs(resource, resources), _needs_of_children(resource, resources))
    return [replace(need, copied=need.path[0] in copied) for need in found]


def copied_fields(resource: Resource, resources: Resources) -> frozenset[str]:
    """The fields that dlt copies from each parent's record into those of its children."""
    if resource.parent is None:
        return frozenset()
    copied = resources.copied_from_parent(resource.name)
    own = {f"_{resource.parent}_{field}" for field in copied}
    return frozenset(own | resources.copied_from_others(resource.name).keys())


def lost(steps: Sequence[Mapping[str, Any]], need: RequiredField) -> DroppedField | None:
    """The step that takes the field away, as far as the steps themselves tell it."""
    spelling: _Spelling = table_identifier if need.column else str
    path = tuple(map(spelling, need.path))
    for position in reversed(range(len(steps))):
        key, value = next(iter(steps[position].items()))
        place = f"[{position}].{key}"
        if isinstance(value, Mapping) and key == "map":
            for how, names in _hidden(value, spelling):
                fine = how.startswith("hash") and need.may_be_hash and names == path
                if path[: len(names)] == names and not fine:
                    verb = "hashes" if how.startswith("hash") else "removes"
                    return DroppedField(need, f"{place}.{how}", verb)
        elif key != "filter" and not need.copied:
            if isinstance(value, Mapping):
                if path[0] in map(spelling, value.get("keep", ())):
                    continue
                value, place = value["list"], f"{place}.list"
            try:
                source = _before(key, value, path, spelling)
            except LookupError:
                return DroppedField(need, place, "drops")
            if source is None:
                return None
            path = source
    return None


def _hidden(fields: Mapping[str, Any], spelling: _Spelling) -> Iterator[tuple[str, _Path]]:
    """(place, path) of each field that is excluded or hashed."""
    for how in ("exclude", "hash"):
        for number, text in enumerate(fields.get(how, ())):
            yield f"{how}[{number}]", tuple(map(spelling, field_path(text).names))


def _before(key: str, expression: str, path: _Path, spelling: _Spelling) -> _Path | None:
    """Where a field of what `map` or `yield_map` gives was in the record; raises LookupError."""
    tree = expression_tree(expression)
    if key == "map":
        return _source(tree, path, spelling)
    if tree["type"] in ("projection", "filter_projection", "value_projection"):
        _source(tree["children"][1], path, spelling)
    return None


def _needs(resource: Resource, resources: Resources) -> Iterator[RequiredField]:
    incremental = resource.incremental or {}
    if path := plain_path(resource.cursor_path or ""):
        yield RequiredField(path, "the cursor")
    for name in _listed(incremental.get("primary_key")):
        yield RequiredField((name,), "which incremental.primary_key names", may_be_hash=True)
    for hint in ("primary_key", "merge_key"):
        for name in _listed(resource.hints.get(hint)):
            yield RequiredField(tuple(name.split("__")), f"a {hint}", may_be_hash=True, column=True)
    for name, hints in resource.columns.items():
        for hint, may_be_hash in _HINTS.items():
            if hints.get(hint):
                yield RequiredField(
                    tuple(name.split("__")), f"a column with {hint}", may_be_hash, True
                )
    if resources.replaces_children(resource.name):
        for column in resources.replaced_by(resource.name).values():
            key = tuple(column.split("."))
            yield RequiredField(key, "by which children of a parent are replaced", may_be_hash=True)


def _needs_of_children(resource: Resource, resources: Resources) -> Iterator[RequiredField]:
    for child in resources.values():
        if child.name == resource.name:
            continue
        is_parent = child.parent == resource.name
        whose = "its parent" if is_parent else "an ancestor"
        for source, field in child.links:
            if source == resource.name and (path := plain_path(field)):
                yield RequiredField(path, f"which {child.name!r} takes from {whose}")
        copied = list(resources.copied_from_parent(child.name).values()) if is_parent else []
        others = resources.copied_from_others(child.name).values()
        copied += [names for source, names in others if source == resource.name]
        for names in copied:
            yield RequiredField(
                names, f"which {child.name!r} includes from {whose}", may_be_hash=True
            )


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _source(tree: Tree, path: _Path, spelling: _Spelling) -> _Path | None:
    """Where the field at `path` of an expression's result comes from; None if only a run knows.

    Raises:
        LookupError: the result never has it.
    """
    match tree["type"]:
        case "current" | "identity":
            return path
        case "field":
            return (spelling(tree["value"]), *path)
        case "subexpression" | "pipe":
            found: _Path | None = path
            for child in reversed(tree["children"]):
                found = None if found is None else _source(child, found, spelling)
            return found
        case "multi_select_dict" if path:
            made = {spelling(pair["value"]): pair["children"][0] for pair in tree["children"]}
            return _source(made[path[0]], path[1:], spelling)
        case _:
            return None
