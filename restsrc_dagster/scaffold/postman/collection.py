"""A Postman collection, v2.1: its requests, each with what it inherits from its folders."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from restsrc_dagster.scaffold.openapi.parse import mapping, parse_document, sequence
from restsrc_dagster.scaffold.postman.variables import Variables

_V2 = ("/v2.0.", "/v2.1.")


@dataclass(frozen=True)
class Given:
    """A param, a header, a variable of a path."""

    name: str
    value: str
    description: str = ""
    enabled: bool = True


@dataclass(frozen=True)
class Request:
    """One request of a collection; `name` has its folders before it."""

    name: str
    method: str
    base: str
    """Scheme and host, variables and all: `{{baseUrl}}`, `https://api.example.com`."""
    path: tuple[str, ...]
    params: tuple[Given, ...] = ()
    headers: tuple[Given, ...] = ()
    in_path: tuple[Given, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)
    auth: dict[str, Any] | None = None
    """Its own, or that of the nearest folder, or of the collection; None where nobody says."""
    answer: Any = None
    """What a saved response has, as JSON; None where none is saved."""
    answer_headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Collection:
    title: str
    variables: Variables
    requests: tuple[Request, ...]


def read_collection(text: str) -> Collection:
    """Raises ValueError where the text is no collection of v2."""
    content = parse_document(text)
    info = mapping(content.get("info"))
    if "item" not in content or not info:
        raise ValueError("is no Postman collection: it has no info, or no item")
    schema = str(info.get("schema") or "")
    if schema and not any(version in schema for version in _V2):
        raise ValueError("is of another version; export it as Collection v2.1")
    requests = tuple(_requests(content, (), None))
    if not requests:
        raise ValueError("has no requests")
    variables = Variables(sequence(content.get("variable")))
    return Collection(str(info.get("name") or "").strip(), variables, requests)


def _requests(
    raw: dict[str, Any], folders: tuple[str, ...], auth: dict[str, Any] | None
) -> Iterator[Request]:
    own = raw.get("auth")
    auth = mapping(own) if own else auth
    for item in map(mapping, sequence(raw.get("item"))):
        name = str(item.get("name") or "").strip()
        if "item" in item:
            yield from _requests(item, (*folders, name), auth)
        elif item.get("request"):
            yield _request(item, " / ".join(part for part in (*folders, name) if part), auth)


def _request(item: dict[str, Any], name: str, auth: dict[str, Any] | None) -> Request:
    raw = item["request"]
    request = mapping(raw) or {"url": raw, "method": "GET"}
    base, path, params, in_path = _address(request.get("url"))
    answer, headers = _answer(sequence(item.get("response")))
    own = request.get("auth")
    return Request(
        name=name,
        method=str(request.get("method") or "GET").upper(),
        base=base,
        path=path,
        params=params,
        headers=tuple(map(_given, map(mapping, sequence(request.get("header"))))),
        in_path=in_path,
        body=mapping(request.get("body")),
        auth=mapping(own) if own else auth,
        answer=answer,
        answer_headers=headers,
    )


def _address(url: Any) -> tuple[str, tuple[str, ...], tuple[Given, ...], tuple[Given, ...]]:
    """(scheme and host, parts of the path, params, variables of the path)."""
    whole = mapping(url)
    raw = str(whole.get("raw") or (url if isinstance(url, str) else ""))
    scheme, found, rest = raw.partition("://")
    host, _, path = (rest if found else raw).partition("?")[0].partition("/")
    base = f"{scheme}://{host}" if found else host
    if isinstance(whole.get("query"), list):
        params = tuple(map(_given, map(mapping, whole["query"])))
    else:
        pairs = parse_qsl(raw.partition("?")[2].partition("#")[0], keep_blank_values=True)
        params = tuple(Given(name, value) for name, value in pairs)
    parts = tuple(part for part in path.partition("#")[0].split("/") if part)
    in_path = tuple(map(_given, map(mapping, sequence(whole.get("variable")))))
    return base, parts, params, in_path


def _given(raw: dict[str, Any]) -> Given:
    description = raw.get("description")
    told = mapping(description).get("content") if isinstance(description, dict) else description
    value = raw.get("value")
    return Given(
        name=str(raw.get("key") or "").strip(),
        value="" if value is None else str(value),
        description=str(told or ""),
        enabled=raw.get("disabled") is not True,
    )


def _answer(saved: list[Any]) -> tuple[Any, tuple[str, ...]]:
    """The first good answer that is JSON, and the names of its headers."""
    for response in map(mapping, saved):
        code = response.get("code")
        if isinstance(code, int) and not 200 <= code < 300:
            continue
        try:
            answer = json.loads(str(response.get("body") or ""))
        except ValueError:
            continue
        headers = map(mapping, sequence(response.get("header")))
        return answer, tuple(str(one.get("key") or "").lower() for one in headers)
    return None, ()
