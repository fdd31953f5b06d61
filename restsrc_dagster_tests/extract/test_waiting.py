"""What requests wait for, by the clock, and what they cost."""

import gzip
import json
import threading
import time
from typing import Any

import pytest

from restsrc_dagster.extract.stats.waits import Wait, Waits
from restsrc_dagster_tests.extract.reading import read_with_traffic
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

PAGES = {"type": "page_number", "base_page": 1, "total_path": "pages"}
PAUSE = 0.4


def numbered(asked: Asked) -> Any:
    return {"pages": 9, "data": [{"id": int(asked.params["page"])}]}


def test_waits_side_by_side_count_once() -> None:
    waits, together = Waits(), threading.Barrier(5)

    def wait() -> None:
        with waits.held(Wait.RETRY, "status 503"):
            together.wait()
            time.sleep(0.2)

    threads = [threading.Thread(target=wait) for _ in range(5)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.2 <= waits.seconds(Wait.RETRY) <= time.monotonic() - started
    assert waits.seconds(Wait.ANSWER) == 0
    assert waits.longest(Wait.RETRY) is None


def test_a_wait_that_goes_on_is_seen_with_the_one_that_began_first() -> None:
    waits = Waits()
    with waits.held(Wait.ANSWER, "posts"), waits.held(Wait.ANSWER, "comments"):
        before = waits.seconds(Wait.ANSWER)
        held = waits.longest(Wait.ANSWER)
        assert held is not None
        assert (held.detail, waits.detail(Wait.ANSWER)) == ("posts", "comments")
        assert waits.seconds(Wait.ANSWER) > before
    with pytest.raises(ValueError, match="broken"), waits.held(Wait.ANSWER, "posts"):
        raise ValueError("broken")
    assert waits.longest(Wait.ANSWER) is None
    assert waits.seconds(Wait.ANSWER) == waits.seconds(Wait.ANSWER) > 0


def test_a_rate_limit_that_all_threads_sit_out_is_waited_for_once(api: Api) -> None:
    refused = iter([True])

    def answer(asked: Asked) -> Any:
        if asked.params["page"] == "3" and next(refused, False):
            return Answer({}, status=429, headers={"Retry-After": str(PAUSE)})
        return numbered(asked)

    api.routes["/items"] = answer
    acme = connector("acme", api.url, [items(paginator=PAGES)], http={"max_concurrency": 6})
    started = time.monotonic()
    records, reading = read_with_traffic(acme)
    took = time.monotonic() - started
    waits = reading.sessions.adapter.metrics.waits
    assert len(records) == 9
    assert 0 < waits.seconds(Wait.RATE_LIMIT) <= took
    assert waits.detail(Wait.RATE_LIMIT) == "Retry-After"
    assert waits.seconds(Wait.RETRY) == waits.seconds(Wait.BUDGET) == 0
    assert reading.traffic("items").retries == 1
    assert 0 < waits.seconds(Wait.ANSWER) <= took


def test_the_connectors_own_budget_is_no_rate_limit(api: Api) -> None:
    api.routes["/items"] = numbered
    resource = items(paginator={**PAGES, "maximum_page": 4})
    acme = connector("acme", api.url, [resource], http={"requests_per_second": 4})
    _, reading = read_with_traffic(acme)
    waits = reading.sessions.adapter.metrics.waits
    assert waits.seconds(Wait.BUDGET) > 0
    assert waits.seconds(Wait.RATE_LIMIT) == waits.seconds(Wait.RETRY) == 0
    assert reading.traffic("items").retries == 0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer({}, status=503), "status 503"),
        (Answer({}, status=429, headers={"Retry-After": "0"}), "status 429"),
        (Answer(b"[{"), "no JSON"),
        (Answer(fault="reset"), "a broken connection"),
    ],
)
def test_retries_are_counted_with_their_reason(
    api: Api, monkeypatch: pytest.MonkeyPatch, answer: Answer, reason: str
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.05")
    answers = iter([answer, answer])
    api.routes["/items"] = lambda _: next(answers, {"data": [{"id": 1}]})
    _, reading = read_with_traffic(connector("acme", api.url))
    traffic, waits = reading.traffic("items"), reading.sessions.adapter.metrics.waits
    assert (traffic.requests, traffic.retries, traffic.pages) == (3, 2, 1)
    assert waits.seconds(Wait.RETRY) >= 0.15
    assert waits.detail(Wait.RETRY) == reason
    assert waits.seconds(Wait.RATE_LIMIT) == 0


def test_an_api_that_takes_too_long_is_a_time_out(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")
    slow, over = iter([True]), threading.Event()

    def answer(_: Asked) -> Any:
        if next(slow, False):
            over.wait(20)
        return {"data": [{"id": 1}]}

    api.routes["/items"] = answer
    acme = connector("acme", api.url, http={"timeout_seconds": 0.5})
    _, reading = read_with_traffic(acme)
    over.set()
    assert reading.sessions.adapter.metrics.waits.detail(Wait.RETRY) == "a time-out"


def test_bytes_are_those_of_the_bodies_without_compression(api: Api) -> None:
    body = json.dumps({"data": [{"id": 1, "text": "x" * 5000}]}).encode()
    api.routes["/items"] = lambda _: Answer(
        gzip.compress(body), headers={"Content-Encoding": "gzip"}
    )
    _, reading = read_with_traffic(connector("acme", api.url))
    assert reading.traffic("items").bytes_received == len(body)
    limited = connector("acme", api.url, http={"max_response_mb": 1})
    _, reading = read_with_traffic(limited)
    assert reading.traffic("items").bytes_received == len(body)
