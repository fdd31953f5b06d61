"""`restsrc add`: standard input, a schedule as JSON, a test read, a running Dagster."""

import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster_tests.support.api import Answer, Api
from restsrc_dagster_tests.support.connectors import content

NOBODY = "http://127.0.0.1:1"


def add(folder: Path, url: str, *arguments: str, schedule: str = "every day") -> Result:
    return CliRunner().invoke(
        cli,
        [
            *("add", "acme", "--config", "-", "--schedule", schedule),
            *("--connectors-dir", str(folder)),
            *(arguments or ("--dagster-url", NOBODY)),
        ],
        input=json.dumps(content(url)["configuration"]),
    )


def written(folder: Path) -> Any:
    return json.loads((folder / "acme.json").read_text(encoding="utf-8"))


def test_reads_standard_input_and_a_schedule_as_json(tmp_path: Path) -> None:
    result = add(tmp_path, "http://x.invalid", schedule='{"mode": "hours", "offset": 15}')
    assert result.exit_code == 0, result.output
    assert written(tmp_path)["schedule"] == {"mode": "hours", "interval": 1, "offset": 15}
    assert "every hour at :15 UTC" in result.output


def test_a_wrong_schedule_in_json_is_told(tmp_path: Path) -> None:
    result = add(tmp_path, "http://x.invalid", schedule='{"mode": "days", "offset": 1440}')
    assert "--schedule: 1440 is not within 0 to 1439" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_test_read_that_fails_writes_nothing(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = lambda _: Answer({}, status=401)
    result = add(tmp_path, api.url, "--test", "--dagster-url", NOBODY)
    assert result.exit_code == 3
    assert "nothing was written" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_test_read_that_works_is_shown_and_the_file_written(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    result = add(tmp_path, api.url, "--test", "--dagster-url", NOBODY)
    assert result.exit_code == 0, result.output
    assert "records    1 in 1 page" in result.output
    assert written(tmp_path)["created_at"].endswith("Z")


def test_a_test_read_keeps_a_token_that_rotates(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.routes["/token"] = lambda _: {"access_token": "a", "refresh_token": "r-1"}
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    monkeypatch.setenv("RESTSRC_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RESTSRC_SECRET_KEY", "k" * 40)
    configuration = content(api.url)["configuration"]
    configuration["client"]["auth"] = {
        "type": "oauth2_refresh_token",
        "access_token_url": f"{api.url}/token",
        "client_id": "me",
        "client_secret": "${NO_SECRET:-s3cret}",
        "refresh_token": "${NO_TOKEN:-r-0}",
    }
    folder = tmp_path / "connectors"
    arguments = ("--config", "-", "--schedule", "every day", "--connectors-dir", str(folder))
    result = CliRunner().invoke(
        cli,
        ["add", "acme", *arguments, "--test", "--dagster-url", NOBODY],
        input=json.dumps(configuration),
    )
    assert result.exit_code == 0, result.output
    assert (tmp_path / "data" / "restsrc_acme.duckdb").exists()


class Webserver:
    """Dagster's GraphQL answers, as `restsrc add` asks for them."""

    def __init__(self, api: Api, jobs: list[str], *, loads: bool = True) -> None:
        self.reloaded: list[str] = []
        self._jobs = jobs
        self._loads = loads
        api.routes["/graphql"] = lambda asked: {"data": self._answer(asked.json)}

    def _answer(self, asked: Any) -> Any:
        if "Reload" in asked["query"]:
            self.reloaded.append(asked["variables"]["name"])
            state = "RepositoryLocation" if self._loads else "PythonError"
            return {"reloadRepositoryLocation": {"locationOrLoadError": {"__typename": state}}}
        ours = {
            "location": {"name": "restsrc_dagster"},
            "sensors": [{"name": "initial_run_sensor"}],
            "jobs": [{"name": name} for name in self._jobs],
        }
        other = {"location": {"name": "other"}, "sensors": [], "jobs": []}
        return {"repositoriesOrError": {"nodes": [other, ours]}}


def test_a_running_dagster_loads_it_at_once(api: Api, tmp_path: Path) -> None:
    webserver = Webserver(api, ["acme_sync"])
    result = add(tmp_path, "http://x.invalid", "--dagster-url", api.url)
    assert "has loaded it; its first run starts within seconds" in result.output
    assert webserver.reloaded == ["restsrc_dagster"]


def test_a_dagster_of_another_folder_is_told_apart(api: Api, tmp_path: Path) -> None:
    Webserver(api, ["other_sync"])
    result = add(tmp_path, "http://x.invalid", "--dagster-url", api.url)
    assert "does not read this folder of connectors" in result.output


def test_a_location_that_does_not_load_is_told(api: Api, tmp_path: Path) -> None:
    Webserver(api, ["acme_sync"], loads=False)
    result = add(tmp_path, "http://x.invalid", "--dagster-url", api.url)
    assert result.exit_code == 0
    assert "cannot load restsrc_dagster" in result.output


@pytest.mark.parametrize("answer", [Answer(b"<html>"), Answer({}, status=500), Answer({})])
def test_something_else_at_that_address(api: Api, tmp_path: Path, answer: Answer) -> None:
    api.routes["/graphql"] = lambda _: answer
    result = add(tmp_path, "http://x.invalid", "--dagster-url", api.url)
    assert result.exit_code == 0
    assert f"no Dagster answers at {api.url}" in result.output


def test_no_command_loads_dagster_to_tell_its_help() -> None:
    code = "import sys; from restsrc_dagster.cli.main import cli; print('dagster' in sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert ended.stdout.strip() == "False"


def test_created_at_is_now(tmp_path: Path) -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0)
    add(tmp_path, "http://x.invalid")
    assert before <= parse_time(written(tmp_path)["created_at"]) <= datetime.now(timezone.utc)
