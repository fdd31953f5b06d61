"""Waiting for as long as the API says, in every way in which it says so."""

import time
from email.utils import formatdate
from typing import Any

import pytest
import requests

from restsrc_dagster.errors import ApiUnavailable, RestsrcError
from restsrc_dagster.extract.failures import explain
from restsrc_dagster.extract.rate_limits import RateLimit, exhausted, rate_limit
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.extract.reading import RECORDS, read
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

NOW = 1_700_000_000
DATE = {"Date": formatdate(NOW, usegmt=True)}
NONE_LEFT = {"X-RateLimit-Remaining": "0"}


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
        reading.sessions.adapter.tell = told.append
        assert len(list(reading.source)) == 12 + 12 * len(RECORDS)
    under_way = [at for at in arrivals if refused[0] < at < refused[0] + 0.2]
    assert len(under_way) <= 3
    assert [at for at in arrivals if refused[0] + 0.2 < at < refused[0] + 1.5] == []
    assert told == ["the API is waited for, 2 s: it answered 429 (Retry-After)"]


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
    assert "answered 429 after 1 s of waiting and asks to wait 0 s" in str(error)
    assert len(api.asked) == 3


def failure(acme: Any) -> RestsrcError:
    with open_reading(acme, {}) as reading, pytest.raises(Exception) as raised:  # noqa: PT011
        list(reading.source)
    return explain(raised.value, reading.redact)
