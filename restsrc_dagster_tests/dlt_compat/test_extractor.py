"""dlt's extractor says what it would write, and writes nothing."""

from typing import Any

import dlt
from dlt.common.storages.data_item_storage import DataItemStorage
from dlt.extract.extractors import Extractor, ObjectExtractor

from restsrc_dagster.dlt_compat.extractor import TrialExtractor
from restsrc_dagster_tests.dlt_compat.signature import names, source


def test_what_would_be_written_of_each_table() -> None:
    @dlt.resource(
        name="items", table_name=lambda item: item["of"], columns={"id": {"unique": True}}
    )
    def items() -> Any:
        yield from ()

    schema = dlt.Schema("acme")
    extractor = TrialExtractor(schema)
    records = [{"of": "a", "id": 1}, {"of": "b", "id": 2}]
    assert extractor.extract(items(), records, None) == [
        ("a", [records[0]]),
        ("b", [records[1]]),
    ]
    assert extractor.extract(items(), records[0], None) == [("a", [records[0]])]
    assert schema.get_table_columns("a", include_incomplete=True)["id"]["unique"] is True


def test_what_dlt_asks_of_its_storage() -> None:
    assert names(ObjectExtractor)[:3] == ["load_id", "item_storage", "schema"]
    assert "self.item_storage.write_data_item(" in source(Extractor._write_item)
    asked = names(DataItemStorage.write_data_item)
    assert asked == ["self", "load_id", "schema_name", "table_name", "item", "columns"]
    assert len(names(TrialExtractor.write_data_item)) == len(asked)
