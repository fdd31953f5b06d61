"""The placeholders and params of endpoints: what dlt asks of them, and when it loses them."""

from collections.abc import Iterator, Mapping
from typing import Any

from restsrc_dagster.connector.check.names import resource_name
from restsrc_dagster.connector.configuration import (
    ConfigProblem,
)
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.secrets import SECRET_KEY
from restsrc_dagster.connector.syntax.placeholders import (
    INCREMENTAL_VALUES,
    Placeholder,
    literal_braces,
)
from restsrc_dagster.connector.syntax.references import blank


def check_placeholders(
    resource: Resource, placeholders: list[Placeholder]
) -> Iterator[ConfigProblem]:
    """What stands in braces and has no value; paths are within the endpoint."""
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


def check_params(resource: Resource, placeholders: list[Placeholder]) -> Iterator[ConfigProblem]:
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


def check_params_of_defaults(
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
