"""Requests of a collection as an OpenAPI document, with marks where variables stand."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from restsrc_dagster.scaffold.openapi.parse import mapping, sequence
from restsrc_dagster.scaffold.openapi.schema import shown_by
from restsrc_dagster.scaffold.postman.choose import body_of, parameter, path_of
from restsrc_dagster.scaffold.postman.collection import Given, Request
from restsrc_dagster.scaffold.postman.variables import Variables

_WHOLE = re.compile(r"-?\d{1,15}")
_DYNAMIC = re.compile(r"\{\{\s*\$")
"""`{{$guid}}` and its like: Postman makes them up."""
JSON = "application/json"


def as_document(
    requests: Sequence[Request], variables: Variables, title: str, notes: list[str]
) -> dict[str, Any]:
    """The content of a document; `notes` gets what cannot be said in one."""
    schemes: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for request in requests:
        item = paths.setdefault(path_of(request, variables), {})
        item[request.method.lower()] = _operation(request, variables, schemes, notes)
    return {
        "openapi": "3.0.0",
        "info": {"title": title},
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }


def _operation(
    request: Request, variables: Variables, schemes: dict[str, Any], notes: list[str]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "parameters": [
            *_parameters("query", request.params, variables, request.name, notes),
            *_parameters("header", request.headers, variables, request.name, notes),
            *_in_path(request, variables),
        ],
        "responses": {"200": _answer(request)},
    }
    if request.method == "POST":
        body = body_of(request, variables) or {}
        operation["requestBody"] = {"content": {JSON: {"schema": sent(body)}}}
    if request.auth is not None:
        operation["security"] = _security(request.auth, variables, schemes)
    return operation


def _parameters(
    place: str, given: Sequence[Given], variables: Variables, request: str, notes: list[str]
) -> Iterator[dict[str, Any]]:
    """Those that are enabled are required, with their value; the others are only known."""
    by_name: dict[str, list[Given]] = {}
    for one in given:
        if one.name and one.enabled and _DYNAMIC.search(one.value):
            notes.append(f"{request}: {one.name} is made up by Postman, and not sent")
        elif one.name:
            by_name.setdefault(one.name, []).append(one)
    for name, several in by_name.items():
        values = [one.value for one in several if one.enabled and one.value]
        schema = _schema(values, variables) if values else _schema([several[0].value], variables)
        if not values:
            schema.pop("default", None)
        yield {
            "name": variables.marked(name),
            "in": place,
            "required": bool(values),
            "description": several[0].description,
            "schema": schema,
            **({"example": values[0]} if values and place == "header" else {}),
        }


def _schema(values: Sequence[str], variables: Variables) -> dict[str, Any]:
    """What a text is: a number, a time; several are a list."""
    if len(values) > 1:
        return {"type": "array", "default": [variables.marked(value) for value in values]}
    (text,) = values
    known = variables.plain(text)
    if _WHOLE.fullmatch(known):
        return {
            "type": "integer",
            "default": int(text) if text == known else variables.marked(text),
        }
    shown = shown_by(known)
    return {"type": "string", "format": shown["format"], "default": variables.marked(text)}


def _in_path(request: Request, variables: Variables) -> Iterator[dict[str, Any]]:
    """What a parent may give; where none does, it is a variable, with the collection's value."""
    known = {one.name: one for one in request.in_path}
    for part in request.path:
        if (name := parameter(part)) is None:
            continue
        given = known.get(name)
        default = given.value if given and part.startswith(":") else ""
        text = default or f"{{{{{name}}}}}"
        has_default = bool(default) or variables.plain(text) != text
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": given.description if given else "",
            "schema": {"default": variables.marked(text)} if has_default else {},
        }


def _answer(request: Request) -> dict[str, Any]:
    answer: dict[str, Any] = {"headers": {name: {} for name in request.answer_headers}}
    if request.answer is not None:
        answer["content"] = {JSON: {"example": request.answer}}
    return answer


def sent(value: Any) -> dict[str, Any]:
    """The schema of a body, all of which is sent as it is."""
    if isinstance(value, dict) and value:
        return {
            "type": "object",
            "properties": {key: sent(item) for key, item in value.items()},
            "required": list(value),
        }
    return {**shown_by(value), "default": value}


def _security(
    auth: dict[str, Any], variables: Variables, schemes: dict[str, Any]
) -> list[dict[str, Any]]:
    """One scheme of the document, by the kind of auth; none for `noauth`."""
    kind = str(auth.get("type") or "noauth")
    if kind == "noauth":
        return []
    scheme = _scheme(kind, _options(auth.get(kind)), variables)
    name = next((known for known, one in schemes.items() if one == scheme), None)
    if name is None:
        name = kind if kind not in schemes else f"{kind}{len(schemes)}"
        schemes[name] = scheme
    return [{name: str(_options(auth.get(kind)).get("scope") or "").split()}]


def _options(raw: Any) -> dict[str, Any]:
    """v2.1 has a list of key and value, v2.0 an object."""
    if isinstance(raw, dict):
        return raw
    return {str(mapping(one).get("key")): mapping(one).get("value") for one in sequence(raw)}


def _scheme(kind: str, options: dict[str, Any], variables: Variables) -> dict[str, Any]:
    match kind:
        case "bearer" | "basic":
            return {"type": "http", "scheme": kind}
        case "apikey":
            place = "query" if options.get("in") == "query" else "header"
            name = str(options.get("key") or "Authorization")
            shown = str(options.get("value") or "")
            word = shown.partition(" ")[0] if " " in shown else ""
            description = f"{word} {{key}}" if word else ""
            return {"type": "apiKey", "in": place, "name": name, "description": description}
        case "oauth2":
            url = variables.marked(str(options.get("accessTokenUrl") or ""))
            flow = "clientCredentials"
            if options.get("grant_type") != "client_credentials":
                flow = "authorizationCode"
            return {"type": "oauth2", "flows": {flow: {"tokenUrl": url}}}
    return {"type": kind}
