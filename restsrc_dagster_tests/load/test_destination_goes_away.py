"""A destination that goes away while a load is going: what was read is not thrown away."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import psycopg2
import pytest
from dlt.common.destination.client import RunnableLoadJob
from dlt.destinations.exceptions import DatabaseTransientException
from dlt.destinations.insert_job_client import InsertValuesLoadJob
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.load.load import Load
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.errors import ConnectorBusy, DestinationUnavailable
from restsrc_dagster.load import commit
from restsrc_dagster.load.destinations import open_file
from restsrc_dagster.load.progress import Phase
from restsrc_dagster.load.state.refresh import RefreshIntent
from restsrc_dagster_tests.load.blog import COMMENTS, POSTS, Blog
from restsrc_dagster_tests.load.test_destination_away import SHELL
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.postgres import Postgres

POST_IDS = "SELECT id FROM acme.posts"
TAGS = "SELECT value FROM acme.posts__tags"
KEY_OF_THE_LOCK = (
    "SELECT classid::bigint << 32 | objid::bigint FROM pg_locks WHERE locktype = 'advisory'"
)
END_THE_SESSION = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'the test'"
)
Away = Callable[[], None]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "POLL_SECONDS", 0.05)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def restart(postgres_server: Postgres, told: list[str]) -> Iterator[Away]:
    """Stop the server; it is started again when the load has said that it waits."""
    threads = []

    def start() -> None:
        while not told:
            threading.Event().wait(0.05)
        postgres_server.start()

    def away() -> None:
        postgres_server.stop()
        threads.append(threading.Thread(target=start))
        threads[-1].start()

    yield away
    told.append("the test ends")
    for thread in threads:
        thread.join()


def once(patch: pytest.MonkeyPatch, owner: Any, method: str, do: Away, *, after: bool) -> None:
    """Do something the first time that a method is called, before or after."""
    original, done = getattr(owner, method), []

    def doing(*args: Any, **keys: Any) -> Any:
        first, result = not done, None
        done.append(True)
        if after:
            result = original(*args, **keys)
        if first:
            do()
        return result if after else original(*args, **keys)

    patch.setattr(owner, method, doing)


POINTS = {
    "between extract and load": (Pipeline, "normalize", True),
    "when nothing is committed": (RunnableLoadJob, "run_managed", False),
    "when a table is committed": (RunnableLoadJob, "_release", True),
    "when all tables are": (Load, "complete_package", False),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_restart_of_the_database_is_waited_for(
    blog: Blog,
    elephant: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    restart: Away,
    told: list[str],
    point: str,
) -> None:
    acme = elephant.connector(blog.url, [POSTS, COMMENTS])
    blog.post(1, at=1, tags=["a"], comments="x")
    elephant.load(acme)
    blog.post(2, at=2, tags=["b", "c"], comments="yz")
    blog.asked()
    owner, method, after = POINTS[point]
    once(monkeypatch, owner, method, restart, after=after)
    report = elephant.load(acme, on_message=told.append)
    assert told == ["the destination is away: it is waited for, and tried again"]
    assert report.seconds_by_phase[Phase.DESTINATION_DOWN] > 0
    assert report.resources["posts"].rows_loaded == 1
    assert blog.asked() == ["/posts?since=1", "/posts/2/comments"], "nothing is read again"
    assert elephant.values(POST_IDS) == [1, 2]
    assert elephant.values(TAGS) == ["a", "b", "c"]
    assert elephant.values("SELECT text FROM acme.comments") == ["x", "y", "z"]
    assert elephant.load(acme).resources["posts"].rows_loaded == 0


def lose_the_answer() -> None:
    raise DatabaseTransientException(psycopg2.OperationalError("the connection is lost"))


@pytest.mark.parametrize(
    ("owner", "method"),
    [(InsertValuesLoadJob, "run"), (SqlJobClientBase, "complete_load")],
    ids=["of a table", "of the whole"],
)
def test_a_commit_whose_answer_is_lost_doubles_nothing(
    blog: Blog, elephant: Warehouse, monkeypatch: pytest.MonkeyPatch, owner: Any, method: str
) -> None:
    acme = elephant.connector(blog.url, [POSTS])
    blog.post(1, at=1, tags=["a"])
    once(monkeypatch, owner, method, lose_the_answer, after=True)
    elephant.load(acme)
    assert elephant.values(POST_IDS) == [1]
    assert elephant.values(TAGS) == ["a"]
    blog.post(2, at=2, tags=["b"])
    elephant.load(acme)
    assert elephant.values(POST_IDS) == [1, 2]
    assert elephant.values(TAGS) == ["a", "b"]


def test_a_refresh_goes_through_a_restart(
    blog: Blog, elephant: Warehouse, monkeypatch: pytest.MonkeyPatch, restart: Away, told: list[str]
) -> None:
    acme = elephant.connector(blog.url, [POSTS])
    blog.post(1, at=1, tags=["a"])
    elephant.load(acme)
    blog.post(2, at=2, tags=["b"])
    once(monkeypatch, RefreshIntent, "commit", restart, after=True)
    assert elephant.load(acme, refresh=["posts"], on_message=told.append).refreshed == {"posts"}
    assert elephant.values(POST_IDS) == [1, 2]
    assert elephant.values(TAGS) == ["a", "b"]
    assert elephant.load(acme).refreshed == frozenset()


def test_it_is_not_waited_for_ever(
    blog: Blog, elephant: Warehouse, monkeypatch: pytest.MonkeyPatch, postgres_server: Postgres
) -> None:
    monkeypatch.setattr(commit, "LONGEST_WAIT_SECONDS", 0.2)
    acme = elephant.connector(blog.url, [POSTS])
    blog.post(1, at=1)
    once(monkeypatch, Pipeline, "normalize", postgres_server.stop, after=True)
    try:
        with pytest.raises(DestinationUnavailable, match="the destination is not to be had"):
            elephant.load(acme)
    finally:
        postgres_server.start()
    assert elephant.load(acme).resources["posts"].rows_in_table == 1


class TestSessionOfTheLock:
    """Ended by somebody while the API is read."""

    def test_is_opened_again(
        self, blog: Blog, elephant: Warehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        acme = elephant.connector(blog.url, [POSTS])
        blog.post(1, at=1)
        once(
            monkeypatch,
            Pipeline,
            "normalize",
            lambda: elephant.execute(END_THE_SESSION),
            after=True,
        )
        assert elephant.load(acme).resources["posts"].rows_in_table == 1

    def test_another_load_went_in_between(
        self, blog: Blog, elephant: Warehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        acme = elephant.connector(blog.url, [POSTS])
        blog.post(1, at=1)

        def another() -> None:
            elephant.execute(END_THE_SESSION)
            worker = elephant.start(blog.url, [POSTS], holder="another")
            assert worker.wait(60) == 0

        once(monkeypatch, Pipeline, "normalize", another, after=True)
        with pytest.raises(DestinationUnavailable, match="another load went in between"):
            elephant.load(acme)
        assert elephant.values(POST_IDS) == [1]

    def test_another_load_is_going(
        self, blog: Blog, elephant: Warehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(commit, "LONGEST_WAIT_SECONDS", 0.2)
        acme = elephant.connector(blog.url, [POSTS])
        blog.post(1, at=1)
        with closing(elephant.connect()) as other, closing(other.cursor()) as cursor:

            def another() -> None:
                cursor.execute(KEY_OF_THE_LOCK)
                key = cursor.fetchone()
                elephant.execute(END_THE_SESSION)
                cursor.execute("SELECT pg_advisory_lock(%s)", key)

            once(monkeypatch, Pipeline, "normalize", another, after=True)
            with pytest.raises(ConnectorBusy, match="acme is being loaded by"):
                elephant.load(acme)
        assert elephant.load(acme).resources["posts"].rows_in_table == 1


def test_a_person_s_shell_holds_the_file_for_a_while(
    blog: Blog, duck: Warehouse, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    acme = duck.connector(blog.url, [POSTS])
    blog.post(1, at=1, tags=["a"])
    duck.load(acme)
    blog.post(2, at=2, tags=["b"])
    assert duck.settings.data_dir is not None
    file = duck.settings.data_dir / "restsrc_acme.duckdb"
    with ExitStack() as shells:

        def open_shell() -> None:
            shell = shells.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", SHELL, str(file)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            )
            assert shell.stdout is not None
            shell.stdout.readline()
            shells.callback(shell.kill)

        def on_message(line: str) -> None:
            told.append(line)
            shells.close()

        monkeypatch.setattr(open_file, "LINGER_SECONDS", 0)  # as where an API is slow
        once(monkeypatch, Pipeline, "normalize", open_shell, after=True)
        report = duck.load(acme, on_message=on_message)
    assert told == ["the destination is away: it is waited for, and tried again"]
    assert report.resources["posts"].rows_loaded == 1
    assert duck.values(POST_IDS) == [1, 2]
    assert duck.values(TAGS) == ["a", "b"]


def test_a_commit_that_outlives_the_killed_load(blog: Blog, elephant: Warehouse) -> None:
    """PostgreSQL carries out what it was sent, and may be slow to."""
    acme = elephant.connector(blog.url, [POSTS])
    blog.post(1, at=1)
    elephant.load(acme)
    blog.post(2, at=2)
    with closing(elephant.connect()) as killed, closing(killed.cursor()) as cursor:
        cursor.execute(
            'INSERT INTO acme.posts (id, "at", _dlt_load_id, _dlt_id) '
            "VALUES (2, 2, '9999999999.9', 'killed')"
        )
        later = threading.Timer(1, killed.commit)
        later.start()
        report = elephant.load(acme)
        later.join()
    assert report.removed_rows == 1
    assert elephant.values(POST_IDS) == [1, 2]
