"""Hints of columns: in either form that dlt takes, and merged as dlt merges them.

dlt replaces what `resource_defaults` say by what a resource says, hint by hint of each column
(`config_setup.py`, `_merge_resource_endpoints`); other hints it replaces as a whole.
"""

from collections.abc import Mapping
from typing import Any

Columns = dict[str, dict[str, Any]]


def by_name(columns: Any) -> Columns:
    """The hints of each column, be they written as an object or as a list."""
    if isinstance(columns, list):
        return {str(column.get("name")): column for column in columns}
    return dict(columns or {})


def named_by(hints: Mapping[str, Any], key: str) -> list[str]:
    """The columns that hints name by `primary_key` or `merge_key`, be it in a hint of a column."""
    named = hints.get(key) or []
    names = [named] if isinstance(named, str) else list(named)
    columns = by_name(hints.get("columns")).items()
    return names + [name for name, column in columns if column.get(key)]


def merged(defaults: Any, own: Any) -> Columns:
    """What holds for a resource; a hint of its own goes before that of the defaults."""
    found = {name: dict(column) for name, column in _named(defaults).items()}
    for name, column in _named(own).items():
        found[name] = {**found.get(name, {}), **column}
    return found


def with_merged_columns(
    resource: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The resource with all columns, those of `resource_defaults` too, where both name some.

    Nothing, `{}` or `[]`, is no columns: that takes those of the defaults away.
    """
    own, default = resource.get("columns"), defaults.get("columns")
    if not (own and default):
        return resource
    return {**resource, "columns": merged(default, own)}


def _named(columns: Any) -> Columns:
    """Their names are in them, as dlt has it."""
    return {name: {"name": name, **column} for name, column in by_name(columns).items()}
