"""Resources that write into one table: where that is right, and the true reason where it is not.

What is said of a table is said by all of them, and each of their rows must stay until the same
resource replaces it. Rows that are appended do; of rows that are merged, a field of the key has to
tell whose they are, which a run finds out (`extract/records/shared_tables.py`).
"""

from collections.abc import Iterator

from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources

OF_THE_TABLE = (
    "schema_contract",
    "table_format",
    "file_format",
    "max_table_nesting",
    "nested_hints",
    "references",
)
_SIZES = ("data_type", "precision", "scale", "nullable", "timezone")
CURE = "Give each a table of its own, and unite them in a view"


def one_table_conflicts(resources: Resources) -> Iterator[tuple[str, str]]:
    """(resource, message) of each resource that may not write into the table of one before it."""
    tables: dict[str, list[str]] = {}
    for name, resource in resources.items():
        if resource.selected:
            tables.setdefault(table_identifier(resource.table_name), []).append(name)
    for table, names in tables.items():
        for name in names[1:]:
            if table != table_identifier(name) and (why := _conflict(resources, names[0], name)):
                yield name, f"{table} is the table of {names[0]!r} already; {why}. {CURE}"


def _conflict(resources: Resources, first: str, second: str) -> str | None:
    """Why two resources cannot write into one table; the first reason that there is."""
    one, other = resources[first], resources[second]
    ways = [resources.write_disposition(name) for name in (first, second)]
    words = [resources.disposition(name) for name in (first, second)]
    if "replace" in words:
        return (
            "replace empties it, and a run that reads only one of them would lose the rows of the "
            "other. Let both append, or merge by a primary_key"
        )
    if words[0] != words[1] or ways[0] != ways[1]:
        return (
            f"a table is written in one way, and {first!r} is to {words[0]}, {second!r} to "
            f"{words[1]}"
        )
    if words == ["merge", "merge"] and (why := _cannot_merge(resources, one, other)):
        return why
    keys = [key_columns(resource, "primary_key") for resource in (one, other)]
    if keys[0] != keys[1]:
        shown = [", ".join(sorted(key)) or "nothing" for key in keys]
        return (
            f"a table has one primary_key, and {one.name!r} names {shown[0]}, {other.name!r} "
            f"{shown[1]}"
        )
    for key in OF_THE_TABLE:
        if one.hints.get(key) != other.hints.get(key):
            return f"{key} holds for the table, and the two say different things"
    for column in sorted(one.columns.keys() & other.columns.keys()):
        hints = one.columns[column], other.columns[column]
        if any(hints[0].get(size) != hints[1].get(size) for size in _SIZES):
            return f"the two say different things of its column {column}"
    return None


def _cannot_merge(resources: Resources, one: Resource, other: Resource) -> str | None:
    strategy = resources.strategy(one.name)
    if resources.replaces_children(one.name) or resources.replaces_children(other.name):
        return (
            "the children of a parent that is read again replace its old ones, whoever brought "
            "them. Name a primary_key, or let both append"
        )
    if strategy in ("scd2", "cdc"):
        return f"{strategy} retires what a run does not bring, and each would retire the other's"
    if any(key_columns(resource, "merge_key") for resource in (one, other)):
        return "rows of one merge_key are deleted together, whoever brought them"
    if one.sorted_by != other.sorted_by or one.cursor_path != other.cursor_path:
        return "which version of a row is the newest, the two tell by different fields"
    return None


def key_columns(resource: Resource, hint: str) -> set[str]:
    """The columns that a hint names, as a table spells them."""
    named = resource.hints.get(hint) or ()
    found = [named] if isinstance(named, str) else list(named)
    found += [name for name, column in resource.columns.items() if column.get(hint)]
    return {"__".join(map(table_identifier, name.split("__"))) for name in found}
