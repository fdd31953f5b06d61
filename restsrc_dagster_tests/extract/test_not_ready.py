"""A 202, and what says no more than that it is being made, is waited for and is no page."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from restsrc_dagster.errors import ApiUnavailable
from restsrc_dagster.extract.progress import waited, waiting
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import RECORDS, load_all, read, read_with_traffic
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

NOT_YET: dict[str, Answer] = {
    "an empty 202": Answer(b"", status=202),
    "an empty object": Answer({}, status=202),
    "words": Answer(b"try later", status=202, headers={"Content-Type": "text/plain"}),
    "a 202 with a job": Answer({"job": 5, "links": ["a"], "status": "accepted"}, status=202),
    "a 202 with an empty list": Answer({"data": []}, status=202),
    "a 202 with a part": Answer({"data": [{"id": 1}], "status": "running"}, status=202),
    "200, processing": Answer({"status": "processing"}),
    "200, in progress": Answer({"state": "IN_PROGRESS", "progress": 40, "message": "soon"}),
    "200, a job with links": Answer({"state": "running", "links": [{"rel": "self"}]}),
    "200, a job": Answer({"id": "5f0", "status": "Queued", "url": None, "data": None}),
}
WAIT = {"max_wait_seconds": 20}
IMPATIENT = {"max_wait_seconds": 0.5}


class Slow:
    """Answers so often that it is not ready; then as `route`, and again after each change."""

    def __init__(self, first: Answer, times: int, route: Callable[[Asked], Any]) -> None:
        self.left = times
        self._first, self._route = first, route

    def __call__(self, asked: Asked) -> Any:
        self.left -= 1
        return self._first if self.left >= 0 else self._route(asked)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")


@pytest.mark.parametrize("name", NOT_YET)
@pytest.mark.parametrize(
    ("selector", "method"), [("data", "POST"), (None, "GET")], ids=["selector", "none"]
)
def test_it_is_waited_for(api: Api, name: str, selector: str | None, method: str) -> None:
    api.routes["/items"] = Slow(NOT_YET[name], 2, lambda _: {"data": RECORDS})
    body = {"json": {"q": 1}} if method == "POST" else {}
    resource = items(data_selector=selector, method=method, **body)
    rows, reading = read_with_traffic(connector("acme", api.url, [resource], http=WAIT))
    assert rows == RECORDS
    assert [asked.method for asked in api.asked] == [method] * 3
    traffic = reading.traffic("items")
    assert (traffic.requests, traffic.retries, traffic.pages) == (3, 2, 1)


@pytest.mark.parametrize("name", ["an empty 202", "words", "200, processing"])
def test_no_table_is_emptied_or_filled_by_it(api: Api, settings: Settings, name: str) -> None:
    acme = connector("acme", api.url, [items(data_selector=None)], http=IMPATIENT)
    api.routes["/items"] = lambda _: {"data": RECORDS}
    assert load_all(acme, settings).resources["items"].rows_in_table == 7
    api.routes["/items"] = lambda _: NOT_YET[name]
    with pytest.raises(ApiUnavailable) as raised:
        load_all(acme, settings)
    told = str(raised.value)
    assert told.startswith(f"items: {api.url}/items is not ready yet: it answered 20")
    assert " after 0.5 s of waiting; http.max_wait_seconds allows 0.5" in told
    assert ('data_selector "$"' in told) == name.startswith("200")
    api.routes["/items"] = lambda _: {"data": RECORDS[:3]}
    assert load_all(acme, settings).resources["items"].rows_in_table == 3


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("answer", [Answer(b"", status=202), Answer({"status": "pending"})])
def test_below_a_parent(api: Api, settings: Settings, answer: Answer, at_once: int) -> None:
    """On the first page and on a later one."""

    def parts(asked: Asked) -> Any:
        page = int(asked.params["page"])
        return {"data": [{"of": asked.path, "at": page}] if page < 2 else []}

    api.routes["/posts"] = lambda _: {"data": [{"id": number} for number in range(6)]}
    api.routes |= {f"/posts/{number}": Slow(answer, number % 3, parts) for number in range(6)}
    paginator = {"type": "page_number", "total_path": None}
    child = items("parts", path="posts/{resources.posts.id}", paginator=paginator)
    http = {**WAIT, "max_concurrency": at_once}
    report = load_all(connector("acme", api.url, [items("posts"), child], http=http), settings)
    assert report.resources["parts"].rows_in_table == 12

    api.routes["/posts/3"] = Slow(answer, 10_000, parts)
    http = {**IMPATIENT, "max_concurrency": at_once}
    acme = connector("acme", api.url, [items("posts"), child], http=http)
    with pytest.raises(ApiUnavailable, match=r"^parts: .*/posts/3\?page=0 is not ready yet: it"):
        load_all(acme, settings)


def test_a_status_of_something_with_a_list_is_none_of_the_answer(api: Api) -> None:
    api.routes["/items"] = lambda _: {"status": "running", "steps": [{"id": 1}]}
    with pytest.raises(Exception, match="nothing is at data_selector 'data': the answer has the k"):
        read(connector("acme", api.url))
    assert len(api.asked) == 1


def test_as_long_as_the_api_says(api: Api) -> None:
    first = Answer(b"", status=202, headers={"Retry-After": "1"})
    api.routes["/items"] = Slow(first, 1, lambda _: {"data": RECORDS})
    began = time.monotonic()
    assert read(connector("acme", api.url, http=WAIT)) == RECORDS
    assert time.monotonic() - began >= 1


def test_longer_than_allowed_is_told_at_once(api: Api, settings: Settings) -> None:
    answer = Answer({"status": "queued"}, status=202, headers={"Retry-After": "3600"})
    api.routes["/items"] = lambda _: answer
    with pytest.raises(ApiUnavailable) as raised:
        load_all(connector("acme", api.url), settings)
    assert str(raised.value) == (
        f"items: {api.url}/items is not ready yet: it answered 202, status: queued, and asks to "
        "wait 3600 s; http.max_wait_seconds allows 900"
    )
    assert len(api.asked) == 1


def test_a_deployment_that_tries_once_does_not_wait(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    api.routes["/items"] = lambda _: Answer(b"", status=202)
    with pytest.raises(Exception, match=r"is not ready yet: it answered 202; http\.max_wait_sec"):
        read(connector("acme", api.url))
    assert len(api.asked) == 1


@pytest.mark.parametrize("action", [{"status_code": 202}, {"content": "processing"}])
def test_it_may_be_ignored(api: Api, action: dict[str, Any]) -> None:
    api.routes["/items"] = lambda _: Answer({"status": "processing"}, status=202)
    ignored = items(response_actions=[{**action, "action": "ignore"}])
    assert read(connector("acme", api.url, [ignored])) == []
    assert len(api.asked) == 1


PAGES: list[tuple[Any, str | None, Any]] = [
    ({"data": RECORDS}, "data", RECORDS),
    ({"data": RECORDS}, None, RECORDS),
    (RECORDS, None, RECORDS),
]


@pytest.mark.parametrize(("body", "selector", "rows"), PAGES)
def test_a_202_with_records_is_a_page(api: Api, body: Any, selector: str | None, rows: Any) -> None:
    """Some answer a search so, when it is done."""
    api.routes["/items"] = lambda _: Answer(body, status=202)
    assert read(connector("acme", api.url, [items(data_selector=selector)])) == rows


READY: list[tuple[Any, dict[str, Any], Any]] = [
    ({"id": 7, "status": "pending"}, {"path": "orders/7"}, None),
    ({"id": 7, "status": "pending"}, {"params": {"id": 7}}, None),
    ({"status": "pending"}, {"data_selector": "$"}, None),
    ({"status": "pending", "amount": 5}, {}, None),
    ({"status": "done", "message": "ready"}, {}, None),
    ({"status": "pending", "message": "x"}, {"params": {"status": "pending"}}, None),
    ({"status": "pending", "data": []}, {}, []),
    ({"status": "pending", "data": []}, {"data_selector": "data"}, []),
    ({"status": "running", "data": [{"id": 1}]}, {"data_selector": "data"}, [{"id": 1}]),
    ({"status": "running", "step": {"id": 1}}, {"data_selector": "step"}, [{"id": 1}]),
]


@pytest.mark.parametrize(("body", "endpoint", "rows"), READY)
def test_what_is_a_record_or_a_list_is_not_waited_for(
    api: Api, body: Any, endpoint: dict[str, Any], rows: Any
) -> None:
    resource = items(**{"data_selector": None, **endpoint})
    api.routes["/" + resource["endpoint"]["path"]] = lambda _: body
    assert read(connector("acme", api.url, [resource])) == ([body] if rows is None else rows)
    assert len(api.asked) == 1


def test_lists_that_may_be_left_out_are_not_left_out_by_it(api: Api) -> None:
    first = Answer({"status": "processing", "page": 1, "filter": {"a": 1}})
    api.routes["/items"] = Slow(first, 1, lambda _: {"page": 1})
    http = {**WAIT, "allow_missing_selector": ["items"]}
    assert read(connector("acme", api.url, http=http)) == []
    assert len(api.asked) == 2


def test_what_is_waited_for_is_told(api: Api) -> None:
    answer = Answer({"status": "processing"}, status=202, headers={"Retry-After": "2"})
    api.routes["/items"] = Slow(answer, 1, lambda _: {"data": RECORDS})
    lines: list[str] = []
    with open_reading(connector("acme", api.url, http=WAIT), {}) as reading:
        waits = reading.sessions.adapter.metrics.waits

        def watch() -> None:
            while not reading.pages["items"].records:
                lines.append(waiting(waits, at_least=0.5))
                time.sleep(0.05)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        assert list(reading.source) == RECORDS
        thread.join()
        told = waited(waits)
    what = "what is not ready yet (items answered 202, status: processing)"
    assert f"waiting for {what} for 1 s" in lines
    assert told == f"waited 2 s for {what}"
