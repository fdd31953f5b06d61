"""How the next page is asked for, as far as parameters and answer tell it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.hints import hinted, told_link_header
from restsrc_dagster.scaffold.openapi.operation import Field, Operation
from restsrc_dagster.scaffold.openapi.page_size import PageSize, page_size
from restsrc_dagster.scaffold.openapi.records import Records
from restsrc_dagster.scaffold.openapi.schema import Schema
from restsrc_dagster.scaffold.openapi.vocabulary import (
    AFTER,
    BACKWARDS,
    CURSORS,
    HAS_MORE,
    LAST_ID,
    LAST_PAGE,
    NEXT_URL,
    OFFSETS,
    PAGES,
    TOTAL,
    TOTAL_PAGES,
)
from restsrc_dagster.scaffold.words import jsonpath, plain, words

_DEPTH = 4
_TELLS_ID = re.compile(r"\b(id|identifier)\b", re.IGNORECASE)
_URL_WORDS = frozenset({"url", "uri", "link", "links", "href"})
_TELLS_URL = re.compile(r"\b(url|uri|link|href)\b", re.IGNORECASE)
_FIRST_IS_0 = re.compile(
    r"zero[- ]?(based|indexed)|\b0[- ](based|indexed)|(starts?|from|at) 0\b", re.I
)
_FIRST_IS_1 = re.compile(
    r"one[- ]?(based|indexed)|\b1[- ](based|indexed)|(starts?|from|at) 1\b", re.I
)


@dataclass
class Paging:
    """`paginator` is dlt's, or None. `fields` are filled in by it, so nobody else must."""

    paginator: dict[str, Any] | None
    size: PageSize | None = None
    """Sent beside it, where the paginator itself sends none."""
    fields: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Leaf:
    """A single value of the answer, outside of the records."""

    keys: tuple[str, ...]
    schema: Schema
    sure: bool
    """Whether it is there in every answer, as far as the document says."""

    @property
    def path(self) -> str:
        return jsonpath(self.keys)

    @property
    def name(self) -> str:
        return plain(self.keys[-1])


def find_paging(document: Document, operation: Operation, records: Records) -> Paging:
    """What the operation's parameters and its answer say, best evidence first."""
    answer = document.schema(operation.answer)
    leaves = list(_leaves(document, answer, (), True, records.keys))
    places = ("query", "body") if operation.method == "post" else ("query",)
    fields = operation.of(*places)
    size = page_size(fields)
    for found in (
        _by_extension(operation),
        _next_url(leaves, sure=True),
        _cursor(leaves, fields),
        _link_header(operation),
        _next_url(leaves, sure=False),
        _header_cursor(operation, fields),
        _last_record(records, leaves, fields),
        _offset(leaves, fields, size, of_scim=_is_scim(operation, records)),
        _page_number(leaves, fields),
    ):
        if found is not None:
            sends_it = found.paginator is not None and found.paginator["type"] == "offset"
            is_sent = size is not None and size.maximum is not None and not sends_it
            found.size = size if is_sent and not _ends_list(found.paginator, size) else None
            return found
    return Paging(None, size if size and size.certain and size.maximum else None)


def _ends_list(paginator: dict[str, Any] | None, size: PageSize | None) -> bool:
    """OData's `$top` is the most records of the whole list; the service itself makes the pages."""
    links = str((paginator or {}).get("next_url_path", ""))
    return size is not None and size.field.name == "$top" and "odata.nextlink" in links.lower()


def _leaves(
    document: Document,
    schema: Schema,
    keys: tuple[str, ...],
    sure: bool,
    records: tuple[str, ...] | None,
) -> Iterator[_Leaf]:
    for key, raw in schema.properties.items():
        part, path = document.schema(raw), (*keys, key)
        if path == records or part.is_list:
            continue
        there = sure and not part.nullable
        if part.may_be("string", "integer", "number", "boolean") and not part.properties:
            yield _Leaf(path, part, there)
        elif len(path) < _DEPTH:
            if not part.types.isdisjoint({"string"}):  # a link, or an object with one
                yield _Leaf(path, part, there)
            yield from _leaves(document, part, path, there, records)


def _next_url(leaves: Sequence[_Leaf], *, sure: bool) -> Paging | None:
    for leaf in leaves:
        if leaf.schema.may_be("string") and _names_next(leaf) and _is_url(leaf) is not False:
            if _is_url(leaf):
                return Paging({"type": "json_link", "next_url_path": leaf.path})
            if not sure:
                note = f"paginator: {leaf.path} is taken for the next page's address"
                return Paging({"type": "json_link", "next_url_path": leaf.path}, notes=[note])
    return None


def _names_next(leaf: _Leaf) -> bool:
    if leaf.name in ("href", "url", "uri", "link") and len(leaf.keys) > 1:
        return plain(leaf.keys[-2]) in ("next", "nextpage")
    return leaf.name in NEXT_URL


def _is_url(leaf: _Leaf) -> bool | None:
    """None where nothing tells."""
    schema = leaf.schema
    if schema.examples and isinstance(schema.examples[0], str) and schema.examples[0]:
        return schema.examples[0].startswith(("http", "/"))
    if schema.format in ("uri", "url", "uri-reference", "iri"):
        return True
    if any(_URL_WORDS & set(words(key)) for key in leaf.keys):
        return True
    return True if _TELLS_URL.search(schema.description) else None


def _cursor(leaves: Sequence[_Leaf], fields: Sequence[Field]) -> Paging | None:
    pairs = [
        (score, leaf, item)
        for leaf in leaves
        for item in fields
        if (score := _fit(leaf, item))
    ]  # fmt: skip
    if not pairs:
        return None
    _, leaf, item = max(pairs, key=lambda pair: pair[0])
    key = "cursor_body_path" if item.in_body else "cursor_param"
    paginator = {"type": "cursor", "cursor_path": leaf.path, key: item.name}
    if more := _has_more(leaves):
        paginator["has_more_path"] = more
    return Paging(paginator, fields={item.name})


def _fit(leaf: _Leaf, item: Field) -> int:
    """How well a value of the answer and a parameter belong together; 0 for not at all."""
    wanted, given = plain(item.name.rpartition(".")[2] if item.in_body else item.name), leaf.name
    parts = set(words(leaf.keys[-1]))
    types = leaf.schema.types & {"string", "integer", "number"}
    if leaf.schema.types and not types:
        return 0
    if item.schema.types and types and types.isdisjoint(item.schema.types):
        return 0
    if "next" in parts and wanted and given in (f"next{wanted}", f"nextpage{wanted}"):
        return 4
    if BACKWARDS & parts and "next" not in parts:
        return 0
    known = wanted in CURSORS and (wanted != "page" or "integer" not in item.schema.types)
    if not known:
        return 0
    if given == wanted:
        return 3
    if given in LAST_ID and wanted in AFTER:
        return 2
    if "next" in parts and not (types == {"integer"} and "page" in parts):
        return 2
    tells = parts & {"cursor", "token", "after", "continuation", "marker", "bookmark", "scroll"}
    return int(bool(tells))


def _has_more(leaves: Sequence[_Leaf]) -> str | None:
    for leaf in leaves:
        if leaf.name in HAS_MORE and leaf.schema.types == {"boolean"} and leaf.sure:
            return leaf.path
    return None


def _by_extension(operation: Operation) -> Paging | None:
    found = hinted(operation)
    return Paging(found[0], fields=found[1]) if found else None


def _link_header(operation: Operation) -> Paging | None:
    told = "link" in operation.headers or told_link_header(operation)
    return Paging({"type": "header_link"}) if told else None


def _header_cursor(operation: Operation, fields: Sequence[Field]) -> Paging | None:
    for header in sorted(operation.headers):
        parts = set(words(header))
        if {"cursor", "continuation"} & parts or {"next", "token"} <= parts:
            for item in fields:
                if plain(item.name) in CURSORS - {"page"} and not item.in_body:
                    paginator = {"type": "header_cursor", "cursor_key": header}
                    return Paging({**paginator, "cursor_param": item.name}, fields={item.name})
    return None


def _last_record(
    records: Records, leaves: Sequence[_Leaf], fields: Sequence[Field]
) -> Paging | None:
    """APIs that take the id of the last record seen."""
    more = _has_more(leaves)
    if more is None or records.keys is None or "id" not in records.item.properties:
        return None
    for item in fields:
        clear = plain(item.name) != "after" or _TELLS_ID.search(item.description)
        if plain(item.name) in AFTER and clear and not item.in_body:
            path = f"{jsonpath(records.keys)}[-1:].id"
            return Paging(
                {
                    "type": "cursor",
                    "cursor_path": path,
                    "cursor_param": item.name,
                    "has_more_path": more,
                },
                fields={item.name},
                notes=[f"paginator: {item.name} takes the id of a page's last record, {path}"],
            )
    return None


def _offset(
    leaves: Sequence[_Leaf],
    fields: Sequence[Field],
    size: PageSize | None,
    *,
    of_scim: bool,
) -> Paging | None:
    item = next((item for item in fields if _counts(item, OFFSETS)), None)
    if item is None or size is None or size.field.in_body != item.in_body:
        return None
    first = 1 if of_scim else _first(item)
    total = None if first else _total(leaves, TOTAL)
    where = "body_path" if item.in_body else "param"
    paginator: dict[str, Any] = {"type": "offset", "limit": size.step}
    for part, name in (("offset", item.name), ("limit", size.field.name)):
        if item.in_body or name != part:
            paginator[f"{part}_{where}"] = name
    if first:
        paginator["offset"] = first
    paginator["total_path"] = total
    if total is None and (more := _has_more(leaves)):
        paginator["has_more_path"] = more
    notes = [] if size.maximum or size.default else [
        f"paginator: {size.step} records a page are asked for; make sure that the API gives as many"
    ]  # fmt: skip
    return Paging(paginator, fields={item.name, size.field.name}, notes=notes)


def _page_number(leaves: Sequence[_Leaf], fields: Sequence[Field]) -> Paging | None:
    item = next((item for item in fields if _counts(item, PAGES)), None)
    if item is None:
        return None
    first = _first(item)
    base = 1 if first is None else first
    paginator: dict[str, Any] = {"type": "page_number", "base_page": base}
    if item.in_body:
        paginator["page_body_path"] = item.name
    elif item.name != "page":
        paginator["page_param"] = item.name
    names = TOTAL_PAGES | (LAST_PAGE if base == 1 else frozenset())
    paginator["total_path"] = total = _total(leaves, names)
    if total is None and (more := _has_more(leaves)):
        paginator["has_more_path"] = more
    notes = [] if first is not None else ["paginator: pages are taken to be counted from 1"]
    return Paging(paginator, fields={item.name}, notes=notes)


def _is_scim(operation: Operation, records: Records) -> bool:
    """RFC 7644: the first record is number 1, whatever a document says of `startIndex`."""
    names = {plain(field.name) for field in operation.of("query")}
    return plain((records.keys or ("",))[-1]) == "resources" and {"startindex", "count"} <= names


def _counts(item: Field, names: frozenset[str]) -> bool:
    found = item.known_as & names
    counts = not item.schema.types.isdisjoint({"integer", "number"})
    return bool(found) and (counts or not (item.schema.types or found & {"from", "start"}))


def _first(item: Field) -> int | None:
    """The number that counting begins with: 0 or 1, or None where nothing tells."""
    keywords = item.schema.keywords
    for key in ("default", "minimum", "example"):
        value = keywords.get(key)
        if value in (0, 1) and not isinstance(value, bool) and (key != "example" or value == 0):
            return int(value)
    if _FIRST_IS_0.search(item.description):
        return 0
    return 1 if _FIRST_IS_1.search(item.description) else None


def _total(leaves: Sequence[_Leaf], names: frozenset[str]) -> str | None:
    for leaf in leaves:
        if leaf.name in names and leaf.sure and leaf.schema.types & {"integer", "number"}:
            return leaf.path
    return None
