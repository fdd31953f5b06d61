"""Envelopes around the fields of a record, and the step that takes them off.

JSON:API has them below `attributes`, and other records below `relationships`; relay and its like
have a record below `node`.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.json_types import Json, Record

_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True)
class Flattening:
    """What the records are by their shape, and the step that makes columns of their fields.

    Attributes:
        above: where the fields are now, with a dot behind it: a cursor is named without it then.
    """

    shape: str
    expression: str
    above: str

    @property
    def steps(self) -> str:
        """As it is pasted into a resource."""
        return f'"processing_steps": {json.dumps([{"map": self.expression}])}'


def flattening(records: Sequence[Json]) -> Flattening | None:
    """Of records as the API gives them; None where their fields are theirs already."""
    rows = [record for record in records if isinstance(record, dict)]
    if not rows:
        return None
    if all(
        isinstance(row.get("attributes"), dict) and {"id", "type"} <= row.keys() for row in rows
    ):
        return Flattening("JSON:API", _of_json_api(rows), "attributes.")
    if all(isinstance(row.get("node"), dict) and row.keys() <= {"node", "cursor"} for row in rows):
        return Flattening("edges with a node each", "node", "node.")
    return None


def _of_json_api(rows: Sequence[Record]) -> str:
    columns = ", ".join(_linked(rows))
    linked = f", {{{columns}}}" if columns else ""
    return f"merge({{id: id}}, attributes{linked})"


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
