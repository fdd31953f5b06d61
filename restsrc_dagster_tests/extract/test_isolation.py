"""Guarded resources that are read side by side, in dlt's threads."""

import threading
import time
from typing import Any

import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.extract.failures.isolation import CircuitBreaker, Isolation
from restsrc_dagster.extract.options import ReadOptions
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

CHILDREN = items("children", path="parents/{resources.parents.id}")


def read_in_threads(api: Api, *resources: dict[str, Any]) -> tuple[list[Any], Isolation]:
    acme = connector("acme", api.url, list(resources))
    isolation = isolated(acme)
    return read(acme, isolation), isolation


def isolated(acme: Connector) -> Isolation:
    return Isolation(acme.resources, Redactor(), silence=CircuitBreaker(), failed={})


def read(acme: Connector, isolation: Isolation) -> list[Any]:
    with open_reading(acme, {}, ReadOptions(isolation=isolation)) as reading:
        for resource in reading.source.resources.values():
            if not resource.is_transformer:
                resource.parallelize()
        return list(reading.source)


def wait_for_failure(isolation: Isolation, name: str) -> None:
    deadline = time.monotonic() + 20
    while name not in isolation.stopped:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_they_are_read_side_by_side(api: Api) -> None:
    both_ask = threading.Barrier(2, timeout=20)

    def answer(_: Asked) -> Any:
        both_ask.wait()
        return {"data": [{"id": 1}]}

    api.routes |= {"/a": answer, "/b": answer}
    records, isolation = read_in_threads(api, items("a"), items("b"))
    assert len(records) == 2
    assert not isolation.stopped


def test_the_others_are_read_on(api: Api) -> None:
    def pages(asked: Asked) -> Any:
        page = int(asked.params.get("page", 0))
        if asked.path == "/b" and page == 2:
            return Answer(status=404)
        more = {"next": f"{asked.path}?page={page + 1}"} if page < 5 else {}
        return {"data": [{"of": asked.path, "page": page}], **more}

    api.routes |= {f"/{name}": pages for name in "abc"}
    resources = [items(name, paginator="json_link") for name in "abc"]
    records, isolation = read_in_threads(api, *resources)
    assert set(isolation.stopped) == {"b"}
    of_others = [record for record in records if record["of"] != "/b"]
    assert len(of_others) == 12
    assert api.paths().count("/b") == 3


def test_what_waits_for_a_thread_is_not_asked_any_more(api: Api) -> None:
    api.routes["/parents"] = lambda _: {"data": [{"id": number} for number in range(100)]}
    _, isolation = read_in_threads(api, items("parents"), {**CHILDREN, "parallelized": True})
    assert set(isolation.stopped) == {"children"}
    assert len(api.asked) <= 10, "20 wait, for five threads"


@pytest.mark.parametrize("parallelized", [False, True])
def test_one_that_is_stopped_in_the_middle_of_a_request(api: Api, parallelized: bool) -> None:
    """Its thread is waited for, without holding up the others: a generator at work cannot end."""
    cursor = {"incremental": {"cursor_path": "id", "initial_value": 0}}
    parent = items("parents", paginator="json_link", **cursor)
    acme = connector("acme", api.url, [parent, {**CHILDREN, "parallelized": parallelized}])
    isolation = isolated(acme)
    in_the_middle = threading.Event()

    def parents(asked: Asked) -> Any:
        if "page" not in asked.params:
            return {"data": [{"id": 1}], "next": "/parents?page=1"}
        in_the_middle.set()
        wait_for_failure(isolation, "children")
        return {"data": [{"id": 2}], "next": "/parents?page=2"}

    def child(_: Asked) -> Answer:
        assert in_the_middle.wait(20)
        return Answer(status=404)

    api.routes |= {"/parents": parents, "/parents/1": child}
    read(acme, isolation)
    assert set(isolation.stopped) == {"parents", "children"}
    assert sorted(api.paths()) == ["/parents", "/parents", "/parents/1"]
