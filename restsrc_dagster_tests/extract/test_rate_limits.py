"""Waiting for as long as the API says, in every way in which it says so."""

import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from itertools import pairwise
from typing import Any

import pytest
import requests
import urllib3

from restsrc_dagster.errors import ApiUnavailable, RestsrcError
from restsrc_dagster.extract.failures.explain import explain
from restsrc_dagster.extract.http.rate_limits import RateLimit, exhausted, left, rate_limit
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.extract.reading import RECORDS, read
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

NOW = 1_700_000_000
DATE = {"Date": formatdate(NOW, usegmt=True)}
NONE_LEFT = {"X-RateLimit-Remaining": "0"}
SECONDS = 60
"""Until a test gives up."""


def answered(status: int, headers: dict[str, str]) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    return response


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "120"}, 120),
        (429, {"Retry-After": " 2.5 "}, 2.5),
        (429, {"Retry-After": "0"}, 0),
        (429, {"Retry-After": "-1"}, 0),
        (429, {"Retry-After": formatdate(NOW + 30, usegmt=True)}, 30),
        (429, {"Retry-After": formatdate(NOW - 30, usegmt=True)}, 0),
        (429, {"Retry-After": "2023-11-14T22:13:40Z"}, 20),
        (429, {"Retry-After": "1m30s"}, 90),
        (429, {"Retry-After-Ms": "1500"}, 1.5),
        (503, {"Retry-After": "7"}, 7),
        (403, {"Retry-After": "7"}, 7),
        (408, {"Retry-After": "7"}, 7),
        (429, {"X-RateLimit-Reset": "30"}, 30),
        (429, {"X-RateLimit-Reset": str(NOW + 30)}, 30),
        (429, {"X-RateLimit-Reset": f"{NOW + 30}.5"}, 30.5),
        (429, {"X-RateLimit-Reset": str((NOW + 30) * 1000)}, 30),
        (429, {"X-RateLimit-Reset": "2023-11-14T22:13:40Z"}, 20),
        (429, {"X-Rate-Limit-Reset": "9"}, 9),
        (429, {"X-RateLimit-Reset-After": "1.25", "X-RateLimit-Reset": str(NOW + 99)}, 1.25),
        (429, {"RateLimit-Reset": "12"}, 12),
        (429, {"RateLimit": "limit=100, remaining=0, reset=5"}, 5),
        (429, {"RateLimit": '"default";r=0;t=8'}, 8),
        (403, {**NONE_LEFT, "X-RateLimit-Reset": str(NOW + 40)}, 40),
        (429, {"Retry-After": "3", "X-RateLimit-Reset": "99"}, 3),
    ],
)
def test_what_a_refusal_says(status: int, headers: dict[str, str], seconds: float) -> None:
    limit = rate_limit(answered(status, DATE | headers))
    assert limit is not None
    assert limit.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {}),
        (429, {"Retry-After": "soon"}),
        (403, {"X-RateLimit-Remaining": "17", "X-RateLimit-Reset": "30"}),
        (401, {"X-RateLimit-Reset": "30"}),
        (200, {"Retry-After": "5"}),
    ],
)
def test_what_says_nothing(status: int, headers: dict[str, str]) -> None:
    assert rate_limit(answered(status, DATE | headers)) is None


def test_a_good_answer_that_uses_up_the_limit() -> None:
    headers = {**NONE_LEFT, "X-RateLimit-Reset": "4"}
    assert exhausted(answered(200, headers)) == RateLimit(4, "x-ratelimit-reset")
    assert exhausted(answered(200, {"X-RateLimit-Remaining": "1"})) is None
    assert exhausted(answered(200, NONE_LEFT)) is None


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "30"}, (7, 30)),
        ({"RateLimit": '"default";r=3;t=8'}, (3, 8)),
        ({"X-RateLimit-Remaining": "7"}, (7, None)),
        ({"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "30"}, None),
        ({"X-RateLimit-Reset": "30"}, None),
        ({}, None),
    ],
)
def test_what_is_left(headers: dict[str, str], found: Any) -> None:
    assert left(answered(200, DATE | headers)) == found


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "1"}, 1),
        (429, {"Retry-After": "0.3"}, 0.3),
        (403, {**NONE_LEFT, "X-RateLimit-Reset": "1"}, 1),
        (503, {"RateLimit-Reset": "1", "Retry-After": "0.2"}, 0.2),
    ],
)
def test_it_is_waited_out(api: Api, status: int, headers: dict[str, str], wait: float) -> None:
    arrivals: list[float] = []

    def answer(_: Asked) -> Any:
        arrivals.append(time.monotonic())
        return {"data": RECORDS} if len(arrivals) > 1 else Answer(status=status, headers=headers)

    api.routes["/items"] = answer
    assert read(connector("acme", api.url)) == RECORDS
    assert arrivals[1] - arrivals[0] >= wait


def test_a_limit_that_is_used_up_is_not_tried(api: Api) -> None:
    """The next request comes after the reset: no 429 is ever met."""
    arrivals: list[float] = []

    def answer(asked: Asked) -> Any:
        arrivals.append(time.monotonic())
        number = int(asked.params["page"])
        headers = {**NONE_LEFT, "X-RateLimit-Reset": "0.4"}
        return Answer({"data": RECORDS[number : number + 1], "pages": 2}, headers=headers)

    api.routes["/items"] = answer
    paginator = {"type": "page_number", "base_page": 0, "total_path": "pages"}
    assert read(connector("acme", api.url, client={"paginator": paginator})) == RECORDS[:2]
    assert arrivals[1] - arrivals[0] >= 0.4


def test_one_refusal_slows_all_requests_of_the_connector_and_is_told_once(api: Api) -> None:
    """Children that are read side by side wait together for the one that was refused."""
    arrivals: list[float] = []
    refused: list[float] = []

    def answer(_: Asked) -> Any:
        now = time.monotonic()
        arrivals.append(now)
        if not refused:
            refused.append(now)
            return Answer(status=429, headers={"Retry-After": "1.5"})
        time.sleep(0.05)
        return {"data": RECORDS}

    api.routes["/parents"] = lambda _: {"data": [{"id": number} for number in range(12)]}
    api.routes |= {f"/parents/{number}/items": answer for number in range(12)}
    child = items(path="parents/{resources.parents.id}/items") | {"parallelized": True}
    told: list[str] = []
    acme = connector("acme", api.url, [items("parents"), child], http={"max_concurrency": 4})
    with open_reading(acme, {}) as reading:
        reading.sessions.adapter.budget.on_message = told.append
        assert len(list(reading.source)) == 12 + 12 * len(RECORDS)
    under_way = [at for at in arrivals if refused[0] < at < refused[0] + 0.2]
    assert len(under_way) <= 3
    assert [at for at in arrivals if refused[0] + 0.2 < at < refused[0] + 1.5] == []
    assert told == ["the API is waited for, 1.5 s: it answered 429 (Retry-After)"]


class Refusal:
    """Children of a parent; the first of them but one is refused when `ready`, with its body only
    when the person was told. Nothing may be sent then."""

    def __init__(self, api: Api, ready: Callable[[], object]) -> None:
        self.told = threading.Event()
        self.after: list[float] = []
        self._ready = ready
        self._refused_at = 0.0
        self._lock = threading.Lock()
        api.routes["/parents"] = lambda _: {"data": [{"id": number} for number in range(12)]}
        api.routes |= {f"/parents/{number}/items": self for number in range(12)}
        self._api = api

    def __call__(self, asked: Asked) -> Any:
        if self.told.is_set():
            self.after.append(time.monotonic() - self._refused_at)
        elif asked.path != "/parents/0/items":
            with self._lock:
                is_first, self._refused_at = not self._refused_at, time.monotonic()
            self._ready()
            if is_first:
                headers = {"Retry-After": "1.5"}
                return Answer({}, status=429, headers=headers, on_half=self._until_told)
            self._until_told()
        return {"data": RECORDS}

    def _until_told(self) -> None:
        assert self.told.wait(SECONDS)

    def read(self, at_once: int) -> None:
        child = items(path="parents/{resources.parents.id}/items")
        http = {"max_concurrency": at_once}
        acme = connector("acme", self._api.url, [items("parents"), child], http=http)
        with open_reading(acme, {}) as reading:
            reading.sessions.adapter.budget.on_message = lambda _: self.told.set()
            assert len(list(reading.source)) == 12 + 12 * len(RECORDS)
            assert reading.traffic("items").requests == 13


def test_nothing_is_sent_once_the_head_of_a_refusal_has_come(api: Api) -> None:
    barrier = threading.Barrier(3, timeout=SECONDS)
    refusal = Refusal(api, barrier.wait)
    refusal.read(at_once=3)
    assert min(refusal.after) >= 1.5


def test_what_waits_for_its_connection_is_not_sent_either(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its turn came before the refusal; it is connected after it."""
    connect, connects = urllib3.util.connection.create_connection, threading.Event()
    refusal = Refusal(api, lambda: connects.wait(SECONDS))

    def slowly(*args: Any, **kwargs: Any) -> Any:
        if "/parents/0/items" in api.paths():
            connects.set()
            assert refusal.told.wait(SECONDS)
        return connect(*args, **kwargs)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", slowly)
    refusal.read(at_once=2)
    assert connects.is_set()
    assert min(refusal.after) >= 1.5


def test_a_limit_that_is_met_again_and_again_refuses_hardly_more_than_one_each_time(
    api: Api,
) -> None:
    """Ten are granted, then none for a while, and so on; eight are sent at once at first."""
    lock = threading.Lock()
    windows, refused, until = [0], 0, 0.0

    def answer(_: Asked) -> Any:
        nonlocal refused, until
        with lock:
            now = time.monotonic()
            if windows[-1] == 10 and until and now >= until:
                windows.append(0)
                until = 0.0
            if windows[-1] < 10:
                windows[-1] += 1
                return {"data": RECORDS}
            refused += 1
            until = until or now + 0.3
            return Answer(status=429, headers={"Retry-After": "0.3"})

    api.routes["/parents"] = lambda _: {"data": [{"id": number} for number in range(60)]}
    api.routes |= {f"/parents/{number}/items": answer for number in range(60)}
    child = items(path="parents/{resources.parents.id}/items")
    acme = connector("acme", api.url, [items("parents"), child], http={"max_concurrency": 8})
    assert len(read(acme)) == 60 + 60 * len(RECORDS)
    assert len(windows) == 6
    # One that was under way may come late on a busy machine; without a common pause all eight do.
    assert refused <= 8 + 3 * 4


def test_no_more_are_under_way_than_are_left(api: Api) -> None:
    """One is left, and all the others would come side by side."""
    overtaken = threading.Event()
    inside: list[str] = []

    def answer(asked: Asked) -> Any:
        inside.append(asked.path)
        if len(inside) > 1:
            overtaken.set()
        if len(api.asked) == 3:
            overtaken.wait(0.3)
        inside.remove(asked.path)
        headers = {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "600"}
        return Answer({"data": RECORDS}, headers=headers)

    api.routes["/parents"] = lambda _: {"data": [{"id": number} for number in range(12)]}
    api.routes |= {f"/parents/{number}/items": answer for number in range(12)}
    child = items(path="parents/{resources.parents.id}/items")
    acme = connector("acme", api.url, [items("parents"), child], http={"max_concurrency": 4})
    assert len(read(acme)) == 12 + 12 * len(RECORDS)
    assert not overtaken.is_set()


def test_who_says_now_and_does_not_mean_it_is_asked_less_and_less(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.2")
    arrivals: list[float] = []

    def answer(_: Asked) -> Any:
        arrivals.append(time.monotonic())
        return Answer(status=429, headers={"Retry-After": "0"})

    api.routes["/items"] = answer
    assert isinstance(failure(connector("acme", api.url)), ApiUnavailable)
    gaps = [after - before for before, after in pairwise(arrivals)]
    assert all(gap >= 0.2 * 2**at for at, gap in enumerate(gaps))
    assert len(gaps) == 4


@pytest.mark.parametrize("headers", [{"Retry-After": "3600"}, {"X-RateLimit-Reset": "3600"}])
def test_longer_than_allowed_is_told_at_once(api: Api, headers: dict[str, str]) -> None:
    api.routes["/items"] = lambda _: Answer(status=429, headers=headers)
    began = time.monotonic()
    error = failure(connector("acme", api.url))
    assert isinstance(error, ApiUnavailable)
    assert str(error).startswith("items: the API answered 429 and asks to wait 3600 s (")
    assert str(error).endswith("); http.max_wait_seconds allows 900")
    assert (time.monotonic() - began < 60, len(api.asked)) == (True, 1)


def test_waits_add_up_to_what_is_allowed(api: Api) -> None:
    api.routes["/items"] = lambda _: Answer(status=429, headers={"Retry-After": "0.4"})
    error = failure(connector("acme", api.url, http={"max_wait_seconds": 1}))
    assert "answered 429 after 0.8 s of waiting and asks to wait 0.4 s" in str(error)
    assert len(api.asked) == 3


def failure(acme: Any) -> RestsrcError:
    with open_reading(acme, {}) as reading, pytest.raises(Exception) as raised:  # noqa: PT011
        list(reading.source)
    return explain(raised.value, reading.redact)
