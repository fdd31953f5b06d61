"""dlt's extractor, which gives a table the hints of its resource, and writes nothing."""

from typing import Any

from dlt.common.schema import Schema
from dlt.extract.extractors import ObjectExtractor
from dlt.extract.resource import DltResource


class TrialExtractor:
    """What dlt makes of records when it extracts them into a schema."""

    def __init__(self, schema: Schema) -> None:
        self._written: list[tuple[str, list[Any]]] = []
        self._extractor = ObjectExtractor("", self, schema)  # type: ignore[arg-type]

    def extract(self, resource: DltResource, item: Any, meta: Any) -> list[tuple[str, list[Any]]]:
        """The records of each table, which dlt would write now; raises DataValidationError."""
        self._written = []
        self._extractor.write_items(resource, item, meta)
        return self._written

    def write_data_item(
        self, load_id: str, schema_name: str, table_name: str, items: Any, columns: Any
    ) -> int:
        """As dlt's storage of what is extracted; returns how many rows were written."""
        del load_id, schema_name, columns
        self._written.append((table_name, items if isinstance(items, list) else [items]))
        return 0
