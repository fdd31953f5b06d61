"""Lists of several parents are committed between two of them; a kill costs the last chunk."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.load.worker import KILLED
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items
from restsrc_dagster_tests.support.families import FamilyApi, reading
from restsrc_dagster_tests.support.ranges import at

DAY = 24.0
CURSOR = {"cursor_path": "at", "initial_value": 0, "start_param": "since"}
VALUES = [f"v{number:02}" for number in range(12)]


class Regions:
    """`/orders` of each region, in pages of two, and `/orders/<id>/lines` of each order."""

    def __init__(self, api: Api, regions: list[str], *, each: int = 3) -> None:
        self.orders = {
            region: [
                {"id": f"{region}-{n}", "at": 10 * number + n, "state": "old"} for n in range(each)
            ]
            for number, region in enumerate(regions)
        }
        self.wrong: Callable[[Asked], Answer | None] = lambda _: None
        self.api = api
        api.routes["/orders"] = self._answer
        for region in regions:
            for order in self.orders[region]:
                api.routes[f"/orders/{order['id']}/lines"] = self._lines

    def _answer(self, asked: Asked) -> Any:
        if wrong := self.wrong(asked):
            return wrong
        region, start = asked.params["region"], int(asked.params.get("since", 0))
        page = int(asked.params.get("page", 0))
        found = [one for one in self.orders[region] if one["at"] >= start]
        answer: dict[str, Any] = {"data": found[2 * page : 2 * page + 2]}
        if len(found) > 2 * page + 2:
            more = f"&since={start}" if "since" in asked.params else ""
            answer["next"] = f"/orders?region={region}{more}&page={page + 1}"
        return answer

    @staticmethod
    def _lines(asked: Asked) -> Any:
        return {"data": [{"id": f"{asked.path.split('/')[2]}-{n}"} for n in range(2)]}

    def asked(self) -> list[str]:
        """The regions of the first pages since the last time, in their order."""
        found = [one for one in self.api.asked if one.path == "/orders"]
        regions = [one.params["region"] for one in found if "page" not in one.params]
        self.api.asked.clear()
        return regions

    @property
    def ids(self) -> list[str]:
        return sorted(one["id"] for orders in self.orders.values() for one in orders)


def orders(*, cursor: bool = False, **hints: Any) -> dict[str, Any]:
    params = {"region": "{resources.regions.value}"}
    incremental = {"incremental": CURSOR} if cursor else {}
    made = items("orders", params=params, paginator="json_link", **incremental)
    return {**made, "primary_key": "id", **hints}


LINES = {
    **items("lines", path="orders/{resources.orders.id}/lines", paginator="single_page"),
    "primary_key": "id",
}


@pytest.fixture
def small(duck: Warehouse) -> Warehouse:
    """Commits what has reached 8 records; one list is asked for after the other."""
    settings = replace(duck.settings, commit_after_records=8)
    return replace(duck, settings=settings, http={"max_concurrency": 1})


def acme(
    warehouse: Warehouse, api: Api, resources: list[Any], values: Any = VALUES, **keys: Any
) -> Connector:
    return warehouse.connector(api.url, resources, values={"regions": values}, **keys)


def ids(warehouse: Warehouse, table: str = "orders") -> list[Any]:
    return warehouse.values(f"SELECT id FROM acme.{table} ORDER BY id")


def loads(warehouse: Warehouse) -> int:
    (found,) = warehouse.values("SELECT count(*) FROM acme._dlt_loads")
    assert isinstance(found, int)
    return found


def killed(
    warehouse: Warehouse, api: Api, resources: list[Any], point: str = "load", time: int = 3
) -> None:
    keys = {"values": {"regions": VALUES}}
    one = warehouse.start(api.url, resources, keys=keys, holder="killed", die=[point, time])
    assert one.wait(60) == KILLED


@pytest.mark.parametrize(("at_once", "cursor"), [(1, False), (4, True)])
def test_chunks_are_committed_on_the_way(
    small: Warehouse, api: Api, at_once: int, cursor: bool
) -> None:
    served = Regions(api, VALUES)
    small = replace(small, http={"max_concurrency": at_once})
    told: list[str] = []
    made = acme(small, api, [orders(cursor=cursor), LINES])
    report = small.load(made, on_message=told.append)
    assert not report.failed
    assert ids(small) == served.ids
    assert len(ids(small, "lines")) == 2 * len(served.ids)
    asked = Counter(f"{one.path}?{one.query}" for one in api.asked)
    assert set(asked.values()) == {1}, "nothing is asked for in vain"
    assert sorted(served.asked()) == VALUES
    assert loads(small) == 4 if at_once == 1 else 1 < loads(small) <= 4
    assert told[0].endswith(" rows are committed; reading goes on")
    found = report.resources["orders"]
    assert (found.rows_loaded, found.read.parents_asked) == (36, 12)
    assert found.traffic.requests == found.read.pages == 24
    assert not found.warnings


@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_killed_again_and_again_it_still_comes_to_its_end(
    small: Warehouse, api: Api, disposition: str
) -> None:
    """Each run begins with what the one before has not come to, and comes to all of it."""
    served = Regions(api, VALUES)
    family = [orders(cursor=True, write_disposition=disposition)]
    killed(small, api, family)
    assert served.asked() == VALUES[:9]
    assert ids(small) == [one for one in served.ids if one < "v06"]
    killed(small, api, family, "normalize", 2)
    assert served.asked() == VALUES[6:]
    # What was read first is changed, and what comes late is there.
    served.orders["v00"][2] |= {"at": 500, "state": "new"}
    served.orders["v11"].append({"id": "v11-3", "at": 600})
    told: list[str] = []
    report = small.load(acme(small, api, family), on_message=told.append)
    assert not report.failed
    assert served.asked() == [*VALUES[9:], *VALUES[:9]]
    assert any(
        "9 of the 12 values of the list regions are asked for once more" in one for one in told
    )
    wanted = Counter(dict.fromkeys(served.ids, 1))
    if disposition == "append":
        wanted["v00-2"] += 1
    assert Counter(ids(small)) == wanted
    small.load(acme(small, api, family))
    assert served.asked() == VALUES
    assert Counter(ids(small)) == wanted
    assert "restsrc_parents_read" not in str(small.state())


class TestInWindows:
    """Children of records, each read in windows from its own cursor."""

    def served(self, api: Api, **of_family: Any) -> FamilyApi:
        rows = {
            parent: [{"id": 100 * parent + n, "at": at(3 * DAY * n)} for n in range(6)]
            for parent in range(1, 7)
        }
        return FamilyApi(api, rows, **of_family)

    def known(self, served: FamilyApi) -> list[int]:
        return sorted(row["id"] for one in served.lists.values() for row in one.records)

    def asked(self, served: FamilyApi, api: Api) -> list[int]:
        """The parents since the last time, in their order."""
        children = [int(one.path[4:]) for one in api.asked if one.path.startswith("/of/")]
        api.asked.clear()
        return list(dict.fromkeys(children))

    @pytest.mark.parametrize(("keyed", "replaced"), [(True, False), (False, True)])
    def test_killed_between_parents_it_goes_on(
        self, warehouse: Warehouse, api: Api, keyed: bool, replaced: bool
    ) -> None:
        settings = replace(warehouse.settings, commit_after_records=10)
        small = replace(warehouse, settings=settings, http={"max_concurrency": 1})
        served = self.served(api)
        parents, children = served.resources(keyed=keyed)
        parents |= {} if replaced else {"primary_key": "id"}
        said = {"reading": reading("3 days")}
        killed = small.start(
            api.url, [parents, children], keys=said, holder="killed", die=["load", 3]
        )
        assert killed.wait(60) == KILLED
        assert [path for path in api.paths() if path == "/parents"] == ["/parents"] * 4
        assert self.asked(served, api) == [1, 2, 3, 4, 5, 6]
        assert small.values("SELECT id FROM acme.parents") == [1, 2, 3, 4, 5, 6]
        assert ids(small, "children") == [one for one in self.known(served) if one < 500]
        served.lists[1].records.append({"id": 190, "at": at(30.5 * DAY)})
        served.lists[6].records.append({"id": 690, "at": at(28 * DAY)})
        served.add(7, [{"id": 700, "at": at(0)}])
        made = small.connector(api.url, [parents, children], **said)
        report = small.load(made)
        assert not report.failed
        assert self.asked(served, api) == [5, 6, 7, 1, 2, 3, 4]
        # What is committed is asked for from where it was.
        assert [len(served.ranges(parent)) for parent in (5, 7, 1, 4)] == [22, 11, 12, 12]
        assert ids(small, "children") == self.known(served)
        small.load(made)
        assert self.asked(served, api) == [1, 2, 3, 4, 5, 6, 7]

    def test_side_by_side_each_window_is_asked_for_once(self, duck: Warehouse, api: Api) -> None:
        """Also where a chunk ends, by which no further parent is begun."""
        settings = replace(duck.settings, commit_after_records=8)
        small = replace(duck, settings=settings, http={"max_concurrency": 4})
        served = self.served(api, size=3)
        made = small.connector(api.url, served.resources(), reading=reading("10 days"))
        assert not small.load(made).failed
        assert ids(small, "children") == self.known(served)
        assert [len(served.ranges(parent)) for parent in served.lists] == [4] * 6
        assert loads(small) > 1

    def test_grandchildren_come_with_their_chunk(self, duck: Warehouse, api: Api) -> None:
        """Rows that are gone go, those of another parent with them; a record has two parents."""
        settings = replace(duck.settings, commit_after_records=1)
        small = replace(duck, settings=settings, http={"max_concurrency": 1})
        below: dict[int, list[int]] = {}
        served = self.served(api)
        served.lists[3].records.append({"id": 100, "at": at(30 * DAY)})
        for row in self.known(served):
            below[row] = [1, 2]
            api.routes[f"/below/{row}"] = lambda asked: {
                "data": [{"n": n, "of": int(asked.path[7:])} for n in below[int(asked.path[7:])]]
            }
        parents, children = served.resources()
        grand = items("below", path="below/{resources.children.id}", paginator="single_page")
        made = small.connector(api.url, [parents, children, grand], reading=reading("10 days"))
        assert not small.load(made).failed
        assert loads(small) == 6
        wanted = sorted((row, n) for row in below for n in below[row])
        assert small.rows("SELECT of, n FROM acme.below") == wanted
        for row in (105, 605):
            below[row] = []
            served.lists[row // 100].records[-1] |= {"at": at(30.9 * DAY)}
        assert not small.load(made).failed
        wanted = sorted((row, n) for row in below for n in below[row])
        assert small.rows("SELECT of, n FROM acme.below") == wanted

    def test_one_cursor_for_all_parents_moves_when_all_are_read(
        self, duck: Warehouse, api: Api
    ) -> None:
        """So lists are read at once where it is kept, and when it has just been given up."""
        settings = replace(duck.settings, commit_after_records=4)
        small = replace(duck, settings=settings, http={"max_concurrency": 1})
        served = self.served(api)
        resources = served.resources(keyed=False)
        committed = []
        for shared in (True, False, False):
            for parent, one in served.lists.items():
                first = 100 * parent + len(one.records)
                one.records += [{"id": first + n, "at": at(30.8 * DAY)} for n in range(5)]
            said = reading("3 days", shared=shared)
            assert not small.load(small.connector(api.url, resources, reading=said)).failed
            assert ids(small, "children") == self.known(served)
            committed.append(loads(small) - sum(committed))
        assert committed[:2] == [1, 1]
        assert committed[2] > 1


@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_a_failure_on_the_way_keeps_what_is_read(
    small: Warehouse, api: Api, disposition: str
) -> None:
    """Of lists that are merged up to the last parent whose list is whole, else what is committed;
    the next run reads from its beginning what has failed in the middle."""
    served = Regions(api, VALUES)
    served.wrong = lambda asked: (
        Answer(status=404) if asked.params["region"] == "v07" and "page" in asked.params else None
    )
    family = [orders(cursor=True, write_disposition=disposition)]
    made = acme(small, api, family)
    error = str(small.load(made).failed["orders"])
    rows = 18 if disposition == "append" else 23
    assert f"{rows} rows that were read before are committed, and the next run goes on" in error
    assert "discarded" not in error
    served.asked()
    served.wrong = lambda _: None
    served.orders["v07"].insert(0, {"id": "v07-before", "at": 70, "state": "old"})
    assert not small.load(made).failed
    begun = 6 if disposition == "append" else 7
    assert served.asked() == [*VALUES[begun:], *VALUES[:begun]]
    assert ids(small) == served.ids


def test_values_that_are_edited_after_a_kill(small: Warehouse, api: Api) -> None:
    served = Regions(api, [*VALUES, "new"])
    killed(small, api, [orders(cursor=True)])
    served.asked()
    values = ["new", *VALUES[1:8], VALUES[10]]
    assert not small.load(acme(small, api, [orders(cursor=True)], values)).failed
    assert served.asked() == ["new", "v06", "v07", "v10", *VALUES[1:6]]
    gone = ("v08", "v09", "v11")
    assert ids(small) == [one for one in served.ids if not one.startswith(gone)]


def test_products_of_lists_and_of_a_list_and_records(small: Warehouse, api: Api) -> None:
    """Also where a list is one page with all parents: a chunk ends between two requests."""
    asked: list[str] = []

    def answer(one: Asked) -> Any:
        asked.append(one.query)
        return {"data": [{"id": f"{one.path}?{one.query}#{n}"} for n in range(3)]}

    api.routes |= {"/projects": lambda _: {"data": [{"id": 1}, {"id": 2}]}}
    api.routes |= dict.fromkeys(("/sales", "/projects/1/issues", "/projects/2/issues"), answer)
    kind, place = "{resources.kinds.value}", "{resources.places.value}"
    sales = items("sales", params={"kind": kind, "place": place}, paginator="single_page")
    issues = items(
        "issues",
        path="projects/{resources.projects.id}/issues",
        params={"kind": kind},
        paginator="single_page",
    )
    made = small.connector(
        api.url,
        [sales | {"primary_key": "id"}, items("projects"), issues | {"primary_key": "id"}],
        values={"kinds": ["a", "b", "c"], "places": ["x", "y", "z"]},
    )
    report = small.load(made)
    assert not report.failed
    assert len(asked) == len(set(asked)) + 3 == 15
    assert len(ids(small, "sales")) == 27
    assert len(ids(small, "issues")) == 18
    assert [path for path in api.paths() if path == "/projects"] == ["/projects"]
    for table, chunks in (("sales", 3), ("issues", 2)):
        found = small.values(f"SELECT count(DISTINCT _dlt_load_id) FROM acme.{table}")
        assert found == [chunks]


def test_what_is_listed_no_more_is_found_when_all_parents_are_read(
    small: Warehouse, api: Api
) -> None:
    """The lists of the run that was killed are read once more, and tell what is gone."""
    served = Regions(api, VALUES)
    family = [orders(include_from_parent=["value"])]
    keys = {"reading": {"orders": {"deletes": {"by": "missing"}}}}
    made = acme(small, api, family, **keys)
    assert not small.load(made).failed
    for region in ("v00", "v11"):
        served.orders[region].pop()
    one = small.start(
        api.url,
        family,
        keys={"values": {"regions": VALUES}, **keys},
        holder="killed",
        die=["load", 3],
    )
    assert one.wait(60) == KILLED
    gone = "SELECT id FROM acme.orders WHERE _deleted_at IS NOT NULL"
    assert small.values(gone) == []
    assert not small.load(made).failed
    assert not small.load(made).failed
    assert small.values(gone) == ["v00-2", "v11-2"]
    assert len(ids(small)) == len(served.ids) + 2


def test_the_newest_version_stays_whatever_chunk_it_comes_in(small: Warehouse, api: Api) -> None:
    served = Regions(api, VALUES)
    served.orders["v00"][0] = {"id": "same", "at": 300, "state": "new"}
    served.orders["v11"][0] = {"id": "same", "at": 200, "state": "old"}
    assert not small.load(acme(small, api, [orders(cursor=True)])).failed
    assert loads(small) == 4
    assert small.rows("SELECT state FROM acme.orders WHERE id = 'same'") == [("new",)]


def test_a_parent_that_is_gone_ends_no_chunk_by_itself(small: Warehouse, api: Api) -> None:
    """Most of them have to be gone for that, and of the first few they may be."""
    served = FamilyApi(
        api, {one: [{"id": 10 * one + n, "at": at(DAY)} for n in range(8)] for one in range(1, 7)}
    )
    served.gone(1)
    served.gone(2)
    slow = replace(small, settings=replace(small.settings, commit_after_seconds=0.0))
    report = slow.load(slow.connector(api.url, served.resources(), reading=reading("1 month")))
    assert not report.failed
    assert report.resources["children"].read.gone == 2
    assert slow.values("SELECT count(DISTINCT _dlt_load_id) FROM acme.children") == [3]
    assert slow.values("SELECT count(*) FROM acme.children") == [32]


def test_a_refresh_that_is_killed_goes_on_behind_it(small: Warehouse, api: Api) -> None:
    served = Regions(api, VALUES)
    family = [orders(cursor=True)]
    made = acme(small, api, family)
    small.load(made)
    served.orders["v00"].pop()
    served.asked()
    keys = {"values": {"regions": VALUES}}
    one = small.start(
        api.url, family, keys=keys, holder="killed", die=["load", 5], refresh=["orders"]
    )
    assert one.wait(60) == KILLED
    assert served.asked()[0] == "v00"
    assert not small.load(made).failed
    asked = served.asked()
    assert asked[0] != "v00"
    assert sorted(asked) == VALUES
    assert ids(small) == served.ids


def test_what_cannot_be_loaded_in_a_later_chunk_fails_alone(small: Warehouse, api: Api) -> None:
    """The chunk is read once more without it, from the same parents."""
    records = {
        (name, region): [{"id": f"{region}-{n}", "v": 1, "v__v_text": 1} for n in range(5)]
        for name in ("orders", "refunds")
        for region in VALUES[:6]
    }
    api.routes |= {
        f"/{name}": lambda asked: {"data": records[asked.path[1:], asked.params["region"]]}
        for name in ("orders", "refunds")
    }
    made = acme(small, api, [orders(), {**orders(), **_refunds()}], VALUES[:6])
    assert not small.load(made).failed
    records["refunds", "v03"][0]["v"] = "somebody@example.com"
    for region in VALUES[:6]:
        records["orders", region].append({"id": f"{region}-new"})
    api.asked.clear()
    report = small.load(made)
    assert set(report.failed) == {"refunds"}
    regions = [one.params["region"] for one in api.asked if one.path == "/orders"]
    assert regions == ["v00", "v01", "v02", "v03", "v02", "v03", "v04", "v05"]
    assert len(ids(small)) == 36
    assert report.resources["orders"].rows_loaded == 36


def _refunds() -> dict[str, Any]:
    return items("refunds", params=orders()["endpoint"]["params"], paginator="json_link")
