"""From a document and the paths asked for to a configuration."""

from collections.abc import Sequence
from typing import Any

from restsrc_dagster.scaffold.configuration import (
    START,
    FirstConfiguration,
    References,
    without_planted,
)
from restsrc_dagster.scaffold.flattening import Flattening
from restsrc_dagster.scaffold.graphql_query import Connection, connection_of
from restsrc_dagster.scaffold.openapi.auth import Auth, Secured
from restsrc_dagster.scaffold.openapi.columns import described_columns
from restsrc_dagster.scaffold.openapi.cursor import (
    FoundCursor,
    filter_of_standard,
    find_cursor,
    not_sent,
)
from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.envelope import envelope_of, fields_of
from restsrc_dagster.scaffold.openapi.fill import PARAMETER, Filler, as_sent
from restsrc_dagster.scaffold.openapi.operation import Field
from restsrc_dagster.scaffold.openapi.paging import Paging, find_paging
from restsrc_dagster.scaffold.openapi.paths import Paths
from restsrc_dagster.scaffold.openapi.plan import Planned, plan
from restsrc_dagster.scaffold.openapi.records import primary_key, subject
from restsrc_dagster.scaffold.openapi.server import base_url as server


def from_openapi(
    text: str, connector: str, paths: Sequence[str], *, base_url: str | None = None
) -> FirstConfiguration:
    """What the document says of `paths`, as a configuration; what it does not say is left out.

    Raises:
        ValueError: the text is no OpenAPI document, has no such path or no address; without
            `paths`, names those that there are.
    """
    document = Document.of(text)
    if not paths:
        raise ValueError(Paths(document).candidates())
    reference = References(connector)
    return from_document(document, connector, paths, base_url=base_url, reference=reference)


def from_document(
    document: Document,
    connector: str,
    paths: Sequence[str],
    *,
    base_url: str | None,
    reference: References,
) -> FirstConfiguration:
    """The same for a document that has been read; raises ValueError for a path that it lacks."""
    planned = plan(document, Paths(document), paths)
    notes = list[str]()
    url = server(document, [one.operation for one in planned], base_url, notes)
    auth = Auth(document, reference, notes)
    for one in planned:  # before any is written: a token is asked for with all scopes
        auth.of(one.operation, url)
    builder = _ConfigurationBuilder(document, connector, planned, reference, notes)
    resources = [builder.resource(one, auth.of(one.operation, url)) for one in planned]
    client: dict[str, Any] = {"base_url": url}
    _share_auth(client, [resource["endpoint"] for resource in resources])
    for key in ("headers", "paginator"):
        _share(client, [resource["endpoint"] for resource in resources], key)
    configuration = {"client": client, "resources": [_ordered(one) for one in resources]}
    return FirstConfiguration(
        without_planted(configuration, reference),
        reference.variables,
        list(dict.fromkeys(notes)),
        document.title or None,
    )


class _ConfigurationBuilder:
    """Writes the resources of one configuration."""

    def __init__(
        self,
        document: Document,
        connector: str,
        planned: Sequence[Planned],
        reference: References,
        notes: list[str],
    ) -> None:
        self._document = document
        self._connector = connector
        self._planned = planned
        self._reference = reference
        self._notes = notes
        self._copied: dict[str, list[str]] = {}
        """Fields of parents that resources pass on to their children, by the resource's name."""
        self._paths = {one.name: self._path(one) for one in planned}

    def resource(self, one: Planned, secured: Secured) -> dict[str, Any]:
        """The resource, its auth still in its endpoint."""
        notes: list[str] = []
        operation, records = one.operation, one.records
        envelope = envelope_of(self._document, records.item)
        fill = Filler(self._document, self._reference, notes)
        body = fill.body(operation.body) if operation.method == "post" else None
        connection = connection_of(as_sent(body))
        paging = self._paging(one, notes, connection)
        cursor = self._cursor(one, paging, notes, envelope)
        handled = secured.handled | paging.fields | ({cursor.param} if cursor else set())
        endpoint: dict[str, Any] = {"path": self._paths[one.name], "auth": secured.auth}
        params = {
            **operation.query,
            **secured.params,
            **fill.parameters(operation.of("query"), handled),
        }
        if body is not None:
            endpoint |= {"method": "POST", "json": body}
        if paging.size and paging.size.field.in_body:
            _put(endpoint["json"], paging.size.field.name, paging.size.maximum)
        elif paging.size:
            params[paging.size.field.name] = paging.size.maximum
        if cursor:
            params[cursor.param] = START
            endpoint["incremental"] = cursor.incremental
        headers = {**secured.headers, **fill.headers(operation.of("header"), handled)}
        found = {
            "params": params,
            "headers": headers,
            "data_selector": records.selector,
            "paginator": paging.paginator,
        }
        endpoint |= {key: value for key, value in found.items() if value}
        if connection is not None:
            endpoint |= connection.endpoint
        resource: dict[str, Any] = {"name": one.name, "endpoint": endpoint}
        if envelope is not None and not (connection and "data_selector" in connection.endpoint):
            resource["processing_steps"] = list(envelope.steps)
        if key := self._key(one, envelope):
            resource["primary_key"] = key
        item = fields_of(self._document, records.item, envelope)
        if not one.asked:
            resource["selected"] = False
        elif columns := described_columns(self._document, item):
            resource["columns"] = columns
        if copied := self._copied.get(one.name):
            resource["include_from_parent"] = copied
        self._notes += [f"{one.name}: {note}" for note in notes]
        return resource

    def _key(self, one: Planned, envelope: Flattening | None) -> str | list[str] | None:
        """What tells the records apart.

        A child that does not name its parent copies the parent's key: a record may be the child
        of several, such as a member of two teams, or be numbered within each.
        """
        own: list[str] = list(envelope.key) if envelope is not None else []
        if not own:
            fields = fields_of(self._document, one.records.item, envelope)
            found = primary_key(self._document, fields, subject(one.operation.route))
            own = [found] if found else []
        if one.parent is None or one.names_parent:
            return own[0] if len(own) == 1 else own or None
        copied = self._copied.setdefault(one.name, [])
        if one.field not in copied:
            copied.append(one.field)
        return [*own, f"_{one.parent.name}_{one.field}"] if own else None

    def _paging(self, one: Planned, notes: list[str], connection: Connection | None) -> Paging:
        records = one.records
        if connection is not None and "paginator" in connection.endpoint:
            return Paging(None)
        if records.single:
            notes.append("the answer is taken for one record")
            return Paging({"type": "single_page"})
        if one.operation.lines == "csv":
            notes.append("the answer is CSV, whose values are texts: say their types in columns")
        if records.keys is None:
            notes.append("the document does not say where the records are; dlt looks for a list")
        paging = find_paging(self._document, one.operation, records)
        notes += paging.notes
        if paging.paginator is None:
            notes.append(
                "paginator: the document does not say how pages are asked for; "
                f"`restsrc test {self._connector}` shows what dlt detects"
            )
        return paging

    def _cursor(
        self, one: Planned, paging: Paging, notes: list[str], envelope: Flattening | None
    ) -> FoundCursor | None:
        children = [other.name for other in self._planned if other.parent is one]
        if not one.asked:
            notes.append(f"read for {', '.join(children)}, and not loaded: selected is false")
        if one.records.single:
            return None
        item = fields_of(self._document, one.records.item, envelope)
        cursor = find_cursor(self._document, one.operation, item)
        if cursor is not None and children:
            notes.append(
                f"could be read by {cursor.incremental['cursor_path']} and {cursor.param}, but "
                f"{', '.join(children)} would then be read for changed records only"
            )
            return None
        if cursor is None and envelope is not None and envelope.filters is not None:
            notes += filter_of_standard(self._document, one.operation, item, envelope.filters)
        if cursor is None:
            notes += map(_not_sent, not_sent(one.operation, paging.fields))
        elif not cursor.of_change:
            notes.append(
                f"read by {cursor.incremental['cursor_path']} and {cursor.param}, from the "
                "initial_value on: a record that changes later keeps its old row"
            )
        return cursor

    def _path(self, one: Planned) -> str:
        """The path with parents' fields in it; what no parent has is filled in."""
        notes: list[str] = []
        fill = Filler(self._document, self._reference, notes)
        path, fields = one.operation.route, one.operation.of("path")
        if one.parent is None:
            filled = fill.in_path(path, fields).lstrip("/") or "/"
        else:
            binding = [match for match in PARAMETER.finditer(path) if match[1] == one.binds][-1]
            above = self._passed_on(one.parent)
            field = f"{{resources.{one.parent.name}.{one.field}}}"
            filled = f"{above}/{field}{fill.in_path(path[binding.end() :], fields)}"
        self._notes += [f"{one.name}: {note}" for note in notes]
        return filled

    def _passed_on(self, parent: Planned) -> str:
        """A parent's path as its children have it: what it takes of its own parent, it copies."""
        path = self._path(parent).removesuffix(".json").strip("/")
        if parent.parent is None:
            return path
        copied = self._copied.setdefault(parent.name, [])
        above = parent.parent.name
        for field in dict.fromkeys(_fields_of(path, above)):
            if field not in copied:
                copied.append(field)
            theirs = f"{{resources.{above}.{field}}}"
            path = path.replace(theirs, f"{{resources.{parent.name}._{above}_{field}}}")
        return path


def _not_sent(field: Field) -> str:
    default = field.schema.keywords.get("default")
    if default is not None:
        return f"{field.name} is not sent; the API then answers from its default on: {default}"
    return (
        f"{field.name} is not sent; whether the API then answers from the beginning, its "
        "documentation must say"
    )


def _fields_of(path: str, resource: str) -> list[str]:
    prefix = f"resources.{resource}."
    found = [match[1] for match in PARAMETER.finditer(path)]
    return [name.removeprefix(prefix) for name in found if name.startswith(prefix)]


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    """`value` at a path in dots."""
    *above, last = path.split(".")
    for key in above:
        body = body.setdefault(key, {})
    body[last] = value


def _share_auth(client: dict[str, Any], endpoints: Sequence[dict[str, Any]]) -> None:
    """The auth of the first that has one becomes the client's; others keep what differs."""
    shared = next((one["auth"] for one in endpoints if one["auth"]), None)
    if shared:
        client["auth"] = shared
    for endpoint in endpoints:
        if endpoint["auth"] == shared:
            del endpoint["auth"]


def _share(client: dict[str, Any], endpoints: Sequence[dict[str, Any]], key: str) -> None:
    """What several have alike is the client's. Its texts are not formatted by dlt."""
    shared = endpoints[0].get(key)
    alike = all(endpoint.get(key) == shared for endpoint in endpoints)
    if len(endpoints) > 1 and shared and alike and not ("{{" in str(shared) or "}}" in str(shared)):
        client[key] = shared
        for endpoint in endpoints:
            del endpoint[key]


_RESOURCE = ("name", "selected", "primary_key", "include_from_parent", "endpoint")
_BEHIND = ("processing_steps", "columns")
_ENDPOINT = ("path", "method", "auth", "headers", "json", "data_selector", "params", "paginator")


def _ordered(resource: dict[str, Any]) -> dict[str, Any]:
    """As a person would write it."""
    endpoint = resource["endpoint"]
    ordered = {key: endpoint[key] for key in _ENDPOINT if key in endpoint}
    resource["endpoint"] = ordered | endpoint
    return {key: resource[key] for key in (*_RESOURCE, *_BEHIND) if key in resource}
