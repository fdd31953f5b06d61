"""A bounded read without loading: what the API really answers.

The source is the one that a run reads. Each resource is stopped after a few records, each parent
gives its children only a few of its own.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests
from dlt.common.configuration.container import Container
from dlt.common.destination import DestinationCapabilitiesContext

from restsrc_dagster.connector.files.environment import in_environment
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.jobs import job_creators
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.syntax.placeholders import endpoint_placeholders
from restsrc_dagster.connector.syntax.references import blank
from restsrc_dagster.errors import ReadError, causes
from restsrc_dagster.extract.auth.tokens import Tokens
from restsrc_dagster.extract.conform.seen_tables import SeenTables
from restsrc_dagster.extract.failures.explain import (
    explain,
    explaining_failures,
    is_silence,
    telling,
)
from restsrc_dagster.extract.http.kept_answers import KeptAnswers
from restsrc_dagster.extract.incremental.older import OlderThanSent
from restsrc_dagster.extract.options import ReadOptions
from restsrc_dagster.extract.paging.answer import Answer
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.progress import counted, waiting
from restsrc_dagster.extract.reading import Reading
from restsrc_dagster.extract.records.field import FieldReader
from restsrc_dagster.extract.response.body_file import body_size
from restsrc_dagster.extract.sample.outage import Outage
from restsrc_dagster.extract.sample.sample import RequestSeen, Sample
from restsrc_dagster.extract.sample.watching import (
    CollectRecords,
    Enough,
    ObservePages,
    ObserveTables,
)
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster.extract.stats.ticker import Ticker
from restsrc_dagster.json_types import Json
from restsrc_dagster.policy.hosts import HostRules

NEWEST_WINDOWS = 10
"""Of a range that is read in windows: the first ones may lie years before any record."""


def read_samples(
    connector: Connector,
    environment: Mapping[str, str],
    *,
    resources: list[str],
    limit: int,
    tokens: Tokens | None = None,
    hosts: HostRules | None = None,
    capabilities: DestinationCapabilitiesContext | None = None,
    progress: Callable[[str], None] = lambda _: None,
    progress_seconds: float = 5.0,
) -> Iterator[Sample]:
    """Read a little of each of `resources`, one after the other.

    `tokens` are those of all that is read here, `hosts` tells which may be reached. `capabilities`
    are those of the destination, by which the types of columns are told. `progress` gets a line for
    each, and what is waited for every `progress_seconds`.

    Raises:
        MissingVariable: a `${NAME}` is not set, or is no number where one is wanted.
    """
    with explaining_failures(connector, environment) as redact:
        yield from _samples(
            in_environment(connector, environment),
            environment,
            ReadOptions(
                prefetch=False,
                newest_windows=NEWEST_WINDOWS,
                tokens=tokens or Tokens(),
                redact=redact,
                on_message=telling(progress, redact),
                hosts=hosts or HostRules(),
                hurried=True,
            ),
            resources=resources,
            limit=limit,
            capabilities=capabilities or DestinationCapabilitiesContext.generic_capabilities(),
            progress_seconds=progress_seconds,
        )


def _samples(
    connector: Connector,
    environment: Mapping[str, str],
    common: ReadOptions,
    *,
    resources: list[str],
    limit: int,
    capabilities: DestinationCapabilitiesContext,
    progress_seconds: float,
) -> Iterator[Sample]:
    jobs = KeptAnswers(job_creators(connector.resources, connector.waiting).keys())
    progress, down = common.on_message, Outage()
    for name in resources:
        if down.is_sure:
            yield Sample(resource=connector.resources[name], error=down.error)
            continue
        progress(f"reading {name} …")
        kept = jobs.again()
        options = replace(common, selection=frozenset({name}), kept=kept)
        with (
            _without_warnings_of_dlt(),
            Container().injectable_context(capabilities),
            open_reading(connector, environment, options) as reading,
            Ticker(partial(_so_far, reading, name), progress, seconds=progress_seconds),
        ):
            sample = _read(connector, reading, name, limit)
        if name in connector.resources.windows:
            sample.newest_windows = NEWEST_WINDOWS
        jobs.made += kept.made
        down.note(sample)
        if _sends_first_start(sample) and name not in connector.resources.windows:
            with (
                _without_warnings_of_dlt(),
                open_reading(connector, environment, replace(options, on_message=_nobody)) as again,
            ):
                sample.left_out = _left_out(again, sample.resource, limit)
        yield sample


def _nobody(_: str) -> None:
    pass


@contextmanager
def _without_warnings_of_dlt() -> Iterator[None]:
    """dlt warns of the paginator that it has guessed, which is told here in other words; what it
    says meanwhile in another thread, which may load, is said."""
    thread, logger = threading.get_ident(), logging.getLogger("dlt")

    def is_said(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR or record.thread != thread

    logger.addFilter(is_said)
    try:
        yield
    finally:
        logger.removeFilter(is_said)


def _so_far(reading: Reading, name: str) -> str:
    records = counted(reading.pages[name].records, "record")
    waits_for = waiting(reading.sessions.adapter.metrics.waits, at_least=0)
    return "; ".join(filter(None, (f"{name}: {records} so far", waits_for)))


def _read(connector: Connector, reading: Reading, name: str, limit: int) -> Sample:
    resource = connector.resources[name]
    sample = Sample(
        resource=resource,
        redact=reading.redact,
        below_cursor=_cursor_above(connector, name),
        paginator_configured=connector.resources.paginator_kind(name).next_page != "guessed",
    )
    source = reading.source
    for ancestor in connector.resources.ancestors(name):
        parent = Sample(resource=connector.resources[ancestor])
        source.resources[ancestor].add_step(ObservePages(parent))
        source.resources[ancestor].add_step(CollectRecords(parent, limit, is_parent=True))
    of_one_list = name not in connector.resources.windows
    source.resources[name].add_step(ObservePages(sample, of_one_list=of_one_list))
    source.resources[name].add_step(CollectRecords(sample, limit, is_parent=False))
    tables = SeenTables(source.resources[name], source.schema)
    source.resources[name].add_step(ObserveTables(sample, tables))
    answered: list[tuple[requests.Response, float]] = []
    reading.sessions.adapter.exchange.watch = lambda response, seconds: answered.append(
        (response, seconds)
    )
    try:
        for _ in source.resources[name]:
            pass
    except Exception as error:
        if not _is_enough(error):
            sample.error = explain(error, reading.redact, parent=resource.parent)
            sample.is_silence = is_silence(error)
            if not resource.steps:
                sample.records = sample.records or _refused(sample.first)
    if not tables.found:
        with suppress(Exception):  # of records that no run would load
            tables.take(sample.records, None)
    sample.tables = tables.found
    if sample.error is None:
        sample.older = _older(reading, sample)
    read = reading.pages[name]
    has_no_total = read.counts_pages and read.seen.total is None
    has_pages = read.pages > read.lists
    if connector.resources.is_rechecked(name):
        sample.rechecks = has_no_total and has_pages
    elif resource.cursor_path is not None:
        sample.is_unverified = has_no_total and (has_pages or bool(sample.more))
    if gone := read.most_are_gone:
        sample.error = sample.error or explain(gone, reading.redact, parent=resource.parent)
    for response, seconds in answered:
        request = response.request
        sample.requests.append(
            RequestSeen(
                method=str(request.method),
                url=reading.redact(readable_url(str(request.url))),
                body=reading.redact(_body_of(request)),
                status=response.status_code,
                seconds=seconds,
                size=body_size(response),
            )
        )
    return sample


def _cursor_above(connector: Connector, name: str) -> tuple[str, str] | None:
    for above in connector.resources.ancestors(name):
        if (path := connector.resources[above].cursor_path) is not None:
            return above, path
    return None


def _refused(first: Answer | None) -> list[Json]:
    """The records of a page that a run does not take, because others are missing; an answer that is
    one object as a whole may be an error."""
    if first is None:
        return []
    try:
        whole = first.response.json()
    except ValueError:
        return []
    return [] if first.page == [whole] else list(first.page)


def _sends_first_start(sample: Sample) -> bool:
    """Whether the first run sends a start, by which an API may leave records out."""
    resource = sample.resource
    incremental = resource.incremental or {}
    in_params = all(
        placeholder.path.startswith("params")
        for placeholder in endpoint_placeholders(blank(resource.endpoint))
        if placeholder.incremental_value
    )
    return (
        sample.error is None
        and resource.parent is None
        and incremental.get("initial_value") is not None
        and incremental.get("end_value") is None
        and resource.sends_cursor
        and in_params
    )


def _older(reading: Reading, sample: Sample) -> str:
    """What a run would say of the records that it would leave out, as they are before the start;
    also of the last page, which the cursor has not seen."""
    step, found = reading.cursors.get(sample.resource.name), PageStats()
    if step is None or step.cursor.initial is None:
        return ""
    older = OlderThanSent.of(sample.resource, step.cursor, found.note_older)
    if older is not None:
        with suppress(ReadError):  # it was told by the read
            values = step.cursor.field.of(sample.records)
            step.cursor.learn([value for value in values if value is not None])
            older.look(values, step.cursor.initial)
    return found.told_of_older


def _left_out(reading: Reading, resource: Resource, limit: int) -> int:
    """How many of the first records have no cursor, where no start is sent; 0 if that fails."""
    reading.cursors[resource.name].sends_start = False
    sample, cursor = Sample(resource=resource), FieldReader(str(resource.cursor_path))
    steps = reading.source.resources[resource.name]
    steps.add_step(ObservePages(sample))
    steps.add_step(CollectRecords(sample, limit, is_parent=False))
    steps.add_step(ObserveTables(sample))
    with suppress(Exception):  # what is wrong with the API was told by the read before
        for _ in steps:
            pass
    return sum(cursor.get(record) is None for record in sample.records)


def _body_of(request: requests.PreparedRequest) -> str:
    """What was sent beside the address; "" if nothing."""
    body = request.body or ""
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)


def readable_url(url: str) -> str:
    """Without the needless escapes of a query: `?since=2024-01-01T00:00:00Z`."""
    parts = urlsplit(url)
    query = urlencode(parse_qsl(parts.query, keep_blank_values=True), safe=":/,@[]{}$*+")
    return urlunsplit(parts._replace(query=query))


def _is_enough(error: BaseException) -> bool:
    return any(isinstance(cause, Enough) for cause in causes(error))
