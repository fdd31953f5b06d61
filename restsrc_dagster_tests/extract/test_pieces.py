"""Answers that are too large to be read at once: the same records, in the memory of one piece."""

import gzip
import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restsrc_dagster.errors import RestsrcError, causes
from restsrc_dagster.extract.formats.broken import Broken
from restsrc_dagster.extract.formats.json_windows import JsonWindows, NoList
from restsrc_dagster.extract.response import body, sizes
from restsrc_dagster.extract.response.body_file import BodyFile
from restsrc_dagster_tests.extract.reading import read_with_traffic
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector
from restsrc_dagster_tests.support.written import FORMATS, PACKED, as_csv, as_json, as_lines

RECORDS = [
    {"id": str(number), "name": ("}, {", '"id"', "ä\nb", "[],")[number % 4], "note": None}
    for number in range(400)
]
FACTOR = 1000


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand bytes are as many as a million."""
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    for name in ("AT_ONCE", "JSON_AT_ONCE", "PIECE"):
        monkeypatch.setattr(sizes, name, getattr(sizes, name) // FACTOR // 4)
    monkeypatch.setattr(sizes, "CHUNK", 500)
    monkeypatch.setattr("restsrc_dagster.extract.formats.csv_rows._ROWS", 7)
    monkeypatch.setattr("restsrc_dagster.extract.formats.xml_elements._READ", 500)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[BodyFile]:
    """Those that answers have waited in."""
    made: list[BodyFile] = []
    keep = body.keep_in_file

    def note(response: Any, file: BodyFile, beginning: bytes) -> None:
        made.append(file)
        keep(response, file, beginning)

    monkeypatch.setattr(body, "keep_in_file", note)
    return made


def acme(api: Api, said: Any = None, *, endpoint: Any = None, **keys: Any) -> Any:
    reading = {"items": {"format": said}} if said else {}
    items = {"name": "items", "endpoint": {"path": "items", **(endpoint or {})}}
    return connector("acme", api.url, [items], reading=reading, **keys)


@pytest.mark.parametrize("packed", ["none", "gzip", "zip"])
@pytest.mark.parametrize("name", FORMATS)
def test_records_and_figures_are_those_of_the_whole(
    api: Api, name: str, packed: str, monkeypatch: pytest.MonkeyPatch, files: list[BodyFile]
) -> None:
    write, said = FORMATS[name]
    content = PACKED[packed](write(RECORDS))
    headers = {"Content-Type": "application/octet-stream", "X-Total-Count": str(len(RECORDS))}
    api.routes["/items"] = lambda _: Answer(content, headers=headers)
    records, reading = read_with_traffic(acme(api, said))
    stats, traffic = reading.pages["items"], reading.traffic("items")
    assert records == RECORDS
    assert (stats.pages, stats.records, stats.announced) == (1, len(RECORDS), len(RECORDS))
    assert (traffic.requests, traffic.bytes_received) == (1, len(content))
    assert [file.size for file in files] == ([len(content)] if packed == "none" else [])


NESTED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "the document": ("$", lambda records: records),
    "a list in it": ("data", lambda records: {"meta": {"x": [1, "]"]}, "data": records, "z": "e"}),
    "deeper": ("r.data", lambda records: {"a": None, "r": {"data": records, "data2": []}}),
}
ALIKE = [{"id": 1, "inner": [{"id": 2, "x": [{"id": 3}]}, {"id": 4}]}, {"id": 5, "inner": []}] * 60


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(("selector", "within"), NESTED.values(), ids=NESTED.keys())
def test_a_list_in_a_large_document(
    api: Api, selector: str, within: Callable[[Any], Any], indent: int | None
) -> None:
    api.routes["/items"] = lambda _: Answer(json.dumps(within(ALIKE), indent=indent).encode())
    records, reading = read_with_traffic(acme(api, endpoint={"data_selector": selector}))
    assert [record["id"] for record in records] == [1, 5] * 60
    assert reading.pages["items"].pages == 1


@pytest.mark.parametrize("total", [400, 500])
def test_what_stands_behind_the_list_counts(api: Api, total: int) -> None:
    more = f"/items?page={total}"
    answers = iter([{"data": RECORDS, "total": total, "next": more}, {"data": [], "total": total}])
    api.routes["/items"] = lambda _: Answer(next(answers))
    endpoint = {"data_selector": "data", "paginator": {"type": "json_link"}}
    records, reading = read_with_traffic(acme(api, endpoint=endpoint))
    stats = reading.pages["items"]
    assert (len(records), stats.announced, stats.missing) == (400, total, total - 400)
    assert [asked.params for asked in api.asked] == [{}, {"page": str(total)}]


def told(api: Api, *args: Any, **keys: Any) -> str:
    with pytest.raises(Exception, match="items") as caught:
        read_with_traffic(acme(api, *args, **keys))
    return next(str(one) for one in causes(caught.value) if isinstance(one, RestsrcError))


def test_the_same_large_page_twice_is_told(api: Api) -> None:
    api.routes["/items"] = lambda _: Answer(as_lines(RECORDS))
    pages = {"type": "page_number", "total_path": None, "stop_after_empty_page": True}
    message = told(api, "jsonl", endpoint={"paginator": pages})
    assert "the same page came twice" in message
    assert "gave the same 400 records" in message


def test_a_large_page_that_came_full_is_told(api: Api) -> None:
    api.routes["/items"] = lambda _: Answer(as_lines(RECORDS))
    endpoint = {"params": {"limit": 400}}
    client = {"paginator": "header_link"}
    _, reading = read_with_traffic(acme(api, "jsonl", endpoint=endpoint, client=client))
    (warning,) = reading.pages["items"].warnings
    assert "came full, with 400 records, as limit asks for" in warning


def test_an_offset_goes_on_by_all_records_of_a_large_page(api: Api) -> None:
    def page(asked: Asked) -> Answer:
        at = int(asked.params["offset"])
        return Answer(as_csv(RECORDS[at : at + 150]), headers={"Content-Type": "text/csv"})

    def last(asked: Asked) -> Answer:
        return page(asked) if int(asked.params["offset"]) < 400 else Answer(b"")

    api.routes["/items"] = last
    paginator = {"type": "offset", "limit": 150, "total_path": None, "stop_after_empty_page": True}
    records, _ = read_with_traffic(acme(api, endpoint={"paginator": paginator}))
    assert records == RECORDS
    assert [asked.params["offset"] for asked in api.asked] == ["0", "150", "300", "400"]


BREAKS: dict[str, tuple[bytes, Any, str]] = {
    "a row": (as_csv(RECORDS) + b"1,2\n" + as_csv(RECORDS), "csv", "a row of 2 values"),
    "a line": (as_lines(RECORDS) + b"hello\n", "jsonl", "no JSON in its line 401, which begins"),
    "a gzip": (gzip.compress(as_csv(RECORDS))[:-9], "csv", "is packed, and ends too early"),
    "JSON": (as_json(RECORDS)[:-9], None, "bytes that are no whole JSON"),
    "a list": (as_json(RECORDS)[:-9] + b"]", None, "is JSON that ends too early"),
}


@pytest.mark.parametrize(("content", "said", "message"), BREAKS.values(), ids=BREAKS.keys())
def test_where_it_breaks_off_is_told(api: Api, content: bytes, said: Any, message: str) -> None:
    api.routes["/items"] = lambda _: Answer(content)
    assert message in told(api, said)


@pytest.mark.parametrize("packed", ["none", "gzip"])
def test_the_limit_counts_what_is_unpacked(api: Api, packed: str) -> None:
    api.routes["/items"] = lambda _: Answer(PACKED[packed](as_lines(RECORDS)))
    http = {"max_response_mb": len(as_lines(RECORDS)) / 1e6 - 0.001}
    assert "is larger than http.max_response_mb" in told(api, "jsonl", http=http)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from('ab{"]'), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    records=st.lists(VALUES, max_size=12),
    beside=st.dictionaries(st.sampled_from(["x", "y"]), VALUES),
    indent=st.sampled_from([None, 1]),
    is_ascii=st.booleans(),
    size=st.integers(1, 90),
)
@settings(deadline=None, max_examples=200)
def test_windows_read_what_the_whole_is(
    records: list[Any], beside: Any, indent: Any, is_ascii: bool, size: int
) -> None:
    document = {"x": 1, "data": {"items": records}, **beside}
    text = json.dumps(document, indent=indent, ensure_ascii=is_ascii).encode()
    before, sizes.PIECE = sizes.PIECE, size
    try:
        windows = JsonWindows(BytesIO(text), ["data", "items"])
        pieces = list(windows.pieces())
        assert [record for piece in pieces for record in piece] == json.loads(text)["data"]["items"]
        windows.body["data"]["items"] = records
        assert windows.body == document
        with pytest.raises((Broken, NoList)):
            list(JsonWindows(BytesIO(text[:-2]), ["data", "items"]).pieces())
    finally:
        sizes.PIECE = before


def test_what_is_waited_for_may_stand_beside_a_large_list(api: Api) -> None:
    answers = iter([{"status": "busy", "data": []}, {"data": RECORDS, "status": "done"}])
    api.routes["/items"] = lambda _: Answer(next(answers))
    items = {"name": "items", "endpoint": {"path": "items", "data_selector": "data"}}
    reading = {"items": {"wait_until": "status == 'done'", "at_most": "2 seconds"}}
    records, _ = read_with_traffic(connector("acme", api.url, [items], reading=reading))
    assert records == RECORDS
