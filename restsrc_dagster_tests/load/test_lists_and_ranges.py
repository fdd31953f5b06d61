"""Lists of values, nulls, ranges and records before the start, together with what else there is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items
from restsrc_dagster_tests.support.ranges import RangeApi, at

DAY = 24.0
VALUES = {"values": {"regions": ["eu", "us"]}}
BY_REGION = {"region": "{resources.regions.value}"}
WINDOW = {"size": "3 days", "end": "2024-02-01T00:00:00Z"}


def small(warehouse: Warehouse, **http: Any) -> Warehouse:
    return replace(
        warehouse, settings=replace(warehouse.settings, commit_after_records=5), http=http
    )


class Regions(RangeApi):
    """Records of regions, each with a text."""

    def _has(self, record: dict[str, Any], since: str, until: str) -> bool:
        return super()._has(record, since, until) and record["region"] == self.region

    def __call__(self, asked: Asked) -> Any:
        self.region = asked.params["region"]
        return super().__call__(asked)


def killing(warehouse: Warehouse, api: Api, served: RangeApi, when: Callable[[Asked], bool],
            resources: list[Any], **keys: Any) -> None:  # fmt: skip
    """Load in a process that dies at the first request of which `when` is true."""
    killed: list[Any] = []

    def kill(asked: Asked) -> Answer | None:
        if killed and when(asked):
            killed.pop().kill()
        return None

    served.wrong = kill
    process = warehouse.start(api.url, resources, keys=keys, holder="the one that is killed")
    killed.append(process)
    assert process.wait() == KILLED
    served.wrong = lambda _: None


@pytest.mark.parametrize("keyed", [True, False])
def test_windows_by_lists_of_values_that_are_killed(duck: Warehouse, api: Api, keyed: bool) -> None:
    duck = small(duck, max_concurrency=1)
    rows = [
        {"id": 2 * n + k, "region": region, "at": at(n * 8.0)}
        for n in range(40)
        for k, region in enumerate(("eu", "us"))
    ]
    served = Regions(rows, "[]", 2, by_links=False)
    api.routes["/items"] = served
    described = items(
        incremental=served.incremental(), paginator=served.paginator, params=BY_REGION
    )
    described |= {"include_from_parent": ["value"]}
    described |= {"primary_key": ["_regions_value", "id"]} if keyed else {}
    keys = {**VALUES, "reading": {"items": {"window": WINDOW}}}

    def is_late(asked: Asked) -> bool:
        return asked.params["region"] == "us" and asked.params["since"] > "2024-01-08"

    killing(duck, api, served, is_late, [described], **keys)
    made = duck.connector(api.url, [described], **keys)
    for _ in range(2):
        assert not duck.load(made).failed
        found = duck.rows("SELECT id, _regions_value FROM acme.items")
        assert found == [(n, "eu" if n % 2 == 0 else "us") for n in range(80)]


def test_a_range_of_parents_is_read_again_with_children_by_values(
    duck: Warehouse, api: Api
) -> None:
    served = RangeApi([{"id": n, "at": at(n * DAY)} for n in range(10)], "[]")
    text = "old"
    api.routes["/items"] = lambda asked: (
        served(asked) if "until" in asked.params else {"data": served.records}
    )
    for number in range(10):
        api.routes[f"/items/{number}/notes"] = lambda asked, number=number: {
            "data": [{"of": number, "region": asked.params["region"], "text": text}]
        }
    above = items(incremental=served.incremental(), paginator=served.paginator)
    above["primary_key"] = "id"
    notes = items("notes", path="items/{resources.items.id}/notes", params=BY_REGION)
    partitions = {"every": "day", "from": "2024-01-01"}
    made = duck.connector(api.url, [above, notes], partitions=partitions, **VALUES)
    assert not duck.load(made).failed
    text = "new"
    between = Between(
        datetime(2024, 1, 3, tzinfo=timezone.utc), datetime(2024, 1, 5, tzinfo=timezone.utc)
    )
    assert not duck.load(made, between=between).failed
    wanted = [
        (number, region, "new" if number in (2, 3) else "old")
        for number in range(10)
        for region in ("eu", "us")
    ]
    assert duck.rows("SELECT of, region, text FROM acme.notes") == wanted


def test_a_range_of_a_list_that_is_read_by_values_is_refused(duck: Warehouse, api: Api) -> None:
    served = RangeApi([])
    described = items(
        incremental=served.incremental(), paginator=served.paginator, params=BY_REGION
    )
    with pytest.raises(RestsrcError, match="no resource without a parent or a list of values"):
        duck.connector(
            api.url, [described], partitions={"every": "day", "from": "2024-01-01"}, **VALUES
        )
    del described["endpoint"]["incremental"]["end_param"]
    made = duck.connector(api.url, [described], **VALUES)
    between = Between(
        datetime(2024, 1, 3, tzinfo=timezone.utc), datetime(2024, 1, 5, tzinfo=timezone.utc)
    )
    with pytest.raises(RestsrcError, match="has a cursor of its own below regions"):
        duck.load(made, between=between)
    assert not api.asked


def test_a_null_is_left_out_by_a_full_refresh_as_by_any_run(duck: Warehouse, api: Api) -> None:
    posts = [{"id": 1, "lang": None, "at": at(1)}, {"id": 2, "lang": "de", "at": at(2)}]
    api.routes["/posts"] = lambda _: {"data": posts}
    api.routes["/notes"] = lambda asked: {
        "data": [{"post": asked.params["post"], "lang": asked.params.get("lang", "none")}]
    }
    above = items("posts", incremental={"cursor_path": "at", "initial_value": at(0)})
    above["primary_key"] = "id"
    below = items("notes", params={
        "post": "{resources.posts.id}", "lang": "{resources.posts.lang}"
    })  # fmt: skip
    made = duck.connector(api.url, [above, below], reading={"notes": {"nulls": "omit"}})
    query = "SELECT post, lang FROM acme.notes"
    for refresh in ((), ("notes",), ("posts", "notes"), ("posts",)):
        assert not duck.load(made, refresh=refresh).failed
        assert duck.rows(query) == [("1", "none"), ("2", "de")]
    posts.append({"id": 3, "lang": "en", "at": at(2)})
    assert not duck.load(made).failed
    posts[2]["lang"], posts[2]["at"] = "it", at(4)
    posts[0]["lang"], posts[0]["at"] = "fr", at(3)
    posts[1]["lang"], posts[1]["at"] = None, at(4)
    assert not duck.load(made).failed
    assert duck.rows(query) == [("1", "fr"), ("2", "none"), ("3", "it")]


@pytest.mark.parametrize("order", [None, "asc", "desc"])
def test_records_before_the_start_of_an_order(duck: Warehouse, api: Api, order: Any) -> None:
    """In chunks, and once more after a kill between two of them."""
    duck = small(duck, max_concurrency=1)
    rows = [{"id": n, "at": at(n)} for n in range(20)]
    served = RangeApi(rows, size=4, by_links=False)
    api.routes["/items"] = served
    cursor = {"cursor_path": "at", "initial_value": at(0), "start_param": "since"}
    cursor |= {"row_order": order} if order else {}
    described = items(incremental=cursor, paginator=served.paginator) | {"primary_key": "id"}

    def page(asked: Asked) -> Any:
        found = [one for one in rows if one["at"] >= asked.params["since"] or one["id"] >= 100]
        found.sort(key=lambda one: one["at"], reverse=order == "desc")
        return {"data": found[4 * int(asked.params["page"]) - 4 : 4 * int(asked.params["page"])]}

    served.wrong = page
    duck.load(duck.connector(api.url, [described]))
    rows += [{"id": n, "at": at(n)} for n in range(20, 40)]
    rows += [{"id": 100, "at": at(3)}, {"id": 101, "at": at(4)}]
    killed: list[Any] = []

    def kill(asked: Asked) -> Any:
        if killed and asked.params["page" if order != "asc" else "since"] >= last:
            killed.pop().kill()
        return page(asked)

    last = at(30) if order == "asc" else "4"
    served.wrong = kill
    process = duck.start(api.url, [described], holder="the one that is killed")
    killed.append(process)
    assert process.wait() == KILLED
    report = duck.load(duck.connector(api.url, [described])).resources["items"]
    assert duck.values("SELECT id FROM acme.items") == list(range(40))
    (warning,) = report.warnings
    assert warning.startswith("2 records are older than the start that was sent as since")


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("window", [True, False])
def test_records_before_the_start_of_each_parent(
    duck: Warehouse, api: Api, shared: bool, window: bool
) -> None:
    """With one cursor for all, a parent that is behind has older ones."""
    lists = {1: [5, 6], 2: [20, 21]}
    api.routes["/groups"] = lambda _: {"data": [{"id": one} for one in lists]}
    for group in lists:
        api.routes[f"/groups/{group}/items"] = lambda _, group=group: {
            "data": [{"id": 1000 * group + n, "at": at(n)} for n in lists[group]]
        }
    cursor = {"cursor_path": "at", "initial_value": at(0), "start_param": "since"}
    cursor |= {"end_param": "until"} if window else {}
    below = items("items", path="groups/{resources.groups.id}/items", incremental=cursor)
    said = {"window": {"size": "1 month", "end": "2024-02-01T00:00:00Z"}} if window else {}
    said |= {"cursor": "shared"} if shared else {}
    above, below = items("groups"), below | {"primary_key": "id"}
    made = duck.connector(api.url, [above, below], reading={"items": said} if said else {})
    assert not duck.load(made).resources["items"].warnings
    lists[1].append(22)
    report = duck.load(made).resources["items"]
    told = [int(one.split()[0]) for one in report.warnings if "older than the start" in one]
    assert told == [3 if shared else 2]
    assert report.rows_in_table == 5
