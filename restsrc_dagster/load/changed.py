"""What the file says otherwise than when the tables were made.

A table that was replaced in every run holds a copy of everything: with a key or a cursor, reading
begins anew, and what would be merged into it or appended to it has to find it empty. Nested tables
of one that was replaced or appended lack the root's key, without which dlt cannot merge. An
appended table is a history that nobody reads again: there a person has to decide.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dlt.common.schema.utils import get_write_disposition
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.chunking import chunking
from restsrc_dagster.connector.resources import Resource, Resources
from restsrc_dagster.errors import ConnectorError, Problem, RestsrcError
from restsrc_dagster.extract.chunks import STATE_KEY

CURE = "run it once with full_refresh, which empties its table and reads everything again"


def to_begin_anew(
    pipeline: Pipeline, resources: Resources, selection: Iterable[str]
) -> frozenset[str]:
    """Resources whose tables were replaced so far, and are not any more."""
    return frozenset(
        name
        for name in selection
        if _before(pipeline, resources[name]) == "replace"
        and resources.disposition(name) in ("merge", "append")
    )


def to_be_decided(
    pipeline: Pipeline, source: str, resources: Resources, selection: Iterable[str]
) -> dict[str, RestsrcError]:
    """Why an appended table cannot be loaded into as the file says now, by resource."""
    found: dict[str, RestsrcError] = {}
    states = pipeline.state.get("sources", {}).get(source, {}).get("resources", {})
    for name in selection:
        resource = resources[name]
        if "since" in states.get(name, {}).get(STATE_KEY, {}) and (
            chunking(resources, name) != "cursor"
        ):
            found[name] = _refusal(
                name,
                "was committed in the order of its cursor while it was read, which did not come "
                "to its end, and by the file that order cannot be relied on any more: records may "
                "have been passed over",
            )
        if _before(pipeline, resource) != "append":
            continue
        now = resources.disposition(name)
        cursors = states.get(name, {}).get("incremental", {})
        if now == "merge" and _has_nested_tables(pipeline, resource):
            found[name] = _refusal(
                name,
                "was appended so far and is to be merged, which its nested tables do not allow",
            )
        elif now == "append" and cursors and _cursor_is_new(resource, cursors):
            found[name] = _refusal(
                name,
                f"has another cursor now, {resource.cursor_path}: all that is there already would "
                "be appended again",
            )
    return found


def _refusal(name: str, what: str) -> RestsrcError:
    return ConnectorError([Problem(name, "", f"{what}; {CURE}")])


def _cursor_is_new(resource: Resource, cursors: Mapping[str, Any]) -> bool:
    return resource.cursor_path is not None and resource.cursor_path not in cursors


def _before(pipeline: Pipeline, resource: Resource) -> str | None:
    """How the table was written so far; None if there is none."""
    if not pipeline.default_schema_name:
        return None
    schema = pipeline.default_schema
    table = schema.naming.normalize_table_identifier(resource.table_name)
    if table not in schema.data_table_names(seen_data_only=True):
        return None
    return get_write_disposition(schema.tables, table)


def _has_nested_tables(pipeline: Pipeline, resource: Resource) -> bool:
    schema = pipeline.default_schema
    table = schema.naming.normalize_table_identifier(resource.table_name)
    return any(
        schema.tables[other].get("parent") == table
        for other in schema.data_table_names(seen_data_only=True)
    )
