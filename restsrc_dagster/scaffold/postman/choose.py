"""Which requests of a collection become resources, and why the others do not."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from restsrc_dagster.scaffold.openapi.parse import mapping
from restsrc_dagster.scaffold.postman.collection import Request
from restsrc_dagster.scaffold.postman.variables import VARIABLE, Variables
from restsrc_dagster.scaffold.words import words

_SEARCHES = frozenset({"search", "list", "query", "find", "filter", "report", "export", "lookup"})
_FORMS = {"urlencoded": "a form", "formdata": "a form", "file": "a file"}


def chosen(
    requests: Sequence[Request], variables: Variables, base: str | None
) -> tuple[list[Request], dict[str, list[str]]]:
    """(what is read, and the names of the others by the reason)."""
    main = base or _most_used(requests)
    kept: dict[tuple[str, str], Request] = {}
    left: dict[str, list[str]] = {}
    for request in sorted(requests, key=lambda one: one.answer is None):
        key = path_of(request, variables), request.method
        reason = _reason(request, variables, main)
        if reason is None and key in kept:
            reason = f"the same path as {kept[key].name}"
        if reason is None:
            kept[key] = request
        else:
            left.setdefault(reason, []).append(request.name)
    return [one for one in requests if one in kept.values()], left


def _most_used(requests: Sequence[Request]) -> str:
    return Counter(request.base for request in requests).most_common(1)[0][0]


def _reason(request: Request, variables: Variables, main: str) -> str | None:
    if request.method not in ("GET", "POST"):
        return f"{request.method} changes something"
    if request.base != main and variables.plain(request.base) != variables.plain(main):
        return f"at another host, {request.base}: a connector of its own"
    if request.method == "POST":
        return _reason_of_post(request, variables)
    if isinstance(request.answer, dict) and ends_with_id(request):
        return "its answer is one record"
    if request.answer is None and ends_with_id(request):
        return "its path ends with an id, so that it gives one record"
    return None


def _reason_of_post(request: Request, variables: Variables) -> str | None:
    mode = request.body.get("mode")
    if not _is_search(request):
        return "POST that is no search creates or changes something"
    if mode in _FORMS:
        return f"its body is {_FORMS[str(mode)]}, and no JSON"
    if body_of(request, variables) is None:
        return "its body is no JSON object"
    return None


def _is_search(request: Request) -> bool:
    graphql = _graphql(request)
    if graphql is not None:
        return not str(graphql.get("query")).lstrip().startswith("mutation")
    ends = request.path[-1] if request.path else ""
    name = request.name.rpartition(" / ")[2]
    return bool(_SEARCHES & set(words(ends))) or bool(_SEARCHES & set(words(name)[:1]))


def _graphql(request: Request) -> dict[str, Any] | None:
    if request.body.get("mode") == "graphql":
        return mapping(request.body.get("graphql"))
    raw = str(request.body.get("raw") or "")
    if request.path[-1:] == ("graphql",) and raw:
        try:
            return mapping(json.loads(raw))
        except ValueError:
            return None
    return None


def body_of(request: Request, variables: Variables) -> dict[str, Any] | None:
    """The JSON object that is sent, with marks for variables; None where it is none."""
    if request.body.get("mode") == "graphql":
        graphql = mapping(request.body.get("graphql"))
        text = str(graphql.get("variables") or "") or "{}"
        inner = _parsed(variables.marked_json(text))
        query = variables.marked(str(graphql.get("query") or ""))
        return None if inner is None else {"query": query, "variables": inner}
    raw = str(request.body.get("raw") or "").strip()
    return {} if not raw else _parsed(variables.marked_json(raw))


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def path_of(request: Request, variables: Variables) -> str:
    """The path as a document writes it: `:id` and `{{id}}` are `{id}`; other variables are
    marks."""
    return "/" + "/".join(_part(part, variables) for part in request.path)


def _part(part: str, variables: Variables) -> str:
    name = parameter(part)
    return variables.marked(part) if name is None else f"{{{name}}}"


def parameter(part: str) -> str | None:
    """The name that a part of a path stands for, if all of it does."""
    if part.startswith(":"):
        return part[1:]
    found = VARIABLE.fullmatch(part)
    return found[1] if found else None


def ends_with_id(request: Request) -> bool:
    return bool(request.path) and parameter(request.path[-1]) is not None
