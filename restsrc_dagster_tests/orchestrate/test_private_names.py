"""Each name that the package takes from Dagster's private modules exists and does what it did."""

import dagster as dg
from dagster._core.definitions.reconstruct import ReconstructableRepository

from restsrc_dagster.orchestrate import dagster_private
from restsrc_dagster.orchestrate.dagster_private import (
    HIDDEN_TAG_PREFIX,
    CheckRunHealthResult,
    ConfigurableClassData,
    DefinitionsLoadContext,
    DefinitionsLoadType,
    EngineEventData,
    GrpcServerCodeLocation,
    InstanceRef,
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    LaunchRunContext,
    ResumeRunContext,
    SensorInstigatorData,
    TickStatus,
    UnresolvedAssetJobDefinition,
    WorkerStatus,
    capture_interrupts,
    core_execute_run,
    deserialize_value,
    get_run_crash_explanation,
    location_of,
    recon_job_from_origin,
    serialize_value,
    sqlite_storages,
    storage_migrations,
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


def test_an_instance_travels_with_the_modules_that_it_is_made_of() -> None:
    with dg.DagsterInstance.local_temp() as instance:
        ref = deserialize_value(serialize_value(instance.get_ref()), InstanceRef)
    modules = {part.module_name for part in ref if isinstance(part, ConfigurableClassData)}
    assert {"dagster._core.storage.root", "dagster"} <= modules


@dg.op
def nothing() -> None: ...


@dg.job(executor_def=dg.in_process_executor)
def of_nothing() -> None:
    nothing()


def test_a_run_is_executed_as_a_code_server_does() -> None:
    job = ReconstructableRepository.for_file(__file__, "of_nothing").get_reconstructable_job(
        "of_nothing"
    )
    origin = job.get_python_origin()
    with capture_interrupts(), dg.DagsterInstance.local_temp() as instance:
        run = instance.create_run_for_job(of_nothing, job_code_origin=origin)
        told = EngineEventData.in_process(4711)
        assert instance.report_engine_event("began", run, told).engine_event_data == told
        events = core_execute_run(
            recon_job_from_origin(origin),
            run,
            instance,
            inject_env_vars=True,
            resume_from_failure=False,
        )
        assert dg.DagsterEventType.RUN_SUCCESS in [event.event_type for event in events]
        assert instance.get_run_stats(run.run_id).steps_succeeded == 1


def test_what_a_launcher_is_given_and_tells() -> None:
    assert LaunchRunContext._fields == ("dagster_run", "workspace")
    assert ResumeRunContext._fields[:2] == LaunchRunContext._fields
    assert CheckRunHealthResult(WorkerStatus.FAILED, "is gone").status.value == "FAILED"
    assert {"RUNNING", "FAILED"} <= set(WorkerStatus.__members__)
    assert HIDDEN_TAG_PREFIX == ".dagster/"
    assert "terminated by signal 9 (SIGKILL)" in get_run_crash_explanation("It", -9)
    assert "client" in GrpcServerCodeLocation.__init__.__code__.co_names


def test_storage_in_sqlite_connects_by_a_name_and_has_one_folder_of_migrations() -> None:
    assert len(sqlite_storages()) == 3
    assert all(callable(storage.create_engine) for storage in sqlite_storages())
    module, configs = storage_migrations()
    assert "ScriptDirectory" in module.check_alembic_revision.__code__.co_names
    (folder,) = {config.get_main_option("script_location") for config in configs}
    assert folder == "dagster:_core/storage/alembic"
