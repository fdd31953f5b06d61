"""What a configuration must have before anything can be built from it."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from restsrc_dagster.connector.configuration import (
    MOST_TOLD,
    ConfigProblem,
    configuration_problems,
)
from restsrc_dagster.connector.naming import MAX_RESOURCE_NAME, reserved, table_identifier
from restsrc_dagster.connector.resources.graph import NO_VALUES
from restsrc_dagster.connector.resources.needs import lost, needs
from restsrc_dagster.connector.resources.parents import parents_problems
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.resources.sharing import one_table_conflicts
from restsrc_dagster.connector.resources.values import ValueList
from restsrc_dagster.connector.secrets import SECRET_KEY
from restsrc_dagster.connector.syntax.placeholders import (
    INCREMENTAL_VALUES,
    Placeholder,
    endpoint_placeholders,
    literal_braces,
)
from restsrc_dagster.connector.syntax.references import blank, misplaced_references

_PLAIN_PATH = re.compile(r"[^.\[\]'\"*?@$()]+(\.[^.\[\]'\"*?@$()]+)*")

MOST_RESOURCES = 1000
MOST_ANCESTORS = 20
"""Far more than any API has; all connectors of a folder wait until a file is checked."""
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,10}(?![^/:])")


def check_configuration(
    configuration: Mapping[str, Any], values: Mapping[str, ValueList] = NO_VALUES
) -> list[ConfigProblem]:
    """Every problem found; never a value that may be a secret. `values` are lists beside it.

    First what the models say of each part by itself, then what only shows between the parts. Of
    a part that is no part at all, nothing more is told.
    """
    if found := list(_check_count(configuration.get("resources"))):
        return found
    found = [
        ConfigProblem(place, message)
        for message, place in misplaced_references(dict(configuration))
    ]
    at_places = {problem.path for problem in found}
    shape = configuration_problems(configuration)
    found += [problem for problem in shape if problem.path not in at_places]
    if len(shape) > MOST_TOLD:
        return found  # it is not known of every part whether it is one
    broken = tuple(problem.path for problem in shape if not problem.harmless)
    client = configuration.get("client", {})  # missing, where another key was meant to be it
    if not _at(broken, "client", "client.base_url") and "base_url" in client:
        found += _check_base_url(client["base_url"])
    if _at(broken, "resources") or "resources" not in configuration:
        return found
    names = [resource_name(item) for item in configuration["resources"]]
    found += _check_names(names)
    if _below(broken, "resource_defaults"):
        return found
    whole = {
        position: item
        for position, item in enumerate(configuration["resources"])
        if names[position] and not _below(broken, f"resources[{position}]")
    }
    resources = Resources({**configuration, "resources": list(whole.values())}, values=values)
    positions = {names[position]: position for position in whole}
    if too_deep := list(_check_depth(resources, positions)):
        return found + too_deep
    parents = None if None in names else list(dict.fromkeys(filter(None, names)))
    found += _check_tables(resources, positions)
    found += _check_params_of_defaults(configuration, whole, resources)
    found += _check_steps(whole, resources)
    for name, resource in resources.items():
        found += _check_resource(f"resources[{positions[name]}]", resource, resources, parents)
    return found


def _check_count(resources: Any) -> Iterator[ConfigProblem]:
    if isinstance(resources, list) and len(resources) > MOST_RESOURCES:
        yield ConfigProblem(
            "resources",
            f"are {len(resources):,}; at most {MOST_RESOURCES:,} work in one file: write several "
            "connectors",
        )


def _check_depth(
    resources: Resources, positions: Mapping[str | None, int]
) -> Iterator[ConfigProblem]:
    """The first of those that are too deep, for all others below it are so for the same reason."""
    for name in resources:
        if len(above := resources.ancestors(name)) > MOST_ANCESTORS:
            yield ConfigProblem(
                f"resources[{positions[name]}]",
                f"{name!r} hangs on {len(above)} resources, each below the next; at most "
                f"{MOST_ANCESTORS} work",
            )
            return


def _at(broken: tuple[str, ...], *paths: str) -> bool:
    return any(path in broken for path in paths)


def _below(broken: tuple[str, ...], path: str) -> bool:
    return any(other == path or other.startswith((f"{path}.", f"{path}[")) for other in broken)


def _check_base_url(url: str) -> Iterator[ConfigProblem]:
    if "${" not in url and not _is_http(url):
        host = _HOST.match(url)
        shown = f"'{host[0]}' " if host else ""
        yield ConfigProblem(
            "client.base_url", f"{shown}must start with http:// or https:// and name a host"
        )


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def resource_name(item: Any) -> str | None:
    """The name in an item of `resources`, in either form; None if it tells none."""
    name = item.get("name") if isinstance(item, dict) else item
    return name if isinstance(name, str) and name else None


def names_of_resources(configuration: Mapping[str, Any]) -> list[str]:
    """Those that a configuration tells, whatever else is wrong with it."""
    items = configuration.get("resources")
    names = map(resource_name, items if isinstance(items, list) else ())
    return [name for name in names if name is not None]


def _check_names(names: list[str | None]) -> Iterator[ConfigProblem]:
    seen: dict[str, str] = {}
    for position, name in enumerate(names):
        if name is None:
            continue
        path, table = f"resources[{position}].name", table_identifier(name)
        if len(name) > MAX_RESOURCE_NAME:
            yield ConfigProblem(
                path, f"is {len(name)} characters long; at most {MAX_RESOURCE_NAME} work"
            )
        elif name != name.strip() or any(ord(character) < 32 for character in name):
            yield ConfigProblem(
                path, f"{name!r} begins or ends with a space, or has a control character"
            )
        elif whose := reserved(table):
            yield ConfigProblem(path, f"{name!r} {whose}")
        elif name.startswith("re:"):
            yield ConfigProblem(
                path, f"{name!r} begins with re:, which dlt takes for a regular expression"
            )
        elif table in seen and seen[table] == name:
            yield ConfigProblem(path, f"{name!r} is already the name of another resource")
        elif table in seen:
            yield ConfigProblem(
                path, f"{name!r} and {seen[table]!r} both become the table {table}; rename one"
            )
        seen.setdefault(table, name)


def _check_tables(
    resources: Resources, positions: Mapping[str | None, int]
) -> Iterator[ConfigProblem]:
    for name, resource in resources.items():
        named, table = resource.table_name, table_identifier(resource.table_name)
        if named != name and (whose := reserved(table)):
            yield ConfigProblem(f"resources[{positions[name]}].table_name", f"{named!r} {whose}")
    for name, message in one_table_conflicts(resources):
        yield ConfigProblem(f"resources[{positions[name]}].table_name", message)


def _check_resource(
    path: str, resource: Resource, resources: Resources, names: list[str] | None
) -> Iterator[ConfigProblem]:
    try:
        placeholders = list(endpoint_placeholders(blank(resource.endpoint)))
    except ValueError as error:
        yield ConfigProblem(f"{path}.endpoint", str(error))
        return
    for found in chain(
        _check_placeholders(resource, placeholders), _check_params(resource, placeholders)
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


def _check_placeholders(
    resource: Resource, placeholders: list[Placeholder]
) -> Iterator[ConfigProblem]:
    params = resource.endpoint.get("params") or {}
    for placeholder in placeholders:
        if placeholder.parent_field:
            continue
        expression, in_path = placeholder.expression, placeholder.path == "path"
        if placeholder.incremental_value:
            if not resource.endpoint.get("incremental"):
                yield ConfigProblem(
                    placeholder.path, f"{{{expression}}} needs endpoint.incremental"
                )
            continue
        if in_path and _names_param(expression, params):
            continue
        shown = "the text" if SECRET_KEY.search(placeholder.path) else expression
        if in_path and expression.isidentifier():
            yield ConfigProblem(
                placeholder.path,
                f"{{{shown}}} has no value; give the param {expression}, or write "
                f"{{resources.<name>.{expression}}}; {literal_braces(placeholder.path)}",
            )
            continue
        yield ConfigProblem(
            placeholder.path,
            f"{{{shown}}} is not a placeholder; allowed are "
            f"{{incremental.{'|'.join(INCREMENTAL_VALUES)}}}, {{resources.<name>.<field>}} "
            f"and, in a path, the name of a param; {literal_braces(placeholder.path)}",
        )


def _names_param(expression: str, params: Mapping[str, Any]) -> bool:
    """dlt leaves what begins like a context to str.format, though a param has that name."""
    return expression in params and not expression.startswith(("incremental.", "resources."))


def _check_params(resource: Resource, placeholders: list[Placeholder]) -> Iterator[ConfigProblem]:
    """What dlt's `_bind_path_params` and `setup_incremental_object` ask of params."""
    params = resource.endpoint.get("params") or {}
    in_path = [placeholder.expression for placeholder in placeholders if placeholder.path == "path"]
    bound = {key: value for key, value in params.items() if isinstance(value, dict)}
    cursors = [key for key, value in bound.items() if value["type"] == "incremental"]
    for key, value in params.items():
        times = in_path.count(key)
        if times > 1:
            yield ConfigProblem("path", f"{{{key}}} stands there {times} times; dlt fills it once")
        if key in cursors and times:
            yield ConfigProblem("path", f"{{{key}}} is a cursor; write {{incremental.start_value}}")
        if key in bound and key not in cursors and not times:
            parent = f"{{resources.{value['resource']}.{value['field']}}}"
            yield ConfigProblem(
                f"params.{key}", f"is not in the path; outside of it, write {parent} as its value"
            )
    if len(cursors) > 1:
        yield ConfigProblem(
            "params", f"has several cursors, {', '.join(cursors)}; only one is possible"
        )
    if resource.endpoint.get("json") and resource.endpoint.get("data"):
        yield ConfigProblem("json", "and data exclude each other; remove one")
    if cursors and resource.endpoint.get("incremental"):
        yield ConfigProblem(
            f"params.{cursors[0]}",
            "and endpoint.incremental exclude each other; name the parameter there as start_param",
        )


def _check_params_of_defaults(
    configuration: Mapping[str, Any], items: Mapping[int, Any], resources: Resources
) -> Iterator[ConfigProblem]:
    """dlt's `_bind_path_params` takes a param out of the defaults themselves, for all that follow.

    It does so for a resource without params of its own, which shares the object.
    """
    defaults = (configuration.get("resource_defaults") or {}).get("endpoint", {}).get("params", {})
    taken: set[str] = set()
    for position, item in items.items() if defaults else ():
        endpoint = item.get("endpoint") if isinstance(item, dict) else None
        own = endpoint.get("params") if isinstance(endpoint, dict) else None
        path = blank(resources[resource_name(item) or ""].endpoint["path"])
        in_path = {key for key in defaults if f"{{{key}}}" in path and key not in (own or {})}
        for key in sorted(in_path & taken):
            yield ConfigProblem(
                f"resources[{position}].endpoint.path",
                f"{{{key}}} has no value any more: an earlier resource took it out of the "
                f"defaults; give the param {key} in each resource",
            )
        if own is None:
            taken |= in_path


def _check_steps(items: Mapping[int, Any], resources: Resources) -> Iterator[ConfigProblem]:
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
