"""By what only new records are read, and what a second run would send."""

import re
from collections.abc import Mapping
from typing import Any

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.syntax.placeholders import endpoint_placeholders
from restsrc_dagster.connector.syntax.references import blank
from restsrc_dagster.extract.incremental.convert import CursorConverter
from restsrc_dagster.extract.incremental.cursor_text import CursorText
from restsrc_dagster.extract.records.field import FieldReader
from restsrc_dagster.extract.records.infer import cursor_candidates
from restsrc_dagster.extract.sample import Sample
from restsrc_dagster.scaffold.configuration import START

_START = re.compile(r"\{incremental\.(?:start|last)_value\}")


def cursor_of(sample: Sample) -> str | None:
    if not sample.records:
        return None
    path = sample.resource.cursor_path
    if path is None:
        found = cursor_candidates(sample.records)
        could = f"; {', '.join(found)} could be one" if found else ""
        return f"none: every run reads everything{could}"
    try:
        bounds = _bounds(sample, path)
    except TypeError:
        return f"{path}: its values are of several kinds and cannot be compared"
    return (
        f"{path}, from {bounds[0]} to {bounds[1]}" if bounds else f"{path}: no record seen has it"
    )


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
    params: Mapping[str, Any] = resource.endpoint.get("params") or {}
    names = [
        name
        for name, value in params.items()
        if isinstance(value, dict) and value.get("type") == "incremental"
    ]
    if start := (resource.incremental or {}).get("start_param"):
        names.append(start)
    placed = {
        found.path: found.text
        for found in endpoint_placeholders(blank(resource.endpoint))
        if found.incremental_value and found.incremental_value != "end_value"
    }
    return {f"params.{name}": START for name in names} | placed
