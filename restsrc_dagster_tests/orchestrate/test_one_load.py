"""The check inside a run, where neither a pool nor the destination keeps two loads apart."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from restsrc_dagster.errors import ConnectorBusy
from restsrc_dagster.orchestrate.build import build_definitions
from restsrc_dagster.orchestrate.one_load import WORKER_TAG, refuse_second_load
from restsrc_dagster_tests.support.connectors import write


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as running:
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> dg.RepositoryDefinition:
    write(tmp_path, "acme")
    nightly = dg.define_asset_job("nightly", selection=dg.AssetSelection.groups("acme"))
    merged = dg.Definitions.merge(build_definitions(tmp_path), dg.Definitions(jobs=[nightly]))
    return merged.get_repository_def()


def going(
    instance: dg.DagsterInstance, repository: dg.RepositoryDefinition, job: str, **tags: str
) -> dg.DagsterRun:
    """A run that has started, as its worker sees it."""
    return instance.create_run_for_job(
        repository.get_job(job), status=dg.DagsterRunStatus.STARTED, tags=tags
    )


@pytest.mark.parametrize("job", ["acme_sync", "nightly", "__ASSET_JOB"])
def test_an_older_run_wins_whatever_its_job(
    instance: dg.DagsterInstance, repository: dg.RepositoryDefinition, job: str
) -> None:
    older = going(instance, repository, job)
    younger = going(instance, repository, "acme_sync")
    with pytest.raises(ConnectorBusy, match=f"acme is being loaded by run {older.run_id}"):
        refuse_second_load(instance, younger, "acme")
    refuse_second_load(instance, older, "acme")


def test_a_younger_run_that_reads_already_wins(
    instance: dg.DagsterInstance, repository: dg.RepositoryDefinition
) -> None:
    older = going(instance, repository, "acme_sync")
    younger = going(instance, repository, "acme_sync", **{WORKER_TAG: "elsewhere:1"})
    with pytest.raises(ConnectorBusy, match=younger.run_id):
        refuse_second_load(instance, older, "acme")


def test_a_dead_worker_does_not_count(
    instance: dg.DagsterInstance, repository: dg.RepositoryDefinition
) -> None:
    import socket

    going(instance, repository, "acme_sync", **{WORKER_TAG: f"{socket.gethostname()}:4194304"})
    refuse_second_load(instance, going(instance, repository, "acme_sync"), "acme")


def test_runs_of_other_connectors_do_not_count(
    instance: dg.DagsterInstance, repository: dg.RepositoryDefinition
) -> None:
    going(instance, repository, "acme_sync")
    refuse_second_load(instance, going(instance, repository, "acme_sync"), "other")
