"""What a status means by the file: an end, a request that is sent again, a failure; and 404 of a
parent that was listed."""

from collections.abc import Iterator
from typing import Any

import pytest

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ApiUnavailable, ConnectorError, ReadError, RestsrcError
from restsrc_dagster.extract.failures.explain import explain
from restsrc_dagster.extract.response import rules
from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import read
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

BUSY = Answer({"error": {"code": "busy"}}, status=423)
ROWS = {"data": [{"id": 1}]}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.01")


def answers(api: Api, *given: Any) -> None:
    """One after the other; the last one for ever."""
    waiting: Iterator[Any] = iter(given[:-1])
    api.routes["/items"] = lambda _: next(waiting, given[-1])


def acting(api: Api, *actions: Any) -> Any:
    return connector("acme", api.url, [items(response_actions=list(actions))])


def failure(api: Api, *actions: Any) -> RestsrcError:
    with pytest.raises(Exception) as failed:  # noqa: PT011 - what it becomes is looked at
        read(acting(api, *actions))
    assert isinstance(failed.value, Exception)
    return explain(failed.value, Redactor())


@pytest.mark.parametrize(
    ("action", "busy"),
    [
        ({"status_code": 423, "action": "retry"}, BUSY),
        ({"content": "busy", "action": "retry"}, BUSY),
        ({"content": "jmespath: error.code == 'busy'", "action": "retry"}, BUSY),
        ({"status_code": 200, "content": "jmespath: !ready", "action": "retry"}, {"data": []}),
        ({"status_code": 200, "content": "jmespath: ready == `false`", "action": "retry"},
         {"data": [], "ready": False}),
    ],
)  # fmt: skip
def test_a_request_is_sent_again(api: Api, action: Any, busy: Any) -> None:
    answers(api, busy, busy, {**ROWS, "ready": True})
    with open_reading(acting(api, action), {}) as reading:
        assert list(reading.source) == ROWS["data"]
        assert reading.traffic("items").retries == 2


def test_a_content_is_looked_at_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []

    def spying(*_: Any) -> Any:
        return lambda body: looked.append(body)

    monkeypatch.setattr(rules, "predicate", spying)
    answers(api, ROWS)
    read(acting(api, {"content": "jmespath: error", "action": "retry"}))
    assert looked == [ROWS]


def test_it_is_tried_as_often_as_one_that_failed(api: Api) -> None:
    answers(api, BUSY)
    error = failure(api, {"status_code": 423, "action": "retry"})
    assert isinstance(error, ApiUnavailable)  # the run tries again later
    assert "answered status 423, by response_actions[0], until it was tried often enough" in str(
        error
    )
    assert len(api.asked) == 5


def test_a_time_that_the_answer_names_is_waited_for(api: Api) -> None:
    answers(api, Answer({}, status=423, headers={"Retry-After": "9999"}))
    told = str(failure(api, {"status_code": 423, "action": "retry"}))
    assert "asks to wait 9999 s (Retry-After)" in told
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ({"status_code": 402, "action": "fail: the plan has no API"}, "402: the plan has no API"),
        ({"status_code": 402, "action": "fail"}, "answered 402, by response_actions[0]"),
    ],
)
def test_a_failure_in_the_person_s_words(api: Api, action: Any, told: str) -> None:
    answers(api, Answer({"error": "pay"}, status=402))
    assert told in str(failure(api, action))


def test_a_failure_of_a_good_status_and_of_one_that_would_be_tried_again(api: Api) -> None:
    answers(api, {"data": [], "suspended": True})
    suspended = {"content": "jmespath: suspended", "action": "fail: the account is suspended"}
    error = failure(api, suspended)
    assert "answered 200: the account is suspended" in str(error)
    assert isinstance(error, ReadError)
    api.asked.clear()
    answers(api, Answer({"error": "migrated"}, status=503))
    error = failure(api, {"status_code": 503, "content": "migrated", "action": "fail: use v2"})
    assert "503: use v2" in str(error)
    assert len(api.asked) == 1


def test_the_first_that_is_for_an_answer_counts(api: Api) -> None:
    answers(api, Answer({"error": "none"}, status=404))
    first = {"status_code": 404, "content": "none", "action": "ignore"}
    assert read(acting(api, first, {"status_code": 404, "action": "fail: gone"})) == []
    assert "404: gone" in str(failure(api, {"status_code": 404, "action": "fail: gone"}, first))


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ({"status_code": 404, "action": "skip"}, "is not one of ignore, retry, fail"),
        ({"status_code": 404, "action": "retry: soon"}, "is not one of ignore, retry, fail"),
        (
            {"content": "jmespath: a[", "action": "fail"},
            "content: is no JMESPath: it ends too early",
        ),
    ],
)
def test_what_cannot_be_meant(action: Any, message: str) -> None:
    with pytest.raises(ConnectorError) as refused:
        connector("acme", "http://127.0.0.1:9", [items(response_actions=[action])])
    assert message in str(refused.value)


def parents_of(api: Api, count: int, gone: set[int], status: int = 404) -> None:
    api.routes["/parents"] = lambda _: {"data": [{"id": number} for number in range(count)]}

    def child(asked: Asked) -> Any:
        number = int(asked.path.rpartition("/")[2])
        return Answer({}, status=status) if number in gone else {"data": [{"of": number}]}

    for number in range(count):
        api.routes[f"/of/{number}"] = child


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("status", [404, 410])
def test_a_parent_that_is_gone_has_no_children(api: Api, status: int, at_once: int) -> None:
    parents_of(api, 6, {1, 4}, status)
    parents = {**items("parents"), "selected": False}
    child = items("child", path="of/{resources.parents.id}")
    acme = connector("acme", api.url, [parents, child], http={"max_concurrency": at_once})
    with open_reading(acme, {}) as reading:
        assert sorted(row["of"] for row in reading.source) == [0, 2, 3, 5]
        assert reading.pages["child"].gone == 2


@pytest.mark.parametrize(("gone", "fails"), [({0}, False), ({0, 1}, False), ({0, 1, 2}, True)])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_where_most_are_gone_the_child_fails(
    api: Api, settings: Settings, gone: set[int], size: int, fails: bool
) -> None:
    """Whatever page they are on: only the whole shows how many they are."""
    parents_of(api, 4, gone)
    listed = [{"id": number} for number in range(4)]

    def page(asked: Asked) -> Any:
        at = int(asked.params["page"])
        return {"data": listed[at * size : (at + 1) * size]}

    api.routes["/parents"] = page
    parents = items("parents", paginator={"type": "page_number", "total_path": None})
    child = items("child", path="of/{resources.parents.id}")
    acme = connector("acme", api.url, [parents, child])
    report = load(acme, LoadRequest(selection=frozenset(acme.resources)), settings=settings,
                  environment={})  # fmt: skip
    assert set(report.failed) == ({"child"} if fails else set())
    assert ("child" in report.resources) is not fails


def test_a_test_read_tells_that_all_are_gone(api: Api) -> None:
    parents_of(api, 2, {0, 1})
    acme = connector(
        "acme", api.url, [items("parents"), items("child", path="of/{resources.parents.id}")]
    )
    (sample,) = read_samples(acme, {}, resources=["child"], limit=5)
    assert "answered 404" in str(sample.error)
