"""Edits of the file that would double rows, or pass some over: a person has to decide.

An appended table is a history that nobody reads again, and a merged one may have what the API lists
no more. So the resource is not read, until a full refresh of it is asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from dlt.common.schema import Schema
from dlt.common.schema.typing import MERGE_DISPOSITION_HINTS, UPSERT_MERGE_STRATEGIES

from restsrc_dagster.connector.resources.chunking import chunking
from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.errors import ConnectorError, Problem, RestsrcError
from restsrc_dagster.extract.chunks.chunk import STATE_KEY
from restsrc_dagster.extract.incremental.cursor import BY
from restsrc_dagster.extract.incremental.cursor import STATE_KEY as CURSOR_STATE
from restsrc_dagster.extract.incremental.parent_cursors import OF, bound_to
from restsrc_dagster.load.tables.reset import (
    formats_of,
    key_of_table,
    table_of,
    taken_over,
    written_before,
)

CURE = "run it once with full_refresh, which empties its table and reads everything again"
AGAIN = "all that is there already would be appended again"


def blocking_changes(
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
        edit = _Edit(schema, resources, name, states.get(name, {}), known)
        rules = _OF_THE_TABLE if schema is not None else ()
        if why := next(filter(None, (rule(edit) for rule in (*_OF_THE_STATE, *rules))), None):
            found[name] = ConnectorError([Problem(name, "", f"{why}; {CURE}")])
    return found


@dataclass(frozen=True)
class _Edit:
    """One resource as the file has it now, and as it was loaded before."""

    _schema: Schema | None
    resources: Resources
    name: str
    state: Mapping[str, Any]
    known: Set[str]

    @property
    def resource(self) -> Resource:
        return self.resources[self.name]

    @property
    def schema(self) -> Schema:
        assert self._schema is not None  # noqa: S101 - for the type checker
        return self._schema

    @property
    def change(self) -> tuple[str | None, str]:
        """The word of the disposition, before and now."""
        return written_before(self.schema, self.resource), self.resources.disposition(self.name)

    @property
    def cursors(self) -> Mapping[str, Any]:
        """dlt's states of the cursors that the resource has had."""
        cursors: Mapping[str, Any] = self.state.get("incremental") or {}
        return cursors

    @property
    def cursor(self) -> Mapping[str, Any]:
        """That of the cursor which the file names."""
        path = self.resource.cursor_path
        cursor: Mapping[str, Any] = (self.cursors.get(path) if path else None) or {}
        return cursor

    @property
    def ours(self) -> Mapping[str, Any]:
        """Our part of it."""
        ours: Mapping[str, Any] = self.cursor.get(CURSOR_STATE) or {}
        return ours

    @property
    def tables(self) -> list[str]:
        """All that have seen data."""
        return self.schema.data_table_names(seen_data_only=True)


def _order_gone(edit: _Edit) -> str | None:
    by_cursor = chunking(edit.resources, edit.name) == "cursor"
    if "since" not in edit.state.get(STATE_KEY, {}) or by_cursor:
        return None
    return (
        "was committed in the order of its cursor while it was read, which did not come to its "
        "end, and by the file that order cannot be relied on any more: records may have been "
        "passed over"
    )


def _never_loaded(edit: _Edit) -> str | None:
    if not edit.resource.selected or not edit.known or edit.name in edit.known:
        return None
    initial = (edit.resource.incremental or {}).get("initial_value")
    if edit.cursor.get("last_value") in (None, initial):
        return None
    return (
        "was read for its children only so far, and its cursor has passed records that were never "
        "loaded"
    )


def _another_key(edit: _Edit) -> str | None:
    if edit.change != ("merge", "merge") or edit.resources.beside(edit.name):
        return None
    naming = edit.schema.naming
    old = key_of_table(edit.schema, edit.resource)
    new = {naming.normalize_path(name) for name in named_by(edit.resource.hints, "primary_key")}
    if not old or not new or old == new:
        return None
    return (
        f"was merged by the key {', '.join(sorted(old))} so far, and has {', '.join(sorted(new))} "
        "now: what is there would not be found by it, and be there twice"
    )


def _history_updated(edit: _Edit) -> str | None:
    """The strategy of before is there where the file still names one (`old_hints`)."""
    table = table_of(edit.schema, edit.resource)
    stored: Mapping[str, Any] = edit.schema.tables[table] if table else {}
    before = stored.get(MERGE_DISPOSITION_HINTS["strategy"])
    now = edit.resources.strategy(edit.name)
    if before != "scd2" or now not in UPSERT_MERGE_STRATEGIES:
        return None
    return (
        f"kept each version of a row so far (scd2), and is to be merged by {now}: all versions of "
        "a key would become one row, as often as there are versions"
    )


def _nested_merged(edit: _Edit) -> str | None:
    table = table_of(edit.schema, edit.resource)
    nested = any(edit.schema.tables[other].get("parent") == table for other in edit.tables)
    if edit.change != ("append", "merge") or not nested:
        return None
    return "was appended so far and is to be merged, which its nested tables do not allow"


def _another_format(edit: _Edit) -> str | None:
    formats = formats_of(edit.schema, edit.resource)
    if formats is None:
        return None
    return (
        f"has tables of the format {formats[0]}, and is to have those of {formats[1]} now, in "
        "which all would be missing that is there"
    )


def _another_cursor(edit: _Edit) -> str | None:
    path = edit.resource.cursor_path
    if edit.change != ("append", "append") or not edit.cursors or path in (None, *edit.cursors):
        return None
    return f"has another cursor now, {path}: {AGAIN}"


def _turned_round(edit: _Edit) -> str | None:
    before = edit.ours.get(BY)
    now = (edit.resource.incremental or {}).get("last_value_func", "max")
    if edit.change != ("append", "append") or before in (None, now):
        return None
    return f"had its cursor by {before} so far, and turns round now: {AGAIN}"


def _merged_so_far(edit: _Edit) -> str | None:
    if edit.change != ("merge", "append") or edit.resource.incremental is None:
        return None
    return "was merged so far and is to be appended: rows that are there would be there twice"


def _renamed(edit: _Edit) -> str | None:
    if edit.change != ("append", "append") or edit.resource.incremental is None or edit.cursors:
        return None
    table = next(iter(taken_over(edit.schema, edit.resources, [edit.name])), None)
    if table is None:
        return None
    owner = edit.schema.tables[table].get("resource")
    return f"loads into the table of {owner}, which the file does not name any more: {AGAIN}"


def _bound_otherwise(edit: _Edit) -> str | None:
    before = edit.ours.get(OF)
    if edit.resource.parent is None or before in (None, now := bound_to(edit.resource)):
        return None
    return (
        f"had its cursors by {before} so far, and binds {now} now: rows that they have passed may "
        "be others, or come again"
    )


def _another_table(edit: _Edit) -> str | None:
    if edit.change[0] is not None or not edit.cursors:
        return None
    for name in edit.tables:
        table = edit.schema.tables[name]
        if table.get("resource") == edit.name and "parent" not in table:
            return (
                f"is loaded into another table than {name} now, in which all would be missing that "
                "its cursor has passed"
            )
    return None


_Rule = Callable[[_Edit], str | None]
_OF_THE_STATE: tuple[_Rule, ...] = (_order_gone, _never_loaded)
_OF_THE_TABLE: tuple[_Rule, ...] = (
    *(
        _another_format,
        _another_key,
        _history_updated,
        _nested_merged,
        _another_cursor,
        _turned_round,
    ),
    *(_merged_so_far, _renamed, _bound_otherwise, _another_table),
)
