"""The schemas of a pipeline, read from their files only where those have changed."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from dlt.common.configuration.container import Container
from dlt.common.destination.capabilities import DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.common.storages.configuration import SchemaStorageConfiguration
from dlt.common.storages.live_schema_storage import LiveSchemaStorage
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.dlt_compat.replaced import replace_method


class StoredSchemas(LiveSchemaStorage):
    """dlt reads a schema from its file, and makes it anew, each time that it is asked for: twenty
    times in a load, a quarter of a small load's time."""

    def __init__(self, config: SchemaStorageConfiguration) -> None:
        super().__init__(config, makedirs=True)
        self._made_of: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Schema:
        live, made_of = self.live_schemas.get(name), self.what_makes(name)
        if live is not None and made_of == self._made_of.get(name) and not live.is_modified:
            return live
        schema = super().__getitem__(name)
        self._made_of[name] = made_of
        return schema

    def what_makes(self, name: str) -> Any:
        """Its file, and what the destination that is at work says of names and nesting."""
        file = Path(self.storage.make_full_path(self._file_name_in_store(name, "json")))
        of = Container().get(DestinationCapabilitiesContext)
        limits = of and (
            *(repr(of.naming_convention), of.max_table_nesting),
            *(of.max_identifier_length, of.max_column_identifier_length),
        )
        return file.read_bytes() if file.exists() else None, limits


def empty_once(pipeline: Pipeline, get: Callable[..., Schema]) -> Callable[..., Schema]:
    """By dlt's `get`, the schema of a name, or the default one; else one that is empty."""
    empty: list[Schema] = []

    def kept(schema_name: str | None = None) -> Schema:
        if schema_name or pipeline.default_schema_name:
            return get(schema_name)
        if not empty:
            empty.append(get())
        return empty[0]

    return kept


def keep_schemas(pipeline: Pipeline) -> None:
    """Have a pipeline read each of its schemas once, until somebody writes it, and make once the
    empty one by which it connects while it has none."""
    replace_method(pipeline, "_get_schema_or_create", partial(empty_once, pipeline))
    kept = StoredSchemas(pipeline._schema_storage_config)
    kept.live_schemas = pipeline._schema_storage.live_schemas
    pipeline._schema_storage = kept
