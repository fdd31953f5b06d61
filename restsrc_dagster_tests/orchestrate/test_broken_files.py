"""A connector whose file is not in order keeps its place on the map, and says what is wrong."""

from pathlib import Path

import dagster as dg
import pytest

from restsrc_dagster import ConnectorTranslator, ResourceProps, build_definitions
from restsrc_dagster_tests.support import connectors
from restsrc_dagster_tests.support.connectors import items
from restsrc_dagster_tests.support.daemon import Daemon

CHECK = "connector_file"
TYPO = "schedule.intervall: unknown key; did you mean interval?"
MISSPELT = {"mode": "minutes", "intervall": 10}
ACME = [dg.AssetKey(["acme", "items"]), dg.AssetKey(["acme", "notes"])]
TWO = [items("items"), items("notes")]


def write(folder: Path, **keys: object) -> Path:
    return connectors.write(folder, "acme", resources=TWO, **keys)


def specs(folder: Path, **options: object) -> dict[dg.AssetKey, dg.AssetSpec]:
    definitions = build_definitions(folder, **options)  # type: ignore[arg-type]
    return {spec.key: spec for spec in definitions.resolve_all_asset_specs()}


def checks(folder: Path) -> dict[str, list[str]]:
    """The names of the checks, by the last part of the asset's key."""
    found: dict[str, list[str]] = {}
    for assets in build_definitions(folder).assets or ():
        assert isinstance(assets, dg.AssetsDefinition)
        for check in sorted(assets.check_keys):
            found.setdefault(check.asset_key.path[-1], []).append(check.name)
    return found


def said(daemon: Daemon, key: dg.AssetKey = ACME[0]) -> tuple[bool, str, str] | None:
    """The last result of `connector_file`: passed, severity, words."""
    check = dg.AssetCheckKey(key, CHECK)
    record = daemon.instance.get_latest_asset_check_evaluation_record(check)
    if record is None or not isinstance(record.evaluation, dg.AssetCheckEvaluation):
        return None
    evaluation = record.evaluation
    return evaluation.passed, evaluation.severity.value, evaluation.description or ""


def results(daemon: Daemon, key: dg.AssetKey = ACME[0]) -> int:
    """How often `connector_file` was evaluated."""
    check = dg.AssetCheckKey(key, CHECK)
    storage = daemon.instance.event_log_storage
    history = storage.get_asset_check_execution_history(check, limit=99)
    return sum(isinstance(record.evaluation, dg.AssetCheckEvaluation) for record in history)


def test_assets_group_owners_and_kind_stay_and_tell_the_problem(folder: Path) -> None:
    write(folder, owners=["team:data"])
    good = specs(folder)
    file = write(folder, owners=["team:data"], schedule=MISSPELT)
    found = specs(folder)
    assert sorted(found) == sorted(good) == ACME
    for key, spec in found.items():
        assert (spec.group_name, spec.owners, spec.kinds) == (
            "acme",
            ["team:data"],
            good[key].kinds,
        )
        assert spec.metadata["dagster/table_name"] == good[key].metadata["dagster/table_name"]
        assert spec.description == (
            f"acme.json is not in order, and nothing is loaded until it is.\n\n- {file}:1: {TYPO}"
        )


def test_job_and_schedule_stay_and_tell_the_problem(folder: Path) -> None:
    write(folder, schedule=MISSPELT)
    repository = build_definitions(folder).get_repository_def()
    job, schedule = repository.get_job("acme_sync"), repository.get_schedule_def("acme_schedule")
    assert TYPO in (job.description or "")
    assert TYPO in (schedule.description or "")
    assert set(job.asset_layer.executable_asset_keys) == set(ACME)


def test_every_asset_of_a_broken_file_has_the_check_and_else_one(folder: Path) -> None:
    write(folder)
    schema = "column_schema_change"
    of_loads = [schema, "delivery"]
    assert checks(folder) == {"items": [schema, CHECK, "delivery"], "notes": of_loads}
    write(folder, schedule=MISSPELT)
    assert checks(folder) == {name: [schema, CHECK, "delivery"] for name in ("items", "notes")}


def test_freshness_stays_where_the_schedule_can_be_read(folder: Path) -> None:
    write(folder, ownres=[])
    assert specs(folder)[ACME[0]].freshness_policy is not None
    write(folder, schedule=MISSPELT)
    assert specs(folder)[ACME[0]].freshness_policy is None


def test_the_translator_names_the_assets_of_a_broken_file_too(folder: Path) -> None:
    class Renamed(ConnectorTranslator):
        def get_asset_spec(self, props: ResourceProps) -> dg.AssetSpec:
            spec = super().get_asset_spec(props)
            return spec.replace_attributes(key=["raw", *spec.key.path])

    write(folder, schedule=MISSPELT)
    assert sorted(key.path for key in specs(folder, translator=Renamed())) == [
        ["raw", "acme", "items"],
        ["raw", "acme", "notes"],
    ]


def test_the_check_is_red_on_each_asset_once_and_green_after_a_reload(daemon: Daemon) -> None:
    write(daemon.folder)
    daemon.start("10:03:20").sensors()
    file = write(daemon.folder, schedule=MISSPELT)
    daemon.reload().sensors().sensors()
    for key in ACME:
        passed, severity, words = said(daemon, key) or (True, "", "")
        assert (passed, severity, f"{file}:1: {TYPO}" in words) == (False, "ERROR", True)
        assert results(daemon, key) == 1
    write(daemon.folder)
    daemon.sensors()
    waiting = "acme.json is in order again; reload the code location to use it"
    assert said(daemon) == (False, "WARN", waiting)
    daemon.reload().sensors()
    assert said(daemon) == (True, "ERROR", "The file is in order.")


def test_a_restart_tells_it_once_more_to_nobody(daemon: Daemon) -> None:
    write(daemon.folder, schedule=MISSPELT)
    daemon.start("10:03:20").sensors().reload().sensors().restart("11:00:00").sensors()
    assert results(daemon) == 1


@pytest.mark.parametrize(
    ("edit", "severity", "words"),
    [
        ("break", "ERROR", TYPO),
        ("delete", "WARN", "acme.json is gone; reload the code location to take acme off the map"),
        (
            "change",
            "WARN",
            "acme.json has changed since it was loaded; reload the code location to use it",
        ),
    ],
)
def test_an_edit_that_waits_for_a_reload_is_red_too(
    daemon: Daemon, edit: str, severity: str, words: str
) -> None:
    file = write(daemon.folder)
    daemon.start("10:03:20").sensors()
    assert said(daemon) is None, "nothing is the matter, and no run has read the file"
    if edit == "delete":
        file.unlink()
    else:
        keys = {"schedule": MISSPELT} if edit == "break" else {"description": "other"}
        write(daemon.folder, **keys)
    daemon.sensors()
    passed, found, says = said(daemon) or (True, "", "")
    assert (passed, found, words in says) == (False, severity, True)
    write(daemon.folder)
    daemon.sensors()
    assert (said(daemon) or (False,))[0]


def test_an_edit_is_told_though_another_file_is_broken(daemon: Daemon) -> None:
    daemon.write("edited")
    write(daemon.folder, schedule=MISSPELT)
    daemon.start("10:03:20").sensors()
    daemon.write("edited", description="another")
    daemon.write("new")
    tick = daemon.sensors().ticks("connector_files_sensor")[-1]
    assert tick.status == "FAILURE"
    assert TYPO in tick.says
    assert "changed since this code location was loaded: edited, new; reload" in tick.says


def test_its_schedule_does_not_fire_and_says_why(daemon: Daemon) -> None:
    file = write(daemon.folder, ownres=["team:data"])
    daemon.write("beta")
    daemon.start("10:03:20").sensors().at("10:13:01")
    (tick,) = daemon.ticks()
    assert (tick.status, tick.says) == (
        "SKIPPED",
        "acme.json is not in order, and nothing is loaded until it is:\n"
        f"{file}:1: ownres: unknown key; did you mean owners?",
    )
    assert daemon.runs() == []
    assert daemon.runs("beta") == ["initial", "2026-11-23 10:13"]


def test_a_file_broken_since_the_load_does_not_fire_either(daemon: Daemon) -> None:
    write(daemon.folder)
    daemon.start("10:03:20").sensors()
    write(daemon.folder, ownres=["team:data"])
    daemon.at("10:13:01")
    assert (daemon.runs(), "did you mean owners?" in daemon.ticks()[-1].says) == (["initial"], True)
    write(daemon.folder, description="mended")
    assert daemon.at("10:23:01").runs() == ["initial", "2026-11-23 10:23"]


def test_a_file_deleted_since_the_load_does_not_fire(daemon: Daemon) -> None:
    file = write(daemon.folder)
    daemon.start("10:03:20").sensors()
    file.unlink()
    daemon.at("10:13:01")
    assert daemon.runs() == ["initial"]
    assert daemon.ticks()[-1].says.startswith("acme.json is gone; reload")


def test_deleting_is_deleting(folder: Path) -> None:
    write(folder, schedule=MISSPELT).unlink()
    assert specs(folder) == {}


def test_the_first_run_comes_when_the_file_is_mended_and_only_if_it_never_came(
    daemon: Daemon,
) -> None:
    write(daemon.folder, schedule=MISSPELT)
    daemon.start("10:03:20").sensors()
    assert daemon.runs() == []
    write(daemon.folder)
    daemon.reload("10:04:00").sensors()
    assert daemon.runs() == ["initial"]
    write(daemon.folder, schedule=MISSPELT)
    daemon.reload("10:14:00").sensors()
    write(daemon.folder)
    daemon.reload("10:15:00").sensors()
    assert daemon.runs() == ["initial"]


def test_the_slot_missed_while_it_was_broken_runs_once_after_the_reload(daemon: Daemon) -> None:
    write(daemon.folder)
    daemon.start("10:03:20").sensors().at("10:13:01")
    write(daemon.folder, ownres=["team:data"])
    daemon.reload("10:14:00").sensors().at("10:23:01").at("10:33:01")
    write(daemon.folder)
    daemon.reload("10:34:00").sensors().at("10:43:01")
    assert daemon.runs() == ["initial", "2026-11-23 10:13", "2026-11-23 10:43"]


def test_a_run_of_it_fails_with_the_problem_and_the_check_is_red(
    folder: Path, dagster_instance: dg.DagsterInstance
) -> None:
    write(folder, schedule=MISSPELT)
    job = build_definitions(folder).resolve_job_def("acme_sync")
    done = job.execute_in_process(instance=dagster_instance, raise_on_error=False)
    assert not done.success
    (failure,) = done.get_step_failure_events()
    assert failure.step_failure_data.user_failure_data is not None
    assert TYPO in str(failure.step_failure_data.user_failure_data.description)
    assert [
        (check.asset_key, check.check_name, check.passed)
        for check in done.get_asset_check_evaluations()
    ] == [(key, CHECK, False) for key in ACME]


def test_two_files_of_one_name_and_tables_that_two_claim_stay_on_the_map(folder: Path) -> None:
    file = write(folder)
    file.with_suffix(".yaml").write_text(file.read_text())
    shared = {"destination": {"type": "duckdb", "credentials": "one.duckdb", "dataset": "shop"}}
    connectors.write(folder, "first", **shared)
    connectors.write(folder, "second", **shared)
    found = specs(folder)
    assert sorted({key.path[0] for key in found}) == ["acme", "first", "second"]
    assert "acme.json and acme.yaml name the same connector" in found[ACME[0]].description
    told = [found[dg.AssetKey([name, "items"])].description for name in ("first", "second")]
    assert any("is not in order" in str(words) for words in told)


def test_a_name_that_no_connector_can_have_is_left_to_the_sensor(daemon: Daemon) -> None:
    (daemon.folder / "Acme-1.json").write_text("{}")
    assert specs(daemon.folder) == {}
    (tick,) = daemon.start("10:03:20").sensors().ticks("connector_files_sensor")
    assert "'Acme-1' is not a connector's name" in tick.says
