"""A connector writes to its own tables, however its file spells a place."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from restsrc_dagster.connector.files.folder import read_folder
from restsrc_dagster.connector.files.table_conflicts import shared_tables
from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.errors import ConnectorError, SettingsError
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.orchestrate.build import build_definitions
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.security.ruled import restsrc, told, under
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector, content, items

OLD, NEW = "2020-01-01T00:00:00Z", "2026-11-23T10:03:00Z"
RESERVED = (
    "_dlt_loads",
    "_DLT_Loads",
    "-dlt-pipeline-state",
    "__dlt_version",
    "Restsrc Kept Tokens",
)
STRICT: dict[str, Any] = {"hosts": {"private": True}}
LISTED = STRICT | {"destinations": {"datasets": ["vic*"]}}
PLACES = (
    "data/restsrc_victim.duckdb",
    "./data/restsrc_victim.duckdb",
    "data/./x/../restsrc_victim.duckdb",
    "{folder}/data/restsrc_victim.duckdb",
    "duckdb:///data/restsrc_victim.duckdb",
    "duckdb:///{folder}/data/restsrc_victim.duckdb",
    "link/restsrc_victim.duckdb",
    "linked.duckdb",
    "hard.duckdb",
)  # fmt: skip


def write(folder: Path, name: str, created_at: str = NEW, **keys: Any) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.json"
    file.write_text(json.dumps(content(**keys) | {"created_at": created_at}))


@pytest.mark.parametrize("table", RESERVED)
@pytest.mark.parametrize("key", ["name", "table_name"])
def test_tables_of_dlt_and_ours(table: str, key: str) -> None:
    with pytest.raises(ConnectorError, match=rf"{key}: '{table}' begins with (_dlt|restsrc_)"):
        connector(resources=[items() | {key: table}])


def test_the_dataset_in_which_another_one_merges(settings: Settings) -> None:
    found = told(settings, destination={"dataset": "_Staging_payroll"})
    assert found == [
        "destination.dataset: begins with _staging, which names the datasets in which connectors "
        "merge"
    ]


@pytest.fixture
def victims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment in which a connector has loaded into its file; links lead there."""
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    (data / "x").mkdir()
    file = data / "restsrc_victim.duckdb"
    duckdb.connect(str(file)).close()
    (tmp_path / "link").symlink_to(data)
    (tmp_path / "linked.duckdb").symlink_to(file)
    (tmp_path / "hard.duckdb").hardlink_to(file)
    write(tmp_path / "connectors", "victim", OLD)
    return tmp_path


def test_the_file_of_another_one_in_any_spelling(victims: Path) -> None:
    """By `restsrc validate`, and by definitions: the older one stays, whatever it is called."""
    for number, place in enumerate(PLACES):
        destination = {"credentials": place.format(folder=victims), "dataset": "Victim"}
        write(victims / "connectors", f"a{number}", destination=destination)
    status, said = restsrc("validate")
    clash = "destination: victim.items is a table of the connector 'victim' already"
    assert (status, said.count(clash)) == (1, len(PLACES))
    specs = build_definitions(victims / "connectors").resolve_all_asset_specs()
    broken = {one.key.path[0] for one in specs if "not in order" in (one.description or "")}
    assert broken == {f"a{number}" for number in range(len(PLACES))}


@pytest.mark.parametrize(
    ("policy", "left_out"), [(None, "victim"), (STRICT, "liar"), (LISTED, "victim")]
)
def test_a_policy_keeps_connectors_out_of_the_datasets_of_others(
    victims: Path, monkeypatch: pytest.MonkeyPatch, policy: dict[str, Any] | None, left_out: str
) -> None:
    """Of a file that makes itself older than it is; the control is a deployment without a policy,
    and one that lists the dataset."""
    if policy:
        (victims / "policy.json").write_text(json.dumps(policy))
        monkeypatch.setenv("RESTSRC_POLICY", str(victims / "policy.json"))
    destination = {"credentials": "data/restsrc_victim.duckdb", "dataset": "victim"}
    write(victims / "connectors", "liar", "1999-01-01T00:00:00Z", destination=destination)
    specs = build_definitions(victims / "connectors").resolve_all_asset_specs()
    assert {one.key.path[0] for one in specs if "not in order" in (one.description or "")} == {
        left_out
    }


@pytest.mark.parametrize(
    ("dataset", "is_own"),
    [
        *(("acme", True), ("ACME", True), ("acme_raw", True), ("sales_eu", True), ("Raw", True)),
        *(("acme_eu", False), ("acme_eu_raw", False), ("acmes", False)),
        (None, True),
    ],
)
def test_which_datasets_are_a_connectors_own(
    settings: Settings, tmp_path: Path, dataset: str | None, is_own: bool
) -> None:
    write(tmp_path / "connectors", "acme_eu")
    ruled = under(
        replace(settings, connectors_dir=tmp_path / "connectors"),
        {"destinations": {"datasets": ["raw", "sales_*"]}},
    )
    wrong = (
        f"destination.dataset: {dataset!r} is none that this connector may load into; it may "
        "load into acme and acme_…, raw, sales_* (policy of the deployment: destinations.datasets)"
    )
    found = told(ruled, destination={} if dataset is None else {"dataset": dataset})
    assert found == ([] if is_own else [wrong])


def test_another_dataset_or_file_is_well(victims: Path) -> None:
    """The control."""
    own = {"credentials": "data/restsrc_victim.duckdb", "dataset": "other"}
    write(victims / "connectors", "other", destination=own)
    write(victims / "connectors", "third", destination={"credentials": "own", "dataset": "victim"})
    assert restsrc("validate")[0] == 0


def clashes(east: Mapping[str, Any], west: Mapping[str, Any], **keys: Any) -> list[str]:
    both = {
        "east": connector("east", destination={"dataset": "x", **east}),
        "west": connector("west", destination={"dataset": "x", **west}, **keys),
    }
    variable = {"DESTINATION__POSTGRES__CREDENTIALS": "postgresql://u:p@db/lake"}
    return [message for _, message in shared_tables(both, "postgres", environment=variable)]


FILES = {"type": "filesystem"}
PG = "postgresql://u:p@db.acme.com/lake"


@pytest.mark.parametrize(
    ("east", "west"),
    [
        ({"credentials": PG}, {"credentials": PG.replace("u:p", "v:q")}),
        ({"credentials": PG}, {"credentials": PG.replace("com/", "com:5432/")}),
        ({"credentials": PG}, {"credentials": PG.replace("db.acme.com", "DB.acme.com.")}),
        ({"credentials": PG}, {"credentials": f"{PG}?sslmode=require"}),
        ({"credentials": PG}, {"credentials": {"host": "db.acme.com", "database": "lake"}}),
        ({"credentials": PG}, {"type": "sqlalchemy", "credentials": PG.replace("sql:", "sql+x:")}),
        ({}, {"credentials": "postgresql://v:q@db/lake"}),
        (FILES | {"bucket_url": "s3://b/raw"}, FILES | {"bucket_url": "s3a://b/x/../raw/"}),
    ],
)  # fmt: skip
def test_one_database_in_two_spellings(east: dict[str, Any], west: dict[str, Any]) -> None:
    assert clashes(east, west) == ["x.items is a table of the connector 'east' already"]
    assert clashes(east, west, resources=[items("others")]) == [], "the control"


def test_a_name_is_never_that_of_a_nested_table() -> None:
    """Lists of `items` are in `items__lines`; a resource that is called so is in `items_lines`."""
    assert table_identifier("items__lines") == "items_lines"


def test_the_older_one_stays_whatever_its_name(tmp_path: Path) -> None:
    shared = {"destination": {"type": "postgres", "dataset": "x"}}
    write(tmp_path, "aaa", NEW, **shared)
    write(tmp_path, "payroll", OLD, **shared)
    found = list(shared_tables(read_folder(tmp_path).connectors, "duckdb"))
    assert [name for name, _ in found] == ["aaa"]


def test_what_only_the_destination_knows(api: Api, settings: Settings, victims: Path) -> None:
    """Two variables that hold one path: the run is refused before a row is changed."""
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    place = str(victims / "data" / "shared.duckdb")
    said = {"credentials": "${ONE}", "dataset": "x"}
    folder = victims / "connectors"
    write(folder, "victim", OLD, url=api.url, destination=said)
    write(folder, "thief", url=api.url, destination=said | {"credentials": "${TWO}"})
    found = read_folder(folder).connectors
    environment = {"ONE": place, "TWO": place}

    def run(name: str) -> None:
        order = LoadRequest(selection=frozenset({"items"}))
        load(found[name], order, settings=settings, environment=environment)

    run("victim")
    api.routes["/items"] = lambda _: {"data": [{"id": 666}]}
    with pytest.raises(SettingsError, match=r"x\.items is a table of the connector 'victim'"):
        run("thief")
    with duckdb.connect(place, read_only=True) as database:
        assert database.sql("SELECT id FROM x.items").fetchall() == [(1,)]
    (folder / "victim.json").unlink()
    run("thief")  # the control: nobody is there any more
