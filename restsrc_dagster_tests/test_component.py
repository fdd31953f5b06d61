"""Connectors as components of a Dagster project, by Dagster's own loader and its `dg` command."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import yaml

from restsrc_dagster import RestApiConnector, RestApiConnectorFolder
from restsrc_dagster.connector.templated_schema import templated_schema
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import CREATED_AT, items, write
from restsrc_dagster_tests.support.project import FOLDER, ROOT, TYPE, Project

OWN = """
import dagster as dg
from restsrc_dagster import RestApiConnector, RestApiConnectorFolder

class Own(RestApiConnector):
    def get_asset_spec(self, props):
        return super().get_asset_spec(props).merge_attributes(owners=["team:data"])

    def execute(self, context, load):
        context.log.info("before")
        for result in load():
            yield result
        context.log.info("behind")
"""


pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore:`parse_obj_as` is deprecated"),  # Dagster's own use
]


def refusal(project: Project) -> str:
    """What is wrong with a project, in the words of this package."""
    with pytest.raises(Exception, match="Error while building definitions") as raised:
        project.definitions()
    cause: BaseException | None = raised.value
    while cause is not None and not isinstance(cause, ConnectorError):
        cause = cause.__cause__
    return str(cause)


def keys(definitions: dg.Definitions) -> list[str]:
    return sorted("/".join(spec.key.path) for spec in definitions.resolve_all_asset_specs())


def test_a_component_has_what_a_file_has(project: Project) -> None:
    project.connector("acme", description="Things")
    definitions = project.definitions()
    repository = definitions.get_repository_def()
    assert keys(definitions) == ["acme/items"]
    assert repository.get_job("acme_sync").name == "acme_sync"
    schedule = repository.get_schedule_def("acme_schedule")
    assert (schedule.cron_schedule, schedule.description) == (
        "3-59/10 * * * *",
        "every 10 minutes from 10:03 UTC",
    )
    assert [sensor.name for sensor in repository.sensor_defs] == ["initial_run_sensor"]


def test_components_and_a_folder_of_files_have_the_sensors_in_common(project: Project) -> None:
    project.connector("acme")
    project.connector("shop", name="webshop")
    write(project.root / "connectors", "files")
    project.add("folder", FOLDER)
    definitions = project.definitions()
    repository = definitions.get_repository_def()
    assert keys(definitions) == ["acme/items", "files/items", "webshop/items"]
    assert sorted(sensor.name for sensor in repository.sensor_defs) == [
        "connector_files_sensor",
        "initial_run_sensor",
    ]
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance, repository_def=repository)
        asked = repository.get_sensor_def("initial_run_sensor").evaluate_tick(context)
        jobs = [request.job_name for request in asked.run_requests or ()]
        context = dg.build_sensor_context(instance, repository_def=repository)
        files = repository.get_sensor_def("connector_files_sensor").evaluate_tick(context)
    assert sorted(str(job) for job in jobs) == ["acme_sync", "files_sync", "webshop_sync"]
    assert files.skip_message == "all connector files are in order (1 in all)"


def test_one_name_in_two_places_is_refused(project: Project) -> None:
    project.connector("acme")
    write(project.root / "connectors", "acme")
    project.add("folder", FOLDER)
    assert refusal(project).startswith("acme: is the name of two connectors")


def test_a_run_reads_the_variable_and_no_definition_has_it(
    project: Project, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_TOKEN", "s3cret")
    api.routes["/items"] = lambda asked: {"data": [{"id": 1, "at": asked.headers["Authorization"]}]}
    project.connector("acme", api.url)
    definitions = project.definitions()
    specs = list(definitions.resolve_all_asset_specs())
    assert "s3cret" not in repr(specs)
    monkeypatch.setenv("ACME_TOKEN", "another")
    with dg.DagsterInstance.ephemeral() as instance:
        ended = definitions.resolve_job_def("acme_sync").execute_in_process(instance=instance)
    assert ended.success
    assert api.asked[-1].headers["Authorization"] == "Bearer another"


def test_its_attributes_are_as_they_are_written(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Templates aside: of other texts, Dagster makes numbers where they look like one."""
    monkeypatch.setenv("WHAT", "s3cret")
    project.connector(
        "acme",
        configuration={
            "client": {
                "base_url": "https://api.acme.com",
                "headers": {"Version": "2024.10"},
                "paginator": {"type": "offset", "limit": "{{ 10 * 10 }}"},
            },
            "resources": [items(params={"version": "2024.10", "none": "None"})],
        },
        description="{{ env.WHAT }}",
        tags={"year": "2024"},
        alerts={True: ["failure"]},  # as YAML 1.1 reads `on: [failure]`
    )
    connector = project.component("acme").connector
    client, (resource,) = (connector.configuration[key] for key in ("client", "resources"))
    assert client["headers"] == {"Version": "2024.10"}
    assert client["paginator"]["limit"] == 100
    assert resource["endpoint"]["params"] == {"version": "2024.10", "none": "None"}
    assert (connector.description, connector.tags) == ("${WHAT}", {"year": "2024"})
    assert connector.alerts.on == ["failure"]


def test_a_time_of_yaml_needs_no_quotes(project: Project) -> None:
    path = project.connector("acme")
    written = path.read_text(encoding="utf-8").replace(f"'{CREATED_AT}'", CREATED_AT)
    path.write_text(written, encoding="utf-8")
    assert project.component("acme").connector.created_at.isoformat() == "2026-11-23T10:03:00+00:00"


def test_its_methods_and_its_translation_are_the_persons(
    project: Project, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_TOKEN", "x")
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    (project.package / "own.py").write_text(OWN)
    path = project.connector(
        "acme", api.url, translation={"key": "raw/{{ connector.name }}/{{ resource.name }}"}
    )
    path.write_text(path.read_text().replace(TYPE, f"{project.name}.own.Own"))
    definitions = project.definitions()
    (spec,) = definitions.resolve_all_asset_specs()
    assert (spec.key.path, spec.owners) == (["raw", "acme", "items"], ["team:data"])
    with dg.DagsterInstance.ephemeral() as instance:
        ended = definitions.resolve_job_def("acme_sync").execute_in_process(instance=instance)
        told = [
            entry.user_message
            for entry in instance.all_logs(ended.run_id)
            if entry.user_message in ("before", "behind")
        ]
    assert ended.success
    assert told == ["before", "behind"]


def test_what_is_wrong_is_told_with_its_place(project: Project) -> None:
    project.connector("acme", schedule={"mode": "minutes", "intervall": 10})
    assert refusal(project) == (
        "acme/defs.yaml: attributes: schedule.intervall: unknown key; did you mean interval?"
    )


def test_dg_scaffolds_checks_and_lists_it(project: Project) -> None:
    curl = "curl -H 'Authorization: Bearer s3cret' https://api.example.com/v1/orders?limit=50"
    project.dg(
        *("scaffold", "defs", TYPE, "shop"),
        *("--from-curl", curl, "--schedule", "every day at 06:00 Europe/Berlin"),
    )
    written = yaml.safe_load((project.package / "defs" / "shop" / "defs.yaml").read_text())
    attributes = written["attributes"]
    assert attributes["schedule"] == {"mode": "days", "offset": 360, "timezone": "Europe/Berlin"}
    assert attributes["configuration"]["client"]["auth"]["token"] == "${SHOP_TOKEN}"
    assert written["requirements"] == {"env": ["SHOP_TOKEN"]}
    checked = project.dg("check", "defs")  # and the YAML before them
    assert "validated successfully" in checked
    assert "loaded successfully" in checked
    assert "SHOP_TOKEN" in project.dg("list", "envs")
    assert TYPE in project.dg("list", "components")


def test_dg_tells_file_and_line_of_what_is_wrong_deep_inside(project: Project) -> None:
    path = project.connector("acme", http="{{ limits }}", alerts={True: "{{ alerts }}"})
    wrong = path.read_text(encoding="utf-8").replace(
        "paginator: single_page", "paginator:\n        type: page_nubmer"
    )
    path.write_text(wrong, encoding="utf-8")
    line = wrong.splitlines().index("        type: page_nubmer") + 1
    checked = project.dg("check", "yaml", fails=True)
    place = "attributes.configuration.client.paginator.type"
    assert f"acme/defs.yaml:{line} - {TYPE} {place} 'page_nubmer' is not one of ['auto'," in checked
    assert checked.count(TYPE) == 1


@pytest.mark.parametrize("component", [RestApiConnector, RestApiConnectorFolder])
def test_each_of_its_keys_is_explained(component: type[dg.Component]) -> None:
    """Dagster drops the description of a Field that has a default."""
    model = component.get_model_cls()
    assert model is not None
    properties = model.model_json_schema()["properties"]
    del properties["translation"]  # which is Dagster's own
    assert [key for key, part in properties.items() if not part.get("description")] == []


def test_the_schema_of_its_keys_is_that_of_a_file() -> None:
    model = RestApiConnector.get_model_cls()
    assert model is not None
    properties = model.model_json_schema()["properties"]
    for key in ("name", "translation"):
        del properties[key]
    for key, part in properties.items():
        assert part.pop("title") == key.replace("_", " ").title()
    assert properties == templated_schema()


@pytest.mark.skipif(find_spec("dagster_dg_cli") is None, reason="dagster-dg-cli is not installed")
def test_dg_launches_a_job_of_this_repository(tmp_path: Path, api: Api) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    write(tmp_path / "connectors", "acme", api.url)
    (tmp_path / "home").mkdir()
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("dg")), "launch", "--job", "acme_sync"],
        cwd=ROOT,
        env={
            **os.environ,
            "RESTSRC_CONNECTORS_DIR": str(tmp_path / "connectors"),
            "RESTSRC_DATA_DIR": str(tmp_path / "data"),
            "DAGSTER_HOME": str(tmp_path / "home"),
        },
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    with duckdb.connect(tmp_path / "data" / "restsrc_acme.duckdb") as database:
        assert database.sql("SELECT id FROM acme.items ORDER BY id").fetchall() == [(1,), (2,)]


def test_two_components_that_claim_a_table_are_refused(project: Project) -> None:
    shared = {"type": "duckdb", "credentials": "one.duckdb", "dataset": "shop"}
    for name in ("east", "west"):
        project.connector(name, destination=shared)
    assert "shop.items is a table of the connector 'east' already" in refusal(project)
