"""Answers that are no JSON: read by what they are, refused where they are something else."""

import gzip
import json
from decimal import Decimal
from typing import Any

import pytest

from restsrc_dagster.connector.files.environment import in_environment
from restsrc_dagster.errors import ApiUnavailable, ConnectorError, ReadError, RestsrcError
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import read
from restsrc_dagster_tests.extract.test_faults import failure
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector
from restsrc_dagster_tests.support.written import (
    FORMATS,
    PACKED,
    as_csv,
    as_json,
    as_lines,
    by_zstd,
    zipped,
)

TRIES = 2
RECORDS = [
    {"id": "1", "name": 'a "b", c', "note": None},
    {"id": "02", "name": "ä €\nline", "note": "x"},
    {"id": "3", "name": "}, {", "note": "true"},
]
XML = {"type": "xml", "record": "items/item"}
SPARE = {"Content-Type": "application/octet-stream"}
TABLE = {"Content-Type": "text/csv; charset=utf-8"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", str(TRIES))
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")


def resource(**endpoint: Any) -> dict[str, Any]:
    return {"name": "items", "endpoint": {"path": "items", **endpoint}}


def answered(api: Api, answer: Answer, said: Any = None, **endpoint: Any) -> list[Any]:
    """The records of an answer; `said` is the format, or all that `reading` says."""
    api.routes["/items"] = lambda _: answer
    return read(connector("acme", api.url, [resource(**endpoint)], reading=reading(said)))


def reading(said: Any) -> dict[str, Any]:
    if said is None:
        return {}
    is_all = isinstance(said, dict) and "type" not in said
    return {"items": said if is_all else {"format": said}}


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("name", FORMATS)
def test_records_are_the_same_in_each_format_packed_or_not(
    api: Api, name: str, packed: str
) -> None:
    write, said = FORMATS[name]
    body = PACKED[packed](write(RECORDS))
    assert answered(api, Answer(body, headers=SPARE), said) == RECORDS
    named = {"compression": packed, **({"format": said} if said else {})}
    assert answered(api, Answer(body, headers=SPARE), named) == RECORDS


BY_ITSELF: dict[str, tuple[Answer, Any]] = {
    "CSV by its type": (Answer(as_csv(RECORDS), headers=TABLE), RECORDS),
    "tabs by its type": (
        Answer(as_csv(RECORDS, "\t"), headers={"Content-Type": "text/tab-separated-values"}),
        RECORDS,
    ),
    "a byte order mark, whatever the header says": (
        Answer(
            "id,name\n1,ä\n".encode("utf-16"),
            headers={"Content-Type": "text/csv; charset=ISO-8859-1"},
        ),
        [{"id": "1", "name": "ä"}],
    ),
    "the charset of the header": (
        Answer(
            as_csv([{"a": "ä"}], encoding="latin-1"),
            headers={"Content-Type": "text/csv; charset=ISO-8859-1"},
        ),
        [{"a": "ä"}],
    ),
    "JSON that is called CSV": (Answer(as_json(RECORDS), headers=TABLE), RECORDS),
    "lines by their type": (
        Answer(as_lines(RECORDS), headers={"Content-Type": "application/x-ndjson"}),
        RECORDS,
    ),
    "one line": (
        Answer(b'{"data": 1}', headers={"Content-Type": "application/jsonl"}),
        [{"data": 1}],
    ),
    "a list that is called lines": (
        Answer(as_json(RECORDS), headers={"Content-Type": "application/jsonl"}),
        RECORDS,
    ),
    "packed on the way": (
        Answer(gzip.compress(as_csv(RECORDS)), headers={**TABLE, "Content-Encoding": "gzip"}),
        RECORDS,
    ),
    "nothing": (Answer(b"", headers=TABLE), []),
    "a header alone": (Answer(b"id,name\n", headers=TABLE), []),
}


@pytest.mark.parametrize(("answer", "records"), BY_ITSELF.values(), ids=BY_ITSELF.keys())
def test_an_answer_says_what_it_is(api: Api, answer: Answer, records: Any) -> None:
    assert answered(api, answer) == records


SAID: dict[str, tuple[bytes, Any, Any]] = {
    "a delimiter": (as_csv(RECORDS, ";"), {"type": "csv", "delimiter": ";"}, RECORDS),
    "names": (
        b"1,2\n3,\n",
        {"type": "csv", "header": False, "names": ["a", "b"]},
        [{"a": "1", "b": "2"}, {"a": "3", "b": None}],
    ),
    "other names": (b"x,y\n1,2\n", {"type": "csv", "names": ["a", "b"]}, [{"a": "1", "b": "2"}]),
    "lines before": (b"Report\nof May\na\n1\n", {"type": "csv", "skip": 2}, [{"a": "1"}]),
    "a blank line": (b"a,b\n\n1,2\n\n", "csv", [{"a": "1", "b": "2"}]),
    "another quote": (
        b"a,b\n'1,\"','2'\n",
        {"type": "csv", "quote": "'"},
        [{"a": '1,"', "b": "2"}],
    ),
    "no quote": (b'a,b\n5",2\n', {"type": "csv", "quote": None}, [{"a": '5"', "b": "2"}]),
    "an escape": (b'a\n"1\\"2"\n', {"type": "csv", "escape": "\\"}, [{"a": '1"2'}]),
    "empty texts": (b'a,b\n,""\n', {"type": "csv", "empty": "text"}, [{"a": "", "b": ""}]),
    "nulls": (b'a,b\n,""\n', "csv", [{"a": None, "b": None}]),
    "a mark": (b"\xef\xbb\xbfa\r\n1\r\n", "csv", [{"a": "1"}]),
    "utf-16": ("a\nä\n".encode("utf-16"), "csv", [{"a": "ä"}]),
    "an encoding": (b"a\n\x80\n", {"type": "csv", "encoding": "cp1252"}, [{"a": "€"}]),
    "two files": (zipped(b"a\n1\n", b"a,b\n2,3\n"), "csv", [{"a": "1"}, {"a": "2", "b": "3"}]),
    "what a Mac adds": (
        zipped(b"a\n1\n", also={"__MACOSX/._0": b"x\ny\n"}),
        "csv",
        [{"a": "1"}],
    ),
    "two members": (
        gzip.compress(b"a\n1\n") + gzip.compress(b"2\n"),
        "csv",
        [{"a": "1"}, {"a": "2"}],
    ),
    "a text sequence": (b'\x1e{"a": 1}\n\x1e{"a": 2}\n', "jsonl", [{"a": 1}, {"a": 2}]),
    "large numbers": (
        b'{"a": 123456789012345678901}\n\n',
        "jsonl",
        [{"a": Decimal("123456789012345678901")}],
    ),
    "lines of text": (b"a\r\n\n b \nc", "text", [{"value": "a"}, {"value": " b "}, {"value": "c"}]),
    "attributes": (
        b'<r xmlns="u" xmlns:x="v"><i x:id="1" n=""><x:p c="EUR">5</x:p><q/></i></r>',
        {"type": "xml", "record": "r/i"},
        [{"@id": "1", "@n": "", "p": {"@c": "EUR", "#text": "5"}, "q": None}],
    ),
    "names with prefixes": (
        b'<x:r xmlns:x="v"><x:i id="1"><x:a>1</x:a><a>2</a></x:i></x:r>',
        {"type": "xml", "record": "x:r/x:i", "namespaces": "keep", "attributes": ""},
        [{"id": "1", "x:a": "1", "a": "2"}],
    ),
    "lists": (
        b"<r><i><t>1</t><t>2</t></i><i><t>3</t></i><i/></r>",
        {"type": "xml", "record": "r/i", "lists": ["t"]},
        [{"t": ["1", "2"]}, {"t": ["3"]}, {"#text": None}],
    ),
    "text beside children": (
        b"<r><i>\n hello <b>1</b>\n</i></r>",
        {"type": "xml", "record": "r/i"},
        [{"b": "1", "#text": "hello"}],
    ),
    "nil and CDATA": (
        b'<r><i><a nil="true"/><b><![CDATA[<x> ]]></b><c>1 &lt; 2</c></i></r>',
        {"type": "xml", "record": "r/i"},
        [{"a": None, "b": "<x> ", "c": "1 < 2"}],
    ),
    "latin-1 by the document": (
        b"<?xml version='1.0' encoding='iso-8859-1'?><r><i><a>\xe4</a></i></r>",
        {"type": "xml", "record": "r/i"},
        [{"a": "ä"}],
    ),
    "an encoding of XML": (
        "<r><i><a>日本</a></i></r>".encode("euc-jp"),
        {"type": "xml", "record": "r/i", "encoding": "euc-jp"},
        [{"a": "日本"}],
    ),
    "no element": (b"<r/>", {"type": "xml", "record": "r/i"}, []),
}


@pytest.mark.parametrize(("body", "said", "records"), SAID.values(), ids=SAID.keys())
def test_what_the_file_says_of_a_format(api: Api, body: bytes, said: Any, records: Any) -> None:
    assert answered(api, Answer(body, headers=SPARE), said) == records


PAGE = b"<!doctype html><html>maintenance</html>"
CUT = "and the answer is packed, and ends too early (application/octet-stream; packed as"
REFUSED: dict[str, tuple[bytes, Any, type[RestsrcError], str, int]] = {
    "HTML for CSV": (PAGE, "csv", ReadError, "the answer is HTML instead of CSV", 1),
    "HTML for lines": (PAGE, "jsonl", ReadError, "is HTML instead of JSON lines", 1),
    "HTML for text": (PAGE, "text", ReadError, "is HTML instead of lines of text", 1),
    "JSON for CSV": (b'{"error": "no"}', "csv", ReadError, "is JSON instead of CSV", 1),
    "JSON for XML": (b"[]", XML, ReadError, "is JSON instead of XML", 1),
    "XML for CSV": (b"<?xml version='1.0'?><a/>", "csv", ReadError, "is XML instead of CSV", 1),
    "a list for lines": (b"[{}]", "jsonl", ReadError, "is one JSON list instead of JSON lines", 1),
    "an error for lines": (
        b'{"error": "limit"}',
        "jsonl",
        ReadError,
        "answered 200 with an error: limit",
        1,
    ),
    "other XML": (
        b"<error>no</error>",
        XML,
        ReadError,
        "is XML whose outermost element is 'error', where the format's record has 'items'",
        1,
    ),
    "no such element": (
        b"<items><total>5</total></items>",
        {"type": "xml", "record": "items/list/item"},
        ReadError,
        "nothing is at the format's record, 'items/list/item': the answer has the keys items. Corr",
        1,
    ),
    "an element twice": (
        b"<items><item><a/><a/></item></items>",
        XML,
        ReadError,
        "a record in which the element 'a' comes several times within 'item', or beside an attri",
        1,
    ),
    "entities": (
        b"<!DOCTYPE items [<!ENTITY a 'b'>]><items/>",
        XML,
        ReadError,
        "is XML that declares entities, which are not read",
        1,
    ),
    "something from outside": (
        b"<!DOCTYPE items SYSTEM 'file:///etc/passwd'><items>&a;</items>",
        XML,
        ReadError,
        "is XML that declares entities, which are not read",
        1,
    ),
    "no XML": (b"<items><item></items>", XML, ReadError, "is no XML at line 1: mismatched tag", 1),
    "half of XML": (
        b"<items><item>",
        XML,
        ApiUnavailable,
        "is no XML at line 1: no element",
        TRIES,
    ),
    "another delimiter": (
        b"id;name\n1;2\n",
        "csv",
        ReadError,
        "has one column, 'id;name': the delimiter seems to be ';'; write \"format\": {\"type\"",
        1,
    ),
    "a short row": (
        b"a,b\n1\n2,3\n",
        "csv",
        ReadError,
        "has a row of 1 values, where 2 columns are named, at or before line 3: it begins with '1'",
        1,
    ),
    "a long row": (
        b"a\n1,2\n",
        "csv",
        ReadError,
        "a row of 2 values, where 1 columns are named",
        1,
    ),
    "half a row": (
        b"a,b\n1,2\n3",
        "csv",
        ApiUnavailable,
        "a row of 1 values, where 2 columns",
        TRIES,
    ),
    "an open quote": (
        b'a\n"1\n2\n',
        "csv",
        ApiUnavailable,
        "has a quote that is never closed",
        TRIES,
    ),
    "a name twice": (b"a,a\n", "csv", ReadError, "two columns named 'a'; name all columns in", 1),
    "no name": (b"a,\n", "csv", ReadError, "has no name for column 2; name all columns in the", 1),
    "too few names": (
        b"a,b\n",
        {"type": "csv", "names": ["a"]},
        ReadError,
        "has a header of 2 columns, and the format names 1",
        1,
    ),
    "another encoding": (
        b"a\n\xe4\n",
        "csv",
        ReadError,
        'is no utf-8: it has a byte e4; name its encoding in the format, such as "encoding": "lat',
        1,
    ),
    "no JSON in a line": (
        b'{"a": 1}\nhello\n{"a": 2}\n',
        "jsonl",
        ReadError,
        "has no JSON in its line 2, which begins with 'hello'",
        1,
    ),
    "two values in a line": (
        b'{"a": 1},{"a": 2}\n{"a": 3}\n',
        "jsonl",
        ReadError,
        "has no JSON in its line 1, which begins with",
        1,
    ),
    "half a line": (b'{"a": 1}\n{"a', "jsonl", ApiUnavailable, "has no JSON in its line 2,", TRIES),
    "half a gzip": (gzip.compress(as_csv(RECORDS))[:-9], "csv", ApiUnavailable, CUT, TRIES),
    "half a zstd": (by_zstd(as_csv(RECORDS))[:-5], "csv", ApiUnavailable, CUT, TRIES),
    "half a zip": (
        zipped(as_csv(RECORDS))[:-9],
        "csv",
        ApiUnavailable,
        "as zip, and ends too",
        TRIES,
    ),
    "a wrong gzip": (
        gzip.compress(b"a\n1\n")[:-8] + b"\0" * 8,
        "csv",
        ReadError,
        "is packed, and cannot be unpacked: CRC check failed",
        1,
    ),
    "not packed": (
        as_csv(RECORDS),
        {"format": "csv", "compression": "gzip"},
        ReadError,
        "is not packed as gzip, as the resource's compression says",
        1,
    ),
    "an empty gzip": (
        b"",
        {"format": "csv", "compression": "gzip"},
        ApiUnavailable,
        "is empty, where gzip is expected",
        TRIES,
    ),
    "files of JSON": (
        zipped(b"[]", b"[]"),
        None,
        ReadError,
        'is a zip of 2 files, of which it is not known what they are; write "format"',
        1,
    ),
}


@pytest.mark.parametrize(
    ("body", "said", "kind", "told", "tries"), REFUSED.values(), ids=REFUSED.keys()
)
def test_what_it_is_not_is_said_at_once(
    api: Api,
    settings: Settings,
    body: bytes,
    said: Any,
    kind: type[RestsrcError],
    told: str,
    tries: int,
) -> None:
    api.routes["/items"] = lambda _: Answer(body, headers=SPARE)
    acme = connector("acme", api.url, [resource()], reading=reading(said))
    error = failure(acme, settings)
    assert (type(error), len(api.asked)) == (kind, tries)
    assert told in str(error)


BY_HEADER: dict[str, tuple[dict[str, Any], str]] = {
    "a selector": ({"data_selector": "data"}, "is CSV: csv takes no data_selector ('data')"),
    "a link": ({"paginator": "json_link"}, "is CSV: csv has nothing but records, and the pagina"),
}


@pytest.mark.parametrize(("endpoint", "told"), BY_HEADER.values(), ids=BY_HEADER.keys())
def test_what_is_looked_for_beside_records_is_missed_at_once(
    api: Api, settings: Settings, endpoint: dict[str, Any], told: str
) -> None:
    api.routes["/items"] = lambda _: Answer(as_csv(RECORDS), headers=TABLE)
    assert told in str(failure(connector("acme", api.url, [resource(**endpoint)]), settings))
    assert len(api.asked) == 1


def test_what_is_packed_on_the_way_is_unpacked_to_its_end(api: Api, settings: Settings) -> None:
    cut = gzip.compress(as_csv(RECORDS))[:-12]
    api.routes["/items"] = lambda _: Answer(cut, headers={**TABLE, "Content-Encoding": "gzip"})
    error = failure(connector("acme", api.url, [resource()]), settings)
    assert "the gzip of the answer ends too early" in str(error)
    assert len(api.asked) == TRIES


def test_secrets_are_masked_in_what_came(api: Api, settings: Settings) -> None:
    api.routes["/items"] = lambda _: Answer(b"<html>no: hush-hush</html>", headers=SPARE)
    auth = {"type": "bearer", "token": "hush-hush"}
    acme = connector("acme", api.url, [resource()], client={"auth": auth}, reading=reading("csv"))
    error = str(failure(acme, settings))
    assert "hush" not in error
    assert "<html>no: " in error


@pytest.mark.parametrize("packed", ["none", "gzip"])
def test_the_limit_counts_what_is_unpacked(api: Api, settings: Settings, packed: str) -> None:
    body = PACKED[packed](b"a\n" + b"1\n" * 60_000)
    api.routes["/items"] = lambda _: Answer(body, headers=SPARE)
    acme = connector(
        "acme", api.url, [resource()], reading=reading("csv"), http={"max_response_mb": 0.1}
    )
    assert "larger than http.max_response_mb (0.1)" in str(failure(acme, settings))


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_a_report_that_is_being_made_is_waited_for(api: Api, name: str, status: int) -> None:
    done = Answer(FORMATS[name][0](RECORDS), headers=SPARE)
    answers = iter([Answer({"status": "processing"}, status), done])
    api.routes["/items"] = lambda _: next(answers)
    assert read(connector("acme", api.url, [resource()], reading=reading(name))) == RECORDS


def test_a_report_is_waited_for_by_what_json_says_of_it(api: Api, settings: Settings) -> None:
    told = [{"state": "cooking"}, {"state": "served"}]
    answers = iter([*map(Answer, told), Answer(as_csv(RECORDS), headers=TABLE)])
    api.routes["/items"] = lambda _: next(answers)
    said = {"format": "csv", "wait_until": "state != 'cooking'", "every": "0.01 seconds"}
    acme = connector("acme", api.url, [resource()], reading={"items": said})
    assert "is JSON instead of CSV" in str(failure(acme, settings))
    said["wait_until"] = "contains(headers.\"content-type\", 'csv')"
    answers = iter([*map(Answer, told), Answer(as_csv(RECORDS), headers=TABLE)])
    assert read(connector("acme", api.url, [resource()], reading={"items": said})) == RECORDS


def of_pages(records: list[Any], size: int) -> Any:
    def page(asked: Asked) -> Answer:
        at = int(asked.params.get("offset", 0))
        number = int(asked.params.get("page", at // size))
        part = records[number * size : (number + 1) * size]
        header = ",".join(RECORDS[0]).encode() + b"\n"
        more = f'</items?page={number + 1}>; rel="next"'
        link = {"Link": more, "X-Next": str(number + 1)} if records[(number + 1) * size :] else {}
        return Answer(as_csv(part) if part else header, headers={**TABLE, **link})

    return page


PAGINATORS: dict[str, Any] = {
    "a header": "header_link",
    "a guess": "auto",
    "a cursor": {"type": "header_cursor", "cursor_key": "X-Next", "cursor_param": "page"},
    "numbers": {"type": "page_number", "total_path": None, "stop_after_empty_page": True},
    "offsets": {"type": "offset", "limit": 2, "total_path": None, "stop_after_empty_page": True},
}


@pytest.mark.parametrize("paginator", PAGINATORS.values(), ids=PAGINATORS.keys())
def test_csv_has_pages(api: Api, paginator: Any) -> None:
    records = [{"id": str(number), "name": "a", "note": None} for number in range(7)]
    api.routes["/items"] = of_pages(records, 2)
    acme = connector("acme", api.url, [resource()], client={"paginator": paginator})
    assert read(acme) == records


def test_pages_of_xml_are_led_on_by_what_stands_beside_the_records(api: Api) -> None:
    def page(asked: Asked) -> Answer:
        number = int(asked.params.get("page", 1))
        more = f"<next>/items?page={number + 1}</next>" if number < 3 else ""
        body = f"<r><total>3</total><l><i><id>{number}</id></i></l>{more}</r>"
        return Answer(body.encode(), headers={"Content-Type": "text/xml"})

    api.routes["/items"] = page
    paginator = {"type": "json_link", "next_url_path": "r.next"}
    acme = connector(
        "acme",
        api.url,
        [resource(paginator=paginator)],
        reading=reading({"type": "xml", "record": "r/l/i"}),
    )
    assert read(acme) == [{"id": "1"}, {"id": "2"}, {"id": "3"}]


WRONG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a selector": ("csv", {"data_selector": "data"}, "csv takes no data_selector ('data'): each l"),
    "a link": (
        "jsonl",
        {"paginator": {"type": "json_link", "next_url_path": "paging.next"}},
        "jsonl has nothing but records, and the paginator's next_url_path ('paging.next') looks be",
    ),
    "a total": (
        "text",
        {"paginator": {"type": "offset", "limit": 5}},
        "text has nothing but records, and the paginator's total_path ('total') looks beside them; "
        'set it to null, and say where the list ends by "stop_after_empty_page": true',
    ),
    "xml by name": ("xml", {}, 'needs the element of a record; write {"type": "xml", "record":'),
    "a word": ("cvs", {}, "'cvs' is not one of json, jsonl, csv, xml, text; did you mean csv?"),
    "no names": ({"type": "csv", "header": False}, {}, "names: required where there is no header"),
    "two names": ({"type": "csv", "names": ["a", "a"]}, {}, "names: 'a' is there twice"),
    "a word for a sign": ({"type": "csv", "delimiter": "tab"}, {}, "'tab' is not one character"),
    "one sign": ({"type": "csv", "quote": ","}, {}, "delimiter: is the quote or the escape, too"),
    "no encoding": (
        {"type": "text", "encoding": "utf-9"},
        {},
        "'utf-9' is no encoding that Python",
    ),
    "no path": ({"type": "xml", "record": "item"}, {}, "'item' is no path of elements from the ou"),
    "no record": ({"type": "xml"}, {}, "format.record: required: the path of elements from the"),
    "another key": ({"type": "csv", "separator": ";"}, {}, "delimiter"),
}


@pytest.mark.parametrize(("said", "endpoint", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_does_not_go_together_is_refused_by_the_file(
    said: Any, endpoint: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConnectorError) as caught:
        connector("acme", "http://127.0.0.1:9", [resource(**endpoint)], reading=reading(said))
    assert told in str(caught.value)


def test_a_format_may_be_a_variable(api: Api) -> None:
    api.routes["/items"] = lambda _: Answer(as_csv(RECORDS, ";"), headers=SPARE)
    said = {"type": "csv", "delimiter": "${SIGN}"}
    acme = connector("acme", api.url, [resource()], reading=reading(said))
    assert read(in_environment(acme, {"SIGN": ";"})) == RECORDS


def test_json_is_what_has_no_format(api: Api) -> None:
    assert answered(api, Answer(json.dumps(RECORDS).encode(), headers=SPARE)) == RECORDS
