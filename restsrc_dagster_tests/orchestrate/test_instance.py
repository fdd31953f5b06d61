"""An instance that lacks what connectors count on is told of it in the log of a run, once."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.instance.ref import InstanceRef

from restsrc_dagster.orchestrate.assets import build_connector_assets
from restsrc_dagster.orchestrate.instance import (
    NO_MONITORING,
    NO_POOLS,
    NO_QUEUE,
    NO_RETRIES,
    lacks_of,
)
from restsrc_dagster.settings import Settings, default_dagster_yaml
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector

PAGE = Path(__file__).parents[2] / "docs" / "own-project.md"
LACKS = (NO_QUEUE, NO_POOLS, NO_MONITORING, NO_RETRIES)
NO_LIMIT = "concurrency: {pools: {granularity: run}}"

MakeInstance = Callable[[str], dg.DagsterInstance]


@pytest.fixture
def instance_of(tmp_path: Path) -> Iterator[MakeInstance]:
    """An instance by the text of its `dagster.yaml`."""
    made = []

    def make(dagster_yaml: str) -> dg.DagsterInstance:
        home = tmp_path / f"home_{len(made)}"
        home.mkdir()
        (home / "dagster.yaml").write_text(dagster_yaml, encoding="utf-8")
        made.append(dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home))))
        return made[-1]

    yield make
    for instance in made:
        instance.dispose()


def warnings_of(
    run: dg.ExecuteInProcessResult, instance: dg.DagsterInstance, about: str = "lacks settings"
) -> list[str]:
    messages = [entry.user_message for entry in instance.all_logs(run.run_id) if entry.level == 30]
    return [message for message in messages if about in message]


def lines_told(warning: str) -> str:
    """What a person copies out of the warning, to the end of the YAML."""
    return warning.partition("says more):\n\n")[2].partition("\nWhere pools")[0]


def test_a_plain_instance_is_told_once_and_the_lines_help(
    api: Api, settings: Settings, instance_of: MakeInstance
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    acme, other = (
        build_connector_assets(connector(name, api.url), settings=settings)
        for name in ("acme", "other")
    )
    plain = instance_of("")
    (warning,) = warnings_of(dg.materialize([acme], instance=plain), plain)
    assert "No row is lost by that" in warning
    for told in (NO_POOLS, NO_MONITORING, NO_RETRIES):
        assert f"- {told.setting}: {told.means}" in warning
    assert "dagster instance concurrency set restsrc_acme 1" in warning
    assert warnings_of(dg.materialize([other], instance=plain), plain) == [], "once"

    mended = instance_of(lines_told(warning))
    assert list(lacks_of(mended, "acme")) == []
    assert warnings_of(dg.materialize([acme], instance=mended), mended) == []


def test_the_shipped_settings_lack_nothing(instance_of: MakeInstance, tmp_path: Path) -> None:
    shipped = default_dagster_yaml().replace("base_dir: .dagster", f"base_dir: {tmp_path}/stored")
    assert list(lacks_of(instance_of(shipped), "acme")) == []


def test_the_page_names_the_same_lines() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for lack in (NO_POOLS, NO_MONITORING, NO_RETRIES):
        assert lack.lines in page
        assert _below(yaml.safe_load(lack.lines), yaml.safe_load(default_dagster_yaml()))


def _below(part: object, whole: object) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(_below(one, whole.get(key)) for key, one in part.items())
    return part == whole


@pytest.mark.parametrize(
    ("dagster_yaml", "lacks"),
    [
        ("run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}",
         {NO_QUEUE}),
        (NO_LIMIT, {NO_POOLS}),
        ("concurrency: {pools: {default_limit: 1}}", {NO_POOLS}),
        ("concurrency: {pools: {granularity: op, default_limit: 1}}", {NO_POOLS}),
        ("concurrency: {pools: {granularity: run, default_limit: 2}}", {NO_POOLS}),
        ("run_monitoring: {enabled: true}", {NO_MONITORING}),
        ("run_monitoring: {enabled: false, free_slots_after_run_end_seconds: 9}", {NO_MONITORING}),
        ("run_retries: {enabled: true}", {NO_RETRIES}),
        ("run_retries: {enabled: false, max_retries: 2}", {NO_RETRIES}),
    ],
)  # fmt: skip
def test_what_is_only_half_there_is_found(
    instance_of: MakeInstance, dagster_yaml: str, lacks: set[object]
) -> None:
    key = dagster_yaml.partition(":")[0]
    others = [one.lines for one in LACKS[1:] if not one.lines.startswith(key)]
    instance = instance_of("\n".join([dagster_yaml, *others]))
    assert set(lacks_of(instance, "acme")) == lacks


def test_the_lines_about_the_queue_make_one(instance_of: MakeInstance) -> None:
    assert set(lacks_of(instance_of(NO_QUEUE.lines), "acme")) == set(LACKS[1:])


def test_a_limit_of_the_pool_alone_is_enough(instance_of: MakeInstance) -> None:
    instance = instance_of(NO_LIMIT)
    instance.event_log_storage.set_concurrency_slots("restsrc_acme", 1)
    assert NO_POOLS not in set(lacks_of(instance, "acme"))
    assert NO_POOLS in set(lacks_of(instance, "other"))


def test_of_dagster_plus_nothing_is_told_nor_of_a_script(
    api: Api, settings: Settings, instance_of: MakeInstance
) -> None:
    """There the settings are the deployment's, and a run does not see them."""
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    plus = replace(settings, ephemeral_on="Dagster Cloud")
    with dg.DagsterInstance.ephemeral() as of_a_script:
        for of, instance in ((plus, instance_of("")), (settings, of_a_script)):
            assets = build_connector_assets(connector("acme", api.url), settings=of)
            assert warnings_of(dg.materialize([assets], instance=instance), instance) == []
