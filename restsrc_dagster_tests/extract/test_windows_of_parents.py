"""A child's lists that are read in slices give what one request for each parent's range gives."""

import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster_tests.extract.reading import read
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items
from restsrc_dagster_tests.support.families import END, FamilyApi, reading
from restsrc_dagster_tests.support.ranges import RangeApi, at

DAY = 24.0
HOURS = st.one_of(
    st.integers(0, 30 * 24 * 4 - 1).map(lambda quarter: quarter / 4),
    st.integers(0, 29).map(lambda day: day * DAY),
)


def lists(hours: list[list[float]]) -> dict[int, list[dict[str, Any]]]:
    """Of each parent, records that no other one has."""
    return {
        parent: [{"id": 100 * parent + n, "at": at(hour)} for n, hour in enumerate(one)]
        for parent, one in enumerate(hours, 1)
    }


def family(
    api: Api, served: FamilyApi, said: dict[str, Any], *, at_once: int = 4, **keys: Any
) -> Connector:
    resources = served.resources(**keys)
    return connector("acme", api.url, resources, http={"max_concurrency": at_once}, reading=said)


def children(rows: list[Any]) -> list[int]:
    return sorted(row["id"] for row in rows if "at" in row)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    hours=st.lists(st.lists(HOURS, max_size=6), max_size=5),
    ends=st.sampled_from(["[)", "[]", "(]", "()", "days"]),
    size=st.sampled_from(["1 day", "7 days", "36 hours", "1 month", "45 days"]),
    page=st.integers(1, 4),
    parents_page=st.integers(1, 3),
    at_once=st.sampled_from([1, 2, 5]),
    by_links=st.booleans(),
    keyed=st.booleans(),
    shared=st.booleans(),
    fixed=st.booleans(),
    at_most=st.sampled_from([None, None, 9]),
)
def test_each_record_comes_once(
    api: Api, hours: list[list[float]], ends: str, size: str, page: int, parents_page: int,
    at_once: int, by_links: bool, keyed: bool, shared: bool, fixed: bool, at_most: int | None,
) -> None:  # fmt: skip
    if ends in ("(]", "()"):  # the first instant of all is never given
        hours = [[hour for hour in one if hour] for one in hours]
    known = lists(hours)
    served = FamilyApi(api, known, size=parents_page, ends=ends, by_links=by_links)
    for one in served.lists.values():
        one.size = page
    cursor = {"end_value": "2024-02-01T00:00:00Z"} if fixed else {}
    acme = family(
        api, served, reading(size, shared=shared, at_most=at_most), at_once=at_once, keyed=keyed,
        **cursor,
    )  # fmt: skip
    assert children(read(acme)) == sorted(row["id"] for one in known.values() for row in one)


def test_equal_rows_of_two_parents_are_two(api: Api) -> None:
    """Where windows meet, the same row comes twice of each of them."""
    row = {"id": 1, "at": at(10 * DAY)}
    for shared in (False, True):
        served = FamilyApi(api, {1: [row], 2: [row], 3: [row, row]}, ends="[]")
        acme = family(api, served, reading("10 days", shared=shared), keyed=False)
        assert children(read(acme)) == [1] * 4


def test_windows_of_several_parents_are_read_side_by_side(api: Api) -> None:
    together = threading.Barrier(3, timeout=20)
    served = FamilyApi(api, lists([[day * DAY for day in range(30)]] * 4), size=4)

    def meet(asked: Asked) -> Answer | None:
        is_last = asked.params["since"] > "2024-01-15"
        if asked.path == ("/of/2" if is_last else "/of/3") and "page" not in asked.params:
            together.wait()
        return None

    for one in served.lists.values():
        one.wrong = meet
    # Of parent 2 the last window, of parent 3 the two first ones.
    assert len(children(read(family(api, served, reading("12 days"), at_once=3)))) == 120


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("status", [404, 410])
def test_of_a_parent_that_is_gone_nothing_is_waited_for(
    api: Api, at_once: int, status: int
) -> None:
    """The windows of it that were asked for ahead are forgotten, and those of others go on."""
    served = FamilyApi(api, lists([[0.0]] * 6), size=6)
    api.routes["/of/3"] = lambda _: Answer({"error": "gone"}, status=status)
    rows = read(family(api, served, reading("1 day"), at_once=at_once))
    assert children(rows) == [100, 200, 400, 500, 600]
    asked = sum(path == "/of/3" for path in api.paths())
    assert asked == 1 if at_once == 1 else asked <= 10
    assert all(len(served.ranges(parent)) == 32 for parent in (1, 2, 4, 5, 6))


def test_a_window_that_is_too_full_is_halved_for_its_parent_alone(api: Api) -> None:
    served = FamilyApi(api, lists([[day * DAY for day in range(30)], [0.0]]), ends="[]", cap=20)
    rows = read(family(api, served, reading("1 month", at_most=20), at_once=1, keyed=False))
    assert len(children(rows)) == 31
    assert len(served.ranges(1)) == 3
    assert len(served.ranges(2)) == 1


def test_a_test_read_looks_at_the_newest_windows_of_the_first_parents(api: Api) -> None:
    served = FamilyApi(api, lists([[650, 700], [700]]), size=2)
    acme = family(api, served, reading("1 day"))
    (sample,) = read_samples(acme, {}, resources=["children"], limit=2)
    assert sample.error is None
    assert children(sample.records)[:2] == [100, 101]
    assert len(served.ranges(1)) <= 10


def test_for_each_of_a_list_of_values(api: Api) -> None:
    """The accounts of an API of advertisements: reports of each, day by day."""
    served = {
        name: RangeApi([{"id": n, "at": at(n * DAY)} for n in range(20)], "day") for name in "ab"
    }
    api.routes["/reports"] = lambda asked: served[asked.params["account"]](asked)
    reports = items("reports", params={"account": "{resources.accounts.value}"})
    reports["endpoint"] |= {
        "incremental": served["a"].incremental(),
        "paginator": served["a"].paginator,
    }
    acme = connector(
        "acme",
        api.url,
        [reports],
        values={"accounts": ["a", "b"]},
        reading={"reports": {"window": {"size": "1 day", "end": END}}},
    )
    assert sorted(row["id"] for row in read(acme)) == sorted([*range(20)] * 2)
    assert [len(one.ranges) for one in served.values()] == [31, 31]


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("at_most", [None, 15])
def test_where_a_rule_ends_each_list_and_further_pages_send_no_range(
    api: Api, at_once: int, at_most: int | None
) -> None:
    known = lists([[hour * 8.0 for hour in range(90)], [5.0]])

    def route(asked: Asked) -> Any:
        token = asked.params.get("cursor")
        if token and "since" in asked.params:
            return Answer({"error": "both"}, status=400)
        since, until, begin = token.split("|") if token else (*_range(asked), "0")
        found = [one for one in known[int(asked.path[-1])] if since <= one["at"] < until]
        end = int(begin) + 4
        after = f"{since}|{until}|{min(end, len(found))}"
        return {"data": found[int(begin) : end], "done": end >= len(found), "after": after}

    served = FamilyApi(api, known)
    api.routes |= {"/of/1": route, "/of/2": route}
    said = reading("10 days", at_most=at_most)
    said["children"] |= {"last_page": "body.done", "first_page_only": ["since", "until"]}
    acme = family(api, served, said, at_once=at_once)
    endpoint = acme.configuration["resources"][1]["endpoint"]
    endpoint["paginator"] = {"type": "cursor", "cursor_path": "after", "cursor_param": "cursor"}
    assert len(children(read(acme))) == 91


def _range(asked: Asked) -> tuple[str, str]:
    return asked.params["since"], asked.params["until"]
