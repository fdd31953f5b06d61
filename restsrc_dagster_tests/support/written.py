"""The same records in each format that an API may answer in, and packed."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa

Records = Sequence[Mapping[str, Any]]


def as_json(records: Records) -> bytes:
    return json.dumps(list(records)).encode()


def as_lines(records: Records) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def as_csv(records: Records, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """Null is a value of no characters; the header has the fields of the first record."""
    text = io.StringIO()
    rows = csv.writer(text, delimiter=delimiter)
    rows.writerow(records[0] if records else ())
    rows.writerows([_cell(value) for value in record.values()] for record in records)
    return text.getvalue().encode(encoding)


def as_xml(records: Records) -> bytes:
    """`<items><item>…`; null is an element of nothing, a list of objects one for each of them."""
    items = "".join(f"<item>{_children(record)}</item>" for record in records)
    return f"<?xml version='1.0'?><items>{items}</items>".encode()


FORMATS: Mapping[str, tuple[Callable[[Records], bytes], Any]] = {
    "json": (as_json, None),
    "jsonl": (as_lines, "jsonl"),
    "csv": (as_csv, "csv"),
    "xml": (as_xml, {"type": "xml", "record": "items/item"}),
}
"""By format: how records are written, and what `reading.<resource>.format` says of it."""


def zipped(*files: bytes, also: Mapping[str, bytes] | None = None) -> bytes:
    """An archive, of a folder as well, and of some files by their paths."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", "")
        for number, file in enumerate(files):
            archive.writestr(f"folder/{number}", file)
        for path, content in (also or {}).items():
            archive.writestr(path, content)
    return made.getvalue()


def by_zstd(content: bytes) -> bytes:
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "gzip": gzip.compress,
    "zip": zipped,
    "zstd": by_zstd,
}


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _children(record: Mapping[str, Any]) -> str:
    several = {key: value if isinstance(value, list) else [value] for key, value in record.items()}
    return "".join(f"<{key}>{_child(one)}</{key}>" for key, some in several.items() for one in some)


def _child(value: Any) -> str:
    return _children(value) if isinstance(value, dict) else escape(_cell(value))
