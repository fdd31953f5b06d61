"""A second command or document is written into the connector that is there."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.scaffold.openapi.documents import document, get
from restsrc_dagster_tests.support.api import Api, Asked

BASE = "https://api.acme.com/v2"
KEY = "-H 'Authorization: Bearer s3cr3t'"
EVERY_DAY = ("--schedule", "every day")


def add(folder: Path, command: str, *more: str, name: str = "acme") -> Result:
    words = ["add", name, "--from-curl", command, *more]
    at = ["--connectors-dir", str(folder), "--dagster-url", "http://127.0.0.1:9"]
    return CliRunner().invoke(cli, [*words, *at])


def resources(folder: Path) -> list[dict[str, Any]]:
    content = json.loads((folder / "acme.json").read_text(encoding="utf-8"))
    listed: list[dict[str, Any]] = content["configuration"]["resources"]
    return listed


def first(folder: Path, path: str = "work-orders", *more: str) -> None:
    ended = add(folder, f"curl {BASE}/{path} {KEY}", *EVERY_DAY, *more)
    assert ended.exit_code == 0, ended.output


CHILDREN = {
    "a number": ("work-orders/17/time-entries", "{resources.work_orders.id}/time-entries"),
    "a letter key": ("work-orders/wo_9sX6/notes", "{resources.work_orders.id}/notes"),
    "as documentation writes it": ("work-orders/:id/notes", "{resources.work_orders.id}/notes"),
    "in braces": ("work-orders/{workOrderId}/notes", "{resources.work_orders.id}/notes"),
    "in capitals": ("work-orders/WORK_ORDER_ID/notes", "{resources.work_orders.id}/notes"),
}


@pytest.mark.parametrize("case", CHILDREN)
def test_an_id_below_a_known_resource_makes_a_child_of_it(case: str, tmp_path: Path) -> None:
    path, below = CHILDREN[case]
    first(tmp_path)
    ended = add(tmp_path, f"curl '{BASE}/{path}?limit=50' {KEY}", "--into")
    assert ended.exit_code == 0, ended.output
    name = path.rsplit("/", 1)[1].replace("-", "_")
    assert f"{name}: is read for each record of work_orders, by its id" in ended.output
    assert f"wrote {name} into " in ended.output
    assert resources(tmp_path)[1] == {
        "name": name,
        "include_from_parent": ["id"],
        "endpoint": {"path": f"work-orders/{below}", "params": {"limit": "50"}},
    }


def test_a_grandchild_and_one_record_of_each(tmp_path: Path) -> None:
    first(tmp_path)
    for path in ("work-orders/1/visits", "work-orders/1/visits/2/photos", "work-orders/7", "users"):
        ended = add(tmp_path, f"curl {BASE}/{path} {KEY}", "--into")
        assert ended.exit_code == 0, ended.output
    _, visits, photos, details, users = resources(tmp_path)
    order = "work-orders/{resources.work_orders.id}"
    assert visits["endpoint"]["path"] == f"{order}/visits"
    assert photos["endpoint"]["path"] == f"{order}/visits/{{resources.visits.id}}/photos"
    assert (details["name"], details["endpoint"]["path"]) == ("work_orders_details", order)
    assert users == {"name": "users", "endpoint": {"path": "users"}}


def test_the_key_of_the_parent_and_a_name_that_is_taken(tmp_path: Path) -> None:
    first(tmp_path)
    file = tmp_path / "acme.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    content["configuration"]["resources"][0]["primary_key"] = "number"
    content["configuration"]["resources"].append("notes")
    file.write_text(json.dumps(content), encoding="utf-8")
    ended = add(tmp_path, f"curl {BASE}/work-orders/17/notes {KEY}", "--into")
    assert ended.exit_code == 0, ended.output
    *_, notes = resources(tmp_path)
    assert notes["name"] == "work_orders_notes"
    assert notes["endpoint"]["path"] == "work-orders/{resources.work_orders.number}/notes"
    assert "\n" not in file.read_text(encoding="utf-8"), "it is written as the file is"
    again = add(tmp_path, f"curl {BASE}/notes {KEY}", "--into")
    assert again.exit_code == 1
    assert "exists already, and it has a resource 'notes' already; nothing was" in again.output


def test_what_the_client_has_stays_there(tmp_path: Path) -> None:
    first(tmp_path)
    other = f"curl {BASE}/users -H 'X-Api-Key: s3cr3t' -H 'X-Shop: north'"
    ended = add(tmp_path, other, "--into")
    assert ended.exit_code == 0, ended.output
    assert "set the environment variable ACME_API_KEY" in ended.output
    _, users = resources(tmp_path)
    assert users["endpoint"]["headers"] == {"X-Shop": "north"}
    assert users["endpoint"]["auth"]["api_key"] == "${ACME_API_KEY}"
    ended = add(tmp_path, f"curl {BASE}/teams {KEY}", "--into")
    assert "set the environment variable" not in ended.output
    assert resources(tmp_path)[2] == {"name": "teams", "endpoint": {"path": "teams"}}


YAML = """\
created_at: "2026-11-23T10:03:00Z"
schedule: {mode: days}  # at night
configuration:
  client:
    base_url: https://${SHOP}.acme.com/v2/
  resources:
    # what is sold
    - name: orders
      endpoint:
        path: orders.json
        data_selector: data   # the list
http: {max_concurrency: 2}
"""


def test_yaml_stays_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(YAML, encoding="utf-8")
    ended = add(tmp_path, "curl https://north.acme.com/v2/orders/1/lines", "--into")
    assert ended.exit_code == 0, ended.output
    assert file.read_text(encoding="utf-8") == YAML.replace(
        "data_selector: data   # the list\n",
        "data_selector: data   # the list\n"
        "    - name: lines\n"
        "      include_from_parent:\n"
        "      - id\n"
        "      endpoint:\n"
        "        path: orders/{resources.orders.id}/lines\n",
    )


def test_another_path_of_the_host_and_another_host(tmp_path: Path) -> None:
    first(tmp_path)
    before = (tmp_path / "acme.json").read_text(encoding="utf-8")
    ended = add(tmp_path, "curl 'https://files.acme.com/x?token=s3cr3t'", "--into")
    assert ended.exit_code == 1
    assert "it is at files.acme.com, and not below the base_url of this connector" in ended.output
    assert "s3cr3t" not in ended.output
    assert (tmp_path / "acme.json").read_text(encoding="utf-8") == before
    ended = add(tmp_path, "curl https://api.acme.com/v3/teams", "--into")
    assert ended.exit_code == 0, ended.output
    assert resources(tmp_path)[1]["endpoint"] == {"path": "https://api.acme.com/v3/teams"}


def test_a_document_comes_into_it_too(tmp_path: Path) -> None:
    first(tmp_path)
    source = tmp_path / "openapi.json"
    source.write_text(document({"/work-orders": get(), "/users": get()}), encoding="utf-8")
    words = ["add", "acme", "--from-openapi", str(source), "--path", "/users", "--into"]
    at = ["--connectors-dir", str(tmp_path), "--dagster-url", "http://127.0.0.1:9"]
    ended = CliRunner().invoke(cli, [*words, *at])
    assert ended.exit_code == 0, ended.output
    assert resources(tmp_path)[1]["endpoint"]["path"] == "users"


def test_what_does_not_go_together(tmp_path: Path) -> None:
    there_is_none = add(tmp_path, f"curl {BASE}/users", "--into")
    assert "has no connector 'acme' to add to" in there_is_none.output
    first(tmp_path)
    for more in (EVERY_DAY, ("--http", "{}"), ("--paused",)):
        ended = add(tmp_path, f"curl {BASE}/users", "--into", *more)
        assert (ended.exit_code, "--into adds the resources of" in ended.output) == (2, True)


def test_the_request_budget_and_the_destination_are_there_before_the_first_run(
    tmp_path: Path,
) -> None:
    more = ("--http", '{"requests_per_second": 4}', "--destination", '{"dataset": "shop"}')
    first(tmp_path, "orders", *more)
    made = read_connector(tmp_path / "acme.json")
    assert (made.http.requests_per_second, made.dataset) == (4, "shop")
    for wrong, told in (("{", "--http: line 1"), ('{"requests": 4}', "http.requests: unknown key")):
        ended = add(tmp_path, f"curl {BASE}/x", *EVERY_DAY, "--http", wrong, name="other")
        assert ended.exit_code == 1
        assert told in ended.output + str(ended.exception)
        assert not (tmp_path / "other.json").exists()


def test_a_paused_connector_can_be_tried_and_added_to_and_is_run_by_nobody(
    api: Api, settings: Settings, tmp_path: Path
) -> None:
    """From two commands to rows of parents and children."""
    api.routes["/v2/work-orders"] = lambda _: [{"id": n} for n in (1, 2)]

    def entries(asked: Asked) -> Any:
        order = int(asked.path.split("/")[3])
        return [{"id": order * 10 + n, "minutes": n} for n in range(order)]

    for n in (1, 2):
        api.routes[f"/v2/work-orders/{n}/time-entries"] = entries
    ended = add(tmp_path, f"curl {api.url}/v2/work-orders", *EVERY_DAY, "--paused")
    assert ended.exit_code == 0, ended.output
    paused, started = tmp_path / "_acme.json", tmp_path / "acme.json"
    assert f"nothing runs it until it is renamed: mv {paused} {started}" in ended.output
    again = add(tmp_path, f"curl {api.url}/v2/work-orders", *EVERY_DAY)
    assert "exists already" in again.output
    words = ["--connectors-dir", str(tmp_path)]
    tried = CliRunner().invoke(cli, ["test", "acme", *words])
    assert tried.exit_code == 0, tried.output
    ended = add(tmp_path, f"curl {api.url}/v2/work-orders/17/time-entries", "--into")
    assert ended.exit_code == 0, ended.output
    assert "Dagster" not in ended.output
    paused.rename(started)
    report = load(
        read_connector(started),
        LoadRequest(selection=frozenset({"work_orders", "time_entries"})),
        settings=settings,
        environment={},
    )
    assert not report.failed
    assert {name: one.rows_loaded for name, one in report.resources.items()} == {
        "work_orders": 2,
        "time_entries": 3,
    }
