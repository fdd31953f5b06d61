"""One operation: what may be sent, and what comes back; the same for both kinds of documents."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.parse import mapping, sequence
from restsrc_dagster.scaffold.openapi.schema import Schema, shown_by
from restsrc_dagster.scaffold.words import plain

_GOOD = ("200", "2XX", "2xx", "201", "202", "203", "206", "default")
_BODY_DEPTH = 3


@dataclass(frozen=True)
class Field:
    """A parameter, or a property of the JSON body by its path in dots."""

    name: str
    place: str
    """query, header, path, cookie, or body."""
    schema: Schema
    required: bool = False
    description: str = ""
    examples: tuple[Any, ...] = ()
    repeated: bool = True
    """Whether a list is sent as one parameter for each of its items."""

    @property
    def known_as(self) -> set[str]:
        """The name as one word; of `page.size` in a body, also its end."""
        return {plain(self.name), plain(self.name.rpartition(".")[2])}

    @property
    def in_body(self) -> bool:
        return self.place == "body"


@dataclass(frozen=True)
class Operation:
    """A way to read: GET, or POST with a body."""

    path: str
    method: str
    fields: tuple[Field, ...]
    body: Any = None
    """The schema of the JSON body."""
    answer: Any = None
    """The schema of a good answer, or else the one that its example shows."""
    example: Any = None
    headers: frozenset[str] = frozenset()
    """The headers of a good answer, in small letters."""
    security: list[Any] | None = None
    servers: list[Any] = field(default_factory=list)
    lines: str = ""
    """`csv` or `jsonl`, where an answer is no JSON document; `answer` is then the schema of one of
    its records."""
    told: str = ""
    """The descriptions of the operation and of its good answer."""
    extensions: dict[str, Any] = field(default_factory=dict)
    """What begins with `x-`."""

    @property
    def route(self) -> str:
        """The path without a query, which some documents keep in it."""
        return self.path.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.path.partition("?")[2], keep_blank_values=True))

    def of(self, *places: str) -> list[Field]:
        return [item for item in self.fields if item.place in places]


def read_operation(document: Document, path: str, method: str) -> Operation:
    """The operation of a path that the document has.

    Raises:
        ValueError: the document only refers to another one for it.
    """
    item = document.paths[path]
    if (file := document.elsewhere(item)) and method not in document.methods(path):
        raise ValueError(f"{path} is in another document, {file}, which is not read; bundle them")
    item = document.resolve(item)
    raw = document.resolve(item.get(method))
    if file := document.elsewhere(item.get(method)):
        raise ValueError(f"{path} is in another document, {file}, which is not read; bundle them")
    fields = {
        (found.place, found.name): found
        for parameters in (item.get("parameters"), raw.get("parameters"))
        for parameter in sequence(parameters)
        for found in _parameter(document, document.resolve(parameter))
    }
    body = _body(document, item, raw) if method == "post" else None
    in_body = _in_body(document, body, "", _BODY_DEPTH)
    good = _good_answer(document, raw)
    lines, record = _lines(document, raw, good)
    answer, example = (record, None) if lines else _answer(document, good)
    security = raw.get("security", document.security)
    return Operation(
        path=path,
        method=method,
        fields=(*fields.values(), *in_body),
        body=body,
        answer=answer,
        example=example,
        headers=frozenset(str(name).lower() for name in mapping(good.get("headers"))),
        security=None if security is None else sequence(security),
        servers=sequence(raw.get("servers")) or sequence(item.get("servers")),
        lines=lines,
        told=f"{raw.get('description') or ''} {good.get('description') or ''}",
        extensions={key: value for key, value in raw.items() if key.startswith("x-")},
    )


def _parameter(document: Document, raw: dict[str, Any]) -> Iterator[Field]:
    name, place = raw.get("name"), raw.get("in")
    if not isinstance(name, str) or place not in ("query", "header", "path", "cookie"):
        return
    own = {key: item for key, item in raw.items() if key not in ("required", "in", "name")}
    content = next(iter(mapping(raw.get("content")).values()), None)
    given = raw.get("schema", mapping(content).get("schema"))
    schema = document.schema(own if given is None else given)
    named = [mapping(item).get("value") for item in mapping(raw.get("examples")).values()]
    examples = [raw["example"]] if "example" in raw else []
    description = str(raw.get("description") or schema.description)
    if schema.is_object and schema.properties and place == "query":
        deep = raw.get("style") == "deepObject"
        for key, item in schema.properties.items():
            part = document.schema(item)
            yield Field(
                name=f"{name}[{key}]" if deep else key,
                place=place,
                schema=part,
                required=raw.get("required") is True and key in schema.required,
                description=f"{description} {part.description}".strip(),
                examples=tuple(part.examples),
            )
        return
    joined = raw.get("explode") is False or raw.get("style") in ("simple", "pipeDelimited")
    if "schema" not in raw and schema.is_list:
        joined = raw.get("collectionFormat") != "multi"
    yield Field(
        name=name,
        place=place,
        schema=schema,
        required=raw.get("required") is True,
        description=description,
        examples=(*examples, *named, *schema.examples),
        repeated=not joined,
    )


def _body(document: Document, item: dict[str, Any], raw: dict[str, Any]) -> Any:
    """The schema of a JSON body; None where nothing is sent."""
    if not document.is_swagger:
        body = document.resolve(raw.get("requestBody"))
        return mapping(_json(mapping(body.get("content")))).get("schema")
    for parameters in (raw.get("parameters"), item.get("parameters")):
        for parameter in map(document.resolve, sequence(parameters)):
            if parameter.get("in") == "body":
                return parameter.get("schema")
    return None


def _in_body(document: Document, raw: Any, prefix: str, depth: int) -> Iterator[Field]:
    schema = document.schema(raw)
    for name, item in schema.properties.items():
        part = document.schema(item)
        path = f"{prefix}{name}"
        if part.is_object and depth > 1:
            yield from _in_body(document, item, f"{path}.", depth - 1)
        elif "." not in name:
            yield Field(path, "body", part, description=part.description)


def _good_answer(document: Document, raw: dict[str, Any]) -> dict[str, Any]:
    answers = mapping(raw.get("responses"))
    codes = [code for code in _GOOD if code in answers]
    codes += [code for code in answers if str(code).startswith("2") and code not in codes]
    for code in codes:
        answer = document.resolve(answers[code])
        if answer.get("schema") is not None or answer.get("content") or answer.get("examples"):
            return answer
    return document.resolve(answers[codes[0]]) if codes else {}


def _answer(document: Document, good: dict[str, Any]) -> tuple[Any, Any]:
    """The schema of the JSON of an answer, and the schema that its example shows."""
    if document.is_swagger:
        schema, shown = good.get("schema"), _json(mapping(good.get("examples")))
    else:
        media = mapping(_json(mapping(good.get("content"))))
        schema, shown = media.get("schema"), media.get("example")
        for named in mapping(media.get("examples")).values():
            shown = document.resolve(named).get("value") if shown is None else shown
    if shown is None and document.schema(schema).examples:
        shown = document.schema(schema).examples[0]
    example = None if shown is None else shown_by(shown)
    seen = document.schema(schema)
    if example is not None and not (seen.properties or seen.items is not None):
        schema = example
    return schema, example


def _lines(document: Document, raw: dict[str, Any], good: dict[str, Any]) -> tuple[str, Any]:
    """(`csv` or `jsonl`, the schema of a record) of an answer that is no JSON; ("", None) of one
    that is, or may be."""
    content = mapping(good.get("content"))
    if document.is_swagger:
        produced = sequence(raw.get("produces", document.content.get("produces")))
        content = {str(media): {"schema": good.get("schema")} for media in produced}
    kinds = {name: kind for name in content if (kind := _kind_of_lines(name))}
    if not kinds or _json(content) is not None:
        return "", None
    name, kind = min(kinds.items(), key=lambda item: item[1] != "jsonl")
    schema = mapping(content[name]).get("schema")
    whole = document.schema(schema)
    return kind, whole.items if whole.is_list else schema if whole.is_object else None


def _kind_of_lines(media: str) -> str:
    name = media.lower().partition(";")[0]
    if name.endswith(("ndjson", "jsonl", "json-lines", "jsonlines")):
        return "jsonl"
    return "csv" if name.endswith(("/csv", "tab-separated-values")) else ""


def _json(content: dict[str, Any]) -> Any:
    """What is said of the media type that is JSON, or could be."""
    for name, media in content.items():
        of_lines = "stream" in name.lower() or _kind_of_lines(name)
        if "json" in name.lower() and not of_lines:
            return media
    return content.get("*/*", content.get("application/*"))
