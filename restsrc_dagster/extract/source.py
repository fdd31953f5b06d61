"""The dlt source of a connector, built afresh for each run."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from typing import Any

from dlt.sources.rest_api import rest_api_source

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.jobs import (
    job_creators,
    jobs_of,
    late_creators_below_cursors,
)
from restsrc_dagster.connector.resources.reading import ResourceReading
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.syntax.references import resolve
from restsrc_dagster.extract.assembly import add_steps, add_steps_of_list
from restsrc_dagster.extract.auth.context import AuthContext
from restsrc_dagster.extract.auth.tokens import Tokens
from restsrc_dagster.extract.configuration import bindings, dlt_configuration, token_urls
from restsrc_dagster.extract.context import ReadContext
from restsrc_dagster.extract.failures.isolation import Isolation
from restsrc_dagster.extract.formats.chosen import answer_formats
from restsrc_dagster.extract.http.session import Sessions, open_sessions
from restsrc_dagster.extract.options import READ_EVERYTHING, ReadOptions
from restsrc_dagster.extract.paging.list_reader import list_readers
from restsrc_dagster.extract.paging.waiting import WaitRule
from restsrc_dagster.extract.parents.backlog import Backlog
from restsrc_dagster.extract.parents.lists import ListsOfValues
from restsrc_dagster.extract.reading import Reading
from restsrc_dagster.extract.stats.waits import Waits


def open_reading(
    connector: Connector,
    environment: Mapping[str, str],
    options: ReadOptions = READ_EVERYTHING,
) -> Reading:
    """Resolve the references and build the source; nothing is requested yet.

    Raises:
        MissingVariable: a `${NAME}` is not set, or empty where it must not be.
        dlt's own errors where it refuses the configuration, as `ValueError` or a subclass.
    """
    configuration = resolve(connector.configuration, environment, "configuration")
    redact = options.redact or Redactor.of(connector, configuration, environment)
    known = connector.resources
    resources = Resources(
        configuration,
        known.windows,
        known.values_by_name,
        waiting=known.waiting,
        shared=known.shared,
    )
    sessions = open_sessions(
        configuration["client"]["base_url"],
        resources,
        connector.http,
        redact,
        token_urls=token_urls(configuration),
        judged=connector.waiting | job_creators(resources, connector.waiting).keys(),
        formats=answer_formats(resources, connector.reading),
        hosts=options.hosts,
        hurried=options.hurried,
    )
    lists = ListsOfValues(known.values_by_name, environment)
    context = _context(connector, configuration, resources, lists, sessions, redact, options)
    for name in resources:
        add_steps(name, context)
    for name in resources.lists_as_parents:
        add_steps_of_list(name, context)
    _stop_what_has_no_values(context)
    source, parts = context.source, context.parts
    return Reading(
        source=source if options.selection is None else source.with_resources(*options.selection),
        resources=resources,
        sessions=sessions,
        redact=redact,
        pages={name: part.stats for name, part in parts.items()},
        childless=context.childless,
        asked={name: part.asked for name, part in parts.items()},
        families=context.families,
        cursors={name: part.cursor for name, part in parts.items() if part.cursor is not None},
        surprises={
            name: part.conformer for name, part in parts.items() if part.conformer is not None
        },
        auths=context.auths,
    )


def _context(
    connector: Connector,
    configuration: Mapping[str, Any],
    resources: Resources,
    lists: ListsOfValues,
    sessions: Sessions,
    redact: Redactor,
    options: ReadOptions,
) -> ReadContext:
    sessions.adapter.budget.on_message = options.on_message
    sessions.adapter.metrics.waits = options.waits or Waits()
    if options.before is not None:
        sessions.adapter.metrics.traffic = options.before.sessions.adapter.metrics.traffic
    if options.kept is not None:
        sessions.api.kept = options.kept
        if options.before is None:
            sessions.adapter.metrics.traffic = deepcopy(options.kept.traffic)
    starts = options.chunks.first_pages if options.chunks else {}
    is_read = _is_read(options.isolation)
    prefetcher = sessions.go_ahead(connector.http, is_read) if options.prefetch else None
    bound = bindings(resources, connector.reading, lists)
    for name in late_creators_below_cursors(resources, connector.waiting):
        for one in bound.keys() & {name, *resources.ancestors(name)}:
            bound[one].knows_versions = True
    auths = AuthContext(
        session=sessions.token,
        base_url=configuration["client"]["base_url"],
        redact=redact,
        tokens=options.tokens or Tokens(),
    )
    of_dlt = dlt_configuration(configuration, resources, sessions, bound, lists, auths, starts)
    return ReadContext(
        connector=connector,
        resources=resources,
        source=rest_api_source(of_dlt, name=connector.name),
        auths=auths,
        redact=redact,
        options=options,
        bound=bound,
        lists=lists,
        list_readers=list_readers(
            of_dlt,
            sessions.api,
            connector.reading,
            wait=partial(_wait_rule, sessions, redact),
            creators=job_creators(resources, connector.waiting),
            jobs=jobs_of(resources, connector.waiting),
            only_ask=options.only_ask,
        ),
        backlog=options.backlog or Backlog(2 * connector.http.max_concurrency),
        prefetcher=prefetcher,
    )


def _wait_rule(sessions: Sessions, redact: Redactor, name: str, said: ResourceReading) -> WaitRule:
    adapter = sessions.adapter
    return WaitRule(
        name,
        said,
        backoff=adapter.policy.backoff,
        metrics=adapter.metrics,
        redact=redact,
    )


def _stop_what_has_no_values(context: ReadContext) -> None:
    """A list that is not there stops who goes through it, and nobody else."""
    isolation = context.options.isolation
    if isolation is None:
        return
    for name in sorted(context.read):
        if (error := context.lists.problem(context.resources.lists_of(name))) is not None:
            isolation.fail(name, error, between_pages=True)


def _is_read(isolation: Isolation | None) -> Callable[[str], bool]:
    """Whether a resource is neither stopped nor left, by its name."""
    return lambda name: (
        isolation is None or (name not in isolation.stopped and isolation.takes_pages(name))
    )
