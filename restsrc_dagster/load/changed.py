"""What the file says otherwise than when the tables were made.

A table that was replaced in every run holds a copy of everything: with a key or a cursor, reading
begins anew, and what would be merged into it or appended to it has to find it empty. So it is with
children that are replaced by another parent's key than so far, or as a whole. Nested tables of one
that was replaced or appended lack the root's key, without which dlt cannot merge. An appended table
is a history that nobody reads again, and a merged one may have what the API lists no more: there a
person has to decide.
"""

from collections.abc import Iterable, Mapping, Set
from typing import Any

from dlt.common.schema import Schema
from dlt.common.schema.typing import MERGE_DISPOSITION_HINTS, UPSERT_MERGE_STRATEGIES
from dlt.common.schema.utils import get_write_disposition

from restsrc_dagster.connector.chunking import chunking
from restsrc_dagster.connector.columns import named_by
from restsrc_dagster.connector.resource import Resource
from restsrc_dagster.connector.resources import Resources
from restsrc_dagster.errors import ConnectorError, Problem, RestsrcError
from restsrc_dagster.extract.chunk import STATE_KEY
from restsrc_dagster.extract.cursors import BY
from restsrc_dagster.extract.cursors import STATE_KEY as CURSOR_STATE
from restsrc_dagster.extract.fits import is_dlts
from restsrc_dagster.extract.parent_cursors import OF, bound_to
from restsrc_dagster.extract.required import required_columns

CURE = "run it once with full_refresh, which empties its table and reads everything again"


def to_begin_anew(
    schema: Schema | None, resources: Resources, selection: Iterable[str]
) -> frozenset[str]:
    """Resources whose tables were replaced so far, and are not any more, as a whole or with their
    parents; children whose rows do not tell by what they are to be replaced; and tables that are
    replaced and have columns which were never empty, and may be now."""

    def begins_anew(name: str) -> bool:
        resource = resources[name]
        needless = _never_empty_so_far(schema, resources, name)
        match _before(schema, resource), resources.disposition(name):
            case "replace", "merge" | "append":
                return True
            case _, "replace":
                return bool(needless)
            case "merge", "merge" | "append" if schema and not _key_of_table(schema, resource):
                return any(column.startswith("_") for column in needless)
        return resources.replaces_children(name) and _lacks_key(schema, resources, name)

    return frozenset(filter(begins_anew, selection))


def _never_empty_so_far(schema: Schema | None, resources: Resources, name: str) -> set[str]:
    """Columns that the table has never empty, of which the file does not ask that any more."""
    root = _table(schema, resources[name]) if schema else None
    if schema is None or root is None:
        return set()
    columns = schema.get_table_columns(root)
    disposition = resources.write_disposition(name)
    required = required_columns(resources[name], disposition, root, schema.naming, {})
    if resources.replaces_children(name):
        paths = resources.replaced_by(name).values()
        known = {schema.naming.normalize_path(path.replace(".", "__")) for path in paths}
    else:
        known = set(required.get(root, ()))
    return {
        column
        for column, hints in columns.items()
        if hints.get("nullable") is False and not is_dlts(hints) and column not in known
    }


def _lacks_key(schema: Schema | None, resources: Resources, name: str) -> bool:
    table = _table(schema, resources[name]) if schema else None
    if schema is None or table is None:
        return False
    columns = schema.get_table_columns(table)
    return any(
        schema.naming.normalize_path(path.replace(".", "__")) not in columns
        for path in resources.replaced_by(name).values()
    )


def to_be_decided(
    schema: Schema | None,
    states: Mapping[str, Any],
    resources: Resources,
    selection: Iterable[str],
    known: Set[str],
) -> dict[str, RestsrcError]:
    """Why an appended or merged table cannot be loaded into as the file says now, by resource.

    `states` are dlt's of the resources, of which those that are `known` were loaded before.
    """
    found: dict[str, RestsrcError] = {}
    for name in selection:
        state = states.get(name, {})
        why = _what_was_passed(resources, name, state)
        resource = resources[name]
        never_loaded = resource.selected and known and name not in known
        if why is None and never_loaded and _has_moved(resource, state):
            why = (
                "was read for its children only so far, and its cursor has passed records that "
                "were never loaded"
            )
        if why is None and schema is not None:
            why = _what_it_does_to_the_rows(schema, resources, name, state)
        if why:
            found[name] = ConnectorError([Problem(name, "", f"{why}; {CURE}")])
    return found


def _has_moved(resource: Resource, state: Mapping[str, Any]) -> bool:
    cursor = state.get("incremental", {}).get(resource.cursor_path) or {}
    return cursor.get("last_value") not in (None, (resource.incremental or {}).get("initial_value"))


def _what_was_passed(resources: Resources, name: str, state: Mapping[str, Any]) -> str | None:
    if "since" not in state.get(STATE_KEY, {}) or chunking(resources, name) == "cursor":
        return None
    return (
        "was committed in the order of its cursor while it was read, which did not come to its "
        "end, and by the file that order cannot be relied on any more: records may have been "
        "passed over"
    )


def _what_it_does_to_the_rows(
    schema: Schema, resources: Resources, name: str, state: Mapping[str, Any]
) -> str | None:
    resource, cursors = resources[name], state.get("incremental", {})
    change = _before(schema, resource), resources.disposition(name)
    if change == ("merge", "merge") and not resources.beside(name):
        old, new = _key_of_table(schema, resource), _key_now(schema, resource)
        if old and new and old != new:
            return (
                f"was merged by the key {', '.join(sorted(old))} so far, and has "
                f"{', '.join(sorted(new))} now: what is there would not be found by it, and be "
                "there twice"
            )
    strategy = resources.strategy(name)
    if _strategy_before(schema, resource) == "scd2" and strategy in UPSERT_MERGE_STRATEGIES:
        return (
            f"kept each version of a row so far (scd2), and is to be merged by {strategy}: all "
            "versions of a key would become one row, as often as there are versions"
        )
    if change == ("append", "merge") and _has_nested_tables(schema, resource):
        return "was appended so far and is to be merged, which its nested tables do not allow"
    if change == ("append", "append") and cursors and _cursor_is_new(resource, cursors):
        return (
            f"has another cursor now, {resource.cursor_path}: all that is there already would be "
            "appended again"
        )
    if change == ("append", "append") and (by := _other_way(resource, cursors)):
        return (
            f"had its cursor by {by} so far, and turns round now: all that is there already would "
            "be appended again"
        )
    if change == ("merge", "append") and resource.incremental:
        return "was merged so far and is to be appended: rows that are there would be there twice"
    if change == ("append", "append") and resource.incremental and not cursors:
        for table in taken_over(schema, resources, [name]):
            return (
                f"loads into the table of {schema.tables[table].get('resource')}, which the file "
                "does not name any more: all that is there already would be appended again"
            )
    if resource.parent is not None and (of := _bound_so_far(resource, cursors)):
        return (
            f"had its cursors by {of} so far, and binds {bound_to(resource)} now: rows that they "
            "have passed may be others, or come again"
        )
    if change[0] is None and cursors and (other := _other_table(schema, resource)):
        return (
            f"is loaded into another table than {other} now, in which all would be missing that "
            "its cursor has passed"
        )
    return None


def _other_way(resource: Resource, cursors: Mapping[str, Any]) -> str | None:
    """`max` or `min`, whichever a cursor has followed so far, where the file says the other."""
    by: str | None = _ours(resource, cursors).get(BY)
    now = (resource.incremental or {}).get("last_value_func", "max")
    return None if by == now else by


def taken_over(schema: Schema | None, resources: Resources, names: Iterable[str]) -> dict[str, str]:
    """The resources, by the table, that load into one of a resource which the file names no more;
    dlt refreshes a table with the resource that it was made for."""
    return {
        table: name
        for name in names
        if schema is not None
        and (table := _table(schema, resources[name]))
        and schema.tables[table].get("resource") not in resources
        and not resources.beside(name)
    }


def _bound_so_far(resource: Resource, cursors: Mapping[str, Any]) -> str | None:
    """By what a child's cursors are kept, where the file says something else."""
    of: str | None = _ours(resource, cursors).get(OF)
    return None if of == bound_to(resource) else of


def _ours(resource: Resource, cursors: Mapping[str, Any]) -> Mapping[str, Any]:
    """Our part of the state of the cursor that the file names."""
    cursor = cursors.get(resource.cursor_path, {}) if resource.cursor_path else {}
    ours: Mapping[str, Any] = cursor.get(CURSOR_STATE) or {}
    return ours


def _other_table(schema: Schema, resource: Resource) -> str | None:
    """Where the resource was loaded to before the file named another table."""
    for name in schema.data_table_names(seen_data_only=True):
        table = schema.tables[name]
        if table.get("resource") == resource.name and "parent" not in table:
            return name
    return None


def _key_of_table(schema: Schema, resource: Resource) -> set[str]:
    columns = schema.get_table_columns(_table(schema, resource) or "")
    return {name for name, column in columns.items() if column.get("primary_key")}


def _key_now(schema: Schema, resource: Resource) -> set[str]:
    return {schema.naming.normalize_path(name) for name in named_by(resource.hints, "primary_key")}


def _cursor_is_new(resource: Resource, cursors: Mapping[str, Any]) -> bool:
    return resource.cursor_path is not None and resource.cursor_path not in cursors


def _before(schema: Schema | None, resource: Resource) -> str | None:
    """How the table was written so far; None if there is none."""
    table = _table(schema, resource) if schema else None
    return get_write_disposition(schema.tables, table) if schema and table else None


def _strategy_before(schema: Schema, resource: Resource) -> Any:
    """Of the merge, where the file still names one (`old_hints`)."""
    table = _table(schema, resource)
    return schema.tables[table].get(MERGE_DISPOSITION_HINTS["strategy"]) if table else None


def _has_nested_tables(schema: Schema, resource: Resource) -> bool:
    table = _table(schema, resource)
    return any(
        schema.tables[other].get("parent") == table
        for other in schema.data_table_names(seen_data_only=True)
    )


def _table(schema: Schema, resource: Resource) -> str | None:
    table = schema.naming.normalize_table_identifier(resource.table_name)
    return table if table in schema.data_table_names(seen_data_only=True) else None
