"""Errors that come with a good status: no row, no emptied table; and what is no error."""

from typing import Any

import pytest

from restsrc_dagster.errors import ReadError
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import load_all, read
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

GOOD = {"data": [{"id": 1}, {"id": 2}]}
ERRORS: list[tuple[Any, str]] = [
    ({"error": "no such plan"}, "no such plan"),
    ({"error": {"code": 7, "message": "no"}}, "code: 7, message: no"),
    ({"ok": False, "error": "not_authed"}, "not_authed"),
    ({"success": False, "reason": "quota"}, "success: false, reason: quota"),
    ({"success": False, "errors": [{"code": 9}], "result": None}, "code: 9"),
    ({"errors": [{"message": "no field x"}], "data": None}, "message: no field x"),
    ({"errors": [{"message": "late"}], "data": {"a": [{"id": 1}]}}, "message: late"),
    ({"Response": "False", "Error": "Movie not found!"}, "Movie not found!"),
]
IN_OTHER_WORDS: list[tuple[Any, str]] = [
    (
        {"success": False, "cause": "Key throttle", "throttled": True},
        "success: false, cause: Key throttle, throttled: true",
    ),
    ({"status": "ERROR", "cause": "no"}, "status: ERROR, cause: no"),
    ({"status": "fail", "data": {"title": "is needed"}}, "status: fail, data: title: is needed"),
    ({"stat": "failed"}, "stat: failed"),
]


def failure(api: Api, route: Any, **endpoint: Any) -> str:
    api.routes["/items"] = route
    with pytest.raises(Exception) as raised:  # noqa: PT011 - dlt wraps it
        read(connector("acme", api.url, [items(**endpoint)]))
    error: BaseException | None = raised.value
    while error is not None and not isinstance(error, ReadError):
        error = error.__cause__
    return str(error).replace(api.url, "")


FLAGGED = {
    "data_selector": "data",
    "paginator": {"type": "cursor", "cursor_path": "page.next", "has_more_path": "page.more"},
}


def test_an_error_has_no_flag_that_says_more(api: Api) -> None:
    body = {"errors": [{"message": "no field x"}], "data": None}
    assert "with an error: message: no field x" in failure(api, lambda _: body, **FLAGGED)


@pytest.mark.parametrize("body", [{"data": []}, {"data": [{"id": 1}], "error": "odd"}])
def test_what_is_no_error_needs_that_flag(api: Api, body: Any) -> None:
    api.routes["/items"] = lambda _: body
    with pytest.raises(Exception, match="Has more value not found"):
        read(connector("acme", api.url, [items(**FLAGGED)]))


@pytest.mark.parametrize(("body", "error"), ERRORS)
@pytest.mark.parametrize("selector", [None, "$", "data.a"])
def test_an_error_with_status_200(api: Api, body: Any, error: str, selector: str | None) -> None:
    told = failure(api, lambda _: body, data_selector=selector)
    assert told == f"/items answered 200 with an error: {error}"


@pytest.mark.parametrize(("body", "error"), IN_OTHER_WORDS)
@pytest.mark.parametrize("selector", [None, "items", "data.items"])
def test_an_error_that_is_not_called_so(
    api: Api, body: Any, error: str, selector: str | None
) -> None:
    told = failure(api, lambda _: body, data_selector=selector)
    cure = '. If that is a record, say so by data_selector "$"'
    assert told == f"/items answered 200 with an error: {error}{'' if selector else cure}"


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ({"success": False, "cause": "Key throttle"}, False),
        ({"status": "ERROR", "data": None, "page": 1}, True),
        ({"status": "error", "data": [], "page": 1}, False),
        ({"status": "failed", "job": "nightly"}, True),
        ({"error": "overloaded", "page": 1}, False),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": -32600, "message": "no"}}, True),
        ({"results": [], "status": "REQUEST_DENIED", "error_message": "no key"}, False),
    ],
)
def test_no_table_is_emptied_by_an_error(
    api: Api, settings: Settings, body: Any, allowed: bool
) -> None:
    http = {"allow_missing_selector": ["items"]} if allowed else {}
    acme = connector("acme", api.url, http=http)
    api.routes["/items"] = lambda _: GOOD
    assert load_all(acme, settings).resources["items"].rows_in_table == 2
    api.routes["/items"] = lambda _: body
    with pytest.raises(ReadError, match=r"^items: \S+ answered 200 with an error: \w"):
        load_all(acme, settings)
    api.routes["/items"] = lambda _: {"data": [*GOOD["data"], {"id": 3}]}
    assert load_all(acme, settings).resources["items"].rows_in_table == 3


@pytest.mark.parametrize("parallelized", [False, True])
def test_an_error_of_one_child_is_no_row(api: Api, settings: Settings, parallelized: bool) -> None:
    """Also where its parent's field is put into what would be its record, and in dlt's threads."""
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    api.routes["/posts/1"] = lambda _: {"text": "one"}
    api.routes["/posts/2"] = lambda _: {"success": False, "cause": "Key throttle"}
    texts = {
        "name": "texts",
        "include_from_parent": ["id"],
        "parallelized": parallelized,
        "endpoint": {"path": "posts/{resources.posts.id}"},
    }
    told = r"^texts: \S+/posts/2 answered 200 with an error: success: false, cause: Key throttle$"
    with pytest.raises(ReadError, match=told):
        load_all(connector("acme", api.url, [items("posts"), texts]), settings)


def test_an_error_on_a_further_page_is_no_end(api: Api) -> None:
    def route(asked: Asked) -> Any:
        if asked.params["page"] == "0":
            return GOOD
        return Answer({"status": "error", "data": None, "hint": "slow down"}, status=201)

    paginator = {"type": "page_number", "total_path": None}
    told = failure(api, route, paginator=paginator)
    assert told == "/items?page=1 answered 201 with an error: status: error, hint: slow down"


RECORDS: list[Any] = [
    {"id": 1, "status": "failed", "error": "the disk is full"},
    {"id": 1, "success": False, "cause": "declined"},
    {"_id": "a", "ok": False, "sent_at": "2024-01-01"},
    {"status": "error", "database": "down", "cache": "up"},
    {"name": "nightly", "status": "failed", "seconds": 12},
]


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_may_have_such_fields(api: Api, record: Any) -> None:
    api.routes["/jobs/1"] = lambda _: record
    resources = [{"name": "job", "endpoint": {"path": "jobs/1"}}]
    assert read(connector("acme", api.url, resources)) == [record]


@pytest.mark.parametrize(
    "record",
    [
        {"success": False, "order": "A1", "amount": 5},
        {"status": "failed", "message": "time-out", "timestamp": "2024-01-01T00:00:00Z"},
    ],
)
def test_who_points_at_the_record_gets_it(api: Api, record: Any) -> None:
    api.routes["/items"] = lambda _: record
    whole = connector("acme", api.url, [items(data_selector="$")])
    assert read(whole) == [record]


@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"id": 1, "error": "declined"}]},
        {"data": [{"id": 1, "success": False, "status": "error"}]},
        {"data": [{"id": 1}], "errors": [], "error": None, "ok": True, "success": True},
        {"data": [{"id": 1}], "error": {"code": 0}, "page": 1},
        {"data": [{"id": 1}], "status": "failed", "name": "the job of these steps"},
        {"data": [{"id": 1}], "id": 5, "success": False},
        {"data": [], "error": {"code": 0, "message": "success"}},
        {"data": [], "error": "", "errors": {}, "success": "true"},
        {"data": [], "id": 5, "status": "failed", "error": "a job that failed has no steps"},
    ],
)
@pytest.mark.parametrize("selector", [None, "data"])
def test_what_is_no_error(api: Api, body: Any, selector: str | None) -> None:
    api.routes["/items"] = lambda _: body
    assert read(connector("acme", api.url, [items(data_selector=selector)])) == body["data"]


def test_a_filter_that_is_echoed_is_no_error(api: Api) -> None:
    api.routes["/items"] = lambda asked: {"status": asked.params["status"], "data": []}
    assert read(connector("acme", api.url, [items(params={"status": "failed"})])) == []


def test_a_list_of_errors_is_one_where_it_was_asked_for(api: Api) -> None:
    errors = {"errors": [{"id": 1, "text": "a"}, {"id": 2, "text": "b"}]}
    api.routes["/errors"] = lambda _: errors
    api.routes["/log"] = lambda _: errors
    by_path = [{"name": "errors", "endpoint": "errors"}]
    assert read(connector("acme", api.url, by_path)) == errors["errors"]
    by_selector = [items("log", data_selector="errors")]
    assert read(connector("acme", api.url, by_selector)) == errors["errors"]
    with pytest.raises(Exception, match="answered 200 with an error: id: 1, text: a; id: 2"):
        read(connector("acme", api.url, [{"name": "log", "endpoint": "log"}]))
