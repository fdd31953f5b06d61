"""A schema is made from its file once, and again where its file or its destination is another."""

import json
from pathlib import Path

import dlt
import pytest
from dlt.common.configuration.container import Container
from dlt.common.destination.capabilities import DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.common.storages.live_schema_storage import LiveSchemaStorage
from dlt.common.storages.schema_storage import SchemaStorage
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.dlt_compat.schemas import keep_schemas


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    pipeline = dlt.pipeline("acme", pipelines_dir=str(tmp_path), destination="duckdb")
    assert type(pipeline._schema_storage) is LiveSchemaStorage
    keep_schemas(pipeline)
    pipeline.schemas.save_schema(Schema("acme"))
    pipeline.default_schema_name = "acme"
    return pipeline


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The schemas that were made from their files."""
    names: list[str] = []
    load = SchemaStorage.load_schema

    def noted(self: SchemaStorage, name: str) -> Schema:
        names.append(name)
        return load(self, name)

    monkeypatch.setattr(SchemaStorage, "load_schema", noted)
    return names


def stored(pipeline: Pipeline) -> Path:
    name = pipeline._schema_storage._file_name_in_store("acme", "json")
    return Path(pipeline.working_dir, "schemas", name)


def test_it_is_made_once(pipeline: Pipeline, made: list[str]) -> None:
    first = pipeline.default_schema
    assert [pipeline.default_schema for _ in range(3)] == [first] * 3
    assert made == ["acme"]


def test_while_it_has_none_it_connects_by_one_that_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = dlt.pipeline("acme", pipelines_dir=str(tmp_path), destination="duckdb")
    keep_schemas(pipeline)
    made: list[Schema] = []
    reset = Schema._reset_schema
    monkeypatch.setattr(
        Schema, "_reset_schema", lambda self, *args: (made.append(self), reset(self, *args))[1]
    )
    clients = [pipeline.destination_client() for _ in range(3)]
    assert [client.schema for client in clients] == made * 3
    assert pipeline._get_schema_or_create() is made[0]
    pipeline.schemas.save_schema(Schema("acme"))
    pipeline.default_schema_name = "acme"
    assert pipeline.destination_client().schema is pipeline.default_schema is not made[0]


def test_what_is_changed_and_saved_is_there(pipeline: Pipeline) -> None:
    pipeline.default_schema.update_table({"name": "items", "columns": {}})
    assert "items" in pipeline.default_schema.tables
    pipeline.schemas.save_schema(pipeline.default_schema)
    assert "items" in pipeline.default_schema.tables
    assert "items" in json.loads(stored(pipeline).read_text())["tables"]


def test_what_another_has_written_is_read(pipeline: Pipeline, made: list[str]) -> None:
    assert "items" not in pipeline.default_schema.tables
    other = pipeline.default_schema.clone()
    other.update_table({"name": "items", "columns": {}})
    SchemaStorage(pipeline._schema_storage_config).save_schema(other)
    assert "items" in pipeline.default_schema.tables
    assert made == ["acme"] * 2


def test_another_destination_shortens_names(pipeline: Pipeline) -> None:
    assert pipeline.default_schema.naming.max_length != 20
    short = DestinationCapabilitiesContext.generic_capabilities()
    short.max_identifier_length = short.max_column_identifier_length = 20
    with Container().injectable_context(short):
        assert pipeline.default_schema.naming.max_length == 20
    assert pipeline.default_schema.naming.max_length != 20


def test_one_that_is_not_there_is_none(pipeline: Pipeline) -> None:
    with pytest.raises(FileNotFoundError):
        pipeline.schemas["other"]
