"""Envelopes around the fields of a record, and the steps that take them off.

JSON:API has them below `attributes`, and other records below `relationships`; relay and its like
have a record below `node`; OData and SCIM write notes of their own between them, HAL its links.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.json_types import Json, Record
from restsrc_dagster.scaffold.words import words

_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ANNOTATION = re.compile(r"@odata\.(?!community\.)", re.IGNORECASE)
"""Those of Dynamics below `@OData.Community` are labels for people."""
_IN_BRACKETS = re.compile(r"[^/]*\((?P<key>.*)\)")
"""The end of an address of OData: `users('u-1')`, `Lines(OrderID=1,ProductID=2)`."""
_IDS = frozenset({"id", "uuid", "guid"})
_PART = re.compile(r"(\w+)=('(?:[^']|'')*'|[^',]+)(?:,|$)")


@dataclass(frozen=True)
class Flattening:
    """What the records are by their shape, and what makes columns of their fields.

    Attributes:
        steps: the `processing_steps`.
        key: the fields that tell records apart by the standard, named as behind the steps; none
            where it leaves that open.
        filters: the param of the standard, and its value, that asks for what has changed since a
            time: `{cursor}` stands for the field, and `{incremental.start_value}` as in a file.
        fields_at: below which field of a record all of its own are, if they are.
    """

    shape: str
    steps: Sequence[dict[str, Any]]
    key: Sequence[str] = ()
    filters: tuple[str, str] | None = None
    fields_at: str | None = None

    @property
    def written(self) -> str:
        """As it is pasted into a resource."""
        return f'"processing_steps": {json.dumps(self.steps)}'


def flattening(records: Sequence[Json]) -> Flattening | None:
    """Of records as the API gives them; None where their fields are theirs already."""
    rows = [record for record in records if isinstance(record, dict)]
    found = (shape(rows) for shape in _SHAPES) if rows else ()
    return next((one for one in found if one is not None), None)


def _json_api(rows: Sequence[Record]) -> Flattening | None:
    known = [row for row in rows if {"id", "type"} <= row.keys()]
    if len(known) < len(rows) or not any(isinstance(row.get("attributes"), dict) for row in rows):
        return None
    are_many = len({str(row["type"]) for row in rows}) > 1
    own = "{id: id, type: type}" if are_many else "{id: id}"
    have_all = all(isinstance(row.get("attributes"), dict) for row in rows)
    columns = ", ".join(_linked(rows))
    linked = f", {{{columns}}}" if columns else ""
    step = f"merge({own}, attributes{'' if have_all else ' || `{}`'}{linked})"
    key = ("type", "id") if are_many else ("id",)
    return Flattening("JSON:API", [{"map": step}], key, fields_at="attributes")


def _linked(rows: Sequence[Record]) -> Iterator[str]:
    """`author_id: relationships.author.data.id`, of each link that names a record or several."""
    links: dict[str, Any] = {}
    for row in rows:
        for name, link in (row.get("relationships") or {}).items():
            data = link.get("data") if isinstance(link, dict) else None
            links[name] = data or links.get(name)
    for name, data in links.items():
        column = table_identifier(name)
        place = name if _PLAIN.fullmatch(name) else json.dumps(name)
        if isinstance(data, list):
            yield f"{column}_ids: relationships.{place}.data[*].id"
        elif isinstance(data, dict):
            yield f"{column}_id: relationships.{place}.data.id"


def _relay(rows: Sequence[Record]) -> Flattening | None:
    if all(isinstance(row.get("node"), dict) and row.keys() <= {"node", "cursor"} for row in rows):
        return Flattening("edges with a node each", [{"map": "node"}], fields_at="node")
    return None


def _odata(rows: Sequence[Record]) -> Flattening | None:
    notes = dict.fromkeys(_annotations(rows))
    if not notes:
        return None
    steps = [{"map": {"exclude": list(notes)}}]
    filters = ("$filter", "{cursor} ge {incremental.start_value}")
    return Flattening("OData", steps, _key_of_addresses(rows), filters)


def _annotations(rows: Sequence[Json], above: str = "") -> Iterator[str]:
    """The paths of the notes, those of records within records, too."""
    for row in rows:
        for name, value in row.items() if isinstance(row, dict) else ():
            path = f"{above}.{_quoted(name)}" if above else _quoted(name)
            if _ANNOTATION.search(name):
                yield path
            elif isinstance(value, dict):
                yield from _annotations([value], path)
            elif isinstance(value, list):
                yield from _annotations(value, path)


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _key_of_addresses(rows: Sequence[Record]) -> tuple[str, ...]:
    """The fields that stand in brackets in each `@odata.id`, by name or, if it is one, by value."""
    found: tuple[str, ...] | None = None
    for row in rows:
        names = _names_in_address(row)
        if found is not None and names != found:
            names = tuple(name for name in found if name in names)
        found = names
    return found or ()


def _names_in_address(row: Record) -> tuple[str, ...]:
    address = row.get("@odata.id")
    last = unquote(address.rpartition("/")[2]) if isinstance(address, str) else ""
    match = _IN_BRACKETS.fullmatch(last)
    if match is None:
        return ()
    parts = dict(_PART.findall(match["key"]))
    if parts:
        return tuple(parts) if parts.keys() <= row.keys() else ()
    return tuple(name for name, value in row.items() if _is(value, match["key"]))


def _is(value: Json, written: str) -> bool:
    """Whether a value is what an address has for it: numbers as they are, texts in quotes."""
    if written.startswith("'"):
        return bool(value == written[1:-1].replace("''", "'"))
    return value is not None and type(value) is not bool and str(value) == written


def _scim(rows: Sequence[Record]) -> Flattening | None:
    if not all(_is_scim(row.get("schemas")) and "id" in row for row in rows):
        return None
    filters = ("filter", '{cursor} ge "{incremental.start_value}"')
    return Flattening("SCIM", [{"map": {"exclude": ["schemas"]}}], ("id",), filters)


def _is_scim(schemas: Json) -> bool:
    return (
        isinstance(schemas, list)
        and bool(schemas)
        and str(schemas[0]).lower().startswith("urn:ietf:params:scim:")
    )


def _hal(rows: Sequence[Record]) -> Flattening | None:
    """A record without any id of its own has the address of itself."""
    if not all(isinstance(_own_address(row), str) for row in rows):
        return None
    exclude: dict[str, Any] = {"map": {"exclude": ["_links"]}}
    if any(("", *words(name))[-1] in _IDS for row in rows for name in row):
        return Flattening("HAL", [exclude])
    return Flattening("HAL", [{"map": "merge(@, {id: _links.self.href})"}, exclude], ("id",))


def _own_address(row: Record) -> Json:
    links = row.get("_links")
    own = links.get("self") if isinstance(links, dict) else None
    return own.get("href") if isinstance(own, dict) else None


_SHAPES: Sequence[Callable[[Sequence[Record]], Flattening | None]] = (
    *(_json_api, _relay, _odata, _scim),
    _hal,
)
