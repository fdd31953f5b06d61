"""`restsrc test`: what the API really answers, as text for people or JSON for machines."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.syntax.placeholders import endpoint_placeholders
from restsrc_dagster.connector.syntax.references import blank
from restsrc_dagster.connector.visible import visible
from restsrc_dagster.errors import AccessDenied, MissingVariable, SettingsError
from restsrc_dagster.extract.incremental.convert import CursorConverter
from restsrc_dagster.extract.incremental.cursor_text import CursorText
from restsrc_dagster.extract.paging.full_page import came_full
from restsrc_dagster.extract.paging.kinds import as_written
from restsrc_dagster.extract.paging.more_pages import says_end, word_of_paging
from restsrc_dagster.extract.paging.proposal import agrees, proposal
from restsrc_dagster.extract.records.field import FieldReader
from restsrc_dagster.extract.records.flattening import flattening
from restsrc_dagster.extract.records.infer import cursor_candidates, infer_columns, key_candidates
from restsrc_dagster.extract.records.remedies import key_of_child
from restsrc_dagster.extract.response.taken import read_as
from restsrc_dagster.extract.sample import Sample, read_samples
from restsrc_dagster.load.tokens import tokens_beside_loads
from restsrc_dagster.permitted import permitted
from restsrc_dagster.scaffold.configuration import START
from restsrc_dagster.settings import Settings

OK, CONFIGURATION, ACCESS, API = 0, 1, 3, 4
"""Exit codes: 2 is the command's own, for words that it does not know."""
EXAMPLE_LENGTH = 48
_START = re.compile(r"\{incremental\.(?:start|last)_value\}")


def exit_code(samples: list[Sample]) -> int:
    """The gravest: a person fixes the access before anything else can be seen."""
    errors = [sample.error for sample in samples if sample.error]
    if any(isinstance(error, AccessDenied) for error in errors):
        return ACCESS
    wrong = any(isinstance(error, (MissingVariable, SettingsError)) for error in errors)
    if wrong or any(sample.records and _absent_keys(sample) for sample in samples):
        return CONFIGURATION
    if any(sample.left_out for sample in samples):
        return CONFIGURATION
    return API if errors or any(map(_verdict, samples)) else OK


def as_json(connector: Connector, samples: list[Sample]) -> str:
    """One object: the connector's name, and per resource what `as_text` tells."""
    described = [_facts(sample) for sample in samples]
    text = json.dumps({"connector": connector.name, "resources": described}, default=str, indent=2)
    for sample in samples:
        text = sample.redact(text)
    return text


def samples_of(
    connector: Connector,
    names: list[str],
    *,
    limit: int = 100,
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[Sample]:
    """Read up to `limit` records of each of these resources, as the deployment allows it."""
    allowed = permitted(connector, Settings.from_environment(), os.environ)
    with tokens_beside_loads(connector, allowed.settings, os.environ) as tokens:
        yield from read_samples(
            connector,
            allowed.environment,
            resources=names,
            limit=limit,
            tokens=tokens,
            hosts=allowed.hosts,
            progress=progress,
        )


def as_text(sample: Sample) -> Iterator[str]:
    """The lines for one resource, secrets taken out: some APIs repeat what they are sent. None does
    anything to a terminal but being shown."""
    yield from (visible(sample.redact(line)) for line in _lines(sample))


def _lines(sample: Sample) -> Iterator[str]:
    shown = _facts(sample)
    yield sample.resource.name
    for seen in sample.requests:
        size = f"{seen.size / 1000:.1f} kB" if seen.size >= 1000 else f"{seen.size} B"
        yield f"  {seen.method} {seen.url}"
        yield f"      {seen.status}, {seen.seconds * 1000:.0f} ms, {size}"
    for label in ("format", "paginator", "next page", "selector", "records", "total"):
        if shown.get(label) is not None:
            yield f"  {label:<11}{shown[label]}"
    if shown["shape"]:
        yield f"  {'shape':<11}{shown['shape']}"
    if shown["columns"]:
        yield "  columns"
        width = max(len(column["name"]) for column in shown["columns"])
        for column in shown["columns"]:
            name, kind = column["name"], column["type"]
            yield f"    {name:<{width}}  {kind:<12}  {_shown(column['example'])}"
    for label in ("key", "cursor", "second run"):
        if shown.get(label) is not None:
            yield f"  {label:<11}{shown[label]}"
    if sample.older:
        yield f"  left out   {sample.older}"
    if sample.error:
        yield f"  failed     {sample.error}"
    elif verdict := _verdict(sample):
        yield f"  look here  {verdict}"


def _facts(sample: Sample) -> dict[str, Any]:
    resource = sample.resource
    pages = sample.pages
    return {
        "name": resource.name,
        "requests": [vars(seen) for seen in sample.requests],
        "format": (read_as(sample.first.response) or None) if sample.first else None,
        "paginator": _paginator(sample),
        "next page": _next_page(sample),
        "selector": resource.endpoint.get("data_selector") or "found by itself",
        "records": f"{sample.seen} in {pages} page{'' if pages == 1 else 's'}{_stepped(sample)}",
        "total": _total(sample),
        "shape": _shape(sample),
        "columns": [vars(column) for column in infer_columns(sample.records)],
        "key": _key(sample),
        "cursor": _cursor(sample),
        "second run": _second_run(sample),
        "left out": sample.older or None,
        "problem": str(sample.error) if sample.error else _verdict(sample),
    }


def _total(sample: Sample) -> str | None:
    if sample.total is None:
        return None
    if sample.is_single_by_choice and sample.total > sample.seen:
        return f"the API announces {sample.total}; by single_page the others are not asked for"
    return f"the API announces {sample.total}"


def _stepped(sample: Sample) -> str:
    if not sample.resource.steps:
        return ""
    return f"; after the processing_steps {len(sample.records)}, shown as they would be loaded"


def _paginator(sample: Sample) -> str | None:
    if sample.paginator is None:
        return None
    details = " ".join(str(sample.paginator).partition(": ")[2].split())
    used = type(sample.paginator).__name__ + (f" ({details})" if details else "")
    if sample.paginator_configured:
        return f"{used}, as configured"
    return f"{used}, {_to_write(sample)}"


def _to_write(sample: Sample) -> str:
    """Of a paginator that was guessed: what a person should write into the file."""
    first, guessed = sample.first, sample.paginator
    found = proposal(first.response, first.page) if first is not None else None
    doubt = f"; {found.doubt}" if found is not None and found.doubt else ""
    if found is not None and (sample.is_guessed or not agrees(found, guessed)):
        how = "as nothing was recognized" if sample.is_guessed else "guessed"
        return f"{how}: write {found}, which fits the answer{doubt}"
    if not sample.is_guessed:
        return f"detected: so that it stays, write {json.dumps(as_written(guessed))}{doubt}"
    return _where_nothing_fits(sample)


def _where_nothing_fits(sample: Sample) -> str:
    """Of one page, whose answer tells of no further one, or not how it is asked for."""
    if sample.error or sample.more is None:
        return (
            "as nothing was recognized: name the paginator that the API's documentation describes"
        )
    if full := _full(sample):
        return (
            f"as nothing was recognized: the page came full, {full}; the API's documentation must "
            "say how further pages are asked for"
        )
    if word := _word_of_paging(sample):
        return (
            f"as there is no next page; that a longer list has one is told by {word!r}: name the "
            "paginator that the API's documentation describes"
        )
    return f"detected: so that it stays, write {json.dumps(as_written(sample.paginator))}"


def _word_of_paging(sample: Sample) -> str | None:
    return word_of_paging(sample.first.envelope) if sample.first is not None else None


def _next_page(sample: Sample) -> str | None:
    if sample.more is None:
        return None
    if sample.more:
        return "there is one"
    full = _full(sample)
    if sample.is_guessed and (sample.error or full):
        return f"nothing recognized{': the page came full, so there may be one' if full else ''}"
    if sample.nothing_at and (sample.error or full):
        because = "and the page came full, so there may be one" if full else "which is wrong"
        return f"nothing is at {sample.nothing_at}, {because}"
    return "none: this was the last"


def _full(sample: Sample) -> str | None:
    """How the only page is known to be full, in words, where the answer does not call it the last;
    None if it does, or if it is not."""
    if sample.first is None or sample.pages > 1 or _calls_it_the_last(sample):
        return None
    return came_full(sample.first)


def _calls_it_the_last(sample: Sample) -> bool:
    first = sample.first
    return (
        sample.error is None
        and first is not None
        and (
            says_end(first.envelope, len(first.page))
            or sample.total == sample.seen
            or (not sample.nothing_at and _word_of_paging(sample) is not None)
        )
    )


def _shape(sample: Sample) -> str | None:
    """How the fields of a record come out of an envelope, where no step does so."""
    found = None if sample.resource.steps else flattening(sample.records)
    if found is None:
        return None
    cursors = [one for one in cursor_candidates(sample.records) if one.startswith(found.above)]
    names = ", ".join(one.removeprefix(found.above) for one in cursors)
    cursor = f"; the cursor is named as it is then: {names}" if names else ""
    return f"{found.shape}: so that each field is a column, write {found.steps}{cursor}"


def _key(sample: Sample) -> str | None:
    if not sample.records:
        return None
    if absent := _absent_keys(sample):
        return f"primary_key {', '.join(absent)}: no record seen has it"
    if sample.resource.has_primary_key:
        return f"primary_key {', '.join(_named_key(sample))}{_repeated(sample)}"
    found = key_candidates(sample.records)
    if not found:
        return "no primary_key set; no field that is named as keys are is different in every record"
    return f"no primary_key set; {', '.join(found)} could be one"


def _named_key(sample: Sample) -> list[str]:
    return named_by(sample.resource.hints, "primary_key")


def _repeated(sample: Sample) -> str:
    """Records that come twice in a list that moves, or a key that does not tell them apart."""
    fields = [FieldReader(name) for name in _named_key(sample)]
    keys = {repr([field.get(record) for field in fields]) for record in sample.records}
    again = len(sample.records) - len(keys)
    if not again:
        return ""
    child = sample.resource.parent is not None
    cure = f": {key_of_child(sample.resource)}" if child else ""
    return f"; {again} of {len(sample.records)} records have that of another one{cure}"


def _absent_keys(sample: Sample) -> list[str]:
    there = {column.name for column in infer_columns(sample.records)}
    return [name for name in _named_key(sample) if name not in there and "." not in name]


def _cursor(sample: Sample) -> str | None:
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


def _second_run(sample: Sample) -> str | None:
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


def _verdict(sample: Sample) -> str | None:
    """What a person should look at although every answer was good."""
    if sample.left_out:
        path = sample.resource.cursor_path
        return (
            f"the API leaves records out that have no {path} when it is sent a start: without one, "
            f"{sample.left_out} of the first have none. Leave initial_value away, and set "
            "on_cursor_value_missing to include"
        )
    if sample.error or sample.records:
        return None
    selector, parent = sample.resource.endpoint.get("data_selector"), sample.resource.parent
    if sample.seen:
        return f"the processing_steps leave none of the {sample.seen} records seen"
    if parent is not None and not sample.pages:
        return f"nothing was asked: no record of {parent!r} was found that it could be read for"
    if sample.requests and not sample.requests[-1].size:
        return "the answer is empty"
    if selector and sample.has_list:
        return f"the list at data_selector {selector!r} is empty"
    if selector:
        return (
            f"nothing is at data_selector {selector!r}: either the list is empty, or it stands "
            "elsewhere in the answer"
        )
    return "the answer holds no records"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= EXAMPLE_LENGTH else f"{text[:EXAMPLE_LENGTH]}…"
