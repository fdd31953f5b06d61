"""How far a long load is, in lines that come while it goes on."""

import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from dlt.load.load import Load
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.load.destinations.lock_file import lock_beside, open_lock, write
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.progress import Phase
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.test_destination_goes_away import once
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items
from restsrc_dagster_tests.support.told import Told

LAST = 4
NUMBERED = {"type": "page_number", "base_page": 1, "total_path": "pages"}
ONE_BY_ONE = {"max_concurrency": 1}


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    yield told
    assert not told.in_vain, told.lines[-3:]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Also where the tests were started in the background of a shell, which ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def run(settings: Settings, told: Told) -> Callable[..., LoadReport]:
    """Load a connector; lines come as often as they can."""

    def run(url: str, *args: Any, on_message: Told = told, **keys: Any) -> LoadReport:
        acme = connector(keys.pop("name", "acme"), url, *args, **keys)
        order = LoadRequest(selection=frozenset(acme.resources))
        often = replace(settings, progress_seconds=0.02)
        return load(acme, order, settings=often, environment={}, on_message=on_message)

    return run


def serve(
    api: Api, before: dict[int, Callable[[], Any]] | None = None, path: str = "/items", **more: Any
) -> None:
    """Pages of two records; what is `before` a page may answer in its place."""

    def answer(asked: Asked) -> Any:
        page = int(asked.params.get("page", 1))
        other = (before or {}).get(page, lambda: None)()
        data = [{"id": 2 * page + record} for record in range(2)] if page <= LAST else []
        return other if isinstance(other, Answer) else {"pages": LAST, "data": data, **more}

    api.routes[path] = answer


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("restsrc-")}


def test_pages_of_all_pages_and_records_of_all_records(
    api: Api, told: Told, run: Callable[..., LoadReport]
) -> None:
    serve(
        api,
        {3: lambda: told.wait_for("reading: 2 pages, 4 records", "items 2 of 4 pages, 4 of 8")},
        total=2 * LAST,
    )
    run(api.url, [items(paginator=NUMBERED)], http=ONE_BY_ONE)


def test_a_total_of_records_alone(api: Api, told: Told, run: Callable[..., LoadReport]) -> None:
    serve(api, {3: lambda: told.wait_for("2 pages, 4 records", "items 4 of 8 records")}, total=8)
    by_offset = {"type": "page_number", "base_page": 1, "total_path": None}
    run(api.url, [items(paginator=by_offset)], http=ONE_BY_ONE)


def test_a_total_that_is_one_of_pages_is_not_taken_for_records(
    api: Api, told: Told, run: Callable[..., LoadReport]
) -> None:
    serve(api, {4: lambda: told.wait_for("items 3 of 4 pages")}, total=LAST)
    run(api.url, [items(paginator={**NUMBERED, "total_path": "total"})], http=ONE_BY_ONE)
    assert not told.has("6 of 4 records")


def test_children_are_counted_over_all_parents(
    api: Api, told: Told, run: Callable[..., LoadReport]
) -> None:
    def comments(asked: Asked) -> Any:
        if asked.path == "/posts/2/comments":
            told.wait_for("3 pages, 7 records", "comments 4 records")
        return {"total": 2, "data": [{"text": "a"}, {"text": "b"}]}

    api.routes["/posts"] = lambda _: {"data": [{"id": number} for number in range(3)]}
    api.routes |= {f"/posts/{number}/comments": comments for number in range(3)}
    children = items("comments", path="posts/{resources.posts.id}/comments")
    run(api.url, [items("posts"), children], http=ONE_BY_ONE)
    assert told.has("posts 3 records")


def test_an_api_that_hangs_is_told_with_the_resource(
    api: Api, told: Told, run: Callable[..., LoadReport]
) -> None:
    serve(api, {2: lambda: told.wait_for("0 records/s", "waiting for an answer to items for 1 s")})
    run(api.url, [items(paginator=NUMBERED)], http=ONE_BY_ONE)


def test_a_rate_limit_is_told_with_its_header_and_its_sum(
    api: Api, told: Told, run: Callable[..., LoadReport]
) -> None:
    refusals = iter([Answer({}, status=429, headers={"Retry-After": "1.2"})])
    serve(
        api,
        {
            2: lambda: next(refusals, None),
            3: lambda: told.wait_for("; waited 1 s for the API's rate limit (Retry-After)"),
        },
    )
    report = run(api.url, [items(paginator=NUMBERED)], http=ONE_BY_ONE)
    assert told.has("0 records/s", "waiting for the API's rate limit (Retry-After) for ")
    assert report.resources["items"].rows_loaded == 2 * LAST


def test_retries_and_the_own_budget_are_told(
    api: Api,
    told: Told,
    run: Callable[..., LoadReport],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "1")
    limit = Answer({}, status=429, headers={"Retry-After": "0.01"})
    refusals = iter([limit, Answer({}, status=503)])
    serve(
        api,
        {
            2: lambda: next(refusals, None),
            4: lambda: told.wait_for(
                "waited ",
                " s for http.requests_per_second, 1 s for 1 retry, the last after status 503",
            ),
        },
    )
    run(api.url, [items(paginator=NUMBERED)], http={**ONE_BY_ONE, "requests_per_second": 1.2})
    assert told.has("waiting for another try (status 503) for ")


def test_normalizing_and_loading_are_told(
    api: Api, told: Told, run: Callable[..., LoadReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(api)
    once(
        monkeypatch,
        Pipeline,
        "normalize",
        lambda: told.wait_for("normalizing: 8 rows so far"),
        after=True,
    )
    once(
        monkeypatch,
        Load,
        "complete_package",
        lambda: told.wait_for("loading: 8 rows into 1 table; 2 of 2 jobs"),
        after=False,
    )
    report = run(api.url, [items(paginator=NUMBERED)])
    phases = [next(phase for phase in Phase if f", {phase.value}" in line) for line in told.lines]
    in_order = list(Phase)
    in_order.remove(Phase.PREPARING)
    seen = [phase for phase in phases if phase is not Phase.PREPARING]
    assert seen == sorted(seen, key=in_order.index)
    by_phase = report.seconds_by_phase
    assert all(by_phase[phase] > 0 for phase in Phase if phase is not Phase.DESTINATION_DOWN)
    assert by_phase[Phase.DESTINATION_DOWN] == 0
    own = by_phase[Phase.READING] + by_phase[Phase.NORMALIZING] + by_phase[Phase.LOADING]
    assert own <= report.seconds


def test_a_file_that_another_connector_loads_into_is_told(
    api: Api, told: Told, run: Callable[..., LoadReport], settings: Settings
) -> None:
    serve(api)
    assert settings.data_dir is not None
    settings.data_dir.mkdir()
    descriptor = open_lock(lock_beside(settings.data_dir / "restsrc_acme.duckdb"), make=True)
    assert descriptor is not None
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    write(descriptor, "other\nrun 1")

    def let_go() -> None:
        told.wait_for("waiting for another connector's load into the destination: 1 s so far")
        os.close(descriptor)

    helper = threading.Thread(target=let_go)
    helper.start()
    report = run(api.url, [items(paginator=NUMBERED)])
    helper.join()
    assert report.seconds_by_phase[Phase.LOCK] > 0.4


def test_a_list_that_is_committed_in_parts_is_counted_once(
    api: Api, told: Told, run: Callable[..., LoadReport], settings: Settings
) -> None:
    serve(
        api, {4: lambda: told.wait_for("3 pages, 6 records", "items 3 of 4 pages, 6 of 8")}, total=8
    )
    resource = items(paginator=NUMBERED) | {"primary_key": "id"}
    acme = connector("acme", api.url, [resource], http=ONE_BY_ONE)
    often = replace(settings, progress_seconds=0.02, commit_after_records=2)
    order = LoadRequest(selection=frozenset({"items"}))
    report = load(acme, order, settings=often, environment={}, on_message=told)
    assert report.resources["items"].rows_loaded == 8
    assert told.has("items: 2 rows are committed; reading goes on")


def test_a_load_that_is_over_soon_says_nothing(api: Api, told: Told, settings: Settings) -> None:
    serve(api)
    acme = connector("acme", api.url, [items(paginator=NUMBERED)])
    load(
        acme,
        LoadRequest(selection=frozenset({"items"})),
        settings=settings,
        environment={},
        on_message=told,
    )
    assert told.lines == []


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("failure", ["the resource", "the load", "a signal"])
def test_nothing_is_told_after_a_failure_and_no_thread_is_left(
    api: Api, told: Told, run: Callable[..., LoadReport], failure: str
) -> None:
    interrupted = threading.Event()

    def fail() -> Answer | None:
        told.wait_for("items 2 of 4 pages")
        if failure == "a signal":
            os.kill(os.getpid(), signal.SIGINT)
            interrupted.wait(20)
        return Answer({}, status=403)

    serve(api, {3: fail})
    resource = items(paginator=NUMBERED)
    if failure == "the load":
        resource = items(paginator=NUMBERED, params={"key": "${UNSET}"})
    with suppress(RestsrcError):  # in which dlt wraps an interrupt, too
        report = run(api.url, [resource], http=ONE_BY_ONE)
        assert failure == "the resource"
        assert set(report.failed) == {"items"}
    lines = list(told.lines)
    assert threads() == set()
    interrupted.set()
    assert told.lines == lines


def test_two_connectors_at_once_tell_each_its_own(api: Api, run: Callable[..., LoadReport]) -> None:
    """Both are held at their last page until each has told of its own pages."""
    one, other = Told(), Told()
    serve(api, {4: lambda: one.wait_for("3 pages, 6 records", "ones 3 of 4 pages")}, "/ones")
    serve(api, {2: lambda: other.wait_for("1 page, 2 records", "others 1 of 4 pages")}, "/others")
    helper = threading.Thread(
        target=run,
        args=(api.url, [items("others", paginator=NUMBERED)]),
        kwargs={"name": "other", "on_message": other, "http": ONE_BY_ONE},
    )
    helper.start()
    run(api.url, [items("ones", paginator=NUMBERED)], on_message=one, http=ONE_BY_ONE)
    helper.join()
    assert not one.in_vain
    assert not other.in_vain
    assert not one.has("others ")
    assert not other.has("ones ")
