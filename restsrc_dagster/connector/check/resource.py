"""One resource: what only shows between its parts, or between it and others."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from restsrc_dagster.connector.check.endpoint import check_params, check_placeholders
from restsrc_dagster.connector.check.names import resource_name
from restsrc_dagster.connector.configuration import (
    ConfigProblem,
)
from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.connector.resources.needs import lost, needs
from restsrc_dagster.connector.resources.parents import parents_problems
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.syntax.placeholders import (
    endpoint_placeholders,
)
from restsrc_dagster.connector.syntax.references import blank

_PLAIN_PATH = re.compile(r"[^.\[\]'\"*?@$()]+(\.[^.\[\]'\"*?@$()]+)*")


def check_resource(
    path: str, resource: Resource, resources: Resources, names: list[str] | None
) -> Iterator[ConfigProblem]:
    """What is wrong with one; `names` are those of all, None where an item tells none."""
    try:
        placeholders = list(endpoint_placeholders(blank(resource.endpoint)))
    except ValueError as error:
        yield ConfigProblem(f"{path}.endpoint", str(error))
        return
    for found in chain(
        check_placeholders(resource, placeholders), check_params(resource, placeholders)
    ):
        yield ConfigProblem(f"{path}.endpoint.{found.path}", found.message)
    if resources.replaces_children(resource.name):
        for field in resource.bound_fields:
            if not _PLAIN_PATH.fullmatch(field):
                yield ConfigProblem(
                    path,
                    f"children of a parent that is read again are found by its {field!r}, which is "
                    "no plain path; name a primary_key or a write_disposition",
                )
    for message in parents_problems(resource, resources, names):
        yield ConfigProblem(path, message)
    if resource.parent is None and resource.hints.get("include_from_parent"):
        yield ConfigProblem(
            f"{path}.include_from_parent",
            "has no parent to copy from; name one as {resources.<name>.<field>} in the endpoint",
        )
    yield from _check_merge_key(path, resource, resources)
    if resources.disposition(resource.name) == "skip":
        yield ConfigProblem(
            f"{path}.write_disposition", 'skip loads nothing; write "selected": false instead'
        )
    if resource.merges_without_key:
        yield ConfigProblem(f"{path}.write_disposition", "merge needs a primary_key or a merge_key")
    if len(sorted_by := resource.sorted_by) > 1:
        yield ConfigProblem(
            f"{path}.columns",
            f"{' and '.join(sorted_by)} both have dedup_sort, those of resource_defaults counted; "
            'one of them decides which version stays: take the hint from the other, "dedup_sort": '
            "null",
        )


def _check_merge_key(
    path: str, resource: Resource, resources: Resources
) -> Iterator[ConfigProblem]:
    """A merge deletes all rows of a group of which it brings one: it has to bring all of them."""
    if not resource.merge_key or resources.disposition(resource.name) != "merge":
        return
    if resources.strategy(resource.name) not in (None, "delete-insert"):
        return
    columns = set(map(table_identifier, resource.merge_key))
    prefix = f"_{resource.parent}_"
    of_parent = {table_identifier(f"{prefix}{field}") for field in resource.bound_fields}
    if resource.cursor_path:
        whole, reads = {table_identifier(resource.cursor_path)}, "with a cursor"
        cure = "the cursor's own field as merge_key"
    elif resources.below_incremental(resource.name):
        whole, reads = of_parent, "below a parent that is read by a cursor"
        cure = "the parent's bound field as merge_key, which include_from_parent copies"
    else:
        return
    if not columns & whole:
        yield ConfigProblem(
            f"{path}.merge_key",
            f"all rows of a group are deleted when a run brings one, and {reads} a run brings only "
            f"some: the others would be lost. Name a primary_key instead, or {cure}, or read "
            "without a cursor",
        )


def check_steps(items: Mapping[int, Any], resources: Resources) -> Iterator[ConfigProblem]:
    """Steps that take away what is looked for after them; the rest only a run can tell."""
    for position, item in items.items():
        resource = resources[resource_name(item) or ""]
        own = isinstance(item, dict) and "processing_steps" in item
        holder = f"resources[{position}]" if own else "resource_defaults"
        of = "" if own else f" of {resource.name!r}"
        seen: set[str] = set()
        for need in needs(resource, resources) if resource.steps else ():
            gone = lost(resource.steps, need)
            if gone and need.name not in seen:
                seen.add(need.name)
                yield ConfigProblem(
                    f"{holder}.processing_steps{gone.place}", f"{gone}{of}; keep it"
                )
