"""A process that is there for one run sees its connector, and the location whenever it is asked."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._grpc.types import ExecuteRunArgs

from restsrc_dagster import ConnectorTranslator, ResourceProps, build_definitions
from restsrc_dagster.definitions import defs
from restsrc_dagster.errors import SettingsError
from restsrc_dagster.orchestrate.dagster_private import DefinitionsLoadContext, DefinitionsLoadType
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items, write

POSTGRES: dict[str, Any] = {"destination": {"type": "postgres", "dataset": "shared"}}
MODULE = "restsrc_dagster.definitions"

READS = """
import sys
read = set()
def hook(event, arguments):
    if event == "open" and str(arguments[0]).startswith({folder!r}):
        read.add(str(arguments[0])[len({folder!r}) + 1:])
sys.addaudithook(hook)
import atexit, json
atexit.register(lambda: print("READ", json.dumps(sorted(read - {{""}}))))
from dagster.__main__ import main
sys.argv[0] = "dagster"
main()
"""


@pytest.fixture
def reconstructing() -> Any:
    """This process is as one that was launched for a run."""
    context = DefinitionsLoadContext(DefinitionsLoadType.RECONSTRUCTION)
    with DefinitionsLoadContext.scoped(context):
        yield


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The connector files that were read as a whole folder."""
    from restsrc_dagster.orchestrate import build

    folders: list[Path] = []

    def reading(folder: Path) -> Any:
        folders.append(folder)
        return read_folder(folder)

    read_folder = build.read_folder
    monkeypatch.setattr(build, "read_folder", reading)
    return folders


def whole(folder: Path, **keys: Any) -> dg.RepositoryDefinition:
    """The location as a code server has it."""
    with DefinitionsLoadContext.scoped(DefinitionsLoadContext(DefinitionsLoadType.INITIALIZATION)):
        return build_definitions(folder, **keys).get_repository_def()


def execute(instance: dg.DagsterInstance, folder: Path, job: str) -> list[str]:
    """Have a run of `job` executed by the command that launchers start; the files that it read."""
    code = ReconstructableRepository.for_module(MODULE, "defs")
    origin = code.get_reconstructable_job(job).get_python_origin()
    run = instance.create_run_for_job(
        defs().get_repository_def().get_job(job),
        job_code_origin=origin,
        asset_selection=frozenset([dg.AssetKey(["acme", "items"])]),
    )
    arguments = ExecuteRunArgs(
        job_origin=origin,
        run_id=run.run_id,
        instance_ref=instance.get_ref(),
        set_exit_code_on_failure=True,
    )
    ended = subprocess.run(
        [sys.executable, "-c", READS.format(folder=str(folder)), *arguments.get_command_args()[1:]],
        capture_output=True, text=True, check=False, timeout=120, cwd=folder.parent,
        env={**os.environ},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told = next(line for line in ended.stdout.splitlines() if line.startswith("READ "))
    read: list[str] = json.loads(told.removeprefix("READ "))
    return read


@pytest.mark.parametrize(
    ("job", "read"),
    [("acme_sync", ["acme.json"]), ("__ASSET_JOB", ["acme.json", "beta.json", "broken.json"])],
)
def test_a_run_reads_the_files_that_it_needs(
    api: Api, folder: Path, dagster_instance: dg.DagsterInstance, job: str, read: list[str]
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    write(folder, "acme", api.url)
    write(folder, "beta", api.url)
    (folder / "broken.json").write_text("{")
    assert execute(dagster_instance, folder, job) == read
    event = dagster_instance.get_latest_materialization_event(dg.AssetKey(["acme", "items"]))
    assert event is not None


class AcrossConnectors(ConnectorTranslator):
    def get_asset_spec(self, props: ResourceProps) -> dg.AssetSpec:
        spec = super().get_asset_spec(props)
        deps = [*spec.deps, dg.AssetKey(["beta", "items"])]
        return spec if props.connector.name == "beta" else spec.replace_attributes(deps=deps)


@pytest.mark.parametrize("translator", [None, AcrossConnectors()])
@pytest.mark.usefixtures("reconstructing")
def test_the_job_is_the_same(
    tmp_path: Path, looked_at: list[Path], translator: ConnectorTranslator | None
) -> None:
    write(tmp_path, "acme", resources=["a/b", items("é", path="x/{resources.a/b.id}"), "é b"])
    write(tmp_path, "beta", owners=["team:finance"], tags={"domain": "x"}, description="Beta")
    write(tmp_path, "gamma", **POSTGRES)
    part, all_of_it = (
        build_definitions(tmp_path, translator=translator),
        whole(tmp_path, translator=translator),
    )
    looked_at.clear()
    for name in ("acme", "beta", "gamma"):
        mine = part.get_repository_def().get_job(f"{name}_sync")
        theirs = all_of_it.get_job(f"{name}_sync")
        assert mine.get_job_snapshot_id() == theirs.get_job_snapshot_id()
        assert mine.asset_layer.selected_asset_keys == theirs.asset_layer.selected_asset_keys
        assert mine.executor_def is theirs.executor_def
        assert mine.tags == theirs.tags
    assert looked_at == []
    assert part.get_repository_def().name == all_of_it.name


def twice(folder: Path) -> None:
    write(folder, "acme")
    (folder / "acme.yaml").write_text((folder / "acme.json").read_text())


def broken(folder: Path) -> None:
    (folder / "acme.json").write_text("{")


def another_claims_the_table(folder: Path) -> None:
    write(folder, "acme", **POSTGRES)
    write(folder, "abc", **POSTGRES)


@pytest.mark.parametrize("prepare", [twice, broken, another_claims_the_table])
@pytest.mark.usefixtures("reconstructing")
def test_the_job_of_a_connector_that_is_not_in_order_is_that_of_the_location(
    tmp_path: Path, prepare: Callable[[Path], None]
) -> None:
    """A run that waited while the file broke says so, and loads nothing."""
    write(tmp_path, "other")
    prepare(tmp_path)
    repository = build_definitions(tmp_path).get_repository_def()
    job = repository.get_job("acme_sync")
    with dg.DagsterInstance.ephemeral() as instance:
        ended = job.execute_in_process(instance=instance, raise_on_error=False)
    (failure,) = ended.get_step_failure_events()
    assert failure.step_failure_data.user_failure_data is not None
    assert "acme" in str(failure.step_failure_data.user_failure_data.description)
    assert job.get_job_snapshot_id() == whole(tmp_path).get_job("acme_sync").get_job_snapshot_id()
    assert repository.get_job("other_sync").name == "other_sync"


@pytest.mark.usefixtures("reconstructing")
def test_what_the_location_does_not_have_has_no_job(tmp_path: Path) -> None:
    write(tmp_path, "other")
    repository = build_definitions(tmp_path).get_repository_def()
    with pytest.raises(dg.DagsterInvariantViolationError, match="Could not find job 'acme_sync'"):
        repository.get_job("acme_sync")


@pytest.mark.usefixtures("reconstructing")
def test_whoever_asks_for_more_gets_the_location(folder: Path) -> None:
    write(folder, "acme")
    write(folder, "beta")
    repository, all_of_it = defs().get_repository_def(), whole(folder)
    assert repository.get_job("acme_sync").name == "acme_sync"
    assert set(repository.job_names) == set(all_of_it.job_names)
    assert repository.has_job("beta_sync")
    names = {schedule.name for schedule in repository.schedule_defs}
    assert names == {"acme_schedule", "beta_schedule"}
    assert len(repository.sensor_defs) == 2
    graph = repository.asset_graph.get_all_asset_keys()
    assert graph == all_of_it.asset_graph.get_all_asset_keys()
    assert repository.get_job("__ASSET_JOB").asset_layer.selected_asset_keys == graph
    assert len(repository.get_all_jobs()) == 3
    assert repository.get_top_level_resources() == {}
    repository.load_all_definitions()


@pytest.mark.usefixtures("reconstructing")
def test_it_is_merged_with_other_definitions(folder: Path) -> None:
    @dg.asset(deps=[["acme", "items"]])
    def below() -> None: ...

    nightly = dg.define_asset_job("nightly_sync", selection="*")
    write(folder, "acme")
    merged = dg.Definitions.merge(defs(), dg.Definitions(assets=[below], jobs=[nightly]))
    keys = {dg.AssetKey(["acme", "items"]), dg.AssetKey("below")}
    assert merged.resolve_job_def("nightly_sync").asset_layer.selected_asset_keys == keys
    assert merged.executor is dg.in_process_executor

    def owned(spec: dg.AssetSpec) -> dg.AssetSpec:
        return spec.replace_attributes(owners=["team:x"])

    named = defs().permissive_map_resolved_asset_specs(owned, None)
    (spec,) = named.resolve_all_asset_specs()
    assert spec.owners == ["team:x"]
    assert named.resolve_job_def("acme_sync").name == "acme_sync"


@pytest.mark.usefixtures("reconstructing")
def test_no_folder_is_told_at_once() -> None:
    with pytest.raises(SettingsError, match="not_there"):
        build_definitions("not_there")
