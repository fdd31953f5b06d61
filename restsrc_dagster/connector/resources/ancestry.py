"""Whose records a resource is read by: its parent among all that it binds, and lists of values.

dlt knows one parent. A resource may bind fields of the parent's own ancestors beside it, each of
the record under which the parent's was read; and lists of values, of which it gets the product.
"""

from collections.abc import Mapping, Set
from dataclasses import replace

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.values import ValueList

READ_BY_NOBODY = {"path": "", "paginator": "single_page"}


def related(
    raw: Mapping[str, Resource], lists: Mapping[str, ValueList]
) -> tuple[dict[str, Resource], dict[str, Resource]]:
    """The resources with their parents, and the lists that are a parent, as resources.

    A resource that binds lists alone has the first of them for its parent. One that binds several
    resources, none of which hangs on all others, keeps all of them as parents: it cannot be read.
    """
    is_plain = all(len(one.parents) < 2 for one in raw.values())  # as most files are
    found = dict(raw) if is_plain else _settled(raw, lists)
    parents = {parent: None for one in found.values() for parent in one.parents if parent in lists}
    return found, {
        name: Resource(
            name=name,
            endpoint=dict(READ_BY_NOBODY),
            hints={"selected": False},
            parents=(),
            bound_fields=(),
        )
        for name in parents
        if name not in raw
    }


def _settled(raw: Mapping[str, Resource], lists: Mapping[str, ValueList]) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    reach: dict[str, frozenset[str]] = {}
    for name in raw:
        _settle(name, raw, lists.keys() - raw.keys(), found, reach, frozenset())
    return {name: found[name] for name in raw}


def _settle(
    name: str,
    raw: Mapping[str, Resource],
    lists: Set[str],
    found: dict[str, Resource],
    reach: dict[str, frozenset[str]],
    on_the_way: frozenset[str],
) -> frozenset[str]:
    """Note a resource with its parent; whose fields are known of each of its records."""
    if name in reach or name not in raw or name in on_the_way:
        return reach.get(name, frozenset({name}))
    one = raw[name]
    reaches = {
        other: _settle(other, raw, lists, found, reach, on_the_way | {name})
        for other in one.parents
        if other not in lists
    }
    nearest = next((other for other in reaches if reaches.keys() <= reaches[other]), None)
    above = reaches[nearest] if nearest is not None else frozenset()
    new = [other for other in one.parents if other in lists and other not in above]
    if reaches and nearest is None:
        found[name] = replace(one, parents=tuple(reaches))
    elif nearest is not None:
        found[name] = _bound_to(one, nearest, new)
    elif new:
        found[name] = _bound_to(one, new[0], new[1:])
    else:
        found[name] = one
    reach[name] = frozenset({name, *one.parents}).union(*reaches.values())
    return reach[name]


def _bound_to(one: Resource, parent: str, lists: list[str]) -> Resource:
    fields = dict.fromkeys(field for other, field in one.links if other == parent)
    return replace(one, parents=(parent,), bound_fields=tuple(fields), lists=tuple(lists))
