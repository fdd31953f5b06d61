import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dlt.sources.rest_api import rest_api_source

from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.connector.lint import lint
from restsrc_dagster.demo import DemoApi, Shop
from restsrc_dagster.demo.api import DEFAULT_TOKEN
from restsrc_dagster.demo.folder import DemoError, DemoFolder, demo_connector
from restsrc_dagster_tests.demo.conftest import NOON

A_URL, ANOTHER_URL = "http://127.0.0.1:4001/v1", "http://127.0.0.1:4002/v1"


@pytest.fixture
def folder(tmp_path: Path) -> DemoFolder:
    place = DemoFolder(tmp_path / "demo")
    place.path.mkdir()
    return place


def written(folder: DemoFolder) -> Any:
    return json.loads(folder.connector_file.read_text())


def test_the_first_start_stamps_the_connector(folder: DemoFolder) -> None:
    folder.write_connector(A_URL, now=NOON)
    assert folder.connector_file.name == "demo_shop.json"
    assert written(folder)["created_at"] == "2026-11-23T12:00:00Z"
    assert written(folder)["schedule"] == {"mode": "minutes", "interval": 1}
    assert written(folder)["configuration"]["client"]["auth"]["token"] == "${RESTSRC_DEMO_TOKEN}"


def test_the_connector_file_is_a_valid_connector(folder: DemoFolder) -> None:
    folder.write_connector(A_URL, now=NOON)
    connector = read_connector(folder.connector_file)
    assert connector.created_at == NOON
    assert lint(connector) == []


def test_a_later_start_at_the_same_port_touches_nothing(folder: DemoFolder) -> None:
    folder.write_connector(A_URL, now=NOON)
    by_hand = folder.connector_file.read_text().replace("\n", "\n ")
    folder.connector_file.write_text(by_hand)
    folder.write_connector(A_URL, now=NOON + timedelta(days=1))
    assert folder.connector_file.read_text() == by_hand


def test_a_later_start_at_another_port_changes_the_base_url_only(folder: DemoFolder) -> None:
    folder.write_connector(A_URL, now=NOON)
    edited = written(folder) | {"schedule": {"mode": "hours"}, "owners": ["ada@example.com"]}
    folder.connector_file.write_text(json.dumps(edited))
    folder.write_connector(ANOTHER_URL, now=NOON + timedelta(days=1))
    edited["configuration"]["client"]["base_url"] = ANOTHER_URL
    assert written(folder) == edited


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"configuration": {"client": "x"}}'])
def test_a_connector_file_that_cannot_be_read_is_not_overwritten(
    folder: DemoFolder, content: str
) -> None:
    folder.connectors.mkdir()
    folder.connector_file.write_text(content)
    with pytest.raises(DemoError, match=r"demo_shop\.json: cannot be read as a connector"):
        folder.write_connector(A_URL, now=NOON)
    assert folder.connector_file.read_text() == content


def test_opening_and_port_are_remembered_for_two_weeks(folder: DemoFolder) -> None:
    assert folder.recall(now=NOON) == (NOON, 0)
    folder.remember(opened_at=NOON, api_port=4001)
    soon, late = NOON + timedelta(days=13), NOON + timedelta(days=15)
    assert folder.recall(now=soon) == (NOON, 4001)
    assert folder.recall(now=late) == (late, 4001)


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"opened_at": 1, "api_port": 1}', '{"opened_at": "2026-11-23", "api_port": null}'],
)
def test_a_broken_memory_is_a_first_start(folder: DemoFolder, content: str) -> None:
    (folder.path / "demo.json").write_text(content)
    assert folder.recall(now=NOON) == (NOON, 0)


def test_a_folder_holds_one_demonstration_and_git_does_not_see_it(tmp_path: Path) -> None:
    place = DemoFolder(tmp_path / "new" / "demo")
    with place.held():
        assert (place.path / ".gitignore").read_text() == "*\n"
        with pytest.raises(DemoError, match="already runs"), place.held():
            pass
    with place.held():
        pass


def test_dlt_reads_the_whole_shop_with_the_connector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop: Shop
) -> None:
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    with DemoApi(shop, throttle_every=None) as api:
        configuration = demo_connector(api.base_url, created_at=NOON)["configuration"]
        configuration["client"]["auth"]["token"] = DEFAULT_TOKEN
        source = rest_api_source(configuration)
        read: dict[str, list[Any]] = {
            name: list(source.resources[name]) for name in source.resources
        }
    assert len(read["customers"]) == 5240
    assert len(read["invoices"]) > 8400
    assert len(read["subscriptions"]) == 40
    assert {row["subscription_id"] for row in read["payments"]} == {
        row["id"] for row in read["subscriptions"]
    }
