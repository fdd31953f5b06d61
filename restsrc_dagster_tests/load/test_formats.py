"""Answers in other formats than JSON, into tables: the same rows, each of them once."""

import gzip
from dataclasses import replace
from typing import Any

import pytest

from restsrc_dagster.extract.response import sizes
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.written import FORMATS, PACKED, as_csv, as_lines, zipped

COLUMNS = {
    "id": {"data_type": "bigint"},
    "price": {"data_type": "decimal"},
    "is_open": {"data_type": "bool"},
    "day": {"data_type": "date"},
}
ROWS = 'SELECT id, name, price, is_open, day, "at" FROM acme.items ORDER BY id'


def record(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": None if number % 3 else f'a, "b" {number}',
        "price": f"{number}.50",
        "is_open": bool(number % 2),
        "day": f"2024-01-{number % 28 + 1:02d}",
        "at": f"2024-01-01T00:{number % 60:02d}:00Z",
    }


RECORDS = [record(number) for number in range(30)]


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred bytes are as many as a million."""
    monkeypatch.setattr(sizes, "AT_ONCE", 800)
    monkeypatch.setattr(sizes, "PIECE", 400)
    monkeypatch.setattr("restsrc_dagster.extract.formats.csv_rows._ROWS", 2)


def of(said: Any, name: str = "items") -> dict[str, Any]:
    return {"reading": {name: {"format": said}}} if said else {}


def items(**endpoint: Any) -> dict[str, Any]:
    return {"name": "items", "columns": COLUMNS, "endpoint": {"path": "items", **endpoint}}


def test_the_table_is_the_same_whatever_the_format(
    api: Api, warehouse: Warehouse, in_pieces: None
) -> None:
    tables, types = [], []
    for (write, said), packed in zip(FORMATS.values(), PACKED.values(), strict=True):
        body = packed(write(RECORDS))
        api.routes["/items"] = lambda _, body=body: Answer(body, headers={"Content-Type": "a/b"})
        acme = warehouse.connector(api.url, [items()], **of(said))
        warehouse.load(acme, refresh=["items"])
        tables.append(warehouse.rows(ROWS))
        types.append(
            warehouse.rows(
                "SELECT column_name, data_type FROM information_schema.columns WHERE "
                "table_schema = 'acme' AND table_name = 'items' ORDER BY column_name"
            )
        )
    assert len(tables[0]) == len(RECORDS)
    assert tables[0][3][1] == 'a, "b" 3'
    assert tables == [tables[0]] * len(FORMATS)
    assert types == [types[0]] * len(FORMATS)


def test_a_cursor_a_key_and_a_step_hold_for_csv(api: Api, duck: Warehouse) -> None:
    given = [record(number) for number in range(10)]
    api.routes["/items"] = lambda _: Answer(as_csv(given), headers={"Content-Type": "text/csv"})
    incremental = {"cursor_path": "at", "initial_value": "2024-01-01T00:02:00Z"}
    resource = items(incremental=incremental) | {
        "primary_key": "id",
        "processing_steps": [{"filter": "is_open == 'true'"}],
    }
    acme = duck.connector(api.url, [resource])
    duck.load(acme)
    assert duck.values("SELECT id FROM acme.items ORDER BY id") == [3, 5, 7, 9]
    given[:] = [{**record(9), "name": "new"}, record(1), record(11)]
    loaded = duck.load(acme).resources["items"]
    assert duck.values("SELECT id FROM acme.items ORDER BY id") == [3, 5, 7, 9, 11]
    assert duck.values("SELECT name FROM acme.items WHERE id = 9") == ["new"]
    assert (loaded.cursor_before, loaded.cursor_after) == (
        "2024-01-01T00:09:00Z",
        "2024-01-01T00:11:00Z",
    )


@pytest.mark.parametrize("at_once", [1, 4])
def test_children_are_bound_by_rows_of_csv(
    api: Api, duck: Warehouse, at_once: int, in_pieces: None
) -> None:
    """Each report is a file of its own, packed, where no credentials go."""
    reports = [{"id": str(number), "file": f"r{number}.csv.gz"} for number in range(60)]
    with Api() as store:
        api.routes["/reports"] = lambda _: Answer(
            as_csv(reports), headers={"Content-Type": "text/csv"}
        )

        def file(asked: Asked) -> Answer:
            number = int(asked.path.removeprefix("/r").removesuffix(".csv.gz"))
            body = zipped if number % 2 else gzip.compress
            rows = [{"line": str(line), "of": str(number)} for line in range(number % 4)]
            return Answer(body(as_csv(rows) if rows else b"line,of\n"))

        store.other = file
        lines = {
            "name": "lines",
            "include_from_parent": ["id"],
            "endpoint": {"path": f"{store.url}/{{resources.reports.file}}"},
        }
        acme = duck.connector(
            api.url,
            [{"name": "reports", "endpoint": {"path": "reports"}}, lines],
            client={"auth": {"type": "bearer", "token": "hush-hush"}},
            http={"max_concurrency": at_once, "anonymous_hosts": [store.url]},
            **of("csv", "lines"),
        )
        report = duck.load(acme)
        assert not report.failed
        assert len(store.asked) == len(reports)
        assert not any("Authorization" in asked.headers for asked in store.asked)
    rows = duck.rows("SELECT _reports_id, of, line FROM acme.lines")
    assert sorted(rows) == sorted(
        (str(number), str(number), str(line)) for number in range(60) for line in range(number % 4)
    )


class Export:
    """Pages of lines in the order of their cursor, of which one breaks off."""

    def __init__(self, api: Api) -> None:
        self.broken_page = 0
        api.routes["/items"] = self._page

    def _page(self, asked: Asked) -> Answer:
        since, number = asked.params["since"], int(asked.params.get("page", 1))
        rows = [record for record in RECORDS if record["at"] >= since]
        body = as_lines(rows[(number - 1) * 12 : number * 12])
        if number == self.broken_page:
            body = body[:-20] + b"\nhello\n"
        more = f'</items?since={since}&page={number + 1}>; rel="next"'
        link = {"Link": more} if rows[number * 12 :] else {}
        return Answer(body, headers={"Content-Type": "application/jsonl", **link})


@pytest.mark.parametrize("key", ["", "id"], ids=["appended", "merged"])
@pytest.mark.parametrize("chunk", [5, 1000])
def test_nothing_is_doubled_where_a_page_in_pieces_breaks_off(
    api: Api, duck: Warehouse, key: str, chunk: int, in_pieces: None
) -> None:
    export = Export(api)
    resource = items(
        paginator="header_link",
        params={"since": "{incremental.start_value}"},
        incremental={
            "cursor_path": "at",
            "initial_value": "2024-01-01T00:00:00Z",
            "row_order": "asc",
        },
    )
    small = replace(duck, settings=replace(duck.settings, commit_after_records=chunk))
    acme = small.connector(api.url, [resource | ({"primary_key": key} if key else {})])
    export.broken_page = 2
    report = small.load(acme)
    assert "has no JSON in its line" in str(report.failed["items"])
    export.broken_page = 0
    assert not small.load(acme).failed
    assert small.values("SELECT id FROM acme.items ORDER BY id") == list(range(30))


@pytest.mark.parametrize("way", ["append", "merge"])
def test_a_run_that_is_killed_amid_the_pieces(
    api: Api, duck: Warehouse, in_pieces: None, way: str
) -> None:
    """The next one reads the file again: each row is there once, those of a new file too."""
    given = [record(number) for number in range(60)]
    api.routes["/items"] = lambda _: Answer(as_csv(given), headers={"Content-Type": "text/csv"})
    cursor = {"cursor_path": "at", "initial_value": "2024-01-01T00:00:00Z", "row_order": "asc"}
    keys = {"primary_key": "id"} if way == "merge" else {}
    resource = items(incremental=cursor) | {**keys, "write_disposition": way}
    many = replace(duck, settings=replace(duck.settings, commit_after_records=7))
    worker = many.start(api.url, [resource], holder="killed", die=("piece", 5))
    assert worker.wait(60) == KILLED
    acme = many.connector(api.url, [resource])
    many.load(acme)
    ids = [one["id"] for one in given]
    assert many.values("SELECT id FROM acme.items") == ids
    given += [record(60) | {"at": "2024-01-01T01:00:00Z"}]
    many.load(acme)
    assert many.values("SELECT id FROM acme.items") == [*ids, 60]
