"""A run in which some resources fail: what it shows, and what the next try does."""

import os
import signal
import threading
from typing import Any

import dagster as dg
import pytest
from dagster_graphql.client.query import LAUNCH_PIPELINE_REEXECUTION_MUTATION
from dagster_graphql.test.utils import execute_dagster_graphql

from restsrc_dagster.orchestrate.assets import build_connector_assets
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items
from restsrc_dagster_tests.support.daemon import Daemon

NAMES = ("posts", "comments", "events", "others")
RESOURCES = [
    items("posts"),
    items("comments", path="posts/{resources.posts.id}/comments"),
    items("events"),
    items("others"),
]


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("restsrc_dagster.orchestrate.materialize.RETRY_AFTER", (0, 0))


@pytest.fixture
def good(api: Api) -> dict[str, Any]:
    """The API as it should be."""
    good: dict[str, Any] = {
        path: lambda _: {"data": [{"id": 1}]}
        for path in ("/posts", "/posts/1/comments", "/events", "/others")
    }
    api.routes |= good
    return good


def fails(status: int) -> Any:
    return lambda _: Answer({}, status=status)


def run(api: Api, settings: Settings, resources: Any = None) -> dg.ExecuteInProcessResult:
    acme = connector("acme", api.url, resources or RESOURCES)
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [build_connector_assets(acme, settings=settings)],
            instance=instance,
            raise_on_error=False,
        )


def materialized(result: dg.ExecuteInProcessResult) -> list[str]:
    return [event.asset_key.path[-1] for event in result.get_asset_materialization_events()]


def checked(result: dg.ExecuteInProcessResult) -> list[str]:
    """The assets whose delivery was checked."""
    evaluations = result.get_asset_check_evaluations()
    return [one.asset_key.path[-1] for one in evaluations if one.check_name == "delivery"]


def reason(result: dg.ExecuteInProcessResult) -> str:
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    return failure.step_failure_data.user_failure_data.description


def test_the_others_are_materialized_and_the_run_is_red_with_every_reason(
    api: Api, settings: Settings, good: dict[str, Any]
) -> None:
    api.routes |= {"/posts": fails(404), "/events": fails(403)}
    result = run(api, settings)
    assert not result.success
    assert materialized(result) == checked(result) == ["others"]
    assert sorted(reason(result).splitlines()) == [
        f"comments: its parent posts failed: {api.url}/posts answered 404 Not Found: '{{}}'",
        f"events: {api.url}/events answered 403 Forbidden: '{{}}'; check the credentials "
        "(configuration.client.auth) and what they may read",
        f"posts: {api.url}/posts answered 404 Not Found: '{{}}'",
    ]
    assert len(api.asked) == 3


def test_a_retry_repeats_only_the_rest(api: Api, settings: Settings, good: dict[str, Any]) -> None:
    answers = iter([fails(502), fails(502), good["/events"]])
    api.routes["/events"] = lambda asked: next(answers)(asked)
    result = run(api, settings)
    assert result.success
    assert sorted(materialized(result)) == sorted(checked(result)) == sorted(NAMES)
    assert sorted(api.paths()) == [
        *["/events"] * 3, "/others", "/posts", "/posts/1/comments",
    ]  # fmt: skip


def test_a_retry_of_a_child_reads_its_parent_and_does_not_load_it_again(
    api: Api, settings: Settings, good: dict[str, Any]
) -> None:
    path = "/posts/1/comments"
    answers = iter([fails(502), good[path]])
    api.routes[path] = lambda asked: next(answers)(asked)
    result = run(api, settings)
    assert result.success
    assert sorted(materialized(result)) == sorted(NAMES)
    assert sorted(api.paths()) == ["/events", "/others", "/posts", "/posts", path, path]


def test_tries_end_with_the_reasons_of_what_still_fails(
    api: Api, settings: Settings, good: dict[str, Any]
) -> None:
    answers = iter([fails(502), good["/events"]])
    api.routes["/events"] = lambda asked: next(answers)(asked)
    api.routes["/others"] = fails(503)
    result = run(api, settings)
    assert not result.success
    assert sorted(materialized(result)) == ["comments", "events", "posts"]
    assert reason(result) == f"others: {api.url}/others answered 503 Service Unavailable: '{{}}'"
    assert (api.paths().count("/events"), api.paths().count("/others")) == (2, 3)


def test_a_reason_for_good_beside_one_that_may_pass_is_not_tried_again(
    api: Api, settings: Settings, good: dict[str, Any]
) -> None:
    api.routes |= {"/events": fails(502), "/others": fails(404)}
    result = run(api, settings)
    assert len(reason(result).splitlines()) == 2
    assert api.paths().count("/events") == 1


def test_what_was_not_selected_and_hangs_on_the_same_cursor_is_told_as_well(
    api: Api, settings: Settings, good: dict[str, Any]
) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"id": 1, "at": 1}]}
    api.routes["/posts/1/comments"] = fails(404)
    cursor = {"cursor_path": "at", "initial_value": 0}
    resources = [items("posts", incremental=cursor), *RESOURCES[1:]]
    acme = connector("acme", api.url, resources)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [build_connector_assets(acme, settings=settings)],
            instance=instance,
            selection=[dg.AssetKey(["acme", "posts"])],
            raise_on_error=False,
        )
    assert materialized(result) == []
    told = (
        f"{api.url}/posts/1/comments answered 404 Not Found: '{{}}'; the children of the other "
        "records of posts are held back as well. If some have none, say so in the endpoint: "
        '"response_actions": [{"status_code": 404, "action": "ignore"}]'
    )
    assert reason(result).splitlines() == [
        f"comments: {told}",
        f"posts: comments failed, and both hang on one cursor: {told}",
    ]


def materialized_by(running: Daemon, run_id: str) -> list[str]:
    records = running.instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
    ).records
    return sorted(record.asset_key.path[-1] for record in records if record.asset_key)


class TestReexecution:
    """By the code behind the buttons of the UI, and behind `run_retries`."""

    @pytest.fixture
    def failed(self, running: Daemon, api: Api, good: dict[str, Any]) -> str:
        """A run of all in which `events` has failed."""
        api.routes["/events"] = fails(404)
        running.write(configuration=connector("acme", api.url, RESOURCES).configuration)
        running.restart("10:03:20")
        run_id = running.launch("acme_sync")
        running.queue()
        assert running.status(run_id) == "FAILURE"
        assert materialized_by(running, run_id) == ["comments", "others", "posts"]
        api.routes |= good
        api.asked.clear()
        return run_id

    def again(self, running: Daemon, parent: str, strategy: str) -> str:
        answer = execute_dagster_graphql(
            running.workspace.create_request_context(),
            LAUNCH_PIPELINE_REEXECUTION_MUTATION,
            variables={"reexecutionParams": {"parentRunId": parent, "strategy": strategy}},
        )
        run_id: str = answer.data["launchPipelineReexecution"]["run"]["runId"]
        running.queue()
        return run_id

    @pytest.mark.parametrize("strategy", ["FROM_FAILURE", "FROM_ASSET_FAILURE"])
    def test_from_failure_loads_what_had_failed(
        self, running: Daemon, failed: str, api: Api, strategy: str
    ) -> None:
        run_id = self.again(running, failed, strategy)
        assert running.status(run_id) == "SUCCESS"
        assert materialized_by(running, run_id) == ["events"]
        assert api.paths() == ["/events"]
        for name in NAMES:  # those of what went well before stay what they were
            check = dg.AssetCheckKey(dg.AssetKey(["acme", name]), "delivery")
            record = running.instance.get_latest_asset_check_evaluation_record(check)
            assert record is not None
            assert record.status.value == "SUCCEEDED", name

    def test_of_all_steps_loads_everything(self, running: Daemon, failed: str, api: Api) -> None:
        run_id = self.again(running, failed, "ALL_STEPS")
        assert materialized_by(running, run_id) == sorted(NAMES)

    def test_of_one_that_went_on_from_failure_and_failed_again(
        self, running: Daemon, failed: str, api: Api
    ) -> None:
        api.routes["/events"] = fails(404)
        second = self.again(running, failed, "FROM_FAILURE")
        assert running.status(second) == "FAILURE"
        assert materialized_by(running, second) == []
        api.routes["/events"] = lambda _: {"data": []}
        api.asked.clear()
        third = self.again(running, second, "FROM_FAILURE")
        assert running.status(third) == "SUCCESS"
        assert api.paths() == ["/events"]


class TestRunRetries:
    """By the daemon, with the shipped settings."""

    @pytest.fixture
    def running(self, running: Daemon, api: Api, good: dict[str, Any]) -> Daemon:
        running.write(configuration=connector("acme", api.url, RESOURCES).configuration)
        return running.restart("10:03:20").retries()

    def test_a_run_that_failed_by_itself_is_not_run_again(self, running: Daemon, api: Api) -> None:
        api.routes["/events"] = fails(502)
        run_id = running.launch("acme_sync")
        running.queue().retries().queue()
        assert [run.run_id for run in running.all_runs()] == [run_id]
        assert running.status(run_id) == "FAILURE"
        assert api.paths().count("/events") == 3

    @pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
    def test_a_run_whose_worker_died_is_run_again_for_what_it_had_not_materialized(
        self, running: Daemon, api: Api, good: dict[str, Any]
    ) -> None:
        """The API is away when the step first reads, and the worker dies as it tries again."""
        answers = iter([fails(502)])
        dying: list[int] = []
        forked = threading.Event()

        def away(asked: Asked) -> Any:
            if answer := next(answers, None):
                return answer(asked)
            forked.wait()
            os.kill(dying[0], signal.SIGKILL)
            return None

        api.routes["/events"] = away
        first = running.launch("acme_sync")
        worker = os.fork()
        if not worker:
            running.queue()
            os._exit(0)
        dying.append(worker)
        forked.set()
        assert os.waitpid(worker, 0)[1] == signal.SIGKILL
        assert running.status(first) == "STARTED"
        assert materialized_by(running, first) == ["comments", "others", "posts"]
        dead = running.instance.get_run_by_id(first)
        assert dead
        running.instance.report_run_failed(dead)  # as the monitoring of runs does
        api.routes |= good
        api.asked.clear()
        running.retries().queue()
        second = running.last_run()
        assert second != first
        assert running.status(second) == "SUCCESS"
        assert materialized_by(running, second) == ["events"]
        assert api.paths() == ["/events"]


def test_more_deletions_than_allowed_are_allowed_once(api: Api, settings: Settings) -> None:
    """The check, the figure and the run's config, from one end to the other."""
    listed = list(range(10))
    api.routes["/items"] = lambda _: {"data": [{"id": number} for number in listed]}
    one = {**items(), "primary_key": "id"}
    acme = connector("acme", api.url, [one], reading={"items": {"deletes": "missing"}})
    assets = [build_connector_assets(acme, settings=settings)]

    def run_once(**config: Any) -> dg.ExecuteInProcessResult:
        with dg.DagsterInstance.ephemeral() as instance:
            return dg.materialize(
                assets,
                instance=instance,
                raise_on_error=False,
                run_config={"ops": {"acme__load": {"config": config}}},
            )

    assert run_once().success
    del listed[5:]
    result = run_once()
    assert not result.success
    assert "run it once with allow_deletes: [items] in the run's config" in reason(result)
    result = run_once(allow_deletes=["items"])
    assert result.success
    (event,) = result.get_asset_materialization_events()
    assert event.materialization.metadata["rows_deleted"].value == 5
    assert run_once().success
