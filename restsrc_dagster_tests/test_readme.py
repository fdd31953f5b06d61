"""What the README promises, and the files of the repository that it leads to."""

import json

import tomli
import yaml

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.lint import lint
from restsrc_dagster.extract.validation import validate_with_dlt
from restsrc_dagster_tests.support.connectors import CREATED_AT
from restsrc_dagster_tests.support.pages import PAGES, ROOT, blocks


def test_it_is_read_in_a_few_minutes() -> None:
    assert len(PAGES["README.md"].encode()) < 8000


def test_one_command_runs_the_product_and_one_the_tests() -> None:
    shown = [block.text.strip() for block in blocks() if block.page == "README.md"]
    assert shown[:2] == [
        "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e . "
        "&& .venv/bin/restsrc demo",
        "bash .ci/run",
    ]


def test_the_example_of_the_repository_is_a_connector() -> None:
    example = json.loads((ROOT / "connectors" / "_example.json").read_text(encoding="utf-8"))
    connector = check_content("acme", example, file="_example.json")
    assert connector.created_at.isoformat().replace("+00:00", "Z") == CREATED_AT
    assert validate_with_dlt(connector) is None
    assert lint(connector) == []


def test_both_workspaces_name_the_same_location() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    block = project["tool"]["dg"]["project"]
    (module,) = yaml.safe_load((ROOT / "workspace.yaml").read_text("utf-8"))["load_from"]
    (cloud,) = yaml.safe_load((ROOT / "dagster_cloud.yaml").read_text("utf-8"))["locations"]
    assert module["python_module"] == {
        "module_name": block["code_location_target_module"],
        "location_name": block["code_location_name"],
    }
    assert cloud["location_name"] == block["code_location_name"]
    assert cloud["code_source"]["module_name"] == block["code_location_target_module"]
