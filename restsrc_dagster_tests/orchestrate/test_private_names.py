"""Each name that the package takes from Dagster's private modules exists and does what it did."""

import dagster as dg
from dagster._core.definitions.reconstruct import ReconstructableRepository

from restsrc_dagster.orchestrate import dagster_private
from restsrc_dagster.orchestrate.dagster_private import (
    DefinitionsLoadContext,
    DefinitionsLoadType,
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    SensorInstigatorData,
    TickStatus,
    UnresolvedAssetJobDefinition,
    location_of,
)
from restsrc_dagster.orchestrate.runs import IMPLICIT_ASSET_JOB, connector_runs
from restsrc_dagster_tests.support.daemon import LOCATION, Daemon


def test_each_private_name_has_a_test_here() -> None:
    here = globals()
    assert [name for name in dagster_private.__all__ if name not in here] == []


def test_define_asset_job_returns_an_unresolved_job() -> None:
    assert isinstance(dg.define_asset_job("acme_sync"), UnresolvedAssetJobDefinition)


@dg.definitions
def what_is_loaded() -> dg.Definitions:
    load_type = DefinitionsLoadContext.get().load_type
    return dg.Definitions(metadata={"set": DefinitionsLoadContext.is_set(), "is": load_type.value})


def test_definitions_are_told_whether_they_are_reconstructed() -> None:
    with DefinitionsLoadContext.scoped(DefinitionsLoadContext(DefinitionsLoadType.INITIALIZATION)):
        assert what_is_loaded().metadata["is"].value == "INITIALIZATION"
        code = ReconstructableRepository.for_module(__name__, "what_is_loaded")
        metadata = code.get_definition().metadata or {}
        assert metadata["set"].value is True
        assert metadata["is"].value == DefinitionsLoadType.RECONSTRUCTION.value


def test_instigator_types_select_the_stored_states(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors()

    def names(kind: InstigatorType) -> set[str]:
        states = daemon.instance.all_instigator_state(instigator_type=kind)
        return {state.instigator_name for state in states}

    assert names(InstigatorType.SCHEDULE) == {"acme_schedule"}
    assert names(InstigatorType.SENSOR) == {"initial_run_sensor", "connector_files_sensor"}


def test_a_schedule_that_a_person_stops_is_stored_as_stopped(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20")
    (state,) = daemon.states("acme_schedule")
    assert state.status is not InstigatorStatus.STOPPED
    daemon.stop_schedule()
    (state,) = daemon.states("acme_schedule")
    assert state.status is InstigatorStatus.STOPPED


def test_a_state_of_a_sensor_holds_its_cursor(daemon: Daemon) -> None:
    daemon.write()
    (state,) = daemon.start("10:03:20").sensors().states("initial_run_sensor")
    assert isinstance(state, InstigatorState)
    assert isinstance(state.instigator_data, SensorInstigatorData)
    assert '"seen"' in (state.instigator_data.cursor or "")
    assert location_of(state) == LOCATION


def test_ticks_are_found_by_state_time_and_status(daemon: Daemon) -> None:
    daemon.write()
    (state,) = daemon.start("10:03:20").at("10:13:01").at("10:23:01").states("acme_schedule")
    after = daemon.now.timestamp() - 61
    (tick,) = daemon.instance.get_ticks(
        state.instigator_origin_id, state.selector_id, after=after, statuses=[TickStatus.SUCCESS]
    )
    assert (tick.timestamp, len(tick.run_ids)) == (daemon.now.timestamp() - 1, 1)


def test_the_job_of_the_asset_graph_has_the_name_that_is_asked_for(daemon: Daemon) -> None:
    daemon.write()
    daemon.holds_runs = True
    key = dg.AssetKey(["acme", "items"])
    run_id = daemon.start("10:03:20").launch(IMPLICIT_ASSET_JOB, key)
    (record,) = connector_runs(daemon.instance, "acme", [dg.DagsterRunStatus.QUEUED])
    run = record.dagster_run
    assert (run.run_id, run.asset_selection) == (run_id, {key})
    assert run.run_op_concurrency
    assert run.run_op_concurrency.all_pools == {"restsrc_acme"}
