"""Paginators that read too little, or the same twice."""

import re
from urllib.parse import parse_qsl, urlsplit

from restsrc_dagster.connector.configuration.paginators import paginator_kind
from restsrc_dagster.connector.lint.rule import LintFinding, rule_of_resource
from restsrc_dagster.connector.lint.subject import Subject
from restsrc_dagster.connector.page_size import is_page_size

_QUOTED = re.compile(r"\[[^\]]*\]|'[^']*'|\"[^\"]*\"")
_DOTTED = re.compile(r"\.?(@\w+(?:\.\w+)+|\bodata(?:\.\w+)+)", re.IGNORECASE)
_LINK = re.compile(r"(url|uri|href|link)['\"\]]*$", re.IGNORECASE)


@rule_of_resource("auto-paginator")
def auto_paginator(subject: Subject) -> LintFinding:
    """dlt guesses from the first answer; where it recognizes nothing, it reads one page."""
    paginator, place = subject.paginator
    if paginator_kind(paginator).next_page == "guessed":
        yield (
            place,
            "how pages follow is guessed from the first answer, and where nothing is recognized "
            "one page is read and the rest is not. Name the paginator that "
            f"`restsrc test {subject.connector.name}` shows, or single_page",
        )


@rule_of_resource("page-number-from-zero")
def page_number_from_zero(subject: Subject) -> LintFinding:
    """dlt counts from page 0; an API that counts from 1 gives its first page twice."""
    paginator, place = subject.paginator
    kind = paginator_kind(paginator)
    if kind.next_page != "page number" or "base_page" in paginator:
        return
    if subject.connector.said_at(f"{place}.{kind.start}"):
        return  # which only a run knows
    if not (page := paginator.get(kind.start)):
        yield (
            place,
            "begins with page 0, for which most APIs give page 1, and then give it again. Write "
            "base_page 1, or 0 if the API counts so",
        )
    elif paginator.get("total_path", "total") is not None:
        yield (
            f"{place}.{kind.start}",
            f"begins with page {page}, but the total is counted from page 0, so the last page is "
            f"not read. Write base_page {page} instead of page",
        )


@rule_of_resource("dotted-key")
def dotted_key(subject: Subject) -> LintFinding:
    """A dot separates names: `@odata.nextLink` unquoted finds nothing, and one page is read."""
    paginator, place = subject.paginator
    for key in paginator_kind(paginator).paths:
        if finding := _of_two_names(paginator.get(key)):
            yield f"{place}.{key}", finding
    if finding := _of_two_names(subject.endpoint.get("data_selector")):
        yield subject.place("endpoint", "data_selector"), finding


@rule_of_resource("link-as-cursor")
def link_as_cursor(subject: Subject) -> LintFinding:
    """An address is sent as a parameter, which the API ignores: it gives the same page for ever."""
    paginator, place = subject.paginator
    takes_cursor = "cursor_path" in paginator_kind(paginator).paths
    path = paginator.get("cursor_path", "")
    if takes_cursor and _LINK.search(path):
        yield (
            f"{place}.cursor_path",
            f"{path} looks like the address of the next page, which is followed and not sent. If "
            f"it is one, write type json_link and next_url_path {path}",
        )


@rule_of_resource("offset-limit-mismatch")
def offset_limit_mismatch(subject: Subject) -> LintFinding:
    """The API heeds one of the two; behind less than `limit`, equal records are refused."""
    paginator, place = subject.paginator
    if paginator_kind(paginator).next_page != "record number":
        return
    if subject.connector.said_at(f"{place}.limit"):
        return  # which only a run knows
    limit = paginator["limit"]
    for key, value in (subject.endpoint.get("params") or {}).items():
        if not is_page_size(key) or not str(value).isdecimal() or int(value) == limit:
            continue
        if key == (paginator.get("limit_param") or "limit"):
            what = f"{value} is never sent, as the paginator sends its limit {limit}"
        else:
            what = f"asks for {value} records a page, and the paginator for {limit}"
        yield (
            subject.place("endpoint", "params", key),
            f"{what}. Remove it, and write limit {value} and limit_param {key} in {place}",
        )


@rule_of_resource("page-asked-twice")
def page_asked_twice(subject: Subject) -> LintFinding:
    """The request names the page in two places, of which only one moves on."""
    path = subject.endpoint["path"]
    in_path = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True)) if "?" in path else {}
    body = subject.endpoint.get("json") or {}
    paginator, place = subject.paginator
    for option, param in paginator_kind(paginator).sent(paginator).items():
        if param in in_path:
            yield (
                subject.place("endpoint", "path"),
                f"has {param}= in its query, and the paginator sends {param} once more. Remove it "
                "from the path",
            )
        if param in body:
            yield (
                subject.place("endpoint", "json", param),
                f"stays as it is in the body, while the paginator sends {param} in the query. "
                f"Write {option.replace('_param', '_body_path')} {param} in {place}",
            )


@rule_of_resource("single-record-path")
def single_record_path(subject: Subject) -> LintFinding:
    """dlt takes a path that ends with a placeholder for that of one record: it reads one page."""
    placeholder, path = subject.last_placeholder, subject.endpoint["path"]
    if placeholder is None or subject.endpoint.get("paginator") is not None:
        return
    in_query = "?" in path and path.index("?") < path.rindex(placeholder)
    if in_query or not (
        placeholder.startswith("{resources.") or _is_resolved(subject, placeholder)
    ):
        yield (
            subject.place("endpoint", "path"),
            f"has {placeholder} in its last part, and is taken for the path of one record: one "
            "page is read, and the client's paginator is not used. Name the endpoint's paginator "
            "and data_selector",
        )


def _of_two_names(path: str | None) -> str | None:
    """What is told of a path that has a name with a dot in it, outside of quotes."""
    if not path or not (_DOTTED.search(path) and _DOTTED.search(_QUOTED.sub("", path))):
        return None
    meant = _DOTTED.sub(r"['\1']", path)
    return f"{path} is read as several names. If the dot is part of one, write {meant}"


def _is_resolved(subject: Subject, placeholder: str) -> bool:
    """Whether a placeholder is a parent's field, bound as a param."""
    param = (subject.endpoint.get("params") or {}).get(placeholder[1:-1])
    return isinstance(param, dict) and param.get("type") == "resolve"
