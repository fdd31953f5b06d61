"""The names of resources, and of the tables that come of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from restsrc_dagster.connector.configuration import (
    ConfigProblem,
)
from restsrc_dagster.connector.naming import MAX_RESOURCE_NAME, reserved, table_identifier
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.resources.sharing import one_table_conflicts


def resource_name(item: Any) -> str | None:
    """The name in an item of `resources`, in either form; None if it tells none."""
    name = item.get("name") if isinstance(item, dict) else item
    return name if isinstance(name, str) and name else None


def names_of_resources(configuration: Mapping[str, Any]) -> list[str]:
    """Those that a configuration tells, whatever else is wrong with it."""
    items = configuration.get("resources")
    names = map(resource_name, items if isinstance(items, list) else ())
    return [name for name in names if name is not None]


def check_names(names: list[str | None]) -> Iterator[ConfigProblem]:
    """Names that are no tables, or the tables of others; None where an item tells no name."""
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


def check_tables(
    resources: Resources, positions: Mapping[str | None, int]
) -> Iterator[ConfigProblem]:
    """Tables that are not the resource's own. `positions` are those in `resources`, by name."""
    for name, resource in resources.items():
        named, table = resource.table_name, table_identifier(resource.table_name)
        if named != name and (whose := reserved(table)):
            yield ConfigProblem(f"resources[{positions[name]}].table_name", f"{named!r} {whose}")
    for name, message in one_table_conflicts(resources):
        yield ConfigProblem(f"resources[{positions[name]}].table_name", message)
