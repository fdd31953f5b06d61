"""Components with all that a file can have: renamed, partitioned, by dates, side by side."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from restsrc_dagster.connector.schedule.cron import cron_of
from restsrc_dagster.connector.schedule.schedule import Schedule
from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster_tests.extract.reading import unauthorized
from restsrc_dagster_tests.load.test_kept_tokens import KEY, Family, auth
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import CREATED_AT, items, write
from restsrc_dagster_tests.support.daemon import IN_MEMORY_LAUNCHER, Daemon, in_process, instance
from restsrc_dagster_tests.support.project import FOLDER, Project

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore:`parse_obj_as` is deprecated"),  # Dagster's own use
]
CREATED = parse_time(CREATED_AT)
ITEMS, NOTES = (dg.AssetKey(["raw", "acme", name]) for name in ("items", "notes"))
TODAY = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
"""Runs look at the real clock, whatever that of the daemon is."""


def day(number: int) -> str:
    """The fifth day before today is number 0."""
    return f"{TODAY - (5 - number) * timedelta(days=1):%Y-%m-%d}"


@pytest.fixture
def deployed(project: Project, tmp_path: Path, empty_instance: Path) -> Iterator[Daemon]:
    """The project; runs are executed in this process, as soon as the queue launches them."""
    target = in_process(project.package / "definitions.py")
    home = tmp_path / "dagster_home"
    with (
        instance(home, empty_instance, run_launcher=IN_MEMORY_LAUNCHER) as dagster,
        Daemon(project.root / "connectors", dagster, target) as deployed,
    ):
        yield deployed


@pytest.fixture
def renamed(project: Project, api: Api) -> Project:
    """Items of five days and a note of each, below another key, every 7 minutes."""

    def page(_: Asked) -> Any:
        return {"data": [{"id": number, "at": f"{day(number)}T00:00:00Z"} for number in range(6)]}

    api.routes["/items"] = page
    for number in range(6):
        api.routes[f"/items/{number}/notes"] = lambda _, number=number: {"data": [{"of": number}]}
    cursor = {
        "cursor_path": "at",
        "initial_value": f"{day(0)}T00:00:00Z",
        "start_param": "since",
        "end_param": "until",
    }
    project.connector(
        "acme",
        schedule={"mode": "minutes", "interval": 7},
        configuration={
            "client": {"base_url": api.url, "paginator": "single_page"},
            "resources": [
                items(incremental=cursor) | {"primary_key": "id"},
                items("notes", path="items/{resources.items.id}/notes"),
            ],
        },
        partitions={"every": "day", "from": day(0)},
        translation={"key": "raw/{{ connector.name }}/{{ resource.name }}"},
    )
    return project


def test_renamed_assets_have_all_that_is_their_connectors(renamed: Project) -> None:
    graph = renamed.definitions().resolve_asset_graph()
    assert set(graph.get_all_asset_keys()) == {ITEMS, NOTES}
    assert graph.get(NOTES).parent_keys == {ITEMS}
    for key in (ITEMS, NOTES):
        assert graph.get(key).partitions_def == dg.DailyPartitionsDefinition(day(0))
        assert graph.get(key).freshness_policy is not None
        assert dg.AssetCheckKey(key, "delivery") in graph.asset_check_keys


def test_their_runs_fill_partitions_and_backfills_read_ranges(
    renamed: Project, deployed: Daemon, api: Api
) -> None:
    del renamed
    deployed.holds_runs = True
    deployed.start("10:03:20").sensors().queue()
    days = {day(number) for number in range(5)}
    for key in (ITEMS, NOTES):
        assert deployed.instance.get_materialized_partitions(key) == days
    check = dg.AssetCheckKey(ITEMS, "delivery")
    assert deployed.instance.get_latest_asset_check_evaluation_record(check).evaluation.passed
    deployed.backfill(
        "acme_sync", day(2), day(3), assets=[ITEMS, NOTES], at=datetime.now(timezone.utc)
    )
    deployed.backfill_goes_on()
    assert [asked.params for asked in api.asked if asked.path == "/items"][-1] == {
        "since": f"{day(2)}T00:00:00Z",
        "until": f"{day(4)}T00:00:00Z",
    }
    config = {"ops": {"acme__load": {"config": {"from": day(1), "to": day(1)}}}}
    deployed.launch("acme_sync", config=config)
    deployed.queue()
    assert [asked.params for asked in api.asked if asked.path == "/items"][-1] == {
        "since": f"{day(1)}T00:00:00Z",
        "until": f"{day(2)}T00:00:00Z",
    }
    assert {run.status for run in deployed.all_runs()} == {dg.DagsterRunStatus.SUCCESS}


def test_a_token_that_rotates_is_one_for_runs_and_backfills(
    project: Project, deployed: Daemon, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends before each run; a run for partitions goes on with what the run before has kept."""
    monkeypatch.setenv("RESTSRC_SECRET_KEY", KEY)
    server = Family(api)
    records = [{"id": number, "at": f"{day(number)}T00:00:00Z"} for number in range(6)]
    let_in = api.routes["/items"]
    api.routes["/items"] = lambda asked: (
        {"data": records} if isinstance(let_in(asked), dict) else unauthorized(asked)
    )
    cursor = {"cursor_path": "at", "initial_value": f"{day(0)}T00:00:00Z", "start_param": "since"}
    cursor["end_param"] = "until"
    project.connector(
        "acme",
        configuration={
            "client": {"base_url": api.url, "paginator": "single_page", "auth": auth(api)},
            "resources": [items(incremental=cursor) | {"primary_key": "id"}],
        },
        partitions={"every": "day", "from": day(0)},
    )
    deployed.holds_runs = True
    deployed.start("10:03:20").sensors().queue()
    server.access = "ended"
    key = dg.AssetKey(["acme", "items"])
    deployed.backfill("acme_sync", day(2), day(3), assets=[key], at=datetime.now(timezone.utc))
    deployed.backfill_goes_on()
    assert {run.status for run in deployed.all_runs()} == {dg.DagsterRunStatus.SUCCESS}
    assert len(deployed.all_runs()) == 2
    assert deployed.instance.get_materialized_partitions(key) == {day(n) for n in range(5)}
    assert (server.renewals, server.is_revoked) == (2, False)


SCHEDULE = {"mode": "hours", "interval": 5}


def test_side_by_side_with_one_schedule_each_has_its_slots(
    project: Project, deployed: Daemon
) -> None:
    project.connector("acme", schedule=SCHEDULE)
    project.connector("shop", schedule=SCHEDULE, translation={"key": "raw/{{ resource.name }}"})
    write(project.root / "connectors", "files", schedule=SCHEDULE)
    project.add("folder", FOLDER)
    slots = Schedule(mode="hours", interval=5).slots(CREATED)
    end = cron_of(slots, CREATED + timedelta(seconds=20)).end
    assert end is not None
    first, later = slots.next(CREATED), slots.next(end)
    deployed.start("10:03:20").sensors().at(first + timedelta(seconds=5)).sensors()
    deployed.at(later + timedelta(seconds=5)).sensors().sensors()
    expected = ["initial", *(f"{slot:%Y-%m-%d %H:%M}" for slot in (first, later))]
    for name in ("acme", "shop", "files"):
        assert deployed.runs(name) == expected
