"""Where a cursor stands, and what is sent of it."""

from collections.abc import Mapping
from typing import Any

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.syntax.references import references
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.incremental.convert import converter
from restsrc_dagster.extract.incremental.cursor import STATE_KEY, IncrementalCursor
from restsrc_dagster.extract.incremental.parent_cursors import PARENTS
from restsrc_dagster.load.plan.plan import PlannedCursor
from restsrc_dagster.load.state.pipeline_state import cursor_of


def planned_cursor(
    resource: Resource, states: Mapping[str, Any], *, anew: bool
) -> PlannedCursor | None:
    """That of a resource, None if it has none; `anew` is whether it begins at its start again.

    What the file takes from the environment (`${…}`) is not resolved: a start stands there as in
    the file, and a lag is not subtracted.
    """
    incremental = resource.incremental
    if incremental is None:
        return None
    kept = cursor_of(states, resource)
    ours = cursor_of(states, resource, STATE_KEY) or {}
    parents = None if anew or resource.parent is None else ours.get(PARENTS)
    start = sent = problem = None
    try:
        start, sent = _start(incremental, None if anew else kept)
    except ReadError as error:
        problem = str(error)
    return PlannedCursor(
        path=str(resource.cursor_path),
        kept=kept,
        start=start,
        sent=sent if resource.sends_cursor else None,
        parents=None if parents is None else len(parents),
        problem=problem,
    )


def _start(incremental: Mapping[str, Any], kept: Any) -> tuple[Any, Any]:
    """Where reading begins, and how that is written for the API; raises ReadError."""
    known = {key: value for key, value in incremental.items() if not any(references(value))}
    start = incremental.get("initial_value")
    if kept is not None or not any(references(start)):
        start = IncrementalCursor(known, appends=False, warn=lambda _: None).begin(kept)
    return start, start if any(references(start)) else converter(known)(start)
