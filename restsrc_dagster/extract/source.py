"""The dlt source of a connector, built afresh for each run."""

from collections.abc import Callable, Iterator, Mapping, Set
from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self, cast

from dlt.common import jsonpath
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.sources.rest_api import rest_api_source
from dlt.sources.rest_api.config_setup import make_parent_key_name
from dlt.sources.rest_api.typing import RESTAPIConfig

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.needs import copied_fields, needs
from restsrc_dagster.connector.references import resolve
from restsrc_dagster.connector.resources import Resource, Resources, expanded
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.extract.ahead import Ahead
from restsrc_dagster.extract.childless import Childless
from restsrc_dagster.extract.chunks import Chunks, FirstPage
from restsrc_dagster.extract.convert import put_converters
from restsrc_dagster.extract.cursors import Cursor
from restsrc_dagster.extract.facts import PageFacts
from restsrc_dagster.extract.foresight import GoesAhead
from restsrc_dagster.extract.frozen import Frozen, freezes
from restsrc_dagster.extract.isolation import Isolation
from restsrc_dagster.extract.oauth2 import RenewingOAuth2
from restsrc_dagster.extract.pages import PageChecks
from restsrc_dagster.extract.paginators import in_place_of
from restsrc_dagster.extract.parents import ParentValues, with_steady_cursor
from restsrc_dagster.extract.session import Sessions, open_sessions
from restsrc_dagster.extract.steps import Steps
from restsrc_dagster.extract.surprises import Surprises, newest_first
from restsrc_dagster.extract.traffic import Traffic
from restsrc_dagster.extract.waiting import Waits
from restsrc_dagster.extract.width import Width

NO_FIRST_PAGES: Mapping[str, FirstPage] = MappingProxyType({})


@dataclass(frozen=True)
class Reading:
    """A source ready to be read, and what is known of its way to the API.

    A context manager: its connections and threads are closed at the end.
    """

    source: DltSource
    sessions: Sessions
    redact: Redactor
    pages: Mapping[str, PageFacts]
    childless: Mapping[str, Childless]
    steps_before: Mapping[str, int]

    def traffic(self, resource: str) -> Traffic:
        """Requests and pages of one resource so far."""
        return self.sessions.adapter.traffic.get(resource, Traffic())

    def first_step(self, resource: str) -> int:
        """Where a step sees what the API gave: some look at a parent before its children."""
        return 1 + self.steps_before[resource]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sessions.close()


def open_reading(
    connector: Connector,
    environment: Mapping[str, str],
    selection: Set[str] | None = None,
    *,
    redact: Redactor | None = None,
    isolation: Isolation | None = None,
    chunks: Chunks | None = None,
    before: Reading | None = None,
    width: Width | None = None,
    tell: Callable[[str], None] = lambda _: None,
    waits: Waits | None = None,
    ahead: bool = True,
) -> Reading:
    """Resolve the references and build the source; nothing is requested yet.

    `tell` gets a line for the person where the API is waited for. With an `isolation`, resources
    that fail are stopped and noted there, and the others are read on. `chunks` end the reading of
    what may be committed in between; `before` is the reading that this one goes on with, of which
    facts and traffic are kept. `waits` notes what requests wait for. `width` is what a table of
    the destination holds. Without `ahead`, nothing is requested before the records in front of it
    are processed.

    Raises:
        MissingVariable: a `${NAME}` is not set, or empty where it must not be.
        dlt's own errors where it refuses the configuration, as `ValueError` or a subclass.
    """
    configuration = resolve(connector.configuration, environment, "configuration")
    redact = redact or Redactor.of(connector, configuration, environment)
    sessions = open_sessions(
        configuration, connector.http, redact, token_urls=_token_urls(configuration)
    )
    sessions.adapter.tell = tell
    sessions.adapter.waits = waits or Waits()
    if before is not None:
        sessions.adapter.traffic = before.sessions.adapter.traffic
    starts = chunks.first_pages if chunks else {}
    goes_ahead = sessions.go_ahead(connector.http, _is_read(isolation)) if ahead else None
    is_drained = goes_ahead.is_drained if goes_ahead else _always
    source = rest_api_source(
        dlt_configuration(configuration, connector.resources, sessions, starts),
        name=connector.name,
    )
    resources = Resources(configuration)
    pages: dict[str, PageFacts] = {}
    childless: dict[str, Childless] = {}
    for name, resource in resources.items():
        checks = PageChecks(
            name,
            resource.endpoint.get("data_selector"),
            may_lack_list=name in connector.http.allow_missing_selector,
            single_by_choice=connector.resources.paginator(name) == "single_page",
            ignores_answers=_ignores_answers(resource),
            redact=redact,
            facts=before.pages.get(name) if before else None,
            records_before=starts[name].records_before if name in starts else 0,
        )
        source.resources[name].add_step(checks)
        _add_foresight(source.resources[name], resource, goes_ahead)
        pages[name] = checks.facts
        if resource.parent is not None:
            source.resources[name].add_step(ParentValues(resource), insert_at=0)
        if resources.replaces_children(name):
            childless[name] = Childless(resource)
            source.resources[name].add_step(childless[name].before(), insert_at=0)
            source.resources[name].add_step(childless[name].after())
        if resource.steps:
            found = needs(resource, resources)
            copied = copied_fields(resource, resources)
            source.resources[name].add_step(Steps(resource.steps, found, copied))
        cursor = None
        if resource.incremental is not None:
            cursor = Cursor(
                name,
                resource.incremental,
                appends=resources.disposition(name) == "append",
                warn=checks.facts.warn,
            )
            for step in cursor.steps():
                source.resources[name].add_step(step)
        if chunks is not None and isolation is not None:
            for step in chunks.steps(name, checks, cursor, isolation.leave, is_drained):
                source.resources[name].add_step(step)
        if resource.selected:
            # What a contract discards is no column: the load counts what is left.
            limit = None if resource.hints.get("schema_contract") else width
            source.resources[name].add_step(Surprises(resource, resources, checks.facts, limit))
        if isolation is not None:
            if freezes(resource):
                source.resources[name].add_step(Frozen(source.resources[name]))
            isolation.guard(source.resources[name])
    if selection is not None:
        source = source.with_resources(*selection)
    steps_before = {
        name: (resource.parent is not None) + (name in childless)
        for name, resource in resources.items()
    }
    return Reading(source, sessions, redact, pages, childless, steps_before)


def _ignores_answers(resource: Resource) -> bool:
    """Sorted records end a list early, too: whether an answer was ignored cannot be told then."""
    is_sorted = (resource.incremental or {}).get("row_order") is not None
    return bool(resource.endpoint.get("response_actions")) and not is_sorted


def dlt_configuration(
    configuration: Mapping[str, Any],
    resources: Resources,
    sessions: Sessions,
    first_pages: Mapping[str, FirstPage] = NO_FIRST_PAGES,
) -> RESTAPIConfig:
    """What dlt gets: the person's configuration, the sessions, and the default dispositions.

    Where dlt wants Python it gets what the person's texts stand for; the processing steps are
    taken out, as they are run beside dlt's own.
    """
    config = with_python(with_steady_cursors(with_first_pages(configuration, first_pages)))
    config["client"]["session"] = sessions.api
    for holder in _holders_of_auth(config):
        auth = holder["auth"]
        if auth.get("type") == "oauth2_client_credentials":
            arguments = {key: value for key, value in auth.items() if key != "type"}
            holder["auth"] = RenewingOAuth2.from_init_value(
                {**arguments, "session": sessions.token}
            )
    for holder in _holders(config):
        if "paginator" in holder:
            holder["paginator"] = in_place_of(holder["paginator"])
        if isinstance(selector := holder.get("data_selector"), str):
            holder["data_selector"] = _compiled(selector)
    config["resources"] = [_with_disposition(item, resources) for item in config["resources"]]
    return cast("RESTAPIConfig", config)


def with_first_pages(
    configuration: Mapping[str, Any], first_pages: Mapping[str, FirstPage]
) -> Mapping[str, Any]:
    """A copy in which the lists that are named begin with another page."""
    resources = Resources(configuration)
    endpoints = {}
    for name, page in first_pages.items():
        paginator = dict(resources.named_paginator(name))
        begin = "page" if paginator["type"] == "page_number" else "offset"
        paginator[begin] = page.number
        endpoints[name] = {**resources[name].endpoint, "paginator": paginator}
    return _with_endpoints(configuration, endpoints)


def with_steady_cursors(configuration: Mapping[str, Any]) -> Mapping[str, Any]:
    """A copy in which no child sends a cursor that moves from parent to parent."""
    endpoints = {
        name: with_steady_cursor(resource)
        for name, resource in Resources(configuration).items()
        if resource.parent is not None and resource.incremental is not None
    }
    return _with_endpoints(configuration, endpoints)


def _with_endpoints(
    configuration: Mapping[str, Any], endpoints: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A copy in which the resources that are named have other endpoints."""
    items = [
        {**one, "endpoint": endpoints[one["name"]]} if one["name"] in endpoints else item
        for item in configuration["resources"]
        for one in (expanded(item),)
    ]
    return {**configuration, "resources": items}


def with_python(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A copy without any text that stands for a function."""
    config = deepcopy(dict(configuration))
    put_converters(config)
    for holder in (config.get("resource_defaults"), *config["resources"]):
        if isinstance(holder, dict):
            holder.pop("processing_steps", None)
    return config


def _always(_: str) -> bool:
    return True


def _add_foresight(to: DltResource, resource: Resource, ahead: Ahead | None) -> None:
    if ahead:
        to.add_step(GoesAhead(resource, ahead))


def _is_read(isolation: Isolation | None) -> Callable[[str], bool]:
    """Whether a resource is neither stopped nor left, by its name."""
    return lambda name: (
        isolation is None or (name not in isolation.stopped and isolation.takes_pages(name))
    )


def _compiled(selector: str) -> Any:
    """dlt compiles a text anew for each page, which costs more than it takes to find the page."""
    try:
        return jsonpath.compile_path(selector)
    except Exception:
        return selector  # which dlt refuses in its own words


def _with_disposition(item: str | dict[str, Any], resources: Resources) -> dict[str, Any]:
    resource = expanded(item)
    name: str = resource["name"]
    if resources.named_disposition(name) is None:
        resource["write_disposition"] = resources.write_disposition(name)
    if resources.replaces_children(name):
        parent, fields = resources[name].parent or "", resources[name].bound_fields
        included = list(
            resource.get("include_from_parent")
            or resources[name].hints.get("include_from_parent")
            or []
        )
        top_level = [field.split(".")[0] for field in fields]
        resource["include_from_parent"] = list(dict.fromkeys([*included, *top_level]))
        resource["merge_key"] = [
            make_parent_key_name(parent, field).replace(".", "__") for field in fields
        ]
    if nested := resources[name].nested_hints:
        resource["nested_hints"] = nested
    if hint := newest_first(resources[name], resources):
        columns = {**resources[name].columns}
        for column, hints in hint.items():
            columns[column] = {**columns.get(column, {}), **hints}
        resource["columns"] = columns
    return resource


def _holders(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The client and the endpoints: what may have an auth and a paginator of its own."""
    items = [config.get("resource_defaults"), *config["resources"]]
    endpoints = [item.get("endpoint") for item in items if isinstance(item, dict)]
    yield from (one for one in [config["client"], *endpoints] if isinstance(one, dict))


def _holders_of_auth(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (holder for holder in _holders(config) if isinstance(holder.get("auth"), dict))


def _token_urls(config: Mapping[str, Any]) -> list[str]:
    auths = [holder["auth"] for holder in _holders_of_auth(config)]
    return [auth["access_token_url"] for auth in auths if "access_token_url" in auth]
