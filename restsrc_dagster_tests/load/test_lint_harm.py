"""What the lint warns of really happens: each warning beside its harm, or its cost."""

from typing import Any

import pytest

from restsrc_dagster.connector.lint import lint
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.extract.incremental.list_order import PROVEN_BY
from restsrc_dagster_tests.load.blog import Blog
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

CURSOR = {"cursor_path": "at", "initial_value": 0}
SENT = CURSOR | {"start_param": "since"}
COMMENTS = "posts/{resources.posts.id}/comments"
IDS = "SELECT id FROM acme.items"
WITHOUT_TOTAL = {"type": "page_number", "total_path": None}


def serve(api: Api, *records: dict[str, Any]) -> None:
    """`/items` answers all of `records`, whatever is asked."""
    api.routes["/items"] = lambda _: {"data": list(records)}


def records(*ids: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": number, "at": number, **fields} for number in ids]


def codes(connector: Connector) -> set[str]:
    return {found.code for found in lint(connector)}


def test_an_unsent_cursor_reads_everything(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda asked: {"data": records(int(asked.params.get("page", 1)))}
    paginator = {"type": "page_number", "base_page": 1, "maximum_page": 4, "total_path": None}
    acme = duck.connector(api.url, [items(incremental=CURSOR, paginator=paginator)])
    duck.load(acme)
    before = len(api.asked)
    duck.load(acme)
    assert len(api.asked) == 2 * before
    assert duck.values(IDS) == [1, 2, 3]
    assert "cursor-not-sent" in codes(acme)


def test_replace_forgets_the_cursor(api: Api, duck: Warehouse) -> None:
    serve(api, *records(1))
    resource = items(incremental=SENT) | {"write_disposition": "replace"}
    acme = duck.connector(api.url, [resource])
    duck.load(acme)
    duck.load(acme)
    assert [asked.params for asked in api.asked] == [{"since": "0"}, {"since": "0"}]
    assert codes(acme) == {"cursor-without-effect"}


def test_children_share_a_cursor(api: Api, duck: Warehouse) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    told = {"1": records(5), "2": records(3)}
    for post in told:
        api.routes[f"/posts/{post}/comments"] = lambda asked: {"data": told[asked.path[7]]}
    bound = {"params": {"since": "{incremental.start_value}"}, "incremental": CURSOR}
    resources = ["posts", items("comments", path=COMMENTS, **bound)]
    acme = duck.connector(api.url, resources, reading={"comments": {"cursor": "shared"}})
    duck.load(acme)
    told["2"] += records(4)
    duck.load(acme)
    assert duck.values("SELECT id FROM acme.comments") == [3, 5], "4 is lost"
    assert codes(acme) == {"shared-child-cursor"}


def test_nothing_can_be_sent_yet(api: Api, duck: Warehouse) -> None:
    api.routes["/items/since"] = lambda _: {"data": records(1)}
    bound = {"path": "items/since", "incremental": {"cursor_path": "at"}}
    bound["headers"] = {"X-Since": "{incremental.start_value}"}
    acme = duck.connector(api.url, [items(**bound)])
    assert "{incremental.start_value} has no value yet" in duck.failure(acme)
    assert not api.asked
    assert codes(acme) == {"cursor-is-none"}


def test_a_lag_of_what_is_no_time_and_no_number(api: Api, duck: Warehouse) -> None:
    serve(api, {"id": 1, "at": "S000100"})
    cursor = {"cursor_path": "at", "initial_value": "S000000", "start_param": "since", "lag": 10}
    acme = duck.connector(api.url, [items(incremental=cursor) | {"primary_key": "id"}])
    assert "no lag can be subtracted from it" in duck.failure(acme)
    assert not api.asked
    assert codes(acme) == {"lag-impossible"}


def test_a_lag_of_seconds_that_counts_days(api: Api, duck: Warehouse) -> None:
    serve(api, {"id": 1, "at": "2024-01-10"})
    cursor = {"cursor_path": "at", "initial_value": "2024-01-01", "start_param": "since"}
    resource = items(incremental=cursor | {"lag": 432_000}) | {"primary_key": "id"}
    acme = duck.connector(api.url, [resource])
    for _ in range(2):
        duck.load(acme)
    assert [asked.params["since"] for asked in api.asked] == ["2024-01-01"] * 2
    assert codes(acme) == {"lag-in-days"}


@pytest.mark.parametrize("convert", ["date", "date@America/New_York"])
def test_a_day_of_another_zone(api: Api, duck: Warehouse, convert: str) -> None:
    """To the API in New York it is still the 1st of January, at 4:00 UTC on the 2nd."""
    told = [{"id": 1, "at": "2024-01-02T03:00:00Z", "day": "2024-01-01"}]
    api.routes["/items"] = lambda asked: {
        "data": [one for one in told if one["day"] >= asked.params["since"]]
    }
    cursor = {"cursor_path": "at", "initial_value": "2023-12-01T00:00:00Z", "start_param": "since"}
    resource = items(incremental=cursor | {"convert": convert}) | {"primary_key": "id"}
    acme = duck.connector(api.url, [resource])
    duck.load(acme)
    told.append({"id": 2, "at": "2024-01-02T04:00:00Z", "day": "2024-01-01"})
    duck.load(acme)
    is_warned_of = "time-zone-unsaid" in codes(acme)
    assert duck.values(IDS) == ([1] if is_warned_of else [1, 2])
    assert is_warned_of == (convert == "date")


@pytest.mark.parametrize("size", [None, "1 day"])
def test_an_api_that_answers_one_day_alone(api: Api, duck: Warehouse, size: str | None) -> None:
    told = [{"id": day, "day": f"2024-01-0{day}"} for day in (1, 2, 3)]
    api.routes["/items"] = lambda asked: {
        "data": [one for one in told if one["day"] == asked.params["date"]]
    }
    cursor = {"cursor_path": "day", "initial_value": "2024-01-01", "convert": "date@UTC"}
    resource = items(
        params={"date": "{incremental.start_value}"},
        incremental=cursor | ({} if size is None else {"lag": 1}),
    )
    window = {"size": size, "end": "2024-01-05"}
    acme = duck.connector(
        api.url,
        [resource | {"primary_key": "id"}],
        **({} if size is None else {"reading": {"items": {"window": window}}}),
    )
    for _ in range(2):
        assert not duck.load(acme).failed
    is_warned_of = "one-day-in-all-runs" in codes(acme)
    assert duck.values(IDS) == ([1] if is_warned_of else [1, 2, 3])
    assert is_warned_of == (size is None)


def test_dates_that_nobody_can_compare(api: Api, duck: Warehouse) -> None:
    cursor = {"cursor_path": "at", "initial_value": "01/01/2023", "start_param": "since"}
    acme = duck.connector(api.url, [items(incremental=cursor)])
    serve(api, {"id": 1, "at": "12/31/2023"})
    assert "cannot be compared safely" in duck.failure(acme)
    assert codes(acme) == {"unsorted-dates"}


APPENDED: list[tuple[str, dict[str, Any], list[int]]] = [
    ("append-without-cursor", items() | {"write_disposition": "append"}, [1, 1, 2, 2]),
    ("lag-appended", items(incremental=SENT | {"lag": 1}), [1, 1, 2]),
    ("range-appended", items(incremental=SENT | {"end_value": 9}), [1, 1, 2, 2]),
]


@pytest.mark.parametrize(("code", "resource", "ids"), APPENDED, ids=lambda value: str(value)[:20])
def test_rows_are_appended_again(
    api: Api, duck: Warehouse, code: str, resource: dict[str, Any], ids: list[int]
) -> None:
    serve(api, *records(1, 2))
    acme = duck.connector(api.url, [resource])
    duck.load(acme)
    duck.load(acme)
    assert duck.values(IDS) == ids
    assert codes(acme) == {code}


def test_records_without_cursor_are_appended_again(api: Api, duck: Warehouse) -> None:
    serve(api, {"id": 1, "at": 1}, {"id": 2, "at": None})
    cursor = SENT | {"on_cursor_value_missing": "include"}
    acme = duck.connector(api.url, [items(incremental=cursor)])
    duck.load(acme)
    duck.load(acme)
    assert duck.values(IDS) == [1, 2, 2]
    assert codes(acme) == {"null-cursor-appended"}


def test_changed_records_are_appended(api: Api, duck: Warehouse) -> None:
    cursor = {"cursor_path": "updated_at", "initial_value": 0, "start_param": "since"}
    acme = duck.connector(api.url, [items(incremental=cursor)])
    serve(api, {"id": 1, "updated_at": 1})
    duck.load(acme)
    serve(api, {"id": 1, "updated_at": 2})
    duck.load(acme)
    assert duck.values(IDS) == [1, 1]
    assert codes(acme) == {"changes-appended"}


@pytest.mark.parametrize(
    ("disposition", "texts", "code"),
    [
        ("append", ["a", "a", "b"], "append-below-cursor"),
        ("replace", ["a"], "replace-below-cursor"),
    ],
)
def test_children_of_what_changed(
    blog: Blog, duck: Warehouse, disposition: str, texts: list[str], code: str
) -> None:
    posts = items("posts", incremental=SENT)
    comments = items("comments", path=COMMENTS) | {"write_disposition": disposition}
    acme = duck.connector(blog.url, [posts, comments])
    blog.post(1, at=1, comments="a")
    blog.post(2, at=2, comments="b")
    duck.load(acme)
    blog.post(1, at=3, comments="a")
    blog.delete(2)
    duck.load(acme)
    assert duck.values("SELECT text FROM acme.comments") == texts
    assert codes(acme) == {code}


def test_scd2_retires_what_has_not_changed(api: Api, duck: Warehouse) -> None:
    scd2 = {"write_disposition": {"disposition": "merge", "strategy": "scd2"}}
    acme = duck.connector(api.url, [items(incremental=SENT) | scd2])
    serve(api, *records(1, 2))
    duck.load(acme)
    serve(api, *records(3))
    duck.load(acme)
    assert duck.values(f"{IDS} WHERE _dlt_valid_to IS NULL") == [3]
    assert codes(acme) == {"scd2-of-changes"}
    keyed = duck.connector(api.url, [items(incremental=SENT) | scd2 | {"merge_key": "id"}])
    assert codes(keyed) == set()
    serve(api, *records(4))
    duck.load(keyed)
    assert duck.values(f"{IDS} WHERE _dlt_valid_to IS NULL") == [3, 4]


def test_page_1_twice(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda asked: {
        "data": {0: records(1), 1: records(1), 2: records(2)}.get(int(asked.params["page"]), [])
    }
    acme = duck.connector(api.url, [items(paginator=WITHOUT_TOTAL)])
    assert "set the paginator's base_page to 1" in duck.failure(acme)
    assert codes(acme) == {"page-number-from-zero"}


def test_the_last_page_is_not_read(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda asked: {"data": records(int(asked.params["page"])), "total": 3}
    acme = duck.connector(api.url, [items(paginator={"type": "page_number", "page": 1})])
    duck.load(acme)
    assert duck.values(IDS) == [1, 2]
    assert codes(acme) == {"page-number-from-zero"}


def test_a_dotted_key_is_not_found(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda _: {"data": records(1), "@odata.nextLink": "/more"}
    api.routes["/more"] = lambda _: {"data": records(2)}
    link = {"type": "json_link", "next_url_path": "@odata.nextLink"}
    acme = duck.connector(api.url, [items(paginator=link)])
    assert "has a next page, by its key '@odata.nextLink'" in duck.failure(acme)
    assert codes(acme) == {"dotted-key"}
    link["next_url_path"] = "['@odata.nextLink']"
    quoted = duck.connector(api.url, [items(paginator=link)])
    duck.load(quoted)
    assert duck.values(IDS) == [1, 2]
    assert codes(quoted) == set()


def test_offset_and_page_size(api: Api, duck: Warehouse) -> None:
    equal = [{"name": "x"}] * 5

    def page(asked: Asked) -> Any:
        start, size = int(asked.params["offset"]), int(asked.params["per_page"])
        return {"data": equal[start : start + size]}

    api.routes["/items"] = page
    paginator: dict[str, Any] = {"type": "offset", "limit": 3, "total_path": None}
    acme = duck.connector(api.url, [items(paginator=paginator, params={"per_page": 2})])
    assert "set the paginator's limit to that" in duck.failure(acme)
    assert codes(acme) == {"offset-limit-mismatch"}
    paginator |= {"limit": 2, "limit_param": "per_page"}
    cured = duck.connector(api.url, [items(paginator=paginator)])
    duck.load(cured)
    assert duck.values("SELECT name FROM acme.items") == ["x"] * 5
    assert codes(cured) == set()


def test_the_page_in_the_body_stays(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda asked: {"data": records(1) if b'"page": 1' in asked.body else []}
    paginator = WITHOUT_TOTAL | {"base_page": 1}
    resource = items(method="POST", json={"page": 1}, paginator=paginator)
    acme = duck.connector(api.url, [resource], http={"max_pages": 5})
    assert "the API does not heed 'page'" in duck.failure(acme)
    assert codes(acme) == {"page-asked-twice"}


def test_a_path_that_ends_with_a_placeholder(api: Api, duck: Warehouse) -> None:
    api.routes["/since/0"] = lambda _: {"data": records(1), "next": "/more"}
    api.routes["/more"] = lambda _: {"data": records(2)}
    resource = items(path="since/{incremental.start_value}", incremental=CURSOR)
    acme = duck.connector(api.url, [resource], client={"paginator": "json_link"})
    assert "has a next page, by its key 'next', which is not read" in duck.failure(acme)
    assert codes(acme) == {"single-record-path"}


def test_guessing_reads_one_page(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda asked: {"data": records(int(asked.params.get("offset", 0)) + 1)}
    acme = duck.connector(api.url, client={"paginator": "auto"})
    duck.load(acme)
    assert len(api.asked) == 1
    assert codes(acme) == {"auto-paginator"}


def test_a_path_behind_a_query(api: Api, duck: Warehouse) -> None:
    api.routes["/v1"] = lambda _: {"data": records(1)}
    acme = duck.connector(f"{api.url}/v1?of=1")
    duck.load(acme)
    assert [(asked.path, asked.params) for asked in api.asked] == [("/v1", {"of": "1/items"})]
    assert codes(acme) == {"query-in-base-url"}


def test_a_placeholder_in_the_clients_headers(api: Api, duck: Warehouse) -> None:
    serve(api, *records(1))
    headers = {"X-Since": "{incremental.start_value}"}
    acme = duck.connector(api.url, [items(incremental=SENT)], client={"headers": headers})
    duck.load(acme)
    assert api.asked[0].headers["X-Since"] == "{incremental.start_value}"
    assert codes(acme) == {"placeholder-as-text"}


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        (Answer({}, status=404), {"status_code": 404}),
        (Answer({}, status=403), {"status_code": 403}),
        (Answer({"data": [{"id": 2, "name": "Not found"}]}), {"content": "Not found"}),
    ],
    ids=["404", "403", "content"],
)
def test_an_ignored_answer_ends_the_table(
    api: Api, duck: Warehouse, answer: Answer, action: dict[str, Any]
) -> None:
    api.routes["/items"] = lambda _: {"data": records(1), "next": "/more"}
    api.routes["/more"] = lambda _: answer
    actions = [action | {"action": "ignore"}]
    acme = duck.connector(api.url, [items(paginator="json_link", response_actions=actions)])
    told = duck.load(acme).resources["items"].warnings
    assert duck.values(IDS) == [1]
    assert codes(acme) == {"ignored-answers"}
    assert told == [
        "1 lists ended with an answer that response_actions ignores, though a further page was "
        "expected: records may be missing"
    ]


@pytest.mark.parametrize("row_order", ["asc", "desc"])
@pytest.mark.parametrize("is_ignored", [True, False])
def test_an_ignored_answer_ends_a_sorted_list(
    api: Api, duck: Warehouse, row_order: str, is_ignored: bool
) -> None:
    """But not where the list is left as what follows was read before, or is for the next chunk."""
    object.__setattr__(duck.settings, "commit_after_records", 20)
    numbers = sorted(range(1, 201), reverse=row_order == "desc")
    pages = [[{"id": one, "at": one} for one in numbers[at : at + 10]] for at in range(0, 200, 10)]

    def page(asked: Asked) -> Any:
        number = int(asked.params.get("page", 0))
        since = int(asked.params["since"])
        if is_ignored and number == 3 and since == 0:
            return Answer(status=404)
        listed = [page for page in pages if row_order == "desc" or page[-1]["at"] >= since]
        more = {"next": f"/items?since={since}&page={number + 1}"} if listed[number + 1 :] else {}
        return {"data": listed[number] if number < len(listed) else [], **more}

    api.routes["/items"] = page
    cursor = {"cursor_path": "at", "initial_value": 0, "start_param": "since"}
    actions = [{"status_code": 404, "action": "ignore"}]
    resource = items(
        paginator="json_link",
        response_actions=actions,
        incremental={**cursor, "row_order": row_order},
    ) | {"primary_key": "id"}
    acme = duck.connector(api.url, [resource], http={"max_concurrency": 1})

    def told() -> list[str]:
        """That whole pages come, with records before the start, is another matter."""
        warnings = duck.load(acme).resources["items"].warnings
        return [line[:12] for line in warnings if "less than the start that was sent" not in line]

    in_chunks = row_order == "asc"  # each of which ends before the page that is ignored
    assert told() == ["1 lists ende"] * (is_ignored and not in_chunks)
    assert told() == []
    if not is_ignored:
        assert duck.values(IDS) == sorted(numbers)


def test_a_list_with_a_key_of_its_own_piles_up(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "lines": [{"sku": "a"}]}]}
    lines = {"lines": {"primary_key": "sku"}}
    acme = duck.connector(api.url, [items() | {"primary_key": "id", "nested_hints": lines}])
    assert codes(acme) == {"nested-key-appended"}
    duck.load(acme)
    duck.load(acme)
    assert duck.values("SELECT sku FROM acme.items__lines") == ["a", "a"]
    lines["lines"]["write_disposition"] = "merge"
    assert codes(duck.connector(api.url, [items() | {"nested_hints": lines}])) == set()


def test_of_a_page_that_is_read_alone_the_cursor_moves_on(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda _: {"data": records(*range(5)), "total": 9}
    cursor = {"cursor_path": "id", "initial_value": 0}
    acme = duck.connector(api.url, [items(paginator="single_page", incremental=cursor)])
    (told,) = duck.load(acme).resources["items"].warnings
    assert told == (
        "the API announces 9 records and gave 5; the cursor moves on all the same: full_refresh "
        "reads them again"
    )


def test_an_ignored_answer_in_place_of_a_first_page_is_an_empty_list(
    api: Api, duck: Warehouse
) -> None:
    """As of a parent that never had children."""
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    api.routes["/posts/1/comments"] = lambda _: {"data": records(1), "next": "/more"}
    api.routes["/more"] = lambda _: {"data": records(2)}
    actions = [{"status_code": 404, "action": "ignore"}]
    child = items("comments", path=COMMENTS, paginator="json_link", response_actions=actions)
    report = duck.load(duck.connector(api.url, ["posts", child]))
    assert duck.values("SELECT id FROM acme.comments") == [1, 2]
    assert report.resources["comments"].warnings == []


def test_sorted_records_that_end_a_list_early_are_no_ignored_answer(
    api: Api, duck: Warehouse
) -> None:
    api.routes["/items"] = lambda _: {"data": records(2), "next": "/more"}
    api.routes["/more"] = lambda _: {"data": records(1)}
    actions = [{"status_code": 404, "action": "ignore"}]
    cursor = CURSOR | {"row_order": "desc"}
    acme = duck.connector(
        api.url, [items(incremental=cursor, paginator="json_link", response_actions=actions)]
    )
    duck.load(acme)
    api.routes["/items"] = lambda _: {"data": records(3, *[1] * PROVEN_BY), "next": "/more"}
    api.asked.clear()
    report = duck.load(acme)
    assert api.paths() == ["/items"]
    assert report.resources["items"].warnings == []


def test_another_host_is_refused(api: Api, duck: Warehouse) -> None:
    acme = duck.connector(api.url, [items(path="http://127.0.0.2:9/items")])
    assert "may not get the credentials" in duck.failure(acme)
    assert codes(acme) == {"foreign-path"}


def test_a_merge_key_alone_merges_nothing(api: Api, duck: Warehouse) -> None:
    cursor = items(incremental=SENT | {"primary_key": []}) | {"merge_key": "id"}
    acme = duck.connector(api.url, [cursor])
    for version in (1, 2):
        serve(api, *records(1, version=version))
        duck.load(acme)
    assert duck.values(IDS) == [1, 1]
    assert codes(acme) == {"merge-key-unused"}


def test_lists_of_values_that_do_nothing(api: Api, duck: Warehouse) -> None:
    serve(api, *records(1))
    unused = duck.connector(api.url, [items()], values={"regions": ["eu"]})
    duck.load(unused)
    of_regions = items(params={"region": "{resources.regions.value}"})
    repeated = duck.connector(api.url, [of_regions], values={"regions": ["eu", "eu"]})
    duck.load(repeated)
    assert [asked.query for asked in api.asked] == ["", "region=eu"]
    assert (codes(unused), codes(repeated)) == ({"unused-list"}, {"repeated-value"})


def test_what_nobody_reads(api: Api, duck: Warehouse) -> None:
    serve(api, *records(1))
    acme = duck.connector(api.url, [items(), items("idle") | {"selected": False}])
    duck.load(acme)
    assert api.paths() == ["/items"]
    assert codes(acme) == {"never-loaded"}


def test_numbers_of_csv_are_texts(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda _: Answer(b"id\n9\n10\n")
    one = {"name": "items", "endpoint": {"path": "items"}}
    acme = duck.connector(api.url, [one], reading={"items": {"format": "csv"}})
    duck.load(acme)
    assert duck.values("SELECT max(id) FROM acme.items") == ["9"]
    assert codes(acme) == {"csv-of-texts"}
