"""One load of a connector at a time, over processes, whatever becomes of them."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from restsrc_dagster.errors import ConnectorBusy
from restsrc_dagster.load.destinations import lock
from restsrc_dagster_tests.load.blog import POSTS, Blog
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import Worker
from restsrc_dagster_tests.support.api import Answer, Api, Asked

DEADLINE = 60


@pytest.fixture
def answering(api: Api, blog: Blog) -> Iterator[threading.Event]:
    """The API answers once this is set."""
    event = threading.Event()
    posts = api.routes["/posts"]

    def answer(asked: Asked) -> object:
        event.wait(DEADLINE)
        return posts(asked)

    api.routes["/posts"] = answer
    yield event
    event.set()


@pytest.fixture
def holder(
    warehouse: Warehouse, blog: Blog, api: Api, answering: threading.Event
) -> Iterator[Worker]:
    """A load in another process, called `run 1`, which waits for the API."""
    worker = warehouse.start(blog.url, [POSTS], holder="run 1")
    deadline = time.monotonic() + DEADLINE
    while not api.asked:
        assert worker.poll() is None
        assert time.monotonic() < deadline
    with ExitStack() as stack:
        stack.callback(worker.wait)
        stack.callback(worker.kill)
        yield worker


def test_a_second_load_is_told_who_holds_it_and_asks_nothing(
    blog: Blog,
    api: Api,
    warehouse: Warehouse,
    holder: Worker,
    answering: threading.Event,
) -> None:
    acme = warehouse.connector(blog.url, [POSTS])
    blog.post(1, at=1)
    for _ in range(2):
        with pytest.raises(ConnectorBusy, match="acme is being loaded by run 1; nothing was read"):
            warehouse.load(acme)
    assert len(api.asked) == 1
    answering.set()
    assert holder.wait(DEADLINE) == 0
    assert warehouse.load(acme).resources["posts"].rows_loaded == 0
    assert warehouse.values("SELECT id FROM acme.posts") == [1]


def test_a_killed_holder_blocks_nobody(
    blog: Blog,
    warehouse: Warehouse,
    holder: Worker,
    answering: threading.Event,
) -> None:
    holder.kill()
    holder.wait(DEADLINE)
    answering.set()
    blog.post(1, at=1)
    acme = warehouse.connector(blog.url, [POSTS])
    deadline = time.monotonic() + DEADLINE
    while True:  # PostgreSQL takes a moment to see that its client is gone
        try:
            report = warehouse.load(acme)
            break
        except ConnectorBusy:
            assert time.monotonic() < deadline
    assert report.resources["posts"].rows_in_table == 1


def test_a_failed_load_lets_go(blog: Blog, api: Api, warehouse: Warehouse) -> None:
    acme = warehouse.connector(blog.url, [POSTS])
    posts = api.routes["/posts"]
    api.routes["/posts"] = lambda _: Answer(status=400)
    warehouse.failure(acme)
    api.routes["/posts"] = posts
    blog.post(1, at=1)
    assert warehouse.load(acme).resources["posts"].rows_in_table == 1


def test_a_load_that_begins_while_somebody_looks_waits(
    blog: Blog, duck: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    blog.post(1, at=1)
    acme = duck.connector(blog.url, [POSTS])
    duck.load(acme)
    with duck.pipeline() as pipeline, ExitStack() as looking:
        looking.enter_context(lock.loads_wait(pipeline))
        waited = []
        monkeypatch.setattr(lock.time, "sleep", lambda _: waited.append(looking.close()))
        assert duck.load(acme).resources["posts"].rows_in_table == 1
    assert len(waited) == 1
