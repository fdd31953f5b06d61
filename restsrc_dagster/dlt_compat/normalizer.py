"""dlt's normalizer of records, with names for what is done otherwise, and where it is put in.

dlt calls its own methods, by names with an underscore. Each of those that are overridden has a
public name here, and is bound to it when a normalizer is made: no row costs a further call.
"""

from types import SimpleNamespace
from typing import Any, TypeVar

from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.normalize import worker
from dlt.normalize.items_normalizers import JsonLItemsNormalizer

from restsrc_dagster.dlt_compat.replaced import Place

NORMALIZER = Place(vars(worker), JsonLItemsNormalizer.__name__)
"""The class of which dlt's worker makes one for each table whose records it normalizes."""
Own = TypeVar("Own", bound="RecordNormalizer")


class RecordNormalizer(JsonLItemsNormalizer):
    """dlt's, for a class of ours to override.

    Attributes:
        columns_of: the columns of each table that has got rows; a new object where one is new.
        kind_of_type: dlt's name of a Python type.
        coerce_type_as_dlt: what `coerce_type` does unless it is overridden.
    """

    normalize_chunk = JsonLItemsNormalizer._normalize_chunk
    """What a chunk of records changes in the schema; its rows are written unless `skip_write`."""
    coerce_row = JsonLItemsNormalizer._coerce_row
    """A row with values of the types of its columns, and the table of new columns, or None."""
    coerce_value = JsonLItemsNormalizer._coerce_non_null_value
    """Column, its description if it is new, and value, for one value that is not null."""
    coerce_null = JsonLItemsNormalizer._coerce_null_value
    """Note that a column is null; raises CannotCoerceNullException where it must not be."""
    infer_column_type = JsonLItemsNormalizer._infer_column_type
    """The type of a column, by its first value."""
    report_progress = JsonLItemsNormalizer._report_progress
    """Count rows of a table."""

    def __init__(self, *args: Any, **keys: Any) -> None:
        super().__init__(*args, **keys)
        self.columns_of = self._column_schemas
        self.kind_of_type = self._py_type_to_sc_type
        self.coerce_type_as_dlt = self._coerce_type
        for name, method in {
            "_normalize_chunk": self.normalize_chunk,
            "_coerce_row": self.coerce_row,
            "_infer_column_type": self.infer_column_type,
            "_coerce_type": self.coerce_type,
        }.items():
            setattr(self, name, method)

    def coerce_type(self, to_type: Any, from_type: Any, value: Any) -> Any:
        """A value of another type; raises ValueError where there is none."""
        return self.coerce_type_as_dlt(to_type, from_type, value)

    @property
    def discards(self) -> bool:
        """Whether a schema contract makes it leave rows or values out."""
        return bool(self._filtered_tables or self._filtered_tables_columns)

    @classmethod
    def on_trial(
        cls: type[Own], schema: Schema, capabilities: DestinationCapabilitiesContext | None
    ) -> Own:
        """One that is to write nothing, for `normalize_chunk` with `skip_write`."""
        unused: Any = None
        config: Any = SimpleNamespace(destination_capabilities=capabilities)
        return cls(unused, unused, unused, schema, "trial", config)
