"""The cursor is sent as `convert` says, wherever it is sent; what is kept stays the API's own."""

from copy import deepcopy
from typing import Any

import pytest

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.failures.explain import explain
from restsrc_dagster_tests.extract.reading import bodies, params, read
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

START = "2024-01-31T10:00:00Z"
EPOCH = 1706695200
CURSOR = {"cursor_path": "at", "initial_value": START, "convert": "epoch_seconds"}


@pytest.fixture
def duck(settings: Any) -> Warehouse:
    import duckdb

    return Warehouse(
        settings, {}, lambda: duckdb.connect(settings.data_dir / "restsrc_acme.duckdb")
    )


def rows(api: Api, *values: Any) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": n, "at": at} for n, at in enumerate(values)]}


def test_as_start_and_end_param(api: Api) -> None:
    """The start is rounded down and the end up, so that the API leaves nothing out."""
    rows(api, "2024-01-31T12:00:00.5Z")
    cursor = CURSOR | {"initial_value": "2024-01-31T10:00:00.5Z", "start_param": "since"}
    cursor |= {"end_value": "2024-02-01T00:00:00.5Z", "end_param": "until"}
    assert len(read(connector("acme", api.url, [items(incremental=cursor)]))) == 1
    assert params(api) == [{"since": str(EPOCH), "until": str(EPOCH + 50401)}]


def test_a_cursor_that_shrinks_is_rounded_the_other_way(api: Api) -> None:
    rows(api, "2024-01-31T09:00:00Z")
    cursor = CURSOR | {"initial_value": "2024-01-31T10:00:00.5Z", "start_param": "before"}
    cursor |= {"end_value": "2024-01-31T08:00:00.5Z", "end_param": "after"}
    cursor |= {"last_value_func": "min"}
    assert len(read(connector("acme", api.url, [items(incremental=cursor)]))) == 1
    assert params(api) == [{"before": str(EPOCH + 1), "after": str(EPOCH - 7200)}]


def test_as_the_short_form(api: Api) -> None:
    rows(api, START)
    read(connector("acme", api.url, [items(params={"since": {"type": "incremental", **CURSOR}})]))
    assert params(api) == [{"since": str(EPOCH)}]


def test_in_path_params_headers_and_body(api: Api) -> None:
    """A number stays one where JSON can hold one."""
    api.routes[f"/items/{EPOCH}"] = lambda _: {"data": [{"at": START}]}
    read(
        connector(
            "acme",
            api.url,
            [
                items(
                    path="items/{incremental.start_value}",
                    method="POST",
                    params={"q": "at>{incremental.last_value}"},
                    headers={"X-Since": "{incremental.initial_value}"},
                    json={"range": {"from": "{incremental.start_value}"}, "text": "> {incremental."
                          "start_value}"},
                    incremental=CURSOR,
                )
            ],
        )
    )  # fmt: skip
    assert params(api) == [{"q": f"at>{EPOCH}"}]
    assert bodies(api) == [{"range": {"from": EPOCH}, "text": f"> {EPOCH}"}]
    assert api.asked[0].headers["X-Since"] == str(EPOCH)


def test_in_what_a_child_asks(api: Api) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    for number in (1, 2):
        api.routes[f"/posts/{number}/comments"] = lambda _: {"data": [{"at": START}]}
    comments = items(
        "comments",
        path="posts/{resources.posts.id}/comments",
        params={"since": "{incremental.start_value}"},
        incremental=CURSOR,
    )
    read(connector("acme", api.url, [items("posts"), comments]))
    assert params(api)[1:] == [{"since": str(EPOCH)}] * 2


def test_of_the_defaults(api: Api) -> None:
    rows(api, START)
    defaults = {"endpoint": {"incremental": {**CURSOR, "start_param": "since"}}}
    acme = connector("acme", api.url, ["items"])
    configuration = acme.configuration | {"resource_defaults": defaults}
    read(acme.model_copy(update={"configuration": configuration}))
    assert params(api) == [{"since": str(EPOCH)}]


def test_no_value_is_not_sent(api: Api) -> None:
    rows(api, START)
    cursor = {"cursor_path": "at", "start_param": "since", "end_param": "until", "convert": "date"}
    read(connector("acme", api.url, [items(incremental=cursor)]))
    assert params(api) == [{}]


def test_what_is_no_time_is_told_and_not_sent(api: Api) -> None:
    rows(api, "soon")
    cursor = CURSOR | {"start_param": "since", "initial_value": "${SINCE}"}
    acme = connector("acme", api.url, [items(incremental=cursor)])
    with pytest.raises(Exception, match="point in time") as failed:
        read(acme, {"SINCE": "the day before yesterday, I think; or so it seemed"})
    assert isinstance(failed.value, Exception)
    error = explain(failed.value, lambda text: text)  # type: ignore[arg-type]
    assert isinstance(error, ReadError)
    assert str(error) == (
        "items: the cursor at has the value 'the day before yesterday, I think; or s…, which is "
        "no point in time that convert (epoch_seconds) could send"
    )
    assert api.asked == []


def test_the_configuration_is_not_changed(api: Api) -> None:
    rows(api, START)
    acme = connector("acme", api.url, [items(incremental=CURSOR | {"start_param": "since"})])
    before = deepcopy(acme.configuration)
    read(acme)
    assert acme.configuration == before


@pytest.mark.parametrize(
    ("kind", "second"),
    [
        ("epoch_seconds", str(EPOCH + 3600)),
        ("epoch_milliseconds", str(EPOCH * 1000 + 3600500)),
        ("iso8601", "2024-01-31T11:00:00.5Z"),
        ("date", "2024-01-31"),
        ("%d.%m.%Y %H:%M", "31.01.2024 11:00"),
    ],
)
def test_the_second_run_sends_what_the_first_has_seen(
    api: Api, duck: Warehouse, kind: str, second: str
) -> None:
    """In dlt's state and in the tables the cursor is what the API wrote."""
    newest = "2024-01-31T12:00:00.5+01:00"
    rows(api, START, newest)
    cursor = CURSOR | {"convert": kind, "start_param": "since"}
    acme = duck.connector(api.url, [items(incremental=cursor)])
    duck.load(acme)
    report = duck.load(acme).resources["items"]
    assert api.asked[1].params == {"since": second}
    assert (report.cursor_before, report.cursor_after) == (newest, newest)
    assert duck.values("SELECT count(*) FROM acme.items") == [2]


@pytest.mark.parametrize(
    ("newest", "lag", "sent"),
    [
        ("2024-01-31T11:00:00Z", 3600, EPOCH),
        ("2024-01-31T11:00:00.250Z", 3600, EPOCH),
        ("2024-01-31T13:00:00+02:00", 1800, EPOCH + 1800),
        ("2024-01-31T11:00:00", 60, EPOCH + 3540),
        (EPOCH * 1000 + 5000, 2000, EPOCH + 3),
    ],
)
def test_the_lag_is_applied_before(
    api: Api, duck: Warehouse, newest: Any, lag: int, sent: int
) -> None:
    rows(api, newest)
    initial = "2024-01-01T00:00:00Z" if isinstance(newest, str) else 0
    cursor = CURSOR | {"initial_value": initial, "lag": lag, "start_param": "since"}
    acme = duck.connector(api.url, [{**items(incremental=cursor), "primary_key": "id"}])
    duck.load(acme)
    duck.load(acme)
    assert api.asked[1].params == {"since": str(sent)}


def test_a_date_leaves_nothing_out(api: Api, duck: Warehouse) -> None:
    """A record of the same day, written after the first run, comes with the second."""
    known = ["2024-01-31T10:00:00Z"]

    def since(asked: Asked) -> Any:
        start = asked.params["since"]
        return {"data": [{"id": n, "at": at} for n, at in enumerate(known) if at[:10] >= start]}

    api.routes["/items"] = since
    cursor = {**CURSOR, "convert": "date", "start_param": "since", "initial_value": "2024-01-01"}
    acme = duck.connector(api.url, [items(incremental=cursor)])
    duck.load(acme)
    known.append("2024-01-31T10:00:01Z")
    duck.load(acme)
    assert duck.values("SELECT id FROM acme.items") == [0, 1]
