"""How dlt makes tables of nested records."""

from collections.abc import Iterator
from typing import Any

import dlt
import pytest
from dlt.common.configuration.container import Container
from dlt.common.normalizers.json.relational import DataItemNormalizer
from dlt.common.schema import Schema
from dlt.common.schema.utils import new_table

from restsrc_dagster.dlt_compat.relational import Relational, is_relational
from restsrc_dagster_tests.dlt_compat.signature import source


@pytest.fixture
def schema() -> Iterator[Schema]:
    """As in a load, in which the destination says how it merges."""
    with Container().injectable_context(dlt.destinations.duckdb().capabilities()):
        yield Schema("acme")


def test_whose_normalizer_it_is(schema: Schema) -> None:
    assert is_relational(schema)

    class Another(DataItemNormalizer):
        pass

    schema.data_item_normalizer = Another(schema)
    assert not is_relational(schema)


def test_names(schema: Schema) -> None:
    """`_normalize_identifier`, `_normalize_table_identifier`, `_shorten_fragments`."""
    known = Relational(schema)
    assert known.of_column("userId") == "user_id"
    assert known.of_table("aB") == "a_b"
    assert known.joined("a", "b") == "a__b"
    made = source(DataItemNormalizer)
    assert made.count("self._reset()") == 1, "they are never made anew"
    added = (known.row_id, known.load_id, known.parent_id, known.position, known.value)
    assert added == ("_dlt_id", "_dlt_load_id", "_dlt_parent_id", "_dlt_list_idx", "value")


def test_how_far_records_are_unfolded(schema: Schema) -> None:
    """`_is_nested_type` and `_get_table_nesting_level`."""
    known = Relational(schema)
    assert known.is_whole("a", "b", 0)
    assert not known.is_whole("a", "b", 1)
    assert known.levels("a") == 1000
    schema.update_table(new_table("flat") | {"x-normalizer": {"max_nesting": 2}})  # type: ignore[arg-type]
    assert Relational(schema).levels("flat") == 2


def test_ids_of_rows(schema: Schema) -> None:
    """`_get_root_row_id_type` is random, but of a table whose versions are kept."""
    assert not Relational(schema).hashes("a")
    kept: Any = dlt.resource(
        [], name="kept", write_disposition={"disposition": "merge", "strategy": "scd2"}
    )
    schema.update_table(kept.compute_table_schema())
    assert Relational(schema).hashes("kept")


def test_what_nested_rows_inherit(schema: Schema) -> None:
    """`_get_propagation_mapping`, of a table that is merged into."""
    assert Relational(schema).inherited("a", is_root=True) == {}
    merged: Any = dlt.resource([], name="merged", write_disposition="merge", primary_key="id")
    schema.update_table(merged.compute_table_schema())
    known = Relational(Schema.from_stored_schema(schema.to_dict()))
    assert known.inherited("merged", is_root=True) == {"_dlt_id": "_dlt_root_id"}
    assert known.inherited("merged__lines", is_root=False) == {}


def test_what_a_schema_leaves_out(schema: Schema) -> None:
    """`_compiled_excludes` has the filters of all tables."""
    assert not Relational(schema).excludes
    schema.update_table(new_table("a") | {"filters": {"excludes": ["re:^x"]}})  # type: ignore[arg-type]
    schema._compile_settings()
    assert Relational(schema).excludes


def test_what_is_never_null(schema: Schema) -> None:
    """`_infer_hint` of `not_null`."""
    known = Relational(schema)
    assert known.is_never_null("_dlt_id")
    assert not known.is_never_null("a")
