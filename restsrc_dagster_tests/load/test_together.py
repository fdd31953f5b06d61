"""What stands apart in other tests, together: rows are right whatever meets."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from dlt.pipeline.pipeline import Pipeline
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from dlt.sources.rest_api.config_setup import PAGINATOR_MAP, register_paginator
from dlt.sources.rest_api.typing import PaginatorType

from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

PAGE = 5
CURSOR = {"cursor_path": "at", "initial_value": 0, "start_param": "since", "row_order": "asc"}
NUMBERED = {"type": "page_number", "base_page": 1, "total_path": None}


def committing(duck: Warehouse, records: int, concurrency: int = 1) -> Warehouse:
    settings = replace(duck.settings, commit_after_records=records)
    return replace(duck, settings=settings, http={"max_concurrency": concurrency})


@pytest.mark.parametrize(
    ("chunk", "concurrency", "key"), [(12, 4, ""), (12, 1, "id"), (10_000, 4, "")]
)
def test_parents_that_are_gone_below_a_cursor(
    api: Api, duck: Warehouse, chunk: int, concurrency: int, key: str
) -> None:
    """Those of a parent that is gone go, those of the others are replaced, chunk by chunk."""
    at = {number: number for number in range(1, 31)}
    notes = {number: [f"{number}a", f"{number}b"] for number in at}
    gone: set[int] = set()

    def parents(asked: Asked) -> Any:
        since, page = int(asked.params.get("since", 0)), int(asked.params.get("page", 0))
        found = sorted((tick, number) for number, tick in at.items() if tick >= since)
        some = [{"id": number, "at": tick} for tick, number in found[page * PAGE :][:PAGE]]
        more = len(found) > (page + 1) * PAGE
        link = f"/posts?since={since}&page={page + 1}"
        return {"data": some, **({"next": link} if more else {})}

    def notes_of(number: int) -> Any:
        if number in gone:
            return Answer({"message": "gone"}, status=404 + 6 * (number % 2))
        return {"data": [{"id": text, "text": text} for text in notes[number]]}

    api.routes["/posts"] = parents
    for number in at:
        api.routes[f"/posts/{number}/notes"] = lambda _, number=number: notes_of(number)
    posts = {**items("posts", incremental=CURSOR, paginator="json_link"), "primary_key": "id"}
    child = items("notes", path="posts/{resources.posts.id}/notes")
    small = committing(duck, chunk, concurrency)
    acme = small.connector(api.url, [posts, {**child, "primary_key": key} if key else child])
    assert not small.load(acme).failed
    for number in range(5, 30):
        at[number] = 100 + number // 2
        notes[number] = [f"{number}a", f"{number}c"]
    gone |= {5, 6, 14, 22, 29}
    assert not small.load(acme).failed
    kept = {} if not key else {text for number in gone for text in (f"{number}a", f"{number}b")}
    replaced = {f"{n}b" for n in range(5, 30) if key and n not in gone}
    there = {text for number in at if number not in gone for text in notes[number]}
    assert small.values("SELECT text FROM acme.notes") == sorted({*there, *kept, *replaced})
    ((loads,),) = small.rows("SELECT count(*) FROM acme._dlt_loads")
    assert (loads > 2) == (chunk == 12)


def test_what_is_sent_again_beside_a_limit_of_several_requests(api: Api, duck: Warehouse) -> None:
    """Pages are asked for at once; some are refused by a rule, and some by a rate limit."""
    refused: Counter[int] = Counter()

    def users(asked: Asked) -> Any:
        page = int(asked.params["page"])
        refused[page] += 1
        if page in (2, 3, 4) and refused[page] <= 2:
            return Answer({"error": "slow down"}, status=400)
        if page in (5, 6) and refused[page] == 1:
            return Answer({}, status=429, headers={"Retry-After": "1"})
        return {"data": [{"id": page * 10 + n} for n in range(PAGE)], "pages": 8}

    api.routes["/users"] = users
    endpoint = {
        "paginator": {**NUMBERED, "total_path": "pages"},
        "response_actions": [{"content": "slow down", "action": "retry"}],
    }
    many = committing(duck, 10_000, 4)
    report = many.load(many.connector(api.url, [{**items("users", **endpoint)}]))
    assert not report.failed
    expected = [page * 10 + n for page in range(1, 9) for n in range(PAGE)]
    assert many.values("SELECT id FROM acme.users") == expected
    assert [refused[page] for page in range(1, 9)] == [1, 3, 3, 3, 2, 2, 1, 1]


@pytest.mark.parametrize("rule", ["body.last", "page == `7`"])
def test_a_list_that_a_rule_ends_goes_on_after_a_kill(
    api: Api, duck: Warehouse, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    """Pages are counted from the first one of the list, wherever a run has gone on."""
    asked_for: list[int] = []

    def users(asked: Asked) -> Any:
        page = int(asked.params["page"])
        asked_for.append(page)
        return {"data": [{"id": page * 10 + n} for n in range(PAGE)], "last": page == 7}

    api.routes["/users"] = users
    described = {**items("users", paginator=NUMBERED), "primary_key": "id"}
    small = committing(duck, 12)
    acme = small.connector(api.url, [described], reading={"users": {"last_page": rule}})
    with monkeypatch.context() as patch:
        kill_at_the_second_commit(patch)
        with pytest.raises(KeyboardInterrupt):
            small.load(acme)
    assert (asked_for.pop(0), len(asked_for) < 7) == (1, True)
    asked_for.clear()
    assert not small.load(acme).failed
    assert asked_for[0] > 1
    assert asked_for[-1] == 7
    expected = [page * 10 + n for page in range(1, 8) for n in range(PAGE)]
    assert small.values("SELECT id FROM acme.users") == expected


def kill_at_the_second_commit(patch: pytest.MonkeyPatch) -> None:
    original, times = Pipeline.load, iter(range(100))

    def dying(*args: Any, **keys: Any) -> Any:
        if next(times) == 1:
            raise KeyboardInterrupt
        return original(*args, **keys)

    patch.setattr(Pipeline, "load", dying)


class ByLink(BasePaginator):
    """Where the answer says."""

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:
        self.link = response.json().get("further")
        self._has_next_page = self.link is not None

    def update_request(self, request: Any) -> None:
        request.url = self.link


@pytest.fixture
def registered() -> Iterator[None]:
    before = PaginatorType.__args__  # type: ignore[attr-defined]
    kinds = dict(PAGINATOR_MAP)
    register_paginator("further", ByLink)
    yield
    PAGINATOR_MAP.clear()
    PAGINATOR_MAP.update(kinds)
    PaginatorType.__args__ = before  # type: ignore[attr-defined]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("chunk", [12, 10_000], ids=["in chunks", "at once"])
def test_a_paginator_of_ones_own_with_a_rule_that_ends_its_lists(
    api: Api, duck: Warehouse, chunk: int
) -> None:
    events = [{"id": number, "at": number} for number in range(1, 33)]

    def listed(asked: Asked) -> Any:
        since, page = int(asked.params.get("since", 0)), int(asked.params.get("page", 0))
        found = [event for event in events if event["at"] >= since]
        link = f"{api.url}/events?since={since}&page={page + 1}"
        done = (page + 1) * PAGE >= len(found)
        return {"data": found[page * PAGE :][:PAGE], "further": link, "done": done}

    api.routes["/events"] = listed
    described = items("events", incremental=CURSOR, paginator={"type": "further"})
    small = committing(duck, chunk)
    reading = {"events": {"last_page": "body.done"}}
    acme = small.connector(api.url, [described], reading=reading)
    for _ in range(2):
        assert not small.load(acme).failed
        events.append({"id": 100, "at": 100})
    assert small.values("SELECT id FROM acme.events") == [*range(1, 33), 100]
    ((loads,),) = small.rows("SELECT count(*) FROM acme._dlt_loads")
    assert (loads > 2) == (chunk == 12)


def test_records_without_a_cursor_in_windows_behind_the_clock_of_an_api(
    api: Api, duck: Warehouse
) -> None:
    """Each window brings them, and no chunk ends where the next one would begin with it again."""

    def listed(asked: Asked) -> Any:
        if len(api.asked) > 200:
            return Answer({"message": "for ever"}, status=400)
        first = (
            [{"id": 3, "at": "2024-01-03T00:00:00Z"}]
            if asked.params["since"] < "2024-01-02"
            else []
        )
        date = {"Date": "Thu, 01 Feb 2024 00:00:00 GMT"}
        return Answer({"data": [{"id": 1}, {"id": 2}, *first]}, headers=date)

    api.routes["/items"] = listed
    cursor = {"cursor_path": "at", "initial_value": "2024-01-01T00:00:00Z"}
    cursor |= {"start_param": "since", "end_param": "until", "on_cursor_value_missing": "include"}
    described = {**items(incremental=cursor), "primary_key": "id"}
    window = {"size": "1 month", "end": "2026-01-01T00:00:00Z"}
    small = committing(duck, 3)
    acme = small.connector(api.url, [described], reading={"items": {"window": window}})
    assert not small.load(acme).failed
    assert len(api.asked) == 25
    assert small.values("SELECT id FROM acme.items") == [1, 2, 3]
