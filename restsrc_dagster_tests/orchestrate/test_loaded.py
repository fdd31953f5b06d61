"""A code server reads the files once, however often Dagster asks for the definitions."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._grpc.server import LoadedRepositories

from restsrc_dagster import ConnectorTranslator, build_definitions
from restsrc_dagster.orchestrate import build
from restsrc_dagster.orchestrate.dagster_private import DefinitionsLoadContext, DefinitionsLoadType
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.connectors import write

FIRST, AGAIN = DefinitionsLoadType.INITIALIZATION, DefinitionsLoadType.RECONSTRUCTION


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Each read of a whole folder."""
    folders: list[Path] = []
    read_folder = build.read_folder

    def reading(folder: Path) -> Any:
        folders.append(folder)
        return read_folder(folder)

    monkeypatch.setattr(build, "read_folder", reading)
    with DefinitionsLoadContext.scoped(DefinitionsLoadContext(FIRST)):
        yield folders


def loaded(how: DefinitionsLoadType, folder: Path, **keys: Any) -> dg.Definitions:
    with DefinitionsLoadContext.scoped(DefinitionsLoadContext(how)):
        return build_definitions(folder, **keys)


def test_dagsters_code_server_reads_them_once(
    reads: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTSRC_CONNECTORS_DIR", str(tmp_path))
    write(tmp_path, "acme")
    write(tmp_path, "beta")
    origin = LoadableTargetOrigin(module_name="restsrc_dagster.definitions")
    (repository,) = LoadedRepositories(origin, None, [], None).definitions_by_name.values()
    assert {"acme_sync", "beta_sync"} <= set(repository.job_names)
    assert repository.get_job("acme_sync") in repository.get_all_jobs()
    assert reads == [tmp_path]


def test_it_gets_what_it_had_once(reads: list[Path], tmp_path: Path) -> None:
    write(tmp_path, "acme")
    first = loaded(FIRST, tmp_path)
    assert loaded(AGAIN, tmp_path) is first
    third = loaded(AGAIN, tmp_path).get_repository_def()
    assert third.get_job("acme_sync").name == "acme_sync"
    assert len(reads) == 1  # the third is as in a run, which reads the one file


def test_what_would_differ_is_made_anew_and_whole(reads: list[Path], tmp_path: Path) -> None:
    write(tmp_path, "acme")
    settings = Settings.from_environment()
    others: list[dict[str, Any]] = [
        {"settings": replace(settings, destination="postgres")},
        {"translator": ConnectorTranslator()},
        {"executor": dg.in_process_executor},
    ]
    for other in others:
        first = loaded(FIRST, tmp_path)
        reads.clear()
        assert loaded(AGAIN, tmp_path, **other) is not first
        assert reads == [tmp_path]
    loaded(FIRST, tmp_path)
    write(tmp_path, "beta")
    assert loaded(AGAIN, tmp_path).get_repository_def().has_job("beta_sync")
