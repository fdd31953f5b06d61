"""What records look like: columns, their types, and which ones could be key or cursor."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from restsrc_dagster.connector.time.instants import seconds_of
from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.extract.records.field import plain
from restsrc_dagster.json_types import Json

_LIKE_A_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?.*)?")
_KEY_NAMES = ("id", "uuid", "guid", "key", "number", "code", "sku")
_CURSOR_NAMES = (
    *("updated", "modified", "changed", "lastupdate", "edited", "modstamp", "lastseen"),
    *("created", "published", "occurred", "submitted", "timestamp", "date", "starttime"),
)
_SECONDS = range(1_000_000_000, 10_000_000_000)
"""Since 1970: from 2001 on, with ten digits."""


@dataclass(frozen=True, kw_only=True)
class InferredColumn:
    """One field over all records: types in order of frequency, `text?` where some lack it."""

    name: str
    type: str
    example: Any
    present: int


def infer_columns(records: Sequence[Json]) -> list[InferredColumn]:
    """The top-level fields of the records that are objects, in the order of their appearance."""
    rows = [record for record in records if isinstance(record, dict)]
    names = dict.fromkeys(name for row in rows for name in row)
    return [
        _column(str(name), [row[name] for row in rows if name in row], len(rows)) for name in names
    ]


def key_candidates(records: Sequence[Json]) -> list[str]:
    """Fields with a value in every record, and another one in each, as paths; likely names first.

    Those of objects in the records where these have none themselves.
    """
    rows = [record for record in records if isinstance(record, dict)]
    of_objects = ((above, _below(rows, above)) for above in _objects_of(rows))
    nested = [
        f"{above}.{name}"
        for above, below in of_objects
        if len(below) == len(rows)
        for name in _likely_keys(below)
    ]
    return _likely_keys(rows) or nested


def _likely_keys(rows: Sequence[Json]) -> list[str]:
    found = []
    for column in infer_columns(rows):
        values = [row.get(column.name) for row in rows]
        if all(isinstance(value, (str, int)) and value != "" for value in values) and len(
            set(map(str, values))
        ) == len(values):
            found.append(column.name)
    likely = [name for name in found if _key_rank(name) < len(_KEY_NAMES)]
    return sorted(likely, key=_key_rank)


def names_a_key(name: str) -> bool:
    """Whether a name alone says that it tells records apart: `id`, `uuid`, `guid`."""
    return _key_rank(name) < 3


def names_a_change(path: str) -> bool:
    """Whether a name says that its time moves with each change, and not only for a new record."""
    return _cursor_rank(path.rpartition(".")[2]) < _CURSOR_NAMES.index("created")


def cursor_candidates(records: Sequence[Json]) -> list[str]:
    """Fields that look like the time of a change, as paths, best first; those of objects in the
    records, too."""
    rows = [record for record in records if isinstance(record, dict)]
    found = list(_likely_cursors(rows))
    for above in _objects_of(rows):
        nested = _likely_cursors(_below(rows, above))
        found += [(rank, f"{above}.{name}") for rank, name in nested]
    return [name for _, name in sorted(found, key=lambda one: one[0])]


def _objects_of(rows: Sequence[Json]) -> list[str]:
    """The fields that are objects, and have names that a path may have."""
    columns = infer_columns(rows)
    return [
        one.name for one in columns if one.type.startswith("object") and one.name.isidentifier()
    ]


def _below(rows: Sequence[Json], above: str) -> list[Json]:
    return [
        row[above] for row in rows if isinstance(row, dict) and isinstance(row.get(above), dict)
    ]


def _likely_cursors(rows: Sequence[Json]) -> Iterator[tuple[int, str]]:
    for column in infer_columns(rows):
        rank = _cursor_rank(column.name)
        if rank < len(_CURSOR_NAMES) and _may_be_time(column):
            yield rank, column.name


def type_of(value: Json) -> str:
    """dlt's name of the type that a JSON value gets in a table; lists become nested tables."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int():
            return "bigint"
        case float():
            return "double"
        case str():
            return "timestamp" if _is_time(value) else "text"
        case list():
            return "list"
        case _:
            return "object"


def _may_be_time(column: InferredColumn) -> bool:
    if column.type.startswith("timestamp"):
        return True
    if column.type.startswith("text"):  # `Wed, 31 Jan 2024 10:00:00 GMT`, which stays a text
        return isinstance(column.example, str) and seconds_of(column.example) is not None
    is_number = column.type.partition("?")[0] in ("bigint", "double", "bigint or double")
    return is_number and any(int(column.example) // unit in _SECONDS for unit in (1, 1000))


def _is_time(text: str) -> bool:
    if not _LIKE_A_TIME.fullmatch(text):
        return False
    try:
        parse_time(text)
    except ValueError:
        return False
    return True


def _column(name: str, values: list[Any], rows: int) -> InferredColumn:
    types = [type_of(value) for value in values]
    known = sorted({*types} - {"null"}, key=types.count, reverse=True)
    optional = len(values) < rows or "null" in types
    example = next((value for value in values if value not in (None, "")), None)
    kind = " or ".join(known) or "only null"
    return InferredColumn(
        name=name,
        type=f"{kind}{'?' if optional and known else ''}",
        example=example,
        present=len(values),
    )


def _key_rank(name: str) -> int:
    plain = name.lower()
    exact = next((rank for rank, key in enumerate(_KEY_NAMES) if plain == key), None)
    if exact is not None:
        return exact
    ends = any(plain.endswith((f"_{key}", key)) for key in _KEY_NAMES[:3])
    return len(_KEY_NAMES) - 1 if ends else len(_KEY_NAMES)


def _cursor_rank(name: str) -> int:
    own = plain(name)
    ranks = (rank for rank, word in enumerate(_CURSOR_NAMES) if word in own)
    return next(ranks, len(_CURSOR_NAMES))
