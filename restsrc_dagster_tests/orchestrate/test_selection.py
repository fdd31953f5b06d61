"""The selection of a connector's job has what Dagster's own has, and is one to Dagster."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from restsrc_dagster import build_definitions
from restsrc_dagster.orchestrate.selection import AssetsWithChecks
from restsrc_dagster_tests.support.connectors import items, write

KEYS = [dg.AssetKey(["acme", "items"]), dg.AssetKey(["acme", "orders"])]


@dg.multi_asset_check(specs=[dg.AssetCheckSpec("of_others", asset=KEYS[0])])
def of_others() -> Iterator[dg.AssetCheckResult]:
    yield dg.AssetCheckResult(passed=True)


@pytest.fixture
def repository(tmp_path: Path) -> dg.RepositoryDefinition:
    orders = {**items(), "name": "orders"}
    write(tmp_path, "acme", resources=[items(), orders])
    write(tmp_path, "other", resources=[items()])
    others = dg.Definitions(asset_checks=[of_others])
    return dg.Definitions.merge(build_definitions(tmp_path), others).get_repository_def()


@pytest.mark.parametrize("keys", [KEYS, KEYS[:1], []])
def test_it_is_what_dagster_selects(
    repository: dg.RepositoryDefinition, keys: list[dg.AssetKey]
) -> None:
    graph = repository.asset_graph
    ours, theirs = AssetsWithChecks(keys), dg.AssetSelection.assets(*keys)
    assert ours.resolve(graph) == theirs.resolve(graph) == set(keys)
    assert ours.resolve_checks(graph) == theirs.resolve_checks(graph)
    assert str(ours) == str(theirs)


def test_an_asset_that_is_not_there_is_refused(repository: dg.RepositoryDefinition) -> None:
    with pytest.raises(dg.DagsterInvalidSubsetError, match="acme/gone"):
        AssetsWithChecks([dg.AssetKey(["acme", "gone"])]).resolve_checks(repository.asset_graph)


def test_a_job_has_its_assets_and_the_checks_that_others_make_of_them(
    repository: dg.RepositoryDefinition,
) -> None:
    job = repository.get_job("acme_sync")
    assert job.asset_layer.selected_asset_keys == set(KEYS)
    checks = {check.name for check in job.asset_layer.asset_graph.asset_check_keys}
    assert checks == {"connector_file", "delivery", "column_schema_change", "of_others"}
    assert {check.asset_key for check in job.asset_layer.asset_graph.asset_check_keys} == set(KEYS)
