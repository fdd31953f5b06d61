"""Requests that do not say what was meant, or tell a secret to whoever listens."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from restsrc_dagster.connector.configuration.auth import token_urls
from restsrc_dagster.connector.configuration.auth.places import auths as auths_of
from restsrc_dagster.connector.configuration.auth.places import holders
from restsrc_dagster.connector.lint.rule import LintFinding, rule_of_connector, rule_of_resource
from restsrc_dagster.connector.lint.subject import Subject
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.secrets import SECRET_KEY, literal_secrets
from restsrc_dagster.connector.syntax.origins import below
from restsrc_dagster.connector.syntax.response_actions import expression_of
from restsrc_dagster.connector.wording import nearest

_PLACEHOLDER = re.compile(r"\{(incremental|resources)\.[^{}]+\}")
_REFUSED = (401, 403, 429)
_NEARBY = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".svc")


@rule_of_connector("literal-secret")
def literal_secret(connector: Connector) -> LintFinding:
    """The secret is in the file, in its history, and wherever the file is copied to."""
    for place in literal_secrets(connector):
        yield (
            place,
            "a secret in plain text; write ${NAME}, with the braces and no default, and set the "
            "environment variable NAME",
        )


@rule_of_connector("http-plaintext")
def http_plaintext(connector: Connector) -> LintFinding:
    """Whoever is on the way can read the credentials."""
    base_url = connector.configuration["client"]["base_url"]
    auths = list(auths_of(connector.configuration))
    for place, auth in auths:
        for option, url in token_urls(auth):
            yield from _unencrypted(f"{place}.{option}", url)
    if not (auths or _sends_secrets(connector)):
        return
    yield from _unencrypted("configuration.client.base_url", base_url)
    for position, host in enumerate(connector.http.allowed_hosts):
        yield from _unencrypted(f"http.allowed_hosts[{position}]", host)


@rule_of_connector("query-in-base-url")
def query_in_base_url(connector: Connector) -> LintFinding:
    """dlt appends paths to the text of base_url: they become part of its query."""
    mark = next(
        (mark for mark in "?#" if mark in connector.configuration["client"]["base_url"]), ""
    )
    if mark and any(resource.endpoint["path"] for resource in connector.resources.values()):
        yield (
            "configuration.client.base_url",
            f"has a {mark}, behind which every path is appended. End it before the {mark}, and "
            "write the query as params in resource_defaults.endpoint",
        )


@rule_of_connector("placeholder-as-text")
def placeholder_as_text(connector: Connector) -> LintFinding:
    """Only the parts of an endpoint are filled; elsewhere the braces are sent as they stand."""
    for place, text in _texts(connector.configuration["client"], "configuration.client"):
        if found := _PLACEHOLDER.search(text):
            yield (
                place,
                f"is sent with the text {found[0]}, as placeholders are filled in an endpoint's "
                "path, params, json, data and headers only. Move it there",
            )


@rule_of_connector("unknown-resource")
def unknown_resource(connector: Connector) -> LintFinding:
    """A misspelt name in `http.allow_missing_selector` allows nothing."""
    for position, name in enumerate(connector.http.allow_missing_selector):
        if name not in [*connector.resources]:
            meant = nearest(name, connector.resources)
            yield (
                f"http.allow_missing_selector[{position}]",
                f"{name!r} is not a resource"
                + (f"; did you mean {meant}?" if meant else ". Remove it"),
            )


@rule_of_resource("foreign-path")
def foreign_path(subject: Subject) -> LintFinding:
    """Requests go to the origin of base_url only: to this path every one is refused."""
    path, client = subject.endpoint["path"], subject.connector.configuration["client"]
    http = subject.connector.http
    if not path.startswith(("http://", "https://")) or http.allowed_hosts or http.anonymous_hosts:
        return
    host, own = urlsplit(path).netloc, urlsplit(client["base_url"]).netloc
    if http.follow_below_base_url and "{" not in path and below(client["base_url"], path):
        return
    if "{" not in host + own and host.lower() != own.lower():
        yield (
            subject.place("endpoint", "path"),
            f"leads to {urlsplit(path).hostname}, which may not get the credentials, so its runs "
            "fail. Name it in http.allowed_hosts, or make another connector",
        )


@rule_of_resource("body-with-get")
def body_with_get(subject: Subject) -> LintFinding:
    """Most APIs ignore the body of a GET, and so the filter that it holds."""
    key = next((key for key in ("json", "data") if subject.endpoint.get(key)), None)
    if key and subject.endpoint.get("method", "GET") == "GET":
        yield (
            subject.place("endpoint", key),
            'is the body of a GET, which most APIs ignore. Write method "POST", or params instead',
        )


@rule_of_resource("ignored-answers")
def ignored_answers(subject: Subject) -> LintFinding:
    """An ignored answer ends the resource, or a parent's part of it, as if it were complete."""
    is_child = subject.resource.parent is not None
    for position, action in enumerate(subject.endpoint.get("response_actions") or []):
        place = f"{subject.place('endpoint', 'response_actions')}[{position}]"
        if action["action"] != "ignore" or expression_of(action.get("content") or "") is not None:
            continue
        status, text = action.get("status_code"), action.get("content")
        if status is None:
            yield (
                place,
                "drops every answer that holds this text, also a page of records one of which "
                "holds it. Add the status_code of the answer that is meant",
            )
        elif status in _REFUSED or status >= 500:
            yield (
                place,
                f"takes a {status} for the end of the records, though more may be there: the run "
                "is green and rows are missing. Remove it, and the run fails or tries again",
            )
        elif 400 <= status < 500 and subject.has_pages and not is_child:
            yield (
                place,
                f"takes a {status} for the end of the records, also on the first page, where the "
                "table stays or becomes empty. Remove it, unless the API ends its pages so",
            )
        elif status == 200 and text is None:
            yield place, "drops every good answer. Add the content of the one that is meant"


def _sends_secrets(connector: Connector) -> bool:
    """Whether a header or a param is called like a secret."""
    return any(
        SECRET_KEY.search(name)
        for _, holder in holders(connector.configuration)
        for key in ("headers", "params")
        for name, value in (holder.get(key) or {}).items()
        if isinstance(value, str) and value
    )


def _unencrypted(place: str, url: str) -> LintFinding:
    if url.startswith("http://") and not _is_near(host := urlsplit(url).hostname or ""):
        yield (
            place,
            f"sends the credentials to {host} unencrypted. Write https://",
        )


def _is_near(host: str) -> bool:
    """Whether a host is this machine, or one of a private network."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "$" in host or "." not in host or host.endswith(_NEARBY)


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{place}.{key}")
