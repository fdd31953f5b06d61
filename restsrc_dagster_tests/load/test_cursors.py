"""Cursors: each run delivers what is new, once, whatever the API writes them like."""

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from restsrc_dagster.errors import ReadError
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

Run = Callable[..., LoadReport]
SENT = {"since": "{incremental.start_value}"}


@pytest.fixture
def run(api: Api, settings: Settings) -> Run:
    """Load the records that the API has now; it sends them all, in whatever order."""

    def once(records: list[dict[str, Any]], initial: Any = None, **keys: Any) -> LoadReport:
        api.routes["/items"] = lambda _: {"data": [dict(record) for record in records]}
        cursor = {"cursor_path": "at", **keys.pop("cursor", {})}
        if initial is not None:
            cursor["initial_value"] = initial
        described = items(incremental=cursor, params=SENT) | keys
        acme = connector("acme", api.url, [described])
        order = LoadRequest(selection=frozenset({"items"}))
        report = load(acme, order, settings=settings, environment={})
        for error in report.failed.values():
            raise error
        return report

    return once


def loaded(report: LoadReport) -> int:
    return report.resources["items"].rows_loaded


def rows(*cursors: Any) -> list[dict[str, Any]]:
    return [{"id": number, "at": cursor} for number, cursor in enumerate(cursors)]


LATER = [
    ("2024-01-01T00:00:05Z", "2024-01-01T00:00:05.500Z"),
    ("2024-01-01T00:00:05.5Z", "2024-01-01T00:00:05.50001Z"),
    ("2024-01-01T10:00:00+05:00", "2024-01-01T06:00:00Z"),
    ("2024-01-01T06:00:00Z", "2024-01-01T02:30:00-05:00"),
    ("2024-01-01 00:00:05", "2024-01-01T00:00:06"),
    ("Wed, 31 Jan 2024 10:00:00 GMT", "Fri, 02 Feb 2024 10:00:00 GMT"),
    ("9", "10"),
    ("99.5", "100"),
    (9, 10),
    (9, 9.5),
    ("2024-01-31", "2024-02-01"),
    ("2024-01-31", "2024-01-31T00:00:01Z"),
]


@pytest.mark.parametrize(("first", "later"), LATER)
def test_what_is_later_is_delivered_and_nothing_twice(run: Run, first: Any, later: Any) -> None:
    """Appended, so that a row that came twice would be there twice; what is earlier is left out,
    unless it is of the second of the cursor."""
    assert loaded(run(rows(first))) == 1
    report = run(rows(first, later))
    assert (loaded(report), report.resources["items"].rows_in_table) == (1, 2)
    assert report.resources["items"].cursor_after == later
    late = loaded(run([*rows(first, later), {"id": 9, "at": first}]))
    assert late == (1 if str(later).startswith("2024-01-01T00:00:05") else 0)


def test_spellings_that_change_from_page_to_page(api: Api, settings: Settings) -> None:
    """Each page is of one spelling, and only together they are out of the order of letters."""
    pages = [["2024-01-01T06:00:00Z"], ["2024-01-01T10:00:00+05:00"], ["2024-01-01T05:30:00.5Z"]]

    def answer(asked: Asked) -> Any:
        number = int(asked.params["page"])
        found = pages[number] if number < len(pages) else []
        return {"data": [{"id": number, "at": at} for at in found]}

    api.routes["/items"] = answer
    paginator = {"type": "page_number", "total_path": None}
    described = items(incremental={"cursor_path": "at"}, paginator=paginator)
    acme = connector("acme", api.url, [described])
    order = LoadRequest(selection=frozenset({"items"}))
    for rows_loaded in (3, 0):
        (told,) = load(acme, order, settings=settings, environment={}).resources.values()
        assert (told.rows_loaded, told.cursor_after) == (rows_loaded, "2024-01-01T06:00:00Z")
    pages.append(["2024-01-01T06:30:00Z"])
    (told,) = load(acme, order, settings=settings, environment={}).resources.values()
    assert told.rows_loaded == 1


def test_what_is_later_is_merged(run: Run) -> None:
    first, later = "2024-01-01T10:00:00+05:00", "2024-01-01T06:00:00Z"
    run(rows(first), primary_key="id")
    for _ in range(2):
        report = run(rows(first, later), primary_key="id")
        assert report.resources["items"].rows_in_table == 2


def test_the_api_gets_the_cursor_as_it_wrote_it(api: Api, run: Run) -> None:
    run(rows("2024-01-01T06:00:00Z", "2024-01-01T12:00:00.0+05:00"), "1970-01-01")
    run([])
    sent = [asked.params["since"] for asked in api.asked]
    assert sent == ["1970-01-01", "2024-01-01T12:00:00.0+05:00"]


@pytest.mark.parametrize("initial", ["2024-01-01T00:00:00", "2024-01-01", "1970-01-01T00:00:00Z"])
def test_an_initial_value_may_be_written_in_another_way(run: Run, initial: str) -> None:
    report = run(rows("2024-01-01 00:00:05", "1969-12-31 00:00:00"), initial)
    assert loaded(report) == 1


@pytest.mark.parametrize(
    ("cursors", "initial", "told"),
    [
        (["12/31/2023"], None, "is a date that cannot be compared safely: '12/31/2023'"),
        (["31.12.2023"], None, "is a date that cannot be compared safely"),
        (["Jan 5, 2024"], None, "is a date that cannot be compared safely"),
        ([5], "1970-01-01T00:00:00Z", "is the number 5 here and the text '1970-01-01T00:00:00Z'"),
        (["2024-01-01"], 0, "records have texts such as '2024-01-01', and it started at the num"),
        ([5, "2024-01-01"], None, "is the number 5 here and the text '2024-01-01' there"),
        (["5"], "2024-01-01", "it is '2024-01-01', a time, here and '5', a number, there; make"),
        (["/Date(1451988985943+1300)/", "5"], None, "it is '/Date(1451988985943+1300)/', a time,"),
        (["v9", "v10"], None, "is neither a time nor a number, such as 'v9', and of several len"),
        ([True], None, "is bool in some record"),
        ([{"a": 1}], None, "is dict in some record"),
    ],
)
def test_what_cannot_be_compared_safely_is_refused_by_name(
    run: Run, cursors: list[Any], initial: Any, told: str
) -> None:
    with pytest.raises(ReadError, match=r"^items: the cursor at ") as raised:
        run(rows(*cursors), initial)
    assert told in str(raised.value)


def test_texts_that_are_no_times_are_in_the_order_of_their_letters(run: Run) -> None:
    run(rows("01HQA", "01HQB"))
    report = run(rows("01HQA", "01HQB", "01HQC"))
    assert (loaded(report), report.resources["items"].cursor_after) == (1, "01HQC")


@pytest.mark.parametrize("append", [True, False])
@pytest.mark.parametrize("initial", [None, "1970-01-01T00:00:00Z"])
@pytest.mark.parametrize("first", [True, False])
def test_a_record_from_the_far_future_is_delivered_once_and_moves_nothing(
    run: Run, append: bool, initial: str | None, first: bool
) -> None:
    keys = {} if append else {"primary_key": "id"}
    known = rows("2024-01-01T00:00:00Z", "9999-12-31T00:00:00Z")
    report = run(known if first else known[::-1], initial, **keys)
    told = report.resources["items"]
    assert (told.rows_loaded, told.cursor_after) == (2, "2024-01-01T00:00:00Z")
    assert told.warnings == [
        "the cursor at of some records is far ahead of the API's clock, such as "
        "9999-12-31T00:00:00Z: the cursor does not follow them, and each run reads them again"
    ]
    later = [*known, {"id": 7, "at": "2024-01-02T00:00:00Z"}]
    report = run(later, initial, **keys)
    assert report.resources["items"].rows_in_table == 3
    assert report.resources["items"].cursor_after == "2024-01-02T00:00:00Z"
    assert run(later, initial, **keys).resources["items"].rows_in_table == 3


def test_the_table_has_the_future_as_the_api_wrote_it(run: Run, settings: Settings) -> None:
    import duckdb

    run(rows("2024-01-01", "2999-12-31"))
    with duckdb.connect(settings.data_dir / "restsrc_acme.duckdb", read_only=True) as database:
        assert database.sql('select "at"::text from acme.items order by 1').fetchall() == [
            ("2024-01-01",),
            ("2999-12-31",),
        ]


def test_only_a_future_record_leaves_the_beginning(api: Api, run: Run) -> None:
    run(rows("2999-12-31T00:00:00Z"), "2020-01-01T00:00:00Z")
    report = run(rows("2999-12-31T00:00:00Z", "2024-01-01T00:00:00Z"), "2020-01-01T00:00:00Z")
    assert [asked.params["since"] for asked in api.asked] == ["2020-01-01T00:00:00Z"] * 2
    assert loaded(report) == 1


def test_a_changed_row_at_the_very_cursor_is_merged(run: Run, settings: Settings) -> None:
    """dlt drops it, by its key."""
    import duckdb

    for version in (1, 2):
        run([{"id": 2, "at": "2024-01-01", "v": version}], primary_key="id")
    with duckdb.connect(settings.data_dir / "restsrc_acme.duckdb", read_only=True) as database:
        assert database.sql("select id, v from acme.items").fetchall() == [(2, 2)]


def test_appended_rows_that_changed_at_the_very_cursor_are_appended(run: Run) -> None:
    run([{"id": 1, "at": "2024-01-01"}, {"id": 2, "at": "2024-01-01", "v": 1}])
    report = run([{"id": 1, "at": "2024-01-01"}, {"id": 2, "at": "2024-01-01", "v": 2}])
    assert (loaded(report), report.resources["items"].rows_in_table) == (1, 3)


def test_rows_that_come_late_at_the_very_cursor_are_delivered(run: Run) -> None:
    run(rows("2024-01-01", "2024-01-02"))
    assert loaded(run(rows("2024-01-01", "2024-01-02", "2024-01-02"))) == 1
    assert loaded(run(rows("2024-01-01", "2024-01-02", "2024-01-02"))) == 0


@pytest.mark.parametrize("keys", [{}, {"primary_key": "id"}], ids=["appended", "merged"])
@pytest.mark.parametrize("convert", [None, "epoch_seconds"])
@pytest.mark.parametrize("strict", [False, True], ids=["from", "after"])
def test_what_comes_late_in_the_second_of_the_cursor(
    api: Api, settings: Settings, keys: dict[str, Any], convert: str | None, strict: bool
) -> None:
    """The API compares whole seconds. One that gives what is after a second wants a lag."""
    times = ["00:00:04.900", "00:00:05.100", "00:00:05.500"]

    def answer(asked: Asked) -> Any:
        since = asked.params["since"]
        least = datetime.fromtimestamp(int(since), timezone.utc).isoformat() if convert else since
        found = [f"2024-01-01T{one}Z" for one in times]
        seconds, second = [one[:19] for one in found], least[:19]
        given = [
            one
            for one, its in zip(found, seconds, strict=True)
            if (its > second if strict else its >= second)
        ]
        return {"data": [{"id": one, "at": one} for one in given]}

    api.routes["/items"] = answer
    cursor = {"cursor_path": "at", "initial_value": "2024-01-01T00:00:00Z", "convert": convert}
    if strict and keys:
        cursor["lag"] = 1
    acme = connector("acme", api.url, [items(incremental=cursor, params=SENT) | keys])
    order = LoadRequest(selection=frozenset({"items"}))

    def in_table() -> int:
        (told,) = load(acme, order, settings=settings, environment={}).resources.values()
        assert not told.warnings
        return told.rows_in_table or 0

    assert in_table() == 3
    times += ["00:00:05.200", "00:00:04.950"]
    is_lost = strict and not keys
    assert [in_table(), in_table()] == [3 if is_lost else 4] * 2
    times += ["00:00:06.000", "00:00:05.700"]
    assert [in_table(), in_table()] == [4 if is_lost else 6] * 2


def test_a_cursor_inside_of_a_record(run: Run) -> None:
    first = [{"id": 1, "meta": {"at": "2024-01-01T10:00:00+05:00"}}]
    keys = {"cursor": {"cursor_path": "meta.at"}}
    assert loaded(run(first, **keys)) == 1
    later = [*first, {"id": 2, "meta": {"at": "2024-01-01T06:00:00Z"}}]
    report = run(later, **keys)
    assert (loaded(report), report.resources["items"].rows_in_table) == (1, 2)


def test_a_cursor_that_shrinks(run: Run) -> None:
    keys = {"cursor": {"last_value_func": "min"}}
    run(rows("2024-01-05T00:00:00Z"), **keys)
    report = run(rows("2024-01-05T00:00:00Z", "2024-01-04T00:00:00.5Z"), **keys)
    assert (loaded(report), report.resources["items"].cursor_after) == (1, "2024-01-04T00:00:00.5Z")


def test_lag_reads_the_window_again_whatever_the_spelling(api: Api, run: Run) -> None:
    keys = {"primary_key": "id", "cursor": {"lag": 3600}}
    first = rows("2024-01-01T10:00:00Z", "2024-01-01T09:30:00Z", "2024-01-01T08:00:00Z")
    run(first, "2020-01-01T00:00:00Z", **keys)
    report = run(
        [*first, {"id": 9, "at": "2024-01-01T09:15:00.5Z"}], "2020-01-01T00:00:00Z", **keys
    )
    assert api.asked[-1].params["since"].startswith("2024-01-01T09:00:00")
    assert report.resources["items"].rows_in_table == 4


@pytest.mark.parametrize(
    ("cursors", "lag", "sent"),
    [
        (("2024-01-01 00:00:00", "2024-01-10 00:00:10"), 10, "2024-01-10 00:00:00"),
        (("20240101T000000Z", "20240110T000010Z"), 10, "20240110T000000Z"),
        (("2024-01-01T00:00:00.000+02:00", "2024-01-10T00:00:10.500+02:00"), 10.5,
         "2024-01-10T00:00:00.000+02:00"),
        (("000", "100"), 10, "90"),
        (("0000", "0100"), 10, "0090"),
        (("0.5", "99.5"), 10, "89.5"),
        ((0, 100), 10, "90"),
        (("20240101", "20240110"), 2, "20240108"),
        (("2024-01-01", "2024-01-10"), 2, "2024-01-08"),
        (("Mon, 01 Jan 2024 10:00:00 GMT", "Wed, 10 Jan 2024 10:00:10 GMT"), 10,
         "Wed, 10 Jan 2024 10:00:00 GMT"),
        (("/Date(1704067200000+0100)/", "/Date(1704844810000+0100)/"), 10,
         "/Date(1704844800000+0100)/"),
        (("2024-01-01", "2024-01-10T10:00:00Z"), 2, "2024-01-08T00:00:00Z"),
        (("2024-01-01", "2024-01-10"), 432_000, "2024-01-01"),
    ],
)  # fmt: skip
def test_a_lag_of_every_kind_of_cursor(
    api: Api, run: Run, cursors: tuple[Any, Any], lag: float, sent: str
) -> None:
    initial, first = cursors
    for _ in range(2):
        report = run(rows(first), initial, primary_key="id", cursor={"lag": lag})
    assert [asked.params["since"] for asked in api.asked] == [str(initial), sent]
    assert report.resources["items"].cursor_after == first


def test_a_lag_of_a_text_is_refused_before_anything_is_asked_for(api: Api, run: Run) -> None:
    with pytest.raises(ReadError, match="no lag can be subtracted from it"):
        run(rows("S000100"), "S000000", primary_key="id", cursor={"lag": 10})
    assert not api.asked


def test_missing_cursors_are_told(run: Run) -> None:
    with pytest.raises(ReadError, match="at"):
        run([{"id": 1}])
    assert loaded(run([{"id": 1}], cursor={"on_cursor_value_missing": "include"})) == 1
    assert loaded(run([{"id": 2}], cursor={"on_cursor_value_missing": "exclude"})) == 0


def test_braces_in_a_cursor_are_sent_as_they_are(api: Api, settings: Settings) -> None:
    """dlt formats what it sends by start_param: it would fill in `{incremental.…}` of the data."""
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "at": "{incremental.cursor_path}"}]}
    cursor = {"cursor_path": "at", "initial_value": "a" * 25, "start_param": "since"}
    acme = connector("acme", api.url, [items(incremental=cursor)])
    order = LoadRequest(selection=frozenset({"items"}))
    for _ in range(2):
        assert not load(acme, order, settings=settings, environment={}).failed
    sent = [asked.params["since"] for asked in api.asked]
    assert sent == ["a" * 25, "{incremental.cursor_path}"]


CHILD_CURSORS = [
    {"incremental": {"start_param": "since"}},
    {"params": {"since": {"type": "incremental"}}},
    {"params": {"since": "{incremental.last_value}"}, "incremental": {}},
    {"params": {"since": "{incremental.start_value}"}, "incremental": {}},
]


@pytest.mark.parametrize("described", CHILD_CURSORS)
def test_each_parent_has_a_cursor_of_its_own(
    api: Api, settings: Settings, described: dict[str, Any]
) -> None:
    cursor = {"cursor_path": "at", "initial_value": "2020-01-01"}
    endpoint = {
        key: {**value, **cursor}
        if key == "incremental"
        else {
            name: {**one, **cursor} if isinstance(one, dict) else one for name, one in value.items()
        }
        for key, value in described.items()
    }
    comments = {1: ["2024-01-09", "2024-01-08"], 2: ["2024-01-01", "2024-01-02"]}

    def answer(asked: Asked) -> Any:
        post = int(asked.path.split("/")[2])
        since = asked.params["since"]
        return {"data": [{"at": at} for at in comments[post] if at >= since]}

    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    api.routes |= {f"/posts/{post}/comments": answer for post in comments}
    child = items("comments", path="posts/{resources.posts.id}/comments", **endpoint)
    acme = connector("acme", api.url, [items("posts"), child])
    order = LoadRequest(selection=frozenset(acme.resources))
    report = load(acme, order, settings=settings, environment={})
    assert report.resources["comments"].rows_loaded == 4
    sent = [asked.params["since"] for asked in api.asked if "since" in asked.params]
    assert sent == ["2020-01-01"] * 2
    load(acme, order, settings=settings, environment={})
    sent = [asked.params["since"] for asked in api.asked if "since" in asked.params]
    assert sent[2:] == ["2024-01-09", "2024-01-02"]


@pytest.mark.parametrize("by_param", [True, False])
def test_a_cursor_of_a_child_without_a_beginning_sends_nothing_at_first(
    api: Api, settings: Settings, by_param: bool
) -> None:
    """And then, in the next run, every parent its own."""
    comments = {1: ["2024-01-09"], 2: ["2024-01-01"]}
    cursor = {"cursor_path": "at"}
    endpoint: dict[str, Any] = (
        {"params": {"since": {"type": "incremental", **cursor}}}
        if by_param
        else {"incremental": {"start_param": "since", "convert": "date", **cursor}}
    )
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    for post, days in comments.items():
        api.routes[f"/posts/{post}/comments"] = lambda _, days=days: {
            "data": [{"at": day} for day in days]
        }
    child = items("comments", path="posts/{resources.posts.id}/comments", **endpoint)
    acme = connector("acme", api.url, [items("posts"), child])
    order = LoadRequest(selection=frozenset(acme.resources))
    assert (
        load(acme, order, settings=settings, environment={}).resources["comments"].rows_loaded == 2
    )
    load(acme, order, settings=settings, environment={})
    sent = [asked.params.get("since") for asked in api.asked if "comments" in asked.path]
    assert sent == [None, None, "2024-01-09", "2024-01-01"]
