"""Rows whose records the API has deleted are marked or removed, and only those."""

import re
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import ConnectorError, SettingsError
from restsrc_dagster.extract.response import sizes
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items
from restsrc_dagster_tests.support.written import as_csv, as_lines

MISSING = {"by": "missing", "at_most": "50 %"}
REMOVED = {**MISSING, "then": "remove"}
ALIVE = "SELECT id FROM acme.items WHERE _deleted_at IS NULL"
GONE = "SELECT id FROM acme.items WHERE _deleted_at IS NOT NULL"


class Shelf:
    """A list at `/items`: `ids` on it, in pages of `size` if there is one."""

    def __init__(self, api: Api, ids: int = 4) -> None:
        self.ids = list(range(ids))
        self.size: int | None = None
        self.total: int | None = None
        self.extra: dict[int, dict[str, Any]] = {}
        api.routes["/items"] = self.answer

    def answer(self, asked: Asked) -> Any:
        listed = [
            {"id": number, "tags": [number, 7], **self.extra.get(number, {})} for number in self.ids
        ]
        if self.size is not None:
            page = int(asked.params.get("page", 0))
            listed = listed[page * self.size :][: self.size]
        return {"data": listed, **({} if self.total is None else {"total": self.total})}


@pytest.fixture
def shelf(api: Api) -> Shelf:
    return Shelf(api)


def file(
    warehouse: Warehouse, url: str, deletes: Any = MISSING, *, more: Any = (), **hints: Any
) -> Connector:
    endpoint = hints.pop("endpoint", {})
    one = {**items(**endpoint), "primary_key": "id", **hints}
    return warehouse.connector(url, [one, *more], reading={"items": {"deletes": deletes}})


def in_folder(folder: Path) -> Warehouse:
    data = folder / "restsrc_acme.duckdb"
    return Warehouse(Settings(data_dir=folder), {}, lambda: duckdb.connect(data))


def alive(warehouse: Warehouse) -> list[Any]:
    return warehouse.values(ALIVE)


def figure(report: LoadReport, name: str = "items") -> int | None:
    return report.resources[name].rows_deleted


@pytest.mark.parametrize(
    ("warehouse", "strategy"),
    [("duck", "delete-insert"), ("elephant", "upsert")],
    indirect=["warehouse"],
)
def test_what_is_missing_is_marked_and_comes_back(
    api: Api, shelf: Shelf, warehouse: Warehouse, strategy: str
) -> None:
    way = {"disposition": "merge", "strategy": strategy}
    acme = file(warehouse, api.url, write_disposition=way)
    assert figure(warehouse.load(acme)) == 0
    shelf.ids.remove(2)
    report = warehouse.load(acme)
    assert (report.failed, figure(report)) == ({}, 1)
    assert (alive(warehouse), warehouse.values(GONE)) == ([0, 1, 3], [2])
    assert report.resources["items"].warnings == []
    first = warehouse.values("SELECT _deleted_at FROM acme.items WHERE id = 2")
    assert figure(warehouse.load(acme)) == 0
    assert warehouse.values("SELECT _deleted_at FROM acme.items WHERE id = 2") == first
    shelf.ids.append(2)
    warehouse.load(acme)
    assert (alive(warehouse), warehouse.values(GONE)) == ([0, 1, 2, 3], [])


def test_what_is_missing_is_removed_with_all_below_it(
    api: Api, shelf: Shelf, warehouse: Warehouse
) -> None:
    parts = {**items("parts", path="parts/{resources.items.id}"), "primary_key": "part"}
    api.other = lambda asked: {"data": [{"part": int(asked.path[-1])}]}
    acme = file(warehouse, api.url, REMOVED, more=[parts])
    warehouse.load(acme)
    shelf.ids.remove(2)
    assert figure(warehouse.load(acme)) == 1
    assert warehouse.values("SELECT id FROM acme.items") == [0, 1, 3]
    assert warehouse.values("SELECT value FROM acme.items__tags") == [0, 1, 3, 7, 7, 7]
    assert warehouse.values("SELECT part FROM acme.parts") == [0, 1, 2, 3]


def test_a_list_of_several_pages_tells_by_two_runs(api: Api, shelf: Shelf, duck: Warehouse) -> None:
    """What is deleted while it is read lets another record pass by, which is none that is gone."""
    shelf.size = 2
    paginator = {"type": "page_number", "total_path": None}
    acme = file(duck, api.url, endpoint={"paginator": paginator})
    duck.load(acme)
    real = shelf.answer

    def moving(asked: Asked) -> Any:
        answer = real(asked)
        if asked.params["page"] == "0" and 0 in shelf.ids:
            shelf.ids.remove(0)
        return answer

    api.routes["/items"] = moving
    report = duck.load(acme)
    assert (figure(report), alive(duck)) == (0, [0, 1, 2, 3])
    assert figure(duck.load(acme)) == 0
    assert figure(duck.load(acme)) == 1
    assert (alive(duck), duck.values(GONE)) == ([1, 2, 3], [0])


def test_too_many_are_no_deletions(api: Api, shelf: Shelf, duck: Warehouse) -> None:
    acme = file(duck, api.url, "missing")
    duck.load(acme)
    shelf.ids = [0, 9]
    report = duck.load(acme)
    assert str(report.failed["items"]) == (
        "items: the API lists 3 of the 5 rows no more, and reading.items.deletes.at_most allows "
        "20 %; so none of them is taken for deleted. If they are, run it once with "
        "allow_deletes: [items] in the run's config. 2 rows that were read before are committed"
    )
    assert alive(duck) == [0, 1, 2, 3, 9]
    order = LoadRequest(selection=frozenset({"items"}), allow_deletes=frozenset({"items"}))
    assert load(acme, order, settings=duck.settings).failed == {}
    assert alive(duck) == [0, 9]


@pytest.mark.parametrize("deletes", ["missing", {"by": "missing", "at_most": "100 %"}])
def test_an_empty_list_is_no_deletion(
    api: Api, shelf: Shelf, duck: Warehouse, deletes: Any
) -> None:
    acme = file(duck, api.url, deletes)
    duck.load(acme)
    shelf.ids = []
    report = duck.load(acme)
    assert "the list of the API is empty, and the table has 4 rows" in str(report.failed["items"])
    assert alive(duck) == [0, 1, 2, 3]


def test_a_list_that_came_short_deletes_nothing(api: Api, shelf: Shelf, duck: Warehouse) -> None:
    acme = file(duck, api.url)
    duck.load(acme)
    shelf.ids, shelf.total = [0, 1], 4
    report = duck.load(acme)
    assert figure(report) is None
    assert report.resources["items"].warnings[0] == (
        "what the API lists no more was not looked for: the API announced 4 records and gave 2 less"
    )
    assert alive(duck) == [0, 1, 2, 3]


def test_an_answer_that_is_ignored_deletes_nothing(api: Api, shelf: Shelf, duck: Warehouse) -> None:
    ignore = [{"status_code": 404, "action": "ignore"}]
    acme = file(duck, api.url, endpoint={"response_actions": ignore})
    duck.load(acme)
    api.routes["/items"] = lambda _: Answer({}, status=404)
    report = duck.load(acme)
    assert (report.failed, alive(duck)) == ({}, [0, 1, 2, 3])


def test_a_page_that_came_full_deletes_nothing(api: Api, shelf: Shelf, duck: Warehouse) -> None:
    """There may be another one behind it, of the list or of that of a parent."""
    parts = [1, 2]
    api.other = lambda _: {"data": [{"part": part} for part in parts]}
    full = {"params": {"limit": 3}}
    child = {**items("parts", path="parts/{resources.one.id}", **full), "primary_key": "part"}
    api.routes["/one"] = lambda _: {"data": [{"id": 1}]}
    acme = duck.connector(
        api.url,
        [items("one"), {**items(**full), "primary_key": "id"}, child],
        reading={name: {"deletes": MISSING} for name in ("items", "parts")},
        client={"paginator": {"type": "header_link"}},
    )
    shelf.ids = [0, 1]
    assert duck.load(acme).failed == {}
    shelf.ids, parts[:] = [0, 2, 3], [1, 3, 4]
    report = duck.load(acme)
    for name in ("items", "parts"):
        told = " ".join(report.resources[name].warnings)
        assert "no more was not looked for: 1 list came as one page, which was full" in told
    assert (alive(duck), duck.values(GONE_PARTS)) == ([0, 1, 2, 3], [])


def test_a_large_answer_in_pieces_is_one_page(
    api: Api, shelf: Shelf, duck: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a list and of one below a parent, in CSV and in lines: one reading tells what is gone, and
    none is marked where the answer breaks off in the middle."""
    for name, size in (("AT_ONCE", 40), ("PIECE", 20), ("CHUNK", 10)):
        monkeypatch.setattr(sizes, name, size)
    parts, ids, broken = {0: [*range(100, 130)], 1: [*range(200, 230)]}, [*range(30)], b""

    def listed(asked: Asked) -> Answer:
        numbers = ids if asked.path == "/items" else parts.get(int(asked.path[-1]), [])
        write = as_csv if asked.path == "/items" else as_lines
        return Answer(write([{"id": one, "tags": str(one)} for one in numbers]) + broken)

    api.routes["/items"] = api.other = listed
    columns = {"id": {"data_type": "bigint"}}
    keys = {"primary_key": "id", "columns": columns}
    one = {"name": "items", "endpoint": {"path": "items"}, **keys}
    child = {"name": "parts", "endpoint": {"path": "parts/{resources.few.id}"}, **keys}
    few = {"name": "few", "endpoint": {"path": "few", "data_selector": "data"}, "primary_key": "id"}
    api.routes["/few"] = lambda _: {"data": [{"id": number} for number in parts]}
    reading = {
        "items": {"format": "csv", "deletes": MISSING},
        "parts": {"format": "jsonl", "deletes": REMOVED},
    }
    acme = duck.connector(api.url, [one, few, child], reading=reading)
    duck.load(acme)
    ids.remove(17)
    parts[1].remove(222)
    broken = b"1,2,3,4\n"
    assert {*duck.load(acme).failed} == {"items", "parts"}
    assert len(alive(duck)) == 30
    broken = b""
    report = duck.load(acme)
    assert (figure(report), figure(report, "parts"), report.failed) == (1, 1, {})
    assert duck.values(GONE) == [17]
    left = [*range(100, 130), *(one for one in range(200, 230) if one != 222)]
    assert duck.values("SELECT id FROM acme.parts") == left


@pytest.mark.parametrize(
    ("warehouse", "then"), [("duck", "mark"), ("elephant", "remove")], indirect=["warehouse"]
)
def test_records_that_say_so_themselves(
    api: Api, shelf: Shelf, warehouse: Warehouse, then: str
) -> None:
    """Below a cursor, where nothing is missing; removed by dlt's own hard_delete."""
    cursor = {"cursor_path": "at", "initial_value": 0}
    shelf.extra = {number: {"at": 1, "state": "new"} for number in range(4)}
    deletes = {"when": "state == 'deleted'", "then": then}
    acme = file(warehouse, api.url, deletes, endpoint={"incremental": cursor})
    assert figure(warehouse.load(acme)) == 0
    shelf.ids = [2, 3]
    shelf.extra[2] = {"at": 2, "state": "deleted"}
    report = warehouse.load(acme)
    assert figure(report) == 1
    assert report.resources["items"].warnings == []
    assert alive(warehouse) == [0, 1, 3]
    assert warehouse.values(GONE) == ([2] if then == "mark" else [])
    shelf.extra[2] = {"at": 3, "state": "new"}
    warehouse.load(acme)
    assert alive(warehouse) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("warehouse", "then"), [("duck", "mark"), ("elephant", "remove")], indirect=["warehouse"]
)
def test_another_list_tells_of_deletions(
    api: Api, shelf: Shelf, warehouse: Warehouse, then: str
) -> None:
    """Before and after a record is there again."""
    told: list[dict[str, Any]] = []
    api.routes["/deleted"] = lambda asked: {
        "data": [one for one in told if one["at"] >= int(asked.params["since"])]
    }
    cursor = {"cursor_path": "at", "initial_value": 0, "start_param": "since"}
    deleted = {**items("deleted", incremental=cursor), "primary_key": ["item", "at"]}
    own = {"cursor_path": "at", "initial_value": 0}
    shelf.extra = {number: {"at": 1} for number in range(5)}
    deletes = {"resource": "deleted", "key": "item", "then": then}
    acme = file(warehouse, api.url, deletes, more=[deleted], endpoint={"incremental": own})
    warehouse.load(acme)
    told += [{"item": "2", "at": 3}, {"item": "77", "at": 3}]
    shelf.ids.remove(2)
    assert figure(warehouse.load(acme)) == 1
    assert alive(warehouse) == [0, 1, 3]
    shelf.ids.append(2)
    shelf.extra[2] = {"at": 5}
    warehouse.load(acme)
    warehouse.load(acme)
    assert alive(warehouse) == [0, 1, 2, 3]
    assert len([one for one in api.asked if one.params.get("since") == "3"]) == 2
    told += [{"item": "2", "at": 7}]
    shelf.ids.remove(2)
    keys = {"reading": {"items": {"deletes": deletes}}}
    whole = [*acme.configuration["resources"]]
    worker = warehouse.start(api.url, whole, holder="killed", keys=keys, die=("deletes", 1))
    assert worker.wait(60) == KILLED
    warehouse.load(acme)
    assert alive(warehouse) == [0, 1, 3]


def test_what_is_missing_below_each_parent(api: Api, shelf: Shelf, warehouse: Warehouse) -> None:
    """Of the parents that were read; one that is gone has not been, nor one that is ignored."""
    parts: dict[int, list[int]] = {0: [10, 11], 1: [20, 21], 2: [30], 3: [40, 41]}

    def listed(asked: Asked) -> Any:
        number = int(asked.path[-1])
        if number == 2 and not parts[2]:
            return Answer({}, status=404)
        return {"data": [{"part": part} for part in parts[number]]}

    api.other = listed
    cursor = {"cursor_path": "at", "initial_value": 0}
    shelf.extra = {number: {"at": 1} for number in range(4)} | {1: {"at": 0}}
    child = {**items("parts", path="parts/{resources.items.id}"), "primary_key": "part"}
    acme = warehouse.connector(
        api.url,
        [{**items(incremental=cursor), "primary_key": "id"}, child],
        reading={"parts": {"deletes": MISSING}},
    )
    warehouse.load(acme)
    parts |= {0: [10], 1: [20], 2: [], 3: [40]}
    shelf.extra |= {0: {"at": 2}, 2: {"at": 2}, 3: {"at": 2}}
    report = warehouse.load(acme)
    assert report.failed == {}
    assert figure(report, "parts") == 2
    gone = warehouse.values("SELECT part FROM acme.parts WHERE _deleted_at IS NOT NULL")
    assert gone == [11, 41]


def test_with_scd2_dlt_retires_what_is_missing(api: Api, shelf: Shelf, duck: Warehouse) -> None:
    acme = file(
        duck, api.url, "missing", write_disposition={"disposition": "merge", "strategy": "scd2"}
    )
    valid = "SELECT id FROM acme.items WHERE _dlt_valid_to IS NULL"
    duck.load(acme)
    shelf.ids.remove(2)
    assert duck.load(acme).failed == {}
    assert duck.values(valid) == [0, 1, 3]
    shelf.ids = []
    assert "the list of the API is empty, and the table has 3 rows" in duck.failure(acme)
    assert duck.values(valid) == [0, 1, 3]


def test_a_full_refresh_and_a_file_that_says_so_later(
    api: Api, shelf: Shelf, warehouse: Warehouse
) -> None:
    """The table was there before; after a refresh nothing is marked."""
    warehouse.load(warehouse.connector(api.url, [{**items(), "primary_key": "id"}]))
    shelf.ids.remove(2)
    acme = file(warehouse, api.url)
    assert figure(warehouse.load(acme)) == 1
    assert alive(warehouse) == [0, 1, 3]
    assert figure(warehouse.load(acme, refresh=["items"])) == 0
    assert warehouse.rows("SELECT id, _deleted_at FROM acme.items") == [
        (0, None),
        (1, None),
        (3, None),
    ]


REFUSED: Mapping[str, tuple[Any, dict[str, Any], str]] = {
    "two ways": ({"by": "missing", "when": "a"}, {}, "says how deletions are told by one of these"),
    "no way": ({"then": "mark"}, {}, "says how deletions are told by one of these"),
    "a share": ({"by": "missing", "at_most": "20"}, {}, "'20' is no share such as 20 %"),
    "replace": ("missing", {"write_disposition": "replace"}, "what the API lists no more is gone"),
    "append": ("missing", {"write_disposition": "append"}, "needs rows that are merged"),
    "a cursor": (
        "missing",
        {"endpoint": {"incremental": {"cursor_path": "at", "initial_value": 1}}},
        "finds what is missing in a list that is read whole",
    ),
    "no such list": ({"resource": "item"}, {}, "names 'item', which is not another resource"),
    "a key": ({"when": "a", "key": "id"}, {}, "key: is that of the records of a resource"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be(name: str) -> None:
    deletes, changed, told = REFUSED[name]
    one = {**items(**changed.pop("endpoint", {})), "primary_key": "id", **changed}
    with pytest.raises(ConnectorError, match=re.escape(told)):
        connector("acme", "http://127.0.0.1:9", [one], reading={"items": {"deletes": deletes}})


def test_files_cannot(api: Api, shelf: Shelf, duck: Warehouse) -> None:
    folder = {"type": "filesystem", "bucket_url": str(duck.settings.data_dir)}
    one = {**items(), "primary_key": "id"}
    for more, told in (
        ({"where_merge_is_impossible": "replace"}, "reading.items.deletes, which only a merge"),
        ({"table_format": "delta"}, "reading.items.deletes, which filesystem cannot do"),
    ):
        acme = connector(
            "acme",
            api.url,
            [one],
            destination={**folder, **more},
            reading={"items": {"deletes": "missing"}},
        )
        with pytest.raises(SettingsError, match=re.escape(told)):
            duck.load(acme)


def test_a_kill_between_the_rows_and_the_marks(
    api: Api, shelf: Shelf, warehouse: Warehouse
) -> None:
    acme = file(warehouse, api.url)
    warehouse.load(acme)
    shelf.ids.remove(2)
    one = [{**items(), "primary_key": "id"}]
    keys = {"reading": {"items": {"deletes": MISSING}}}
    worker = warehouse.start(api.url, one, holder="killed", keys=keys, die=("deletes", 1))
    assert worker.wait(60) == KILLED
    assert figure(warehouse.load(acme)) == 1
    assert alive(warehouse) == [0, 1, 3]


STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "moves": st.lists(
                st.tuples(st.integers(0, 3), st.sampled_from("+-"), st.integers(0, 5)), max_size=3
            ),
            "short": st.booleans(),
            "empty": st.sampled_from([False, False, False, True]),
        }
    ),
    min_size=2,
    max_size=4,
)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, size=st.sampled_from([2, 3, 100]))
def test_whatever_a_list_does_while_it_is_read(
    api: Api, tmp_path_factory: Any, steps: list[dict[str, Any]], size: int
) -> None:
    """Marked is what two whole readings in a row have not given, or one of a single page."""
    shelf, given_now = Shelf(api, 6), set[int]()
    still: dict[str, Any] = {"moves": [], "short": False, "empty": False}
    step = still
    fresh = count(100)

    def answer(asked: Asked) -> Any:
        page = int(asked.params["page"])
        listed = [] if step["empty"] else shelf.ids[page * size :][:size]
        total = len(shelf.ids) + 5 * step["short"]
        given_now.update(listed)
        for at, what, where in step["moves"]:
            if at == page and what == "+":
                shelf.ids.insert(where, next(fresh))
            elif at == page and len(shelf.ids) > 1:
                shelf.ids.pop(min(where, len(shelf.ids) - 1))
        return {"data": [{"id": number} for number in listed], "total": total if page else None}

    api.routes["/items"] = answer
    duck = in_folder(tmp_path_factory.mktemp("moving"))
    paginator = {"type": "page_number", "total_path": None}
    deletes = {"by": "missing", "at_most": "100 %"}
    acme = file(duck, api.url, deletes, endpoint={"paginator": paginator})
    before: set[int] | None = None
    held, marked = set[int](), set[int]()
    for now in [still, *steps]:
        step = now
        given_now.clear()
        report = duck.load(acme)
        held |= given_now
        marked -= given_now
        if "items" not in report.failed and not report.resources["items"].warnings:
            pages = report.resources["items"].read.pages
            seen_before = set[int]() if pages == 1 else before
            if seen_before is not None:
                marked |= held - given_now - seen_before
            before = set(given_now)
        assert set(duck.values(GONE)) == marked
        assert set(alive(duck)) == held - marked


class Drawers:
    """Parts below each item, in pages of two; an item that has not changed is not read again.

    `asked` are the items whose parts were asked for since some have changed, `missing_of` is the
    one that is gone.
    """

    def __init__(self, api: Api, shelf: Shelf, parts: Mapping[int, list[int]]) -> None:
        self.shelf, self.parts, self.clock = shelf, {**parts}, 1
        self.asked: set[int] = set()
        self.missing_of: int | None = None
        shelf.ids = list(parts)
        shelf.extra = {number: {"at": 1} for number in parts}
        api.other = self.answer

    def answer(self, asked: Asked) -> Any:
        number, page = int(asked.path[-1]), int(asked.params.get("page", 0))
        self.asked.add(number)
        if number == self.missing_of:
            return Answer({}, status=404)
        left = self.parts[number][2 * page :]
        after = f"{asked.path}?page={page + 1}" if left[2:] else None
        return {"data": [{"part": part, "of": [part]} for part in left[:2]], "next": after}

    def change(self, parts: Mapping[int, list[int]]) -> None:
        """These items have other parts, and are read again."""
        self.clock += 1
        self.asked.clear()
        self.parts.update(parts)
        self.shelf.extra |= {number: {"at": self.clock} for number in parts}


def drawers_file(warehouse: Warehouse, url: str, deletes: Any = MISSING) -> Connector:
    return warehouse.connector(url, drawers_resources(), reading={"parts": {"deletes": deletes}})


def drawers_resources() -> list[Any]:
    cursor = {"cursor_path": "at", "initial_value": 0, "range_start": "open"}
    paginator = {"type": "json_link", "next_url_path": "next"}
    child = items("parts", path="parts/{resources.items.id}", paginator=paginator)
    return [
        {**items(incremental=cursor), "primary_key": "id"},
        {**child, "primary_key": "part"},
    ]


GONE_PARTS = "SELECT part FROM acme.parts WHERE _deleted_at IS NOT NULL"


def test_each_parent_has_a_memory_of_its_own(api: Api, shelf: Shelf, warehouse: Warehouse) -> None:
    """Of lists of several pages two readings say it, those of the very parent; of one page, one."""
    drawers = Drawers(api, shelf, {0: [1, 2, 3], 1: [11, 12, 13], 2: [21, 22, 23], 3: [31]})
    acme = drawers_file(warehouse, api.url)
    warehouse.load(acme)
    drawers.change({1: [11, 12, 13]})
    warehouse.load(acme)
    drawers.parts[2] = [21, 22]
    drawers.change({0: [1, 3, 4], 3: [32]})
    report = warehouse.load(acme)
    assert report.failed == {}
    assert (figure(report, "parts"), warehouse.values(GONE_PARTS)) == (1, [31])
    drawers.change({1: [11, 12, 13]})
    warehouse.load(acme)
    assert warehouse.values(GONE_PARTS) == [31]
    drawers.change({0: [1, 3, 4]})
    report = warehouse.load(acme)
    assert (figure(report, "parts"), warehouse.values(GONE_PARTS)) == (1, [2, 31])
    assert drawers.asked == {0}
    drawers.change({2: [21, 22]})
    warehouse.load(acme)
    drawers.change({2: [21, 22]})
    warehouse.load(acme)
    assert warehouse.values(GONE_PARTS) == [2, 23, 31]


def test_a_parent_that_was_away_counts_by_its_own_readings(
    api: Api, shelf: Shelf, duck: Warehouse
) -> None:
    """Where all parents are read each time, too."""
    drawers = Drawers(api, shelf, {0: [1, 2, 3], 1: [11, 12, 13], 2: [21, 22, 23]})
    resources = drawers_resources()
    del resources[0]["endpoint"]["incremental"]
    acme = duck.connector(api.url, resources, reading={"parts": {"deletes": REMOVED}})
    duck.load(acme)
    drawers.missing_of = 0
    duck.load(acme)
    drawers.missing_of, drawers.parts[0] = None, [1, 3, 4]
    assert figure(duck.load(acme), "parts") == 0
    assert figure(duck.load(acme), "parts") == 1
    assert duck.values("SELECT part FROM acme.parts WHERE part < 10") == [1, 3, 4]
    assert 2 not in duck.values("SELECT value FROM acme.parts__of")


def test_a_kill_before_the_marks_of_parents_that_are_not_read_again(
    api: Api, shelf: Shelf, duck: Warehouse
) -> None:
    """Their cursor has moved with the commit: the next load marks what the killed one has seen."""
    drawers = Drawers(api, shelf, {0: [1, 2], 1: [11, 12], 2: [21, 22]})
    acme = drawers_file(duck, api.url)
    duck.load(acme)
    drawers.change({0: [1], 1: [11, 12]})
    keys = {"reading": {"parts": {"deletes": MISSING}}}
    worker = duck.start(
        api.url, drawers_resources(), holder="killed", keys=keys, die=("deletes", 1)
    )
    assert worker.wait(60) == KILLED
    assert duck.values(GONE_PARTS) == []
    drawers.change({2: [21, 22]})
    duck.load(acme)
    assert drawers.asked == {2}
    assert duck.values(GONE_PARTS) == [2]


def test_what_was_refused_is_allowed_though_no_parent_is_read_again(
    api: Api, shelf: Shelf, duck: Warehouse
) -> None:
    drawers = Drawers(api, shelf, {0: [1, 2], 1: [11, 12]})
    acme = drawers_file(duck, api.url, "missing")
    duck.load(acme)
    drawers.change({0: [3, 4], 1: [11]})
    assert "the API lists 3 of the 6 rows no more" in str(duck.load(acme).failed["parts"])
    drawers.shelf.ids = []
    assert "the API lists 3 of the" in str(duck.load(acme).failed["parts"])
    everything = frozenset({"items", "parts"})
    order = LoadRequest(selection=everything, allow_deletes=frozenset({"parts"}))
    assert load(acme, order, settings=duck.settings).failed == {}
    assert duck.values(GONE_PARTS) == [1, 2, 12]
    assert duck.load(acme).failed == {}
