"""PostgreSQL gets rows by COPY: fast, and nothing in them means anything to it."""

from collections import Counter
from typing import Any

import dlt
import pyarrow as pa
import pytest
from dlt.common.normalizers.json import relational
from dlt.common.normalizers.json.relational import DataItemNormalizer
from dlt.destinations.impl.postgres.postgres import PostgresCsvCopyJob

from restsrc_dagster.errors import RestsrcError, TryLater
from restsrc_dagster.load.columns.copy_job import CopyJob
from restsrc_dagster.load.columns.copy_text import lines_of
from restsrc_dagster.load.destinations.destination import build_destination
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.surprising import Listing
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api


def lines(*values: Any, kind: pa.DataType | None = None) -> list[str]:
    array = pa.array(values, kind)
    return bytes(lines_of(pa.record_batch([array, array], ["a", "b"]))).decode().splitlines()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("", ""),
        (None, r"\N"),
        ("\\N", r"\\N"),
        ("a\tb\nc\rd", r"a\tb\nc\rd"),
        ("\\.", r"\\."),
        (5, "5"),
        (-0.1, "-0.1"),
        (True, "true"),
        (b"\x00\xff", r"\\x00ff"),
    ],
)
def test_values(value: Any, text: str) -> None:
    assert lines(value) == [f"{text}\t{text}"]


def test_only_lines_that_are_there() -> None:
    assert lines(*"abc") == ["a\ta", "b\tb", "c\tc"]
    assert lines(*"abcdef")[2:] == ["c\tc", "d\td", "e\te", "f\tf"]
    rows = pa.record_batch([pa.array(["a", "b", "c"])], ["v"])
    assert bytes(lines_of(rows.slice(1, 1))) == b"b\n"


def test_only_the_first_record_goes_one_by_one(
    api: Api, elephant: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all would still be right, and slow."""
    normalize, went = dlt.Schema.normalize_data_item, Counter[str]()
    copy, copied = CopyJob._copy, list[Any]()

    def counting(self: dlt.Schema, item: Any, load_id: str, table: str) -> Any:
        went[table] += 1
        return normalize(self, item, load_id, table)

    def copying(self: CopyJob, columns: list[str], file: Any) -> None:
        copied.append(columns)
        copy(self, columns, file)

    monkeypatch.setattr(dlt.Schema, "normalize_data_item", counting)
    monkeypatch.setattr(CopyJob, "_copy", copying)
    records = [
        {"id": number, "at": "2024-01-31T10:00:00Z", "lines": [{"a": 1}, {"a": 2}]}
        for number in range(100)
    ]
    report = Listing(api, elephant).load(records[:50], records[50:])
    assert (report.rows_loaded, report.nested_rows) == (100, {"items__lines": 200})
    assert went["items"] == 1
    assert {tuple(sorted(columns)) for columns in copied} >= {
        ("_dlt_id", "_dlt_load_id", "at", "id"),
        ("_dlt_id", "_dlt_list_idx", "_dlt_parent_id", "a"),
    }


def test_what_the_database_refuses_is_said_in_its_words(api: Api, elephant: Warehouse) -> None:
    listing = Listing(api, elephant, write_disposition="append")
    listing.load([{"id": 1, "v": "a"}])
    elephant.execute("ALTER TABLE acme.items ADD CONSTRAINT short CHECK (length(v) < 5)")
    with pytest.raises(RestsrcError, match="short") as refused:
        listing.load([{"id": 2, "v": "too long"}])
    assert not isinstance(refused.value, TryLater)
    assert elephant.rows("SELECT id FROM acme.items") == [(1,)]


def test_files_of_dlt_are_left_to_dlt(
    settings: Settings, elephant: Warehouse, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[Any] = []
    monkeypatch.setattr(PostgresCsvCopyJob, "run", lambda job: left.append(job))
    destination = build_destination(elephant.connector("http://127.0.0.1", ["a"]), settings, {})
    client = destination.client(dlt.Schema("acme"), destination.spec()._bind_dataset_name("acme"))
    file = tmp_path / "items.1234567890.0.csv"
    file.write_text('"id","v"\n1,\n')
    table: Any = {"name": "items", "columns": {}, "write_disposition": "append"}
    job = client.create_load_job(table, str(file), "1")
    assert type(job) is CopyJob
    job.run()
    assert left == [job]


NASTY = {"id": 1, "empty": "", "umlaut": "Größe é 日本", "end": "a\n\\.\nb"}


def loaded(api: Api, elephant: Warehouse, *, count: int = 1) -> list[tuple[Any, ...]]:
    listing = Listing(api, elephant, write_disposition="append")
    report = listing.load([{**NASTY, "id": number, "of": [number]} for number in range(count)])
    assert (report.rows_loaded, report.nested_rows) == (count, {"items__of": count})
    return elephant.rows('SELECT empty, umlaut, "end" FROM acme.items ORDER BY id')


AS_IT_IS = (NASTY["empty"], NASTY["umlaut"], NASTY["end"])


@pytest.mark.parametrize("encoding", ["LATIN1", "EUC_JP", "UTF8"])
def test_a_connection_of_another_encoding(
    api: Api, elephant: Warehouse, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", encoding)
    listing = Listing(api, elephant)
    listing.load([{"id": 1, "v": "Größe é"}])
    monkeypatch.delenv("PGCLIENTENCODING")
    assert elephant.rows("SELECT v FROM acme.items") == [("Größe é",)]


@pytest.mark.parametrize("before", [False, True], ids=["at first", "after a usual run"])
@pytest.mark.parametrize("start_method", ["spawn", "fork"])
def test_several_processes_normalize(
    api: Api,
    elephant: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    start_method: str,
    before: bool,
) -> None:
    times = 1
    if before:
        assert loaded(api, elephant, count=3) == [AS_IT_IS] * 3
        times = 2
    monkeypatch.setenv("NORMALIZE__WORKERS", "2")
    monkeypatch.setenv("NORMALIZE__START_METHOD", start_method)
    assert loaded(api, elephant, count=3) == [AS_IT_IS] * 3 * times


def test_another_normalizer_of_records(
    api: Api, elephant: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Another(DataItemNormalizer):
        pass

    monkeypatch.setattr(relational, "DataItemNormalizer", Another)
    assert loaded(api, elephant, count=3) == [AS_IT_IS] * 3


def test_a_view_in_place_of_the_table(api: Api, elephant: Warehouse) -> None:
    assert loaded(api, elephant) == [AS_IT_IS]
    elephant.execute(
        "ALTER TABLE acme.items RENAME TO kept", "CREATE VIEW acme.items AS SELECT * FROM acme.kept"
    )
    assert loaded(api, elephant) == [AS_IT_IS] * 2
    assert loaded(api, elephant) == [AS_IT_IS] * 3


@pytest.mark.parametrize("size", [1, 1000])
def test_wide_rows_are_written_as_they_come(
    api: Api, elephant: Warehouse, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("restsrc_dagster.load.columns.writer.BYTES_AT_ONCE", size)
    assert loaded(api, elephant, count=30) == [AS_IT_IS] * 30
