"""By what only new records are read, and what a second run would send."""

import json
import re
from collections.abc import Sequence
from typing import Any

from restsrc_dagster.cli.sample.shape import flat_records
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.syntax.placeholders import endpoint_placeholders
from restsrc_dagster.connector.syntax.references import blank
from restsrc_dagster.extract.incremental.convert import CursorConverter
from restsrc_dagster.extract.incremental.cursor_text import CursorText
from restsrc_dagster.extract.records.field import FieldReader
from restsrc_dagster.extract.records.infer import cursor_candidates, names_a_change
from restsrc_dagster.extract.records.meant import meant_cursor
from restsrc_dagster.extract.sample.sample import Sample
from restsrc_dagster.json_types import Json
from restsrc_dagster.scaffold.configuration import START
from restsrc_dagster.scaffold.flattening import flattening

_START = re.compile(r"\{incremental\.(?:start|last)_value\}")


def cursor_of(sample: Sample) -> str | None:
    if not sample.records:
        return None
    path = sample.resource.cursor_path
    if path is None:
        found = cursor_candidates(flat_records(sample))
        could = f"; {', '.join(found)} could be one" if found else ""
        if sample.below_cursor is None:
            return f"none: every run reads everything{could}"
        above, by = sample.below_cursor
        return (
            f"none of its own: a run reads it for the records of {above} that are new to it, by "
            f"{by}{could}"
        )
    try:
        bounds = _bounds(sample, path)
    except TypeError:
        return f"{path}: its values are of several kinds and cannot be compared"
    if bounds:
        return f"{path}, from {bounds[0]} to {bounds[1]}"
    meant = meant_cursor(path, sample.records[0])
    return f"{path}: no record seen has it{f'; did you mean {meant}?' if meant else ''}"


def changes_of(sample: Sample) -> str | None:
    """What to write so that only changes are read, where a field looks like the time of one."""
    records = flat_records(sample)
    path = next(iter(cursor_candidates(records)), None)
    if sample.resource.incremental is not None or path is None or not names_a_change(path):
        return None
    cursor = {"cursor_path": path, **_initial(records, path)}
    written = f'"incremental": {json.dumps(cursor)}'
    envelope = flattening(sample.first.page) if sample.first is not None else None
    if envelope is not None and envelope.filters is not None:
        param, value = envelope.filters
        filters = {param: value.replace("{cursor}", path)}
        return (
            f'to read them only, write {written}, "params": {json.dumps(filters)} into the '
            "endpoint, if the API filters by it"
        )
    return (
        f"to read them only, write {written} into the endpoint, and {START} as the param by which "
        "the API gives what changed since a time"
    )


def _initial(records: Sequence[Json], path: str) -> dict[str, str | int]:
    """The `initial_value` from which everything is new, as the API writes its times."""
    field = FieldReader(path)
    value = next((one for one in field.of(records) if one is not None), None)
    if isinstance(value, str):
        shape = re.match(r"\d{4}-\d\d-\d\d(T)?", value)
        if shape is None:
            return {}
        return {"initial_value": "1970-01-01T00:00:00Z" if shape[1] else "1970-01-01"}
    return {"initial_value": 0}


def _bounds(sample: Sample, path: str) -> tuple[Any, Any] | None:
    """The lowest and the highest cursor seen; raises TypeError where they do not compare."""
    field = FieldReader(path)
    values = [field.get(record) for record in sample.records]
    known = [CursorText(v) if isinstance(v, str) else v for v in values if v is not None]
    return (min(known), max(known)) if known else None


def second_run_of(sample: Sample) -> str | None:
    resource = sample.resource
    if resource.incremental is None or not sample.records:
        return None
    places = _cursor_places(resource)
    if not places:
        return "asks for everything again: the cursor stands in no param; rows are filtered here"
    try:
        bounds = _bounds(sample, str(resource.cursor_path))
    except TypeError:
        return None
    if not bounds:
        return None
    value = bounds[0 if resource.incremental.get("last_value_func") == "min" else 1]
    if resource.incremental.get("convert"):
        value = CursorConverter(resource.incremental)(value)
    less = ", less the lag" if resource.incremental.get("lag") else ""
    sent: dict[str, list[str]] = {}
    for place, text in places.items():
        sent.setdefault(_with_cursor(text, value), []).append(place)
    told = " and ".join(f"{' and '.join(names)} = {text}" for text, names in sent.items())
    return f"sends {told}{less}, as far as these records go"


def _with_cursor(text: str, value: Any) -> str:
    """What is sent where the file has `text`; an end of a range is left as it is written."""
    return _START.sub(lambda _: str(value), text).replace("{{", "{").replace("}}", "}")


def _cursor_places(resource: Resource) -> dict[str, str]:
    """Where a request takes the cursor, and the text that the file has there."""
    placed = {
        found.path: found.text
        for found in endpoint_placeholders(blank(resource.endpoint))
        if found.incremental_value and found.incremental_value != "end_value"
    }
    places = (f"params.{name}" for name in resource.params_of_start)
    return {place: START for place in places if place not in placed} | placed
