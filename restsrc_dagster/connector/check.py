"""What a configuration must have before anything can be built from it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from restsrc_dagster.connector.naming import MAX_RESOURCE_NAME, table_identifier
from restsrc_dagster.connector.placeholders import (
    INCREMENTAL_VALUES,
    endpoint_placeholders,
    literal_braces,
)
from restsrc_dagster.connector.references import blank, misplaced_references
from restsrc_dagster.connector.resources import Resource, Resources
from restsrc_dagster.connector.secrets import SECRET_KEY

_PLAIN_PATH = re.compile(r"[^.\[\]'\"*?@$()]+(\.[^.\[\]'\"*?@$()]+)*")
CONFIGURATION_KEYS = ("client", "resources", "resource_defaults")
AUTH_SECRETS = {
    "bearer": ("token",),
    "api_key": ("api_key",),
    "http_basic": ("username", "password"),
    "oauth2_client_credentials": ("access_token_url", "client_id", "client_secret"),
}

Found = tuple[str, str]
"""(path below `configuration`, message)"""


def check_configuration(configuration: Mapping[str, Any]) -> list[Found]:
    """Every problem found; never a value that may be a secret."""
    found = [
        (key, f"unknown key; allowed are {', '.join(CONFIGURATION_KEYS)}")
        for key in configuration
        if key not in CONFIGURATION_KEYS
    ]
    found += [(place, message) for message, place in misplaced_references(dict(configuration))]
    found += _check_client(configuration.get("client"))
    defaults = configuration.get("resource_defaults")
    if defaults is not None and not isinstance(defaults, dict):
        found.append(("resource_defaults", "is not an object"))
        return found
    endpoint = (defaults or {}).get("endpoint")
    if endpoint is not None and not isinstance(endpoint, dict):
        found.append(("resource_defaults.endpoint", "is not an object"))
        return found
    shape = list(_check_endpoint_shape("resource_defaults.endpoint", endpoint))
    shape += _check_shape(configuration.get("resources"))
    if shape:
        return found + shape
    resources = Resources(configuration)
    found += _check_tables(resources)
    items = configuration["resources"]
    found += _check_names(items)
    positions = {_name(item): position for position, item in enumerate(items)}
    for name, resource in resources.items():
        found += _check_resource(f"resources[{positions[name]}]", resource, resources)
    return found


def _check_client(client: Any) -> Iterator[Found]:
    if not isinstance(client, dict):
        yield "client", "required: an object with at least base_url"
        return
    base_url = client.get("base_url")
    if not isinstance(base_url, str) or not base_url:
        yield "client.base_url", "required: the address of the API, such as https://api.acme.com/v1"
    elif "${" not in base_url and not _is_http(base_url):
        yield "client.base_url", "must start with http:// or https:// and name a host"
    if not isinstance(client.get("headers"), (dict, type(None))):
        yield "client.headers", "is not an object"
    yield from check_auth("client.auth", client.get("auth"))


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def check_auth(path: str, auth: Any) -> Iterator[Found]:
    """An auth without its secret would make dlt take any token it finds in the environment."""
    if auth is None:
        return
    if not isinstance(auth, (str, dict)):
        yield path, "is neither an object nor the name of an auth type"
        return
    kind = auth if isinstance(auth, str) else auth.get("type", "bearer")
    if not isinstance(kind, str) or kind not in AUTH_SECRETS:
        yield f"{path}.type", f"is not one of {', '.join(AUTH_SECRETS)}"
        return
    given: Mapping[str, Any] = auth if isinstance(auth, dict) else {}
    for key in AUTH_SECRETS[kind]:
        if not isinstance(given.get(key), str) or not given[key]:
            yield f"{path}.{key}", f"required for {kind}: a string, best a ${{NAME}} reference"
    if given.get("location") == "cookie":
        yield f"{path}.location", "dlt cannot send a key in a cookie; allowed: header, query, param"


def _check_shape(resources: Any) -> Iterator[Found]:
    if not isinstance(resources, list) or not resources:
        yield "resources", "required: a list of at least one resource"
        return
    for position, item in enumerate(resources):
        path = f"resources[{position}]"
        if not isinstance(item, (str, dict)):
            yield path, "is neither an object nor the name of a resource"
            continue
        name = _name(item)
        if not isinstance(name, str) or not name.strip():
            yield f"{path}.name", "required: a name"
        endpoint = item.get("endpoint") if isinstance(item, dict) else None
        if not isinstance(endpoint, (str, dict, type(None))):
            yield f"{path}.endpoint", "is neither an object nor a path"
        yield from _check_endpoint_shape(f"{path}.endpoint", endpoint)


def _name(item: str | dict[str, Any]) -> Any:
    return item.get("name") if isinstance(item, dict) else item


def _check_endpoint_shape(path: str, endpoint: Any) -> Iterator[Found]:
    """dlt, left to find it, would print the value."""
    if isinstance(endpoint, dict):
        for key in ("params", "headers", "json", "incremental"):
            if not isinstance(endpoint.get(key), (dict, type(None))):
                yield f"{path}.{key}", "is not an object"


def _check_names(items: list[Any]) -> Iterator[Found]:
    seen: dict[str, str] = {}
    for position, item in enumerate(items):
        name = _name(item)
        path, table = f"resources[{position}].name", table_identifier(name)
        if len(name) > MAX_RESOURCE_NAME:
            yield path, f"is {len(name)} characters long; at most {MAX_RESOURCE_NAME} work"
        elif name != name.strip() or any(ord(character) < 32 for character in name):
            yield path, f"{name!r} begins or ends with a space, or has a control character"
        elif table.startswith("_dlt"):
            yield path, f"{name!r} begins with _dlt, which names dlt's own tables"
        elif name.startswith("re:"):
            yield path, f"{name!r} begins with re:, which dlt takes for a regular expression"
        elif table in seen and seen[table] == name:
            yield path, f"{name!r} is already the name of another resource"
        elif table in seen:
            yield path, f"{name!r} and {seen[table]!r} both become the table {table}; rename one"
        seen.setdefault(table, name)


def _check_tables(resources: Resources) -> Iterator[Found]:
    """Of two resources in one table, each run of one would replace or refresh away the other's."""
    owners: dict[str, str] = {}
    for position, (name, resource) in enumerate(resources.items()):
        table = table_identifier(resource.table_name)
        owner = owners.setdefault(table, name)
        if owner != name and table != table_identifier(name):
            yield (
                f"resources[{position}].table_name",
                f"{table} is the table of {owner!r} already; rows of two resources in one table "
                "would replace each other",
            )


def _check_resource(path: str, resource: Resource, resources: Resources) -> Iterator[Found]:
    yield from check_auth(f"{path}.endpoint.auth", resource.endpoint.get("auth"))
    try:
        placeholders = list(endpoint_placeholders(blank(resource.endpoint)))
    except ValueError as error:
        yield f"{path}.endpoint", str(error)
        return
    static = resource.endpoint.get("params") or {}
    for placeholder in placeholders:
        if placeholder.parent_field or placeholder.incremental_value:
            continue
        if placeholder.path == "path" and _names_param(placeholder.expression, static):
            continue
        shown = "the text" if SECRET_KEY.search(placeholder.path) else placeholder.expression
        yield (
            f"{path}.endpoint.{placeholder.path}",
            f"{{{shown}}} is not a placeholder; allowed are "
            f"{{incremental.{'|'.join(INCREMENTAL_VALUES)}}}, {{resources.<name>.<field>}} "
            f"and, in a path, the name of a param; {literal_braces(placeholder.path)}",
        )
    if resources.replaces_children(resource.name):
        for field in resource.bound_fields:
            if not _PLAIN_PATH.fullmatch(field):
                yield (
                    path,
                    f"children of a parent that is read again are found by its {field!r}, which is "
                    "no plain path; name a primary_key or a write_disposition",
                )
    if resource.incremental is not None and not isinstance(resource.cursor_path, str):
        yield f"{path}.endpoint.incremental.cursor_path", "required: where a record has its cursor"
    if len(resource.parents) > 1:
        yield path, f"has several parents, {', '.join(resource.parents)}; only one is possible"
    elif resource.parent is not None and resource.parent not in resources:
        known = ", ".join(resources)
        yield path, f"its parent {resource.parent!r} is not a resource; known are {known}"
    elif resource.parent == resource.name or _in_cycle(resource, resources):
        yield path, f"{resource.name!r} is its own ancestor; a parent chain must end"
    if resource.merges_without_key:
        yield f"{path}.write_disposition", "merge needs a primary_key or a merge_key"


def _names_param(expression: str, params: Mapping[str, Any]) -> bool:
    """dlt leaves what begins like a context to str.format, though a param has that name."""
    return expression in params and not expression.startswith(("incremental.", "resources."))


def _in_cycle(resource: Resource, resources: Resources) -> bool:
    ancestors = resources.ancestors(resource.name)
    return bool(ancestors) and resources[ancestors[-1]].parent in {resource.name, *ancestors}
