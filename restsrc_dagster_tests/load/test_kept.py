"""A resource that fails on its way keeps what is safe to keep, whatever the thresholds."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest

from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

PAGE = 5
CURSOR = {"cursor_path": "at", "initial_value": 0, "start_param": "since", "row_order": "asc"}
PAGED = {"type": "page_number", "base_page": 1, "total_path": None}
OFFSET = {"type": "offset", "limit": PAGE, "total_path": None}
ONE_BY_ONE = {"max_concurrency": 1, "max_wait_seconds": 1}
QUOTA = Answer({"message": "daily quota"}, status=429, headers={"Retry-After": "3600"})
WINDOW = Answer({"message": "result window is too large"}, status=400)
POISON = Answer({"message": "out of order"}, status=500)


class Shelf:
    """Forty records by their times, and notes of each; `wrong` is asked before each answer."""

    def __init__(self, api: Api) -> None:
        self.records = [{"id": number, "at": number} for number in range(1, 41)]
        self.wrong: Callable[[str, int], Answer | None] = lambda *_: None
        self.notes = 1
        api.routes["/items"] = self._page
        api.routes |= {f"/items/{one['id']}/notes": self._notes for one in self.records}

    def _page(self, asked: Asked) -> Any:
        since = int(asked.params.get("since", 0))
        found = [one for one in self.records if one["at"] >= since]
        offset = int(asked.params.get("offset", 0))
        page = int(asked.params.get("page", offset // PAGE + 1))
        data = found[(page - 1) * PAGE : page * PAGE]
        if data and (answer := self.wrong("items", data[0]["id"])):
            return answer
        more = {"next": f"/items?since={since}&page={page + 1}"} if found[page * PAGE :] else {}
        return {"data": data, **more}

    def _notes(self, asked: Asked) -> Any:
        number = int(asked.path.split("/")[2])
        if answer := self.wrong("notes", number):
            return answer
        return {"data": [{"n": 10 * number + one} for one in range(self.notes)]}


SORTED = items(incremental=CURSOR, paginator="json_link")
LISTS = {
    "asc, appended": SORTED,
    "asc, merged": {**SORTED, "primary_key": "id"},
    "pages": {**items(paginator=PAGED), "primary_key": "id"},
    "offsets": {**items(paginator=OFFSET), "primary_key": "id"},
}
NOTES = items("notes", path="items/{resources.items.id}/notes")


@pytest.fixture
def shelf(api: Api) -> Shelf:
    return Shelf(api)


@pytest.mark.parametrize(
    ("resource", "answer"),
    list(zip(LISTS.values(), cycle([QUOTA, WINDOW]), strict=False)),
    ids=LISTS,
)
def test_each_run_comes_further(
    api: Api, shelf: Shelf, duck: Warehouse, resource: dict[str, Any], answer: Answer
) -> None:
    acme = duck.connector(api.url, [resource], http=ONE_BY_ONE)
    served = 0

    def after_three_pages(_: str, __: int) -> Answer | None:
        nonlocal served
        served += 1
        return answer if served > 3 else None

    shelf.wrong = after_three_pages
    there: list[int] = []
    for _ in range(12):
        served = 0
        report = duck.load(acme)
        if len(there) == 40 or not report.failed:
            break
        assert "rows that were read before are committed" in str(report.failed["items"])
        now = duck.values("SELECT id FROM acme.items")
        assert len(now) > len(there)
        there = now
    shelf.wrong = lambda *_: None
    assert not duck.load(acme).failed
    assert duck.values("SELECT id FROM acme.items") == list(range(1, 41))


@pytest.mark.parametrize("resource", LISTS.values(), ids=LISTS)
def test_a_page_that_is_always_out_of_order_costs_no_page_before(
    api: Api, shelf: Shelf, duck: Warehouse, resource: dict[str, Any]
) -> None:
    acme = duck.connector(api.url, [resource], http=ONE_BY_ONE)
    shelf.wrong = lambda _, first: POISON if first > 20 else None
    for _ in range(3):
        assert set(duck.load(acme).failed) == {"items"}
        kept = duck.values("SELECT id FROM acme.items")
        assert kept[:15] == list(range(1, 16))
        assert len(kept) == len(set(kept))
    shelf.wrong = lambda *_: None
    assert not duck.load(acme).failed
    assert duck.values("SELECT id FROM acme.items") == list(range(1, 41))


@pytest.mark.parametrize("name", ["asc, merged", "pages"])
@pytest.mark.parametrize("answer", [QUOTA, POISON], ids=["quota", "poison"])
def test_a_child_that_fails(
    api: Api, shelf: Shelf, duck: Warehouse, name: str, answer: Answer
) -> None:
    """Parents and children that are there belong together; afterwards all of them are."""
    acme = duck.connector(api.url, [LISTS[name], NOTES], http=ONE_BY_ONE)
    shelf.wrong = lambda what, number: answer if (what, number) == ("notes", 18) else None
    report = duck.load(acme)
    assert "notes" in report.failed
    parents = duck.values("SELECT id FROM acme.items")
    assert parents[:10] == list(range(1, 11))
    shelf.wrong = lambda *_: None
    assert not duck.load(acme).failed
    assert duck.values("SELECT id FROM acme.items") == list(range(1, 41))
    assert duck.values("SELECT n FROM acme.notes") == [10 * n for n in range(1, 41)]


def test_children_that_are_replaced_stay_until_all_of_them_are_read(
    api: Api, shelf: Shelf, duck: Warehouse
) -> None:
    acme = duck.connector(api.url, [LISTS["asc, merged"], NOTES], http=ONE_BY_ONE)
    shelf.notes = 2
    assert not duck.load(acme).failed
    for record in shelf.records:
        record["at"] += 100
    shelf.notes = 1
    shelf.wrong = lambda what, number: POISON if (what, number) == ("notes", 18) else None
    assert set(duck.load(acme).failed) == {"items", "notes"}
    of_each = dict(duck.rows("SELECT n // 10, count(*) FROM acme.notes GROUP BY 1"))
    assert of_each.keys() == set(range(1, 41))
    assert {of_each[number] for number in range(1, 16)} == {1}
    assert {of_each[number] for number in range(18, 41)} == {2}
    shelf.wrong = lambda *_: None
    assert not duck.load(acme).failed
    assert duck.values("SELECT n FROM acme.notes") == [10 * n for n in range(1, 41)]


@pytest.mark.parametrize("name", ["asc, merged", "pages"])
def test_a_refresh_that_fails_leaves_the_table_as_it_is(
    api: Api, shelf: Shelf, duck: Warehouse, name: str
) -> None:
    acme = duck.connector(api.url, [LISTS[name]], http=ONE_BY_ONE)
    assert not duck.load(acme).failed
    shelf.wrong = lambda _, first: POISON if first > 20 else None
    assert set(duck.load(acme, refresh=["items"]).failed) == {"items"}
    assert duck.values("SELECT id FROM acme.items") == list(range(1, 41))


@pytest.mark.parametrize("what", ["items", "notes"])
def test_a_refresh_of_children_that_fails_leaves_them_as_they_are(
    api: Api, shelf: Shelf, duck: Warehouse, what: str
) -> None:
    notes = {**NOTES, "primary_key": "n"}
    acme = duck.connector(api.url, [LISTS["pages"], notes], http=ONE_BY_ONE)
    assert not duck.load(acme).failed
    shelf.wrong = lambda of, number: POISON if of == what and number > 20 else None
    assert "notes" in duck.load(acme, "notes", refresh=["notes"]).failed
    assert duck.values("SELECT n FROM acme.notes") == [10 * n for n in range(1, 41)]


def test_what_is_replaced_is_kept_whole(api: Api, shelf: Shelf, duck: Warehouse) -> None:
    acme = duck.connector(api.url, [items(paginator=PAGED)], http=ONE_BY_ONE)
    assert not duck.load(acme).failed
    shelf.wrong = lambda _, first: POISON if first > 20 else None
    assert "committed" not in str(duck.load(acme).failed["items"])
    assert duck.values("SELECT id FROM acme.items") == list(range(1, 41))


@pytest.mark.parametrize("repeated", [True, False])
def test_what_is_wrong_with_the_rows_that_are_kept_is_told_with_the_failure(
    api: Api, duck: Warehouse, repeated: bool
) -> None:
    """The next run goes on behind them, and does not see it any more."""
    shelf = Shelf(api)
    if repeated:
        shelf.records[3] = {**shelf.records[0], "x": 1}
    shelf.wrong = lambda _, first: POISON if first == 31 else None
    object.__setattr__(duck.settings, "commit_after_records", PAGE)
    report = duck.load(duck.connector(api.url, [LISTS["pages"]]))
    told = str(report.failed["items"])
    assert "rows that were read before are committed, and the next run goes on behind" in told
    key = ". Of them: 1 records have the primary key of another one, and differ from it"
    assert (key in told) == repeated
