"""Dagster's own places on an asset's page, filled when definitions load."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from restsrc_dagster import build_definitions
from restsrc_dagster.orchestrate.storage import storage_of
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.connectors import connector, items, write

POSTGRES = "postgresql://loader:s3cret@db.example.com:5433/warehouse?sslmode=require"


def spec_of(folder: Path, settings: Settings, resource: str) -> dg.AssetSpec:
    definitions = build_definitions(folder, settings=settings)
    return next(
        spec
        for spec in definitions.resolve_all_asset_specs()
        if spec.key.path == ["acme", resource]
    )


def test_table_kind_and_uri_are_those_of_the_definition(tmp_path: Path, settings: Settings) -> None:
    write(tmp_path, "acme", "http://127.0.0.1:9", [items("customers"), items("Order Lines")])
    metadata = spec_of(tmp_path, settings, "customers").metadata
    assert metadata["dagster/table_name"] == "restsrc_acme.acme.customers"
    assert metadata["dagster/storage_kind"] == "duckdb"
    file = tmp_path / "data" / "restsrc_acme.duckdb"
    assert metadata["dagster/uri"] == f"duckdb://{file}/acme/customers"
    lines = spec_of(tmp_path, settings, "Order Lines").metadata
    assert lines["dagster/table_name"] == "restsrc_acme.acme.order_lines"


@pytest.mark.parametrize(
    ("destination", "environment", "table", "uri"),
    [
        (
            {"type": "postgres"},
            {"DESTINATION__POSTGRES__CREDENTIALS": POSTGRES},
            "warehouse.acme.items",
            "postgresql://db.example.com:5433/warehouse/acme/items",
        ),
        ({"type": "postgres", "credentials": "${URL}"}, {"URL": POSTGRES}, "acme.items", None),
        (
            {"type": "snowflake", "credentials": {"database": "RAW", "password": "s3cret"}},
            {},
            "RAW.acme.items",
            None,
        ),
        (
            {"type": "bigquery", "dataset": "lake"},
            {"DESTINATION__BIGQUERY__CREDENTIALS__PROJECT_ID": "acme-prod"},
            "acme-prod.lake.items",
            None,
        ),
        (
            {"type": "sqlalchemy", "credentials": "sqlite:////data/lake.db"},
            {},
            "lake.acme.items",
            "sqlite:////data/lake__acme.db/acme/items",
        ),
        (
            {"type": "sqlalchemy", "credentials": "mysql+pymysql://u:s3cret@db.example.com/login"},
            {},
            "acme.items",
            "mysql+pymysql://db.example.com/acme/items",
        ),
        (
            {"type": "filesystem", "bucket_url": "s3://acme/raw"},
            {},
            "acme.items",
            "s3://acme/raw/acme/items",
        ),
        (
            {"type": "filesystem", "bucket_url": "sftp://loader:s3cret@files.example.com:22/raw"},
            {},
            "acme.items",
            "sftp://files.example.com:22/raw/acme/items",
        ),
        (
            {"type": "filesystem", "bucket_url": "s3://acme"},
            {},
            "acme.items",
            "s3://acme/acme/items",
        ),
        (
            {"type": "filesystem"},
            {"DESTINATION__FILESYSTEM__BUCKET_URL": "az://lake/raw?sig=s3cret"},
            "acme.items",
            "az://lake/raw/acme/items",
        ),
        (
            {"type": "filesystem", "bucket_url": "/files/raw"},
            {},
            "acme.items",
            "file:///files/raw/acme/items",
        ),
        ({"type": "duckdb", "credentials": "${FILE}"}, {}, "acme.items", None),
        ({"type": "postgres", "credentials": "postgresql://[half"}, {}, "acme.items", None),
    ],
)
def test_of_each_destination_what_is_no_secret(
    settings: Settings,
    destination: dict[str, Any],
    environment: dict[str, str],
    table: str,
    uri: str | None,
) -> None:
    storage = storage_of(connector(destination=destination), settings, environment)
    assert (storage.table_name("items"), storage.table_uri("items")) == (table, uri)
    assert "s3cret" not in repr(storage)
    assert "loader" not in repr(storage)


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_the_reference_is_the_line_of_the_resource(
    tmp_path: Path, settings: Settings, suffix: str
) -> None:
    resources: list[Any] = ["first", items("second"), items("third", path="second")]
    file = write(tmp_path, "acme", "http://127.0.0.1:9", resources)
    text = json.dumps(
        {"description": '"resources": [ of a kind', **json.loads(file.read_text())}, indent=2
    )
    file.unlink()
    file = file.with_suffix(suffix)
    file.write_text(text, encoding="utf-8")
    for name in ("first", "second", "third"):
        metadata = spec_of(tmp_path, settings, name).metadata
        (reference,) = metadata["dagster/code_references"].code_references
        assert reference.file_path == str(file)
        around = text.splitlines()[reference.line_number - 1 : reference.line_number + 1]
        assert f'"{name}"' in "".join(around), around


def test_descriptions_of_columns_are_those_of_the_hints(tmp_path: Path, settings: Settings) -> None:
    columns = {"Amount": {"description": "Net, in cents", "data_type": "bigint"}, "id": {}}
    write(tmp_path, "acme", "http://127.0.0.1:9", [items() | {"columns": columns}])
    schema = spec_of(tmp_path, settings, "items").metadata["dagster/column_schema"]
    (column,) = schema.columns
    assert (column.name, column.type, column.description) == ("amount", "bigint", "Net, in cents")


def test_the_sentence_of_the_resource_comes_first(tmp_path: Path, settings: Settings) -> None:
    write(tmp_path, "acme", "http://127.0.0.1:9", description="All of the shop")
    first, second, *_ = spec_of(tmp_path, settings, "items").description.split("\n\n")
    assert first.startswith("`items` of acme: all of it")
    assert second == "All of the shop"


@pytest.mark.parametrize(
    ("schedule", "warns", "fails"),
    [
        ({"mode": "minutes", "interval": 10}, timedelta(minutes=25), timedelta(minutes=35)),
        ({"mode": "days"}, timedelta(hours=25, minutes=5), timedelta(hours=49, minutes=5)),
    ],
)
def test_an_asset_is_overdue_after_its_slot(
    tmp_path: Path,
    settings: Settings,
    schedule: dict[str, Any],
    warns: timedelta,
    fails: timedelta,
) -> None:
    write(tmp_path, "acme", "http://127.0.0.1:9", schedule=schedule)
    policy = spec_of(tmp_path, settings, "items").freshness_policy
    assert policy == dg.FreshnessPolicy.time_window(fail_window=fails, warn_window=warns)


def test_a_downstream_asset_links_by_the_table(tmp_path: Path, settings: Settings) -> None:
    """As dagster-dbt's sources do, which know the name of a table and no asset key."""
    write(tmp_path, "acme", "http://127.0.0.1:9")
    table = spec_of(tmp_path, settings, "items").metadata["dagster/table_name"]
    source = dg.AssetDep("acme_items", metadata={"dagster/table_name": table})

    @dg.asset(deps=[source])
    def stg_items() -> None: ...

    definitions = dg.Definitions.merge(
        build_definitions(tmp_path, settings=settings), dg.Definitions(assets=[stg_items])
    )
    graph = definitions.resolve_asset_graph()
    assert graph.get(dg.AssetKey("stg_items")).parent_keys == {dg.AssetKey(["acme", "items"])}
