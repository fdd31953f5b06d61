"""`restsrc plan`: what the next run would do, as text for people or JSON for machines."""

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.load.plan.plan import LoadPlan, PlannedResource

OK, CONFIGURATION = 0, 1
COLUMNS = ("resource", "table", "written", "reads", "from", "committed")
NO_TABLE = "none"
"""Of a resource that is read for its children only."""


def exit_code(plan: LoadPlan) -> int:
    """1 where a resource would not be loaded: a person decides what becomes of it."""
    return CONFIGURATION if plan.failing else OK


def as_json(connector: Connector, plan: LoadPlan) -> str:
    """One object: the connector's name, and per resource what `as_text` tells."""
    document = {
        "connector": connector.name,
        "dataset": plan.dataset,
        "first": plan.is_first,
        "resources": [_facts(one) for one in plan.resources.values()],
        "not_filled": list(plan.not_filled),
    }
    return json.dumps(document, default=str, ensure_ascii=False, indent=2)


def as_text(connector: Connector, plan: LoadPlan) -> Iterator[str]:
    """A table, a line for each resource, and below it what a person would not expect."""
    yield f"{connector.name}: what the next run would do in {plan.dataset}; nothing was requested"
    if plan.is_first:
        yield "nothing is loaded yet: everything is read from its initial_value"
    yield ""
    yield from _aligned([COLUMNS, *map(_cells, plan.resources.values())])
    notes = [*_notes(plan)]
    if notes:
        yield ""
        yield from notes


def _aligned(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _cells(one: PlannedResource) -> tuple[str, ...]:
    if one.fails:
        return one.name, one.table or NO_TABLE, "", "nothing", "", ""
    return (
        one.name,
        one.table or NO_TABLE,
        "begins anew" if one.refresh else _disposition(one),
        _reads(one),
        _begins(one),
        _committed(one),
    )


def _disposition(one: PlannedResource) -> str:
    way = one.write_disposition
    word = str(way["disposition"] if isinstance(way, dict) else way)
    strategy = way.get("strategy") if isinstance(way, dict) else None
    return f"{word}, {strategy}" if strategy else word


def _reads(one: PlannedResource) -> str:
    values = " and ".join(f"every value of {name}" for name in one.lists)
    in_windows = f", in windows of {one.window}" if one.window else ""
    if not one.parents:
        return f"{values or 'its list'}{in_windows}"
    which = "every record" if one.every_parent else "the records read now"
    return f"{which} of {one.parents[0]}{f', {values}' if values else ''}{in_windows}"


def _begins(one: PlannedResource) -> str:
    cursor = one.cursor
    if cursor is None or cursor.start is None:
        return f"page {one.page}" if one.page is not None else "the beginning"
    if cursor.parents is not None:
        return f"{cursor.path} of each parent, at most {cursor.start}"
    begins = f"{cursor.path} {cursor.start}"
    return f"{begins}, page {one.page}" if one.page is not None else begins


def _committed(one: PlannedResource) -> str:
    match one.chunks:
        case "cursor":
            return "in chunks, by the cursor"
        case "window":
            return "in chunks, by window"
        case "page":
            return "in chunks, by page"
        case "parents":
            return "in chunks, by parent"
        case None:
            return "at once"


def _notes(plan: LoadPlan) -> Iterator[str]:
    for one in plan.resources.values():
        yield from (f"{one.name}: {note}" for note in _of_resource(one))
    for table in plan.not_filled:
        yield f"table {table}: stays as it is, and is not filled any more: no resource has it"


def _of_resource(one: PlannedResource) -> Iterator[str]:
    if one.refused is not None:
        yield f"is not read: {str(one.refused).removeprefix(f'{one.name}: ')}"
    if one.held_back is not None:
        yield f"is not read, as it cannot be loaded without {one.held_back}"
    if one.fails:
        return
    if one.also_loaded:
        yield "is loaded too, as what was asked for cannot be without it"
    if one.refresh is not None:
        yield f"begins anew, its rows are replaced by what is read: {one.refresh}"
    if one.late is not None:
        yield f"is read for every record of {one.parents[0]}: {one.late}"
    if one.instead is not None:
        yield one.instead
    if one.page is not None:
        yield f"goes on at page {one.page}, where another run was stopped"
    if one.read_before:
        parent = "values" if not one.parents else f"records of {one.parents[0]}"
        yield f"{one.read_before} {parent} come last, which a run that was stopped has read"
    yield from _of_reading(one)
    yield from _of_cursor(one)


def _of_reading(one: PlannedResource) -> Iterator[str]:
    if one.format:
        yield f"its answers are read as {one.format}"
    if one.recheck:
        yield (
            "a window that comes on several pages is read twice, unless the API announces how many "
            f"records it has (reading.{one.name}.window.recheck)"
        )
    if one.deletes is not None:
        yield one.deletes
    for name, at_most in one.waits.items():
        yield f"waits until {name} is there, at most {at_most}"
    for at in one.jobs:
        created = datetime.fromtimestamp(at, timezone.utc)
        yield f"takes up the job of {created:%Y-%m-%d %H:%M:%S} UTC, if it asks for the same"


def _of_cursor(one: PlannedResource) -> Iterator[str]:
    cursor = one.cursor
    if cursor is None:
        return
    if cursor.problem is not None:
        yield f"fails when it is read: {cursor.problem}"
    elif cursor.start is not None and cursor.sent is None:
        yield "asks for its whole list: no request has the cursor, and what is older is left out"
    elif cursor.sent is not None and str(cursor.sent) != str(cursor.start):
        yield f"sends {quoted(str(cursor.sent))} for {cursor.path}"
    if not one.refresh and cursor.kept is not None and cursor.kept != cursor.start:
        yield f"was loaded up to {cursor.kept}, and reads from there less its lag"


def _facts(one: PlannedResource) -> dict[str, Any]:
    cursor = one.cursor
    return {
        "name": one.name,
        "table": one.table,
        "write_disposition": one.write_disposition,
        "parents": list(one.parents),
        "lists": list(one.lists),
        "every_parent": one.every_parent,
        "window": one.window,
        "recheck": one.recheck,
        "format": one.format or None,
        "deletes": one.deletes,
        "waits": dict(one.waits),
        "jobs": [datetime.fromtimestamp(at, timezone.utc).isoformat() for at in one.jobs],
        "cursor": vars(cursor) if cursor else None,
        "committed": one.chunks or "at once",
        "page": one.page,
        "read_before": one.read_before,
        "refresh": one.refresh,
        "late": one.late,
        "instead": one.instead,
        "refused": str(one.refused) if one.refused else None,
        "held_back": one.held_back,
        "also_loaded": one.also_loaded,
    }
