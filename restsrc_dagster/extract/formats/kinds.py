"""Which format an answer is in: by the person's word, or by its Content-Type; else it is JSON.

What says that it is one thing and begins as another is refused: as rows of the one it would be
wrong ones, or none.
"""

import json
import re
from collections import Counter
from contextlib import suppress
from xml.parsers import expat

from restsrc_dagster.connector.resources.format import (
    NAMES,
    CsvFormat,
    FormatObject,
    JsonFormat,
    JsonLinesFormat,
)
from restsrc_dagster.extract.formats.broken import Broken, OtherFormat

LINES = frozenset(
    {
        *("application/x-ndjson", "application/ndjson", "application/jsonl", "text/jsonl"),
        *("application/jsonlines", "application/x-jsonlines", "application/stream+json"),
        *("application/x-json-stream", "application/json-seq"),
    }
)
TABLES = frozenset({"text/csv", "application/csv", "text/x-csv", "text/tab-separated-values"})
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_XML = re.compile(r"(?:application|text)/(?:[\w.-]+\+)?xml")
_ABSENT = re.compile(r"header\s*=\s*absent", re.IGNORECASE)


def media_type(content_type: str) -> str:
    """`text/csv`, without what stands behind it."""
    return content_type.partition(";")[0].strip().lower()


def is_html(begins: bytes) -> bool:
    """Whether bytes begin a page for people."""
    return _HTML.match(begins) is not None


def is_xml(begins: bytes, content_type: str) -> bool:
    """Whether they may be XML."""
    named = _XML.fullmatch(media_type(content_type)) is not None
    return begins.lstrip().startswith(b"<?xml") or (named and begins.lstrip().startswith(b"<"))


def begins_json(begins: bytes) -> bool:
    """Whether they begin an object or a list of JSON."""
    return begins.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))


def format_of(said: FormatObject | None, content_type: str, begins: bytes) -> FormatObject:
    """That of an answer.

    Args:
        said: by the person; None where that is nothing.
        begins: its first bytes, unpacked.

    Raises:
        Broken: it needs a format that only the person can say, or is none that was said.
    """
    if said is None:
        return _by_header(content_type, begins)
    if said.type != "json":
        _refuse_other(said, content_type, begins)
    return said


def _by_header(content_type: str, begins: bytes) -> FormatObject:
    kind = media_type(content_type)
    if kind in LINES and not begins.lstrip().startswith(b"["):
        return JsonLinesFormat(type="jsonl")
    if kind in TABLES and not begins_json(begins):
        if _ABSENT.search(content_type):
            raise Broken(
                'is CSV without a header; name its columns: "format": {"type": "csv", "header": '
                'false, "names": […]}'
            )
        delimiter = "\t" if kind == "text/tab-separated-values" else ","
        return CsvFormat(type="csv", delimiter=delimiter)
    return JsonFormat(type="json")


def _refuse_other(said: FormatObject, content_type: str, begins: bytes) -> None:
    expected, kind = NAMES[said.type], media_type(content_type)
    if is_html(begins) or (kind == "text/html" and begins.lstrip().startswith(b"<")):
        raise Broken(f"is HTML instead of {expected}")
    if said.type in ("csv", "text") and _is_json(begins, kind):
        raise OtherFormat(f"is JSON instead of {expected}")
    if said.type == "csv" and is_xml(begins, content_type):
        raise Broken("is XML instead of CSV")
    if said.type == "jsonl" and begins.lstrip().startswith((b"[", b"<")):
        found = "one JSON list" if begins.lstrip().startswith(b"[") else "XML or HTML"
        raise Broken(f"is {found} instead of JSON lines")
    if said.type == "xml" and begins_json(begins):
        raise Broken("is JSON instead of XML")


def _is_json(begins: bytes, kind: str) -> bool:
    """Whether it is a document of JSON; a text may begin with a bracket, too."""
    if not begins_json(begins):
        return False
    if kind not in LINES and kind.endswith(("/json", "+json")):
        return True
    try:
        json.loads(begins)
    except (ValueError, RecursionError):
        return False
    return True


def cure_of(content_type: str, begins: bytes, is_several: bool) -> str:
    """What to write where something came that is no JSON; "" where nothing would help."""
    if is_html(begins):
        return ""
    if is_several:
        return 'if each is a record, write "format": "jsonl"'
    if is_xml(begins, content_type):
        record = json.dumps({"type": "xml", "record": guessed_record(begins)})
        return f'name the element of a record, such as "format": {record}'
    if begins.lstrip().startswith((b"<", b"{", b"[")) or b"\0" in begins:
        return ""
    return 'if it is a table, or lines, write "format": "csv", or "text"'


def guessed_record(begins: bytes) -> str:
    """The path of the element that comes most often, of the outermost ones that come again."""
    paths: Counter[str] = Counter()
    above: list[str] = []

    def start(name: str, _: object) -> None:
        above.append(name.rpartition(":")[2])
        if len(above) > 1:
            paths["/".join(above)] += 1

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: above.pop()
    with suppress(expat.ExpatError):
        parser.Parse(begins, False)
    again = [path for path, count in paths.items() if count > 1] or list(paths)
    return min(again, key=lambda path: path.count("/"), default="items/item")
