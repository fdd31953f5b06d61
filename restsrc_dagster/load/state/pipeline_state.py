"""What a pipeline knows of its tables and its resources.

dlt reads both from their files each time that it is asked: whoever needs them keeps what it got.
The schema of a pipeline is one object, which dlt changes in place.
"""

from collections.abc import Mapping
from typing import Any

from dlt.common.schema import Schema
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.resources.resource import Resource

WITH_ROWS = ("_dlt_load_id", "_dlt_parent_id")
"""Columns that dlt makes for rows alone: of a resource's own table, and of those nested in it."""


def known_schema(pipeline: Pipeline) -> Schema | None:
    """What the tables are so far; None before anything was ever loaded."""
    if not pipeline.default_schema_name:
        return None
    schema = pipeline.default_schema
    _remember_rows(schema)
    return schema


def _remember_rows(schema: Schema) -> None:
    """Note again which tables have rows.

    dlt forgets it (`seen-data`) of a resource with `max_table_nesting` when a run brings nothing of
    it. A refresh would not empty such a table then, and what is new in it would not be seen.
    """
    for table in schema.data_tables(include_incomplete=True):
        made = (table["columns"].get(name, {}) for name in WITH_ROWS)
        if any("data_type" in column for column in made):
            table["x-normalizer"] = {**(table.get("x-normalizer") or {}), "seen-data": True}


def column_of(schema: Schema, path: str) -> str:
    """The column in which the value at a path of a record, in dots, is held."""
    return schema.naming.normalize_path(path.replace(".", "__"))


def source_state(pipeline: Pipeline, source: str) -> Mapping[str, Any]:
    """dlt's state of a source, by its name."""
    state: Mapping[str, Any] = pipeline.state.get("sources", {}).get(source, {})
    return state


def resource_states(pipeline: Pipeline, source: str) -> Mapping[str, Any]:
    """dlt's states of the resources of a source, by their names."""
    states: Mapping[str, Any] = source_state(pipeline, source).get("resources", {})
    return states


def cursor_of(states: Mapping[str, Any], resource: Resource, value: str = "last_value") -> Any:
    """A value of the cursor in dlt's states of the resources; None where there is none."""
    if resource.cursor_path is None:
        return None
    state: Any = states
    for key in (resource.name, "incremental", resource.cursor_path):
        state = state.get(key) or {}
    return state.get(value)


def mend_states(pipeline: Pipeline, source: str) -> None:
    """Take out of the states of resources what no reading can go on with: a cursor that is null,
    as releases before 0.2 left it of a range that was read in several parts."""
    with pipeline.managed_state() as whole:
        known: dict[str, Any] = whole.get("sources", {}).get(source, {}).get("resources", {})
        for state in known.values():
            if "incremental" in state and state["incremental"] is None:
                del state["incremental"]
