"""The dlt source of a connector, built afresh for each run."""

from collections.abc import Callable, Mapping, Set

from dlt.sources.rest_api import rest_api_source

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.syntax.references import resolve
from restsrc_dagster.extract.assembly import Assembly
from restsrc_dagster.extract.chunks.chunks import Chunks
from restsrc_dagster.extract.configuration import bindings, dlt_configuration, token_urls
from restsrc_dagster.extract.failures.isolation import Isolation
from restsrc_dagster.extract.http.session import open_sessions
from restsrc_dagster.extract.parents.backlog import Backlog
from restsrc_dagster.extract.reading import Reading
from restsrc_dagster.extract.records.column_limit import ColumnLimit
from restsrc_dagster.extract.stats.waits import Waits


def open_reading(
    connector: Connector,
    environment: Mapping[str, str],
    selection: Set[str] | None = None,
    *,
    redact: Redactor | None = None,
    isolation: Isolation | None = None,
    chunks: Chunks | None = None,
    before: Reading | None = None,
    backlog: Backlog | None = None,
    width: ColumnLimit | None = None,
    on_message: Callable[[str], None] = lambda _: None,
    waits: Waits | None = None,
    ahead: bool = True,
) -> Reading:
    """Resolve the references and build the source; nothing is requested yet.

    `on_message` gets a line for the person where the API is waited for. With an `isolation`,
    resources that fail are stopped and noted there, and the others are read on. `chunks` end the
    reading of what may be committed in between; `before` is the reading that this one goes on with,
    of which stats and traffic are kept. `backlog` counts the parents that wait for their children,
    `waits` what requests wait for. `width` is what a table of the destination holds. Without
    `ahead`, nothing is requested before the records in front of it are processed.

    Raises:
        MissingVariable: a `${NAME}` is not set, or empty where it must not be.
        dlt's own errors where it refuses the configuration, as `ValueError` or a subclass.
    """
    configuration = resolve(connector.configuration, environment, "configuration")
    redact = redact or Redactor.of(connector, configuration, environment)
    resources = Resources(configuration)
    sessions = open_sessions(
        configuration["client"]["base_url"],
        resources,
        connector.http,
        redact,
        token_urls=token_urls(configuration),
    )
    sessions.adapter.on_message = on_message
    sessions.adapter.waits = waits or Waits()
    if before is not None:
        sessions.adapter.traffic = before.sessions.adapter.traffic
    starts = chunks.first_pages if chunks else {}
    goes_ahead = sessions.go_ahead(connector.http, _is_read(isolation)) if ahead else None
    bound = bindings(resources)
    source = rest_api_source(
        dlt_configuration(configuration, resources, sessions, bound, starts), name=connector.name
    )
    assembly = Assembly(
        connector=connector,
        resources=resources,
        source=source,
        bound=bound,
        redact=redact,
        isolation=isolation,
        chunks=chunks,
        before=before,
        backlog=backlog or Backlog(2 * connector.http.max_concurrency),
        width=width,
        ahead=goes_ahead,
        readers=_readers(resources, selection),
    )
    for name in resources:
        assembly.add_steps(name)
    if selection is not None:
        source = source.with_resources(*selection)
    return Reading(
        source=source,
        resources=resources,
        sessions=sessions,
        redact=redact,
        pages=assembly.pages,
        childless=assembly.childless,
        asked=assembly.asked,
        families=assembly.families,
        cursors=assembly.cursors,
        surprises=assembly.surprises,
    )


def _readers(resources: Resources, selection: Set[str] | None) -> dict[str, int]:
    """How many children of each resource are read, with what is read for the sake of others."""
    chosen = frozenset(resources if selection is None else selection)
    read = chosen | {above for name in chosen for above in resources.ancestors(name)}
    return {name: len(read.intersection(resources.children(name))) for name in resources}


def _is_read(isolation: Isolation | None) -> Callable[[str], bool]:
    """Whether a resource is neither stopped nor left, by its name."""
    return lambda name: (
        isolation is None or (name not in isolation.stopped and isolation.takes_pages(name))
    )
