"""A slot that comes while a run of the connector is going, or waits."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import dagster as dg
import pytest

from restsrc_dagster.connector.files.folder import find_connector
from restsrc_dagster.orchestrate.ledger import Ledger
from restsrc_dagster_tests.support.connectors import content, items
from restsrc_dagster_tests.support.daemon import Daemon, in_process

ITEMS = dg.AssetKey(["acme", "items"])
CARRIED = {"mode": "minutes", "interval": 7}
"""Its slots are 10:10, 10:17, 10:24."""


@pytest.fixture
def holding(daemon: Daemon) -> Daemon:
    """Every 10 minutes; the first run is over; from now on runs take the time that a test says."""
    daemon.write()
    daemon.start("10:03:20").sensors()
    daemon.holds_runs = True
    return daemon


@pytest.fixture
def carried(daemon: Daemon) -> Daemon:
    daemon.write(**CARRIED)
    daemon.start("10:03:20").sensors()
    daemon.holds_runs = True
    return daemon


def test_a_slot_is_requested_while_a_run_is_going_and_waits_for_it(holding: Daemon) -> None:
    going = holding.at("10:13:01").queue().last_run()
    waiting = holding.begins(going).at("10:23:01").queue().last_run()
    assert (holding.status(going), holding.status(waiting)) == ("STARTED", "QUEUED")
    holding.succeeds(going, "10:24:00").queue()
    assert holding.status(waiting) == "STARTING"
    assert holding.runs() == ["initial", "2026-11-23 10:13", "2026-11-23 10:23"]


def test_a_slot_is_skipped_while_one_waits_and_the_reason_names_both(holding: Daemon) -> None:
    going = holding.at("10:13:01").last_run()
    waiting = holding.begins(going).at("10:23:01").last_run()
    skipped = holding.at("10:33:01").ticks()[-1]
    assert skipped.status == "SKIPPED"
    assert skipped.says == (
        f"slot 2026-11-23 10:33 UTC is left to run {waiting}: it waits in the queue until run "
        f"{going} ends, and will read what is new by then; the next slot is 2026-11-23 10:43 UTC"
    )


def test_a_slot_is_skipped_while_one_waits_for_others(holding: Daemon) -> None:
    waiting = holding.at("10:13:01").last_run()
    assert holding.at("10:23:01").ticks()[-1].says == (
        f"slot 2026-11-23 10:23 UTC is left to run {waiting}: it waits in the queue, and will "
        "read what is new by then; the next slot is 2026-11-23 10:33 UTC"
    )


def test_when_both_are_over_the_next_slot_is_requested(holding: Daemon) -> None:
    going = holding.at("10:13:01").last_run()
    waiting = holding.begins(going).at("10:23:01").at("10:33:01").last_run()
    holding.succeeds(going, "10:34:00").begins(waiting).succeeds(waiting, "10:35:00")
    assert holding.at("10:43:01").runs()[-2:] == ["2026-11-23 10:23", "2026-11-23 10:43"]


def test_a_later_tick_of_the_carrier_does_not_request_it_after_all(carried: Daemon) -> None:
    going = carried.at("10:10:01").last_run()
    waiting = carried.begins(going).at("10:17:01").at("10:24:01").last_run()
    carried.at("10:25:01").succeeds(going, "10:25:30").launched(waiting).at("10:26:01")
    carried.begins(waiting).at("10:27:01").succeeds(waiting, "10:28:30").at("10:29:01")
    assert carried.runs() == ["initial", "2026-11-23 10:10", "2026-11-23 10:17"]
    assert carried.at("10:31:01").runs()[-1] == "2026-11-23 10:31"


@pytest.mark.parametrize("job", ["acme_sync", "__ASSET_JOB"])
def test_nor_when_the_one_that_waited_was_started_by_a_person(carried: Daemon, job: str) -> None:
    going = carried.at("10:10:01").last_run()
    waiting = carried.begins(going).launch(job, ITEMS, at="10:12:00")
    carried.at("10:17:01").succeeds(going, "10:17:30").launched(waiting).at("10:18:01")
    carried.begins(waiting).at("10:19:01").succeeds(waiting, "10:20:30").at("10:21:01")
    assert carried.runs() == ["initial", "2026-11-23 10:10"]
    assert carried.at("10:24:01").runs()[-1] == "2026-11-23 10:24"


def test_of_a_slot_left_to_a_run_that_never_began_the_next_one_reads_the_rows(
    carried: Daemon,
) -> None:
    waiting = carried.launch("acme_sync", at="10:09:00")
    carried.at("10:10:01").canceled(waiting, "10:11:30").at("10:12:01").at("10:17:01")
    assert carried.runs() == ["initial", "2026-11-23 10:17"]


@pytest.mark.parametrize("job", ["acme_sync", "__ASSET_JOB"])
def test_runs_started_by_a_person_count(holding: Daemon, job: str) -> None:
    going = holding.launch(job, ITEMS, at="10:08:00")
    waiting = holding.begins(going).launch(job, ITEMS, at="10:09:00")
    skipped = holding.at("10:13:01").ticks()[-1]
    assert waiting in skipped.says
    assert going in skipped.says
    assert holding.runs() == ["initial"]


def test_runs_of_the_asset_graph_wait_in_the_same_queue(holding: Daemon) -> None:
    going = holding.at("10:13:01").queue().last_run()
    waiting = holding.begins(going).launch("__ASSET_JOB", ITEMS, at="10:14:00")
    assert holding.queue().status(waiting) == "QUEUED"


@pytest.fixture
def partitioned(daemon: Daemon) -> Daemon:
    """Its slots are those of `carried`."""
    cursor = {"cursor_path": "at", "initial_value": "2026-11-01T00:00:00Z"}
    cursor |= {"start_param": "since", "end_param": "until"}
    listed = {**items(incremental=cursor), "primary_key": "id"}
    configuration = content(resources=[listed])["configuration"]
    partitions = {"every": "day", "from": "2026-11-01"}
    daemon.write(**CARRIED, configuration=configuration, partitions=partitions)
    daemon.start("10:03:20").sensors()
    daemon.holds_runs = True
    return daemon


def test_a_backfill_waits_for_a_run_and_a_slot_for_a_backfill(partitioned: Daemon) -> None:
    going = partitioned.at("10:10:01").queue().last_run()
    partitioned.begins(going).backfill("acme_sync", "2026-11-20", "2026-11-21")
    backfill = partitioned.last_run()
    assert (partitioned.status(going), partitioned.status(backfill)) == ("STARTED", "QUEUED")
    partitioned.succeeds(going, "10:15:00").queue()
    assert partitioned.status(backfill) == "STARTING"
    slot = partitioned.begins(backfill).at("10:17:01").queue().last_run()
    assert partitioned.runs()[-1] == "2026-11-23 10:17"
    assert partitioned.status(slot) == "QUEUED"
    partitioned.succeeds(backfill, "10:24:00").queue()
    assert partitioned.status(slot) == "STARTING"


@pytest.mark.parametrize("what", ["partitions", "a range"])
def test_no_slot_is_left_to_a_run_that_does_not_read_what_is_new(
    partitioned: Daemon, what: str
) -> None:
    going = partitioned.at("10:10:01").queue().last_run()
    partitioned.begins(going)
    if what == "partitions":
        partitioned.backfill("acme_sync", "2026-11-20")
    else:
        config = {"ops": {"acme__load": {"config": {"from": "2026-11-20"}}}}
        partitioned.launch("acme_sync", config=config)
    partitioned.at("10:17:01")
    assert partitioned.runs() == ["initial", "2026-11-23 10:10", "2026-11-23 10:17"]


@pytest.mark.parametrize(("chosen", "is_left"), [(["items"], False), (["items", "more"], True)])
def test_a_slot_is_left_to_a_run_of_all_assets_alone(
    daemon: Daemon, chosen: list[str], is_left: bool
) -> None:
    configuration = content(resources=["items", "more"])["configuration"]
    daemon.write(**CARRIED, configuration=configuration)
    daemon.start("10:03:20").sensors()
    daemon.holds_runs = True
    daemon.begins(daemon.at("10:10:01").queue().last_run())
    daemon.launch("acme_sync", *(dg.AssetKey(["acme", name]) for name in chosen))
    daemon.at("10:17:01")
    assert (daemon.runs()[-1] == "2026-11-23 10:17") != is_left


def test_nor_does_one_stand_for_the_run_that_a_slot_was_left_to(partitioned: Daemon) -> None:
    going = partitioned.at("10:10:01").queue().last_run()
    partitioned.begins(going).backfill("acme_sync", "2026-11-20")
    backfill = partitioned.last_run()
    partitioned.succeeds(going, "10:17:30").launched(backfill)
    connector = find_connector(partitioned.folder, "acme")
    assert connector is not None
    slot = datetime(2026, 11, 23, 10, 17, tzinfo=timezone.utc)
    ledger = Ledger(partitioned.instance, connector)
    assert not ledger.is_requested(slot, by=slot + timedelta(minutes=1))


def test_runs_of_assets_that_a_translator_has_renamed_count(
    folder: Path, tmp_path: Path, dagster_instance: dg.DagsterInstance
) -> None:
    own = tmp_path / "own_definitions.py"
    own.write_text(f"""
from restsrc_dagster import ConnectorTranslator, build_definitions

class Renaming(ConnectorTranslator):
    def get_asset_spec(self, props):
        return super().get_asset_spec(props).replace_attributes(key=["raw", props.resource.name])

defs = build_definitions({str(folder)!r}, translator=Renaming())
""")
    with Daemon(folder, dagster_instance, in_process(own)) as daemon:
        daemon.write()
        daemon.start("10:03:20").sensors()
        daemon.holds_runs = True
        waiting = daemon.launch("__ASSET_JOB", dg.AssetKey(["raw", "items"]), at="10:04:00")
        assert waiting in daemon.at("10:13:01").ticks()[-1].says


def test_runs_of_other_connectors_do_not_count(holding: Daemon) -> None:
    holding.write("beta")
    holding.reload("10:08:00")
    beta = dg.AssetKey(["beta", "items"])
    holding.begins(holding.launch("beta_sync"))
    holding.launch("beta_sync")
    holding.launch("__ASSET_JOB", beta)
    holding.at("10:13:01")
    assert holding.runs() == ["initial", "2026-11-23 10:13"]
