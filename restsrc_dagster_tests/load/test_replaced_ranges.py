"""A range of a table without a key: its rows are replaced, and the others stay."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster.load.ranges.replaced import ReplacedRanges
from restsrc_dagster_tests.load.test_ranges import SPELLINGS as EVERY_SPELLING
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Answer, Api
from restsrc_dagster_tests.support.connectors import items

FIRST = datetime(2026, 1, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)
RANGE = Between(FIRST + 2 * DAY, FIRST + 5 * DAY)
SPELLINGS = {
    name: EVERY_SPELLING[name]
    for name in ("Z", "date", "seconds", "milliseconds", "digits", "compact")
}


class Log:
    """Events without a key, two at each midnight from 1 January on, each with a list of tags."""

    def __init__(self, api: Api, spelled: Callable[[datetime], Any] = SPELLINGS["Z"]) -> None:
        self.spelled, self.size = spelled, 100
        self.events = [self.event(day, text) for day in range(8) for text in ("a", "b")]
        api.routes["/items"] = self.page

    def event(self, day: int, text: str) -> dict[str, Any]:
        return {"at": self.spelled(FIRST + day * DAY), "text": text, "tags": [text, "x"]}

    def page(self, asked: Any) -> Any:
        first = self.size * (int(asked.params.get("page", 1)) - 1)
        return {"data": self.events[first : first + self.size]}


def log(spelled: Callable[[datetime], Any] = SPELLINGS["Z"], **more: Any) -> dict[str, Any]:
    cursor = {"cursor_path": "at", "initial_value": spelled(FIRST - 8000 * DAY)}
    numbered = {"type": "page_number", "base_page": 1, "total_path": None}
    incremental = {**cursor, **more.pop("cursor", {})}
    return items(**{"incremental": incremental, "paginator": numbered, **more})


def rows(warehouse: Warehouse) -> list[Any]:
    """Each event's text and tags, by its day and text."""
    found = warehouse.rows(
        "SELECT i.at, i.text, COUNT(t.value) FROM acme.items i "
        "LEFT JOIN acme.items__tags t ON t._dlt_parent_id = i._dlt_id "
        "GROUP BY i._dlt_id, i.at, i.text"
    )
    return sorted((str(at), text, tags) for at, text, tags in found)


def loose_tags(warehouse: Warehouse) -> int:
    found = warehouse.rows(
        "SELECT COUNT(*) FROM acme.items__tags WHERE _dlt_parent_id NOT IN "
        "(SELECT _dlt_id FROM acme.items)"
    )
    return int(found[0][0])


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_rows_of_the_range_are_those_of_the_api(
    api: Api, warehouse: Warehouse, spelling: str
) -> None:
    spelled = SPELLINGS[spelling]
    listed = Log(api, spelled)
    acme = warehouse.connector(api.url, [log(spelled)])
    warehouse.load(acme)
    state = warehouse.state()
    outside = [one for one in listed.events if one["text"] == "a"]
    listed.events = [*outside, *(listed.event(day, "new") for day in range(7))]
    told: list[str] = []
    report = warehouse.load(acme, between=RANGE, on_message=told.append).resources["items"]
    found = rows(warehouse)
    assert [text for _, text, _ in found] == [
        "a",
        "b",
        "a",
        "b",
        *3 * ["a", "new"],
        *3 * ["a", "b"],
    ]
    assert {tags for *_, tags in found} == {2}
    assert loose_tags(warehouse) == 0
    assert report.rows_loaded == 6
    assert report.rows_in_table == 16
    assert "items: 6 rows of the range were replaced" in told
    assert warehouse.state() == state
    assert warehouse.load(acme).resources["items"].rows_loaded == 0


@pytest.mark.parametrize("spelling", ["Z", "milliseconds", "digits"])
def test_what_an_api_leaves_out_that_begins_behind_the_start_stays(
    api: Api, duck: Warehouse, spelling: str
) -> None:
    spelled = SPELLINGS[spelling]
    listed = Log(api, spelled)
    acme = duck.connector(api.url, [log(spelled)])
    duck.load(acme)
    listed.events = [one for one in listed.events if one["at"] > spelled(RANGE.start)]
    duck.load(acme, between=RANGE)
    assert len(rows(duck)) == 16
    assert loose_tags(duck) == 0


@pytest.mark.parametrize(("size", "concurrency"), [(1, 4), (3, 1)])
def test_pages_do_not_matter(api: Api, duck: Warehouse, size: int, concurrency: int) -> None:
    listed = Log(api)
    listed.size = size
    acme = duck.connector(api.url, [log()], http={"max_concurrency": concurrency})
    duck.load(acme)
    before = rows(duck)
    duck.load(acme, between=RANGE)
    duck.load(acme, between=RANGE)
    assert rows(duck) == before
    assert loose_tags(duck) == 0


@pytest.mark.parametrize("breaks_at", ["begin", "finish"])
def test_a_load_that_breaks_in_between_is_undone_by_the_next(
    api: Api, warehouse: Warehouse, breaks_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = Log(api)
    acme = warehouse.connector(api.url, [log(), items("other")])
    api.routes["/other"] = {"data": [{"id": 1}]}
    warehouse.load(acme)
    before = rows(warehouse)
    listed.events = [listed.event(day, "new") for day in range(7)]
    whole = getattr(ReplacedRanges, breaks_at)

    def break_off(self: ReplacedRanges, *args: Any) -> None:
        if breaks_at == "begin":
            whole(self, *args)
        raise KeyboardInterrupt

    monkeypatch.setattr(ReplacedRanges, breaks_at, break_off)
    with pytest.raises(KeyboardInterrupt):
        warehouse.load(acme, "items", between=RANGE)
    monkeypatch.undo()
    assert (rows(warehouse) == before) == (breaks_at == "begin")
    warehouse.load(acme, "other" if breaks_at == "finish" else "items")
    assert rows(warehouse) == before
    assert loose_tags(warehouse) == 0
    warehouse.load(acme, "items", between=RANGE)
    texts = [text for _, text, _ in rows(warehouse)]
    assert texts == ["a", "b", "a", "b", *3 * ["new"], *3 * ["a", "b"]]


def test_a_range_that_is_empty_now_leaves_what_was_there(api: Api, duck: Warehouse) -> None:
    listed = Log(api)
    acme = duck.connector(api.url, [log()])
    duck.load(acme)
    before = rows(duck)
    listed.events = []
    report = duck.load(acme, between=RANGE)
    assert rows(duck) == before
    assert "the range has no records" in report.resources["items"].warnings


def test_before_anything_was_loaded_there_is_nothing_to_read_again(
    api: Api, duck: Warehouse
) -> None:
    Log(api)
    acme = duck.connector(api.url, [log()])
    with pytest.raises(RestsrcError, match="nothing was loaded yet; run it once without a range"):
        duck.load(acme, between=RANGE)


@pytest.mark.parametrize("spelling", ["Z", "seconds", "compact"])
def test_what_comes_behind_the_cursor_is_left_to_the_next_run(
    api: Api, duck: Warehouse, spelling: str
) -> None:
    spelled = SPELLINGS[spelling]
    listed = Log(api, spelled)
    acme = duck.connector(api.url, [log(spelled)])
    duck.load(acme)
    listed.events += [listed.event(8, "a"), listed.event(9, "a")]
    report = duck.load(acme, between=Between(FIRST + 5 * DAY, FIRST + 20 * DAY))
    assert len(rows(duck)) == 16
    assert "ends later than what was loaded so far" in report.resources["items"].warnings[0]
    with pytest.raises(RestsrcError, match="which is not behind the beginning of the range"):
        duck.load(acme, between=Between(FIRST + 8 * DAY, FIRST + 20 * DAY))
    assert duck.load(acme).resources["items"].rows_loaded == 2
    assert len(rows(duck)) == 18


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "records without a cursor": (
        log(cursor={"on_cursor_value_missing": "include"}),
        "items: has records without a cursor, which would be there twice",
    ),
    "a lag": (log(cursor={"lag": 3600}), "items: has a lag, within which each run reads again"),
    "a limit of pages": (
        log(paginator={"type": "page_number", "base_page": 1, "maximum_page": 3}),
        "items: has no primary_key, and maximum_page, by which its list may end before the range",
    ),
    "a table of two": (
        {**log(), "table_name": "other"},
        "items: has no primary_key, and shares its table with other",
    ),
}


@pytest.mark.parametrize(("resource", "why"), REFUSED.values(), ids=REFUSED)
def test_what_would_not_be_right_is_refused(
    api: Api, duck: Warehouse, resource: dict[str, Any], why: str
) -> None:
    acme = duck.connector(api.url, [resource, items("other")])
    with pytest.raises(RestsrcError) as refused:
        duck.load(acme, "items", between=RANGE)
    assert why in str(refused.value)
    assert api.asked == []


def test_texts_of_several_lengths_are_refused(api: Api, duck: Warehouse) -> None:
    listed = Log(api, SPELLINGS["digits"])
    listed.events.append({**listed.event(0, "c"), "at": "999999999"})
    acme = duck.connector(api.url, [log(SPELLINGS["digits"], cursor={"initial_value": "0"})])
    duck.load(acme)
    with pytest.raises(RestsrcError, match="'at' is text in its table, written in several ways"):
        duck.load(acme, between=RANGE)


def test_texts_that_compare_by_other_letters_are_refused(api: Api, duck: Warehouse) -> None:
    def spelled(at: datetime) -> str:
        return f"{at:%a, %d %b %Y %H:%M:%S GMT}"

    Log(api, spelled)
    acme = duck.connector(api.url, [log(spelled)])
    duck.load(acme)
    with pytest.raises(RestsrcError, match="'at' is no column of its table that tells times"):
        duck.load(acme, between=RANGE)


def cut_off(listed: Log, asked: Any) -> Any:
    return Answer({}, status=404) if asked.params.get("page") == "3" else listed.page(asked)


def less_than_announced(listed: Log, asked: Any) -> Any:
    return {"data": listed.events[6:8], "total": 6} if "page" not in asked.params else {"data": []}


def with_a_new_field(listed: Log, asked: Any) -> Any:
    return {"data": [{**one, "new": 1} for one in listed.page(asked)["data"]]}


@pytest.mark.parametrize(
    ("page", "hints", "why"),
    [
        (cut_off, {}, "a list ended with an answer that response_actions ignores"),
        (less_than_announced, {"paginator": "single_page"}, "the API announces 6 records and gave"),
        (
            with_a_new_field,
            {"schema_contract": {"columns": "discard_row"}},
            "6 records were discarded by schema_contract",
        ),
    ],
    ids=["cut off", "announced", "discarded"],
)
def test_nothing_is_replaced_by_what_is_known_to_be_incomplete(
    api: Api, duck: Warehouse, page: Any, hints: dict[str, Any], why: str
) -> None:
    listed = Log(api)
    listed.size = 2
    actions = [{"status_code": 404, "action": "ignore"}]
    contract = {key: hints[key] for key in hints if key == "schema_contract"}
    endpoint = {key: hints[key] for key in hints if key == "paginator"}
    acme = duck.connector(api.url, [{**log(response_actions=actions, **endpoint), **contract}])
    if endpoint:
        listed.size = 100
    duck.load(acme)
    before = rows(duck)
    api.routes["/items"] = lambda asked: page(listed, asked)
    with pytest.raises(RestsrcError, match=why):
        duck.load(acme, between=RANGE)
    api.routes["/items"] = lambda _: {"data": []}
    duck.load(acme)
    assert rows(duck) == before


@pytest.mark.parametrize(
    "hint", [{"data_type": "date"}, {"data_type": "timestamp", "precision": 3}]
)
def test_a_column_that_is_coarser_than_the_cursor_is_refused(
    api: Api, duck: Warehouse, hint: dict[str, Any]
) -> None:
    Log(api)
    acme = duck.connector(api.url, [{**log(), "columns": {"at": hint}}])
    duck.load(acme)
    with pytest.raises(RestsrcError, match="'at' is no column of its table that tells times"):
        duck.load(acme, between=RANGE)
