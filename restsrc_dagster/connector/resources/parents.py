"""Whether what a resource binds are one parent, its ancestors, and lists of values."""

from collections.abc import Iterator, Sequence

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.wording import some_of


def parents_problems(
    resource: Resource, resources: Resources, names: Sequence[str] | None
) -> Iterator[str]:
    """What is wrong with them; `names` are those of all resources, None where one is not known."""
    if len(resource.parents) > 1:
        parents = ", ".join(resource.parents)
        yield (
            f"has several parents, {parents}; only one is possible, with its own ancestors and "
            "lists of values beside it"
        )
    elif resource.parent == resource.name or _in_cycle(resource, resources):
        yield f"{resource.name!r} is its own ancestor; a parent chain must end"
    elif resource.parent is not None and names is not None:
        known = [*names, *resources.values_by_name]
        if resource.parent not in known:
            nor = ", nor a list of values" if resources.values_by_name else ""
            yield (
                f"its parent {resource.parent!r} is not a resource{nor}; known are {some_of(known)}"
            )
    yield from _list_problems(resource, resources)


def _list_problems(resource: Resource, resources: Resources) -> Iterator[str]:
    lists = resources.values_by_name
    bound = [link for link in resource.links if resources.is_list(link[0])]
    for name, field in bound:
        if not lists[name].has(field):
            has = ", ".join(sorted(lists[name].fields or ()))
            place = lists[name].place
            yield f"{{resources.{name}.{field}}} is no field of the list {place}; it has {has}"
    known_above = resources.known_of(resource.name)
    for name in dict.fromkeys(name for name, _ in bound):
        of = lists[name].of
        if of is not None and of not in known_above:
            yield (
                f"the list {name!r} is gone through for each of {of!r}, of which no request has "
                f"a field; write one as {{resources.{of}.<field>}}"
            )


def _in_cycle(resource: Resource, resources: Resources) -> bool:
    ancestors = resources.ancestors(resource.name)
    return bool(ancestors) and resources[ancestors[-1]].parent in {resource.name, *ancestors}
