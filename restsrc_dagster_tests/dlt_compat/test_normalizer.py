"""dlt's normalizer of records: what is overridden of it, and where another one is put in."""

from typing import Any

import pytest
from dlt.common.schema import Schema
from dlt.common.schema.exceptions import CannotCoerceNullException
from dlt.normalize import worker
from dlt.normalize.items_normalizers import JsonLItemsNormalizer
from dlt.normalize.items_normalizers.base import ItemsNormalizer

from restsrc_dagster.dlt_compat.normalizer import NORMALIZER, RecordNormalizer
from restsrc_dagster.dlt_compat.replaced import replaced
from restsrc_dagster_tests.dlt_compat.signature import names, source

DLTS = JsonLItemsNormalizer
SIGNATURES = {
    DLTS._normalize_chunk: ["root_table_name", "items", "may_have_pua", "skip_write"],
    DLTS._coerce_row: ["table_name", "parent_table", "row"],
    DLTS._coerce_non_null_value: ["table_columns", "table_name", "col_name", "v", "is_variant"],
    DLTS._coerce_null_value: ["table_columns", "table_name", "col_name"],
    DLTS._infer_column_type: ["v", "col_name", "skip_preferred"],
    DLTS._report_progress: ["table_name", "items_count"],
}


@pytest.mark.parametrize("method", SIGNATURES, ids=lambda one: one.__name__)
def test_what_it_overrides_and_calls(method: Any) -> None:
    assert names(method) == ["self", *SIGNATURES[method]]


class Noting(RecordNormalizer):
    """Notes what dlt has called, and does what dlt does."""

    def __init__(self, *args: Any, **keys: Any) -> None:
        super().__init__(*args, **keys)
        self.called: list[str] = []

    def normalize_chunk(self, *args: Any) -> Any:
        self.called.append("chunk")
        return super().normalize_chunk(*args)

    def coerce_row(self, *args: Any) -> Any:
        self.called.append("row")
        return super().coerce_row(*args)

    def infer_column_type(self, *args: Any, **keys: Any) -> Any:
        self.called.append("type of column")
        return super().infer_column_type(*args, **keys)

    def coerce_type(self, *args: Any) -> Any:
        self.called.append("value")
        return super().coerce_type(*args)


def test_dlt_calls_what_is_overridden() -> None:
    """By its own names, each of which an object has in place of the class's."""
    made = Noting.on_trial(Schema("acme"), None)
    made._normalize_chunk("items", [{"a": 1}], False, True)
    assert made.called[:2] == ["chunk", "row"]
    assert {*made.called[2:]} == {"type of column", "value"}
    made.called.clear()
    made._normalize_chunk("items", [{"a": 2}, {"a": "3"}], False, True)
    assert made.called[:2] == ["chunk", "row"]
    assert made.called.count("row") == 2
    assert made.columns_of["items"]["a"]["data_type"] == made.kind_of_type(int) == "bigint"
    assert made.kind_of_type == made._py_type_to_sc_type
    assert "self._normalize_chunk(" in source(DLTS.__call__)
    for hook in ("_normalize_chunk", "_coerce_row", "_infer_column_type", "_coerce_type"):
        assert vars(made)[hook].__self__ is made


def test_nothing_is_called_in_between() -> None:
    """A row costs no further call where nothing is overridden, and one where it is."""
    of_ours = vars(RecordNormalizer)
    assert of_ours["coerce_row"] is DLTS._coerce_row
    assert of_ours["infer_column_type"] is DLTS._infer_column_type
    made = Noting.on_trial(Schema("acme"), None)
    assert vars(made)["_coerce_row"] == made.coerce_row


def test_values_and_nulls() -> None:
    schema = Schema("acme")
    made = RecordNormalizer.on_trial(schema, None)
    column: dict[str, Any] = {"a": {"name": "a", "data_type": "bigint", "nullable": False}}
    assert made.coerce_value(column, "items", "a", "5") == ("a", None, 5)
    name, new, value = made.coerce_value(column, "items", "a", "x")
    assert (name, new["data_type"], value) == ("a__v_text", "text", "x")
    assert made.coerce_null({}, "items", "b") is None
    assert made.null_only_columns == {"items": {"b"}}
    with pytest.raises(CannotCoerceNullException):
        made.coerce_null(column, "items", "a")


def test_the_columns_of_a_table_are_new_where_one_of_them_is() -> None:
    """`_column_schemas` is one dict, and has another object of a table that was changed."""
    made = RecordNormalizer.on_trial(Schema("acme"), None)
    made.normalize_chunk("items", [{"a": 1}], False, True)
    before = made.columns_of["items"]
    made.normalize_chunk("items", [{"a": 1}], False, True)
    assert made.columns_of["items"] is before
    made.normalize_chunk("items", [{"b": 1}], False, True)
    assert made.columns_of["items"] is not before
    assert made.columns_of is made._column_schemas


@pytest.mark.parametrize("mode", ["discard_row", "discard_value"])
def test_what_a_contract_leaves_out(mode: str) -> None:
    """`_filtered_tables` and `_filtered_tables_columns` note it."""
    schema = Schema("acme")
    made = RecordNormalizer.on_trial(schema, None)
    made.normalize_chunk("items", [{"a": 1}], False, True)
    assert not made.discards
    schema.tables["items"]["schema_contract"] = {
        "tables": "evolve",
        "columns": mode,
        "data_type": "evolve",
    }
    again = RecordNormalizer.on_trial(schema, None)
    again.normalize_chunk("items", [{"b": 1}], False, True)
    assert again.discards
    assert again._filtered_tables_columns
    assert not again._filtered_tables
    once_more = RecordNormalizer.on_trial(schema, None)
    once_more._filtered_tables.add("items__lines")
    assert once_more.discards


def test_progress_is_counted() -> None:
    told: list[Any] = []

    class Counts:
        def update(self, *args: Any) -> None:
            told.append(args)

    made = RecordNormalizer.on_trial(Schema("acme"), None)
    made._collector = Counts()  # type: ignore[assignment]
    made.report_progress("items", 3)
    assert told == [("items", 3)]
    assert ItemsNormalizer._report_progress is DLTS._report_progress


def test_where_it_is_put_in() -> None:
    """`w_normalize_files` looks the name up in its module when it makes one."""
    assert worker.JsonLItemsNormalizer is JsonLItemsNormalizer
    with replaced((NORMALIZER, Noting)):
        assert worker.JsonLItemsNormalizer is Noting
    assert worker.JsonLItemsNormalizer is JsonLItemsNormalizer
    assert "cls = JsonLItemsNormalizer" in source(worker.w_normalize_files)
