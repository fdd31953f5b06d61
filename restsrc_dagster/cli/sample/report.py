"""What a sample tells, as text for people or JSON for machines."""

import json
from collections.abc import Iterator
from typing import Any

from restsrc_dagster.cli.sample.cursors import changes_of, cursor_of, second_run_of
from restsrc_dagster.cli.sample.paging import (
    next_page_of,
    page_size_of,
    paginator_of,
    selector_of,
    total_of,
    unverified_of,
    windows_of,
)
from restsrc_dagster.cli.sample.paste import to_paste
from restsrc_dagster.cli.sample.records import key_of, steps_of
from restsrc_dagster.cli.sample.shape import shape_of
from restsrc_dagster.cli.sample.tables import facts_of, lines_of, tables_of
from restsrc_dagster.cli.sample.verdict import verdict_of
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.visible import visible
from restsrc_dagster.extract.response.taken import read_as
from restsrc_dagster.extract.sample.sample import Sample

BODY_LENGTH = 500


def as_json(connector: Connector, samples: list[Sample], **beside: Any) -> str:
    """One object: the connector's name, and per resource what `as_text` tells."""
    described = [_facts(sample) for sample in samples]
    told = {"connector": connector.name, "resources": described, **beside}
    text = json.dumps(told, default=str, indent=2)
    for sample in samples:
        text = sample.redact(text)
    return text


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
        if seen.body:
            yield f"      {_shortened(seen.body)}"
        yield f"      {seen.status}, {seen.seconds * 1000:.0f} ms, {size}"
    paging = (
        "format",
        "paginator",
        "next page",
        "selector",
        "records",
        "total",
        "page size",
        "windows",
        "pages",
    )
    for label in paging:
        if shown.get(label) is not None:
            yield f"  {label:<11}{shown[label]}"
    if shown["shape"]:
        yield f"  {'shape':<11}{shown['shape']}"
    yield from lines_of(tables_of(sample))
    for label in ("key", "cursor", "changes", "second run"):
        if shown.get(label) is not None:
            yield f"  {label:<11}{shown[label]}"
    if sample.older:
        yield f"  left out   {sample.older}"
    if shown["to write"]:
        written = json.dumps(shown["to write"], ensure_ascii=False)
        yield f"  to write   into the resource: {written}"
    if sample.error:
        yield f"  failed     {sample.error}"
    elif verdict := verdict_of(sample):
        yield f"  look here  {verdict}"


def _facts(sample: Sample) -> dict[str, Any]:
    resource = sample.resource
    pages = sample.pages
    tables = [facts_of(table) for table in tables_of(sample)]
    return {
        "name": resource.name,
        "table": sample.tables[0].name if sample.tables else None,
        "requests": [vars(seen) for seen in sample.requests],
        "format": (read_as(sample.first.response) or None) if sample.first else None,
        "paginator": paginator_of(sample),
        "next page": next_page_of(sample),
        "selector": selector_of(sample),
        "records": f"{sample.seen} in {pages} page{'' if pages == 1 else 's'}{steps_of(sample)}",
        "total": total_of(sample),
        "page size": page_size_of(sample),
        "windows": windows_of(sample),
        "pages": unverified_of(sample),
        "shape": shape_of(sample),
        "columns": tables[0]["columns"] if tables else [],
        "nested tables": tables[1:],
        "key": key_of(sample),
        "cursor": cursor_of(sample),
        "changes": changes_of(sample),
        "second run": second_run_of(sample),
        "to write": to_paste(sample) or None,
        "left out": sample.older or None,
        "problem": str(sample.error) if sample.error else verdict_of(sample),
    }


def _shortened(body: str) -> str:
    return body if len(body) <= BODY_LENGTH else f"{body[:BODY_LENGTH]}…"
