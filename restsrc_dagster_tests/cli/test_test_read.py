"""`restsrc test`: what it tells of an API, and what of one that answers wrongly."""

import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from restsrc_dagster.cli.main import cli
from restsrc_dagster.extract.paging.kinds import made_of
from restsrc_dagster.extract.paging.proposal import agrees
from restsrc_dagster.extract.paging.proposed import Proposal
from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster_tests.extract.api_answers import LONGER, WHOLE
from restsrc_dagster_tests.extract.test_proposal import served
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items, write
from restsrc_dagster_tests.support.ranges import RangeApi, at
from restsrc_dagster_tests.support.told import Told

TOKEN = "s3cr3t-t0ken"
CURSOR = {"cursor_path": "updated_at", "initial_value": "2024-01-01T00:00:00Z"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_TOKEN", TOKEN)
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")


def test_read(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["test", "acme", *arguments, "--connectors-dir", str(folder)])


test_read.__test__ = False  # type: ignore[attr-defined]


def acme(folder: Path, url: str, resources: list[Any] | None = None, **client: Any) -> Path:
    auth = {"type": "bearer", "token": "${ACME_TOKEN}"}
    write(folder, "acme", url, resources, client={"auth": auth, **client})
    return folder


def pages_of_customers(asked: Asked) -> dict[str, Any]:
    page = int(asked.params.get("page", 1))
    first = (page - 1) * 3
    return {
        "data": [
            {
                "id": number,
                "name": f"n{number}",
                "updated_at": f"2024-02-0{number % 9 + 1}T00:00:00Z",
            }
            for number in range(first, first + 3)
        ],
        "meta": {"total": 12},
    }


def test_an_api_that_hangs_is_told_of(api: Api) -> None:
    told = Told()

    def customers(asked: Asked) -> dict[str, Any]:
        if asked.params["page"] == "2":
            told.wait_for("customers: 3 records so far; waiting for an answer to customers for ")
        return pages_of_customers(asked)

    api.routes["/customers"] = customers
    paginator = {"type": "page_number", "base_page": 1, "total_path": "meta.total"}
    samples = read_samples(
        connector("acme", api.url, [items("customers", paginator=paginator)]),
        {},
        resources=["customers"],
        limit=2,
        progress=told,
        progress_seconds=0.02,
    )
    assert [(sample.seen, sample.error) for sample in samples] == [(6, None)]
    assert not told.in_vain


def test_tells_requests_paging_records_columns_cursor_and_what_comes_next(
    api: Api, tmp_path: Path
) -> None:
    api.routes["/customers"] = pages_of_customers
    paginator = {"type": "page_number", "base_page": 1, "total_path": "meta.total"}
    customers = items(
        "customers",
        params={"since": "{incremental.start_value}"},
        incremental=CURSOR,
        paginator=paginator,
    )
    result = test_read(acme(tmp_path, api.url, [customers]), "--limit", "2")
    assert result.exit_code == 0, result.output
    assert [asked.params["page"] for asked in api.asked if "since" in asked.params] == ["1", "2"]
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "customers"
    assert lines[1] == f"GET {api.url}/customers?since=2024-01-01T00:00:00Z&page=1"
    assert lines[2].startswith("200, ")
    assert "records 6 in 2 pages" in lines
    assert "total the API announces 12" in lines
    assert "next page there is one" in lines
    assert "id bigint 0" in lines
    assert 'updated_at timestamp "2024-02-01T00:00:00Z"' in lines
    assert "key no primary_key set; id could be one" in lines
    assert "cursor updated_at, from 2024-02-01T00:00:00Z to 2024-02-06T00:00:00Z" in lines
    assert (
        "second run sends params.since = 2024-02-06T00:00:00Z, as far as these records go" in lines
    )
    assert any(line.startswith("paginator PageNumberPaginator") for line in lines)


def test_a_cursor_that_no_request_takes_is_told(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = pages_of_customers
    result = test_read(acme(tmp_path, api.url, [items(incremental=CURSOR)]))
    assert "asks for everything again: the cursor stands in no param" in result.stdout


def test_candidates_are_named_where_nothing_is_set(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = pages_of_customers
    result = test_read(acme(tmp_path, api.url))
    assert "none: every run reads everything; updated_at could be one" in result.stdout


@pytest.mark.parametrize(
    ("field", "value"),
    [("created", 1767225600), ("updated_at", 1767225600000), ("timestamp", 1767225600.25),
     ("last_edited_time", "2026-01-01T00:00:00Z"), ("published", "2026-01-01T00:00:00Z"),
     ("start_time", "Mon, 16 Nov 2026 10:00:00 +0000")],
)  # fmt: skip
def test_a_number_may_be_a_time(api: Api, tmp_path: Path, field: str, value: Any) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1, field: value, "created_count": 12}]}
    result = test_read(acme(tmp_path, api.url))
    assert f"none: every run reads everything; {field} could be one\n" in result.stdout


def test_a_cursor_within_the_attributes_of_a_record_is_found(api: Api, tmp_path: Path) -> None:
    attributes = {"created": "2026-01-01T00:00:00Z", "updated": "2026-01-02T00:00:00Z"}
    api.routes["/items"] = lambda _: {"data": [{"id": "1", "attributes": attributes}]}
    told = told_of(acme(tmp_path, api.url), "cursor")
    assert told.endswith("; attributes.updated, attributes.created could be one")


def json_api(number: int) -> dict[str, Any]:
    changed = f"2026-01-0{number}T00:00:00Z"
    to_one = {"data": {"type": "people", "id": f"p{number}"} if number > 1 else None}
    return {
        "type": "visits",
        "id": str(number),
        "attributes": {"title": f"t{number}", "updated-at": changed},
        "relationships": {
            "technician": to_one,
            "lineItems": {"data": [{"type": "lines", "id": f"l{number}"}]},
            "site-map": {"data": {"type": "maps", "id": f"m{number}"}},
            "log": {"links": {"related": "/log"}},
        },
    }


ENVELOPES: dict[str, tuple[list[dict[str, Any]], str, set[str]]] = {
    "JSON:API": (
        [json_api(1), json_api(2)],
        "the cursor is named as it is then: updated-at",
        {"id", "title", "updated_at", "technician_id", "line_items_ids", "site_map_id"},
    ),
    "edges with a node each": (
        [{"cursor": f"c{n}", "node": {"id": n, "updatedAt": "2026-01-01"}} for n in (1, 2)],
        "the cursor is named as it is then: updatedAt",
        {"id", "updated_at"},
    ),
}


@pytest.mark.parametrize("shape", ENVELOPES)
def test_an_envelope_is_taken_off_by_what_can_be_pasted(
    api: Api, tmp_path: Path, shape: str
) -> None:
    records, cursor, columns = ENVELOPES[shape]
    api.routes["/items"] = lambda _: {"data": records}
    told = told_of(acme(tmp_path, api.url), "shape")
    assert f"{shape}: so that each field is a column, write " in told
    assert told.endswith(cursor)
    pasted = json.loads("{" + told.partition("write ")[2].partition("; the cursor")[0] + "}")
    again = acme(tmp_path / "again", api.url, [{**items(), **pasted}])
    result = test_read(again, "--json")
    (found,) = json.loads(result.stdout)["resources"]
    lists = {table["name"].removeprefix("items__") for table in found["nested tables"]}
    assert {column["name"] for column in found["columns"]} | lists == columns
    assert found["shape"] is None
    assert "id could be one" in found["key"]


def test_a_key_within_an_object_is_found(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = lambda _: {"data": [{"item": {"id": n}, "n": 1} for n in (1, 2)]}
    assert "no primary_key set; item.id could be one" in told_of(acme(tmp_path, api.url), "key")


def test_the_second_run_is_told_as_it_is_sent(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = pages_of_customers
    params = {"filter": "after(updated,{incremental.start_value})"}
    folder = acme(tmp_path, api.url, [items(params=params, incremental=CURSOR)])
    told = told_of(folder, "second run")
    assert "sends params.filter = after(updated,2024-02-03T00:00:00Z), as far" in told


def test_the_records_of_a_page_that_is_not_all_are_shown(api: Api, tmp_path: Path) -> None:
    records = pages_of_customers(Asked("GET", "/items", {}, {}, b""))["data"]
    api.routes["/items"] = lambda _: {"data": records, "total_items": 55}
    result = test_read(acme(tmp_path, api.url, [items(paginator="auto")], paginator="auto"))
    assert result.exit_code == 4
    assert "announces 55 records and gave 3" in result.stdout
    assert "docs/recipes/last-id-as-cursor.md" in result.stdout
    assert "id could be one" in result.stdout
    assert "updated_at could be one" in result.stdout


def test_of_a_window_its_start_is_told(api: Api, tmp_path: Path) -> None:
    ranges = RangeApi([{"id": 1, "at": at(2)}], announces=True)
    api.routes["/items"] = ranges
    params = {"since": "{incremental.start_value}", "until": "{incremental.end_value}"}
    cursor = {"cursor_path": "at", "initial_value": at(0)}
    resource = items(params=params, incremental=cursor, paginator=ranges.paginator)
    window = {"size": "1 day", "end": "2024-01-05"}
    write(tmp_path, "acme", api.url, [resource], reading={"items": {"window": window}})
    told = " ".join(test_read(tmp_path).stdout.split())
    assert "sends params.since = 2024-01-01T02:00:00Z, as far" in told
    assert "the API announces" not in told


def test_the_body_of_a_post_is_shown_without_secrets(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    body = {"range": {"from": "{incremental.start_value}"}, "key": "${ACME_TOKEN}"}
    searched = items(method="POST", json=body, incremental=CURSOR | {"cursor_path": "id"})
    result = test_read(acme(tmp_path, api.url, [searched]))
    assert TOKEN not in result.output
    lines = result.stdout.splitlines()
    at = lines.index(f"  POST {api.url}/items")
    assert json.loads(lines[at + 1]) == {"range": {"from": "2024-01-01T00:00:00Z"}, "key": "***"}


def test_of_a_child_it_is_told_for_which_parents_a_run_reads_it(api: Api, tmp_path: Path) -> None:
    api.routes["/posts"] = pages_of_customers
    api.other = lambda asked: {"data": [{"id": asked.path, "updated_at": "2024-01-01T00:00:00Z"}]}
    new = {"params": {"since": "{incremental.start_value}"}, "incremental": CURSOR}
    comments = items("comments", path="posts/{resources.posts.id}/comments")
    votes = items("votes", path="{resources.comments.id}/votes")
    for posts, told in (
        (items("posts", **new), "none of its own: a run reads it for the records of posts that "),
        (items("posts"), "none: every run reads everything; updated_at could be one"),
    ):
        folder = acme(tmp_path, api.url, [posts, comments, votes])
        for name in ("comments", "votes"):
            (line,) = [
                line
                for line in test_read(folder, "--resource", name).stdout.splitlines()
                if line.startswith("  cursor")
            ]
            assert told in line
            assert line.endswith("updated_at could be one")


def test_of_empty_windows_it_is_told_how_to_look_at_others(api: Api, tmp_path: Path) -> None:
    """The list is where the file says it is; these days have none."""
    cursor = {"cursor_path": "at", "initial_value": "2024-01-01", "start_param": "day"}
    api.routes["/items"] = lambda _: {"data": []}
    reading = {"items": {"window": {"size": "1 day"}}}
    write(tmp_path, "acme", api.url, [items(incremental=cursor)], reading=reading)
    result = test_read(tmp_path)
    assert result.exit_code == 4
    assert "the newest 10 windows hold no records: to look at older ones, give " in result.stdout
    assert 'reading.items.window an "end" for a while' in result.stdout


@pytest.mark.parametrize("announces", [True, False])
def test_of_windows_that_are_read_twice_the_price_is_told(
    api: Api, tmp_path: Path, announces: bool
) -> None:
    records = [{"id": n, "at": at(n)} for n in range(5)]
    ranges = RangeApi(records, announces=announces, by_links=False)
    api.routes["/items"] = ranges
    resource = items(incremental=ranges.incremental(), paginator=ranges.paginator)
    window = {"size": "1 day", "end": "2024-01-02"}
    write(tmp_path, "acme", api.url, [resource], reading={"items": {"window": window}})
    told = test_read(tmp_path).stdout
    assert ("windows    their pages have numbers" in told) != announces


@pytest.mark.parametrize(
    ("asked", "records", "told"),
    [
        (100, 120, True),  # of which a page has 50 at most
        (100, 50, False),  # that is all
        (100, 30, False),
        (50, 120, False),
    ],
)
def test_of_an_api_that_gives_less_than_is_asked_for_it_is_told(
    api: Api, tmp_path: Path, asked: int, records: int, told: bool
) -> None:
    def page(request: Asked) -> Any:
        start = 50 * int(request.params.get("page", "0"))
        end = min(start + min(50, int(request.params["per_page"])), records)
        following = {"next": f"/items?per_page={asked}&page={end // 50}"} if end < records else {}
        return {"data": [{"id": number} for number in range(start, end)], **following}

    api.routes["/items"] = page
    paginator = {"type": "json_link", "next_url_path": "next"}
    resource = items(params={"per_page": asked}, paginator=paginator) | {"primary_key": "id"}
    write(tmp_path, "acme", api.url, [resource])
    shown = test_read(tmp_path).stdout
    assert (f"page size  per_page asks for {asked} records, the API gave 50" in shown) is told


def test_of_a_short_page_behind_which_nothing_is_no_size_is_told(api: Api, tmp_path: Path) -> None:
    """Though an empty page follows, and other parents have a page each."""
    posts = {"data": [{"id": number} for number in range(30)]}
    api.routes["/posts"] = lambda asked: posts if asked.params["page"] == "1" else {"data": []}
    for number in range(30):
        api.routes[f"/posts/{number}/comments"] = lambda asked: {"data": [{"of": asked.path}]}
    paginator = {"type": "page_number", "base_page": 1, "total_path": None}
    size = {"per_page": 100}
    path = "posts/{resources.posts.id}/comments"
    children = items("comments", path=path, params=size, paginator="single_page")
    write(tmp_path, "acme", api.url, [items("posts", params=size, paginator=paginator), children])
    shown = test_read(tmp_path).stdout
    assert "records    30 in 2 pages" in shown
    assert "page size" not in shown


@pytest.mark.parametrize(
    ("told_by", "cure"),
    [
        ({}, '"window": {"size": "1200 months"} in reading.items'),
        ({"row_order": "asc"}, "a list like that is complete only where every run reads all of it"),
    ],
)
@pytest.mark.parametrize("announces", [True, False])
def test_of_a_list_that_may_move_unseen_it_is_told_how_to_read_it(
    api: Api, tmp_path: Path, announces: bool, told_by: dict[str, Any], cure: str
) -> None:
    pages = {str(page): [{"id": page, "at": f"2024-02-0{page}"}] for page in (1, 2, 3)}
    total = {"total": 3} if announces else {}
    api.routes["/items"] = lambda asked: {"data": pages.get(asked.params["page"], []), **total}
    paginator = {"type": "page_number", "base_page": 1, "total_path": None}
    cursor = {"cursor_path": "at", "initial_value": "2024-01-01", "start_param": "since"}
    write(tmp_path, "acme", api.url, [items(incremental=cursor | told_by, paginator=paginator)])
    told = test_read(tmp_path).stdout
    assert ("pages      they have numbers, and no total is announced" in told) != announces
    assert (cure in told) != announces


def test_a_child_is_read_below_a_few_parents(api: Api, tmp_path: Path) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"id": number} for number in range(50)]}
    for number in range(50):
        api.routes[f"/posts/{number}/comments"] = lambda asked: {"data": [{"of": asked.path}]}
    posts = [items("posts"), items("comments", path="posts/{resources.posts.id}/comments")]
    result = test_read(acme(tmp_path, api.url, posts), "--resource", "comments")
    assert result.exit_code == 0
    assert len(api.asked) == 4
    assert not result.stdout.startswith("posts")


def test_a_child_is_read_below_a_parent_of_many_pages(api: Api, tmp_path: Path) -> None:
    def posts(asked: Asked) -> Any:
        page = int(asked.params["page"])
        return {"data": [{"id": 10 * page + number} for number in range(2)], "total": 40}

    api.routes["/posts"] = posts
    for number in (0, 1, 10, 11):
        api.routes[f"/posts/{number}/comments"] = lambda asked: {"data": [{"id": asked.path}]}
    resources = [
        items("posts", paginator={"type": "page_number", "total_path": "total"}),
        items("comments", path="posts/{resources.posts.id}/comments"),
    ]
    result = test_read(acme(tmp_path, api.url, resources), "--resource", "comments")
    assert result.exit_code == 0, result.stdout
    assert "records    2 in 2 pages" in result.stdout
    assert api.paths().count("/posts") == 1


def test_a_grandchild_is_read_below_several_parents(api: Api, tmp_path: Path) -> None:
    api.routes["/a"] = lambda _: {"data": [{"id": number} for number in range(2)]}
    for number in range(2):
        api.routes[f"/a/{number}"] = lambda asked: {"data": [{"id": f"b{asked.path[-1]}"}]}
        api.routes[f"/b{number}"] = lambda asked: {"data": [{"id": asked.path}]}
    resources = [
        items("a"),
        items("b", path="a/{resources.a.id}"),
        items("c", path="{resources.b.id}"),
    ]
    result = test_read(acme(tmp_path, api.url, resources), "--resource", "c")
    assert result.exit_code == 0, result.stdout
    assert "records    2 in 2 pages" in result.stdout


PERSON = {"id": 1, "email": "ada@example.com", "ssn": "123-45-6789", "open": True}


def test_columns_are_those_that_would_be_loaded(api: Api, tmp_path: Path) -> None:
    """So no personal data that a step hides stands on the terminal."""
    api.routes["/items"] = lambda _: {"data": [PERSON, {**PERSON, "id": 2, "open": False}]}
    steps = [{"filter": "open"}, {"map": {"exclude": ["ssn"], "hash": ["email"]}}]
    folder = acme(tmp_path, api.url, [{**items(), "processing_steps": steps}])
    for arguments in ([], ["--json"]):
        result = test_read(folder, *arguments)
        assert result.exit_code == 0
        assert "ada@" not in result.output
        assert "123-45" not in result.output
        assert "ssn" not in result.output
        assert (
            "2 in 1 page; after the processing_steps 1, shown as they would be lo" in result.output
        )
    (resource,) = json.loads(result.stdout)["resources"]
    assert [column["name"] for column in resource["columns"]] == ["id", "email", "open"]


def test_a_filter_that_leaves_nothing_is_told(api: Api, tmp_path: Path) -> None:
    """It is no empty answer, and the read ends where it would without the filter."""
    pages = iter(range(100))

    def answer(_: Asked) -> Any:
        page = next(pages)
        return {"data": [{"id": 30 * page + n} for n in range(30)], "next": f"/items?page={page}"}

    api.routes["/items"] = answer
    linked = items(paginator={"type": "json_link", "next_url_path": "next"})
    folder = acme(tmp_path, api.url, [{**linked, "processing_steps": [{"filter": "opne"}]}])
    result = test_read(folder, "--limit", "50")
    assert result.exit_code == 4
    assert "look here  the processing_steps leave none of the 60 records seen" in result.stdout
    assert "selector" not in result.stdout.split("look here")[1]
    assert len(api.asked) == 2


def test_a_parent_of_which_a_filter_leaves_nothing(api: Api, tmp_path: Path) -> None:
    pages = iter(range(100))
    api.routes["/posts"] = lambda _: {
        "data": [{"id": next(pages)}],
        "next": f"/posts?page={next(pages)}",
    }
    linked = items("posts", paginator={"type": "json_link", "next_url_path": "next"})
    posts = {**linked, "processing_steps": [{"filter": "opne"}]}
    comments = items("comments", path="posts/{resources.posts.id}/comments")
    result = test_read(acme(tmp_path, api.url, [posts, comments]), "--resource", "comments")
    assert result.exit_code == 4
    assert "nothing was asked: no record of 'posts' was found" in result.stdout
    assert len(api.asked) == 10


def test_candidates_are_fields_that_the_steps_leave(api: Api, tmp_path: Path) -> None:
    """A key and a cursor name fields after the steps."""
    api.routes["/items"] = pages_of_customers
    step = {"map": "{code: name, changed_at: updated_at}"}
    result = test_read(acme(tmp_path, api.url, [{**items(), "processing_steps": [step]}]))
    assert "no primary_key set; code could be one" in result.stdout
    assert "changed_at could be one" in result.stdout


def test_a_format_of_the_cursor_is_told(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = pages_of_customers
    cursor = {**CURSOR, "start_param": "since", "convert": "epoch_seconds"}
    result = test_read(acme(tmp_path, api.url, [items(incremental=cursor)]))
    assert "sends params.since = 17" in result.stdout
    assert "/items?since=1704067200" in result.stdout


def test_the_format_of_the_answer_is_told(api: Api, tmp_path: Path) -> None:
    """That which came, also where the header alone says it; of plain JSON nothing."""
    body = gzip.compress(b"id\n1\n")
    api.routes["/items"] = lambda _: Answer(body, headers={"Content-Type": "text/csv"})
    one = {"name": "items", "endpoint": {"path": "items"}}
    assert "  format     CSV, gzip\n" in test_read(acme(tmp_path, api.url, [one])).stdout
    api.routes["/items"] = pages_of_customers
    assert "  format" not in test_read(acme(tmp_path, api.url, [items()])).stdout


def test_a_step_that_fails_is_told_without_the_data(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = lambda _: {"data": [PERSON]}
    step = {"map": "email"}
    result = test_read(acme(tmp_path, api.url, [{**items(), "processing_steps": [step]}]))
    assert result.exit_code == 4
    assert "items: processing_steps[0].map: gives text instead of a record" in result.stdout
    assert "ada@" not in result.output


def test_for_machines(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = pages_of_customers
    result = test_read(acme(tmp_path, api.url), "--json")
    told = json.loads(result.stdout)
    (resource,) = told["resources"]
    assert told["connector"] == "acme"
    assert resource["requests"][0]["status"] == 200
    assert [column["name"] for column in resource["columns"]] == ["id", "name", "updated_at"]


FAULTS = {
    "access": (Answer({"error": f"{TOKEN} is no token"}, status=401), 3, "check the credentials"),
    "forbidden": (Answer({}, status=403), 3, "check the credentials"),
    "rate limit": (Answer({}, status=429, headers={"Retry-After": "1"}), 4, "429"),
    "html": (
        Answer(b"<html>maintenance</html>"),
        4,
        "answered 200 with HTML or XML instead of JSON; it begins with '<html>",
    ),
    "nothing": (Answer(b""), 4, "the answer is empty"),
    "empty list": (Answer({"data": []}), 4, "the list at data_selector 'data' is empty"),
    "error object": (Answer({"error": "no such plan"}), 4, "an error: no such plan"),
    "elsewhere": (Answer({}, 302, {"Location": "http://other.invalid/x"}), 4, "allowed_hosts"),
    "not found": (Answer({}, status=404), 4, "404"),
    "server": (Answer({}, status=500), 4, "500"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_told_with_an_exit_code_of_their_kind(
    api: Api, tmp_path: Path, fault: str
) -> None:
    answer, code, told = FAULTS[fault]
    api.routes["/items"] = lambda _: answer
    result = test_read(acme(tmp_path, api.url))
    assert result.exit_code == code, result.output
    assert told in result.stdout
    assert TOKEN not in result.output


@pytest.mark.parametrize(
    ("count", "params", "told"),
    [
        (3, {}, 'detected: so that it stays, write {"type": "single_page"}'),
        (100, {}, "the page came full, with 100 records, a round number; the API's documentation"),
        (25, {}, "with 25 records, a round number; the API's documentation must say how further"),
        (7, {"per_page": 7}, "with 7 records, as per_page asks for; the API's documentation must"),
        (7, {"per_page": 50}, "detected: so that it stays"),
    ],
)
def test_a_full_page_is_not_said_to_be_the_last(
    api: Api, tmp_path: Path, count: int, params: Any, told: str
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": number} for number in range(count)]}
    resources = [items(params=params, paginator="auto")]
    result = test_read(acme(tmp_path, api.url, resources, paginator="auto"))
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    paginator = next(line for line in lines if line.startswith("paginator"))
    next_page = next(line for line in lines if line.startswith("next page"))
    assert told in paginator
    if "detected" not in told:
        assert paginator.startswith("paginator SinglePagePaginator, as nothing was recognized")
        assert "single_page" not in paginator
        assert next_page == "next page nothing recognized: the page came full, so there may be one"
    else:
        assert next_page == "next page none: this was the last"


def told_of(folder: Path, label: str) -> str:
    lines = test_read(folder).stdout.splitlines()
    return next((line for line in lines if line.startswith(f"  {label}")), "")


@pytest.mark.parametrize("name", LONGER)
def test_what_an_api_answers_is_told_with_its_paginator(
    api: Api, tmp_path: Path, name: str
) -> None:
    """Ready to paste, or that it is unknown; and never that this was all."""
    known = LONGER[name]
    folder = acme(tmp_path, api.url, [served(api, known, "auto")], paginator="auto")
    paginator, next_page = told_of(folder, "paginator"), told_of(folder, "next page")
    assert "this was the last" not in next_page
    assert "single_page" not in paginator
    _, _, written = paginator.partition("write ")
    if known.paginator is None:
        assert "as nothing was recognized: name the paginator that the API's doc" in paginator
        return
    found, end = json.JSONDecoder().raw_decode(written)
    assert agrees(Proposal(known.paginator), made_of(found))
    is_doubted = "that the API's documentation must confirm" in written[end:]
    assert is_doubted == bool(known.guessed)


def test_the_documentation_shows_such_a_line(api: Api, tmp_path: Path) -> None:
    hubspot = served(api, LONGER["HubSpot without a link"], "auto")
    folder = acme(tmp_path, api.url, [hubspot], paginator="auto")
    page = Path(__file__).parents[2] / "docs" / "command.md"
    assert told_of(folder, "paginator") in page.read_text(encoding="utf-8").splitlines()


def test_the_documentation_shows_what_is_pasted(api: Api, tmp_path: Path) -> None:
    records = [{"id": n, "@odata.etag": f'W/"{n}"'} for n in (1, 2)]
    api.routes["/items"] = lambda _: {"value": records, "@odata.nextLink": f"{api.url}/more"}
    unnamed = {"name": "items", "endpoint": {"path": "items"}}
    folder = acme(tmp_path, api.url, [unnamed], paginator="auto")
    page = Path(__file__).parents[2] / "docs" / "command.md"
    assert told_of(folder, "to write") in page.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("path", ["accounts", "v1/Accounts/", "accounts.json"])
def test_a_key_with_the_name_of_the_list_comes_first(api: Api, tmp_path: Path, path: str) -> None:
    records = [{"owner_id": n, "accountid": f"a{n}"} for n in (1, 2)]
    api.other = lambda _: {"data": records}
    folder = acme(tmp_path, api.url, [items(path=path)])
    assert told_of(folder, "key").endswith("accountid, owner_id could be one")
    assert told_of(folder, "to write").endswith('{"primary_key": "accountid"}')


def test_a_key_that_its_name_does_not_tell_is_not_pasted(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = lambda _: {"data": [{"owner_id": n, "code": n} for n in (1, 2)]}
    folder = acme(tmp_path, api.url)
    assert told_of(folder, "key").endswith("code, owner_id could be one")
    assert told_of(folder, "to write") == ""


@pytest.mark.parametrize("name", WHOLE)
def test_a_list_that_is_whole_is_told_to_be(api: Api, tmp_path: Path, name: str) -> None:
    folder = acme(tmp_path, api.url, [served(api, WHOLE[name], "auto")], paginator="auto")
    assert "this was the last" in told_of(folder, "next page")


def test_an_end_that_is_named_asks_for_the_paginator_of_longer_lists(
    api: Api, tmp_path: Path
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}], "next": None}
    folder = acme(tmp_path, api.url, [items(paginator="auto")], paginator="auto")
    assert "that a longer list has one is told by 'next': name the pag" in told_of(folder, "pagina")
    assert "this was the last" in told_of(folder, "next page")


def test_a_path_to_nothing_is_told_where_the_page_came_full(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": number} for number in range(20)]}
    looks = {"type": "cursor", "cursor_path": "meta.next", "cursor_param": "cursor"}
    folder = acme(tmp_path, api.url, [items(paginator=looks)])
    assert told_of(folder, "next page") == (
        "  next page  nothing is at the paginator's cursor_path, 'meta.next', and the page came "
        "full, so there may be one"
    )


def test_a_path_to_an_object_is_told_with_its_fields(api: Api, tmp_path: Path) -> None:
    body = {"data": [{"id": 1}], "paging": {"next": {"after": "x", "link": "/x"}}}
    api.routes["/items"] = lambda _: body
    looks = {"type": "cursor", "cursor_path": "paging.next", "cursor_param": "after"}
    result = test_read(acme(tmp_path, api.url, [items(paginator=looks)]))
    assert result.exit_code == 4
    assert (
        "leads to an object with after, link; name one of them, such as paging.next.after"
        in result.stdout
    )


def test_where_the_answer_says_more_nobody_is_told_that_it_was_all(
    api: Api, tmp_path: Path
) -> None:
    body = {"data": [{"id": 1}], "paging": {"next": {"after": "100", "link": "https://a.b"}}}
    api.routes["/items"] = lambda _: body
    folder = acme(tmp_path, api.url, [items(paginator="auto")], paginator="auto")
    result = test_read(folder)
    assert result.exit_code == 4
    assert "has a next page, by its key 'next', which is not read" in result.stdout
    assert "next page  nothing recognized\n" in result.stdout
    assert "so that it stays" not in result.stdout
    (told,) = json.loads(test_read(folder, "--json").stdout)["resources"]
    assert told["next page"] == "nothing recognized"


@contextmanager
def deaf() -> Iterator[str]:
    """The address of who takes no connection: those that wait to be taken fill the queue."""
    with ExitStack() as stack:
        port = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0)).getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(port)
        yield f"http://127.0.0.1:{port[1]}"


SILENT = {
    "http://127.0.0.1:1": "nothing listens at 127.0.0.1, port 1 (connection refused); check config",
    "http://x.invalid": "no address is known for the name x.invalid; check it in configuration.cl",
    "deaf": "no connection came about to 127.0.0.1, port {port} within 0.2 s; check configuration",
}


@pytest.mark.parametrize("url", SILENT)
def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """It is told at once, and the others are not asked."""
    monkeypatch.setattr("restsrc_dagster.extract.http.session.LONGEST_CONNECT", 0.2)
    with deaf() as deaf_url:
        address = deaf_url if url == "deaf" else url
        result = test_read(acme(tmp_path, address, [items("a"), items("b")]))
    assert result.exit_code == 4
    told = SILENT[url].replace("{port}", deaf_url.rpartition(":")[2])
    assert f"failed     a: the API did not answer: {address}/a: {told}" in result.stdout
    assert "failed     not asked, as the API gives nothing now" in result.stdout


def test_an_api_that_is_out_of_order_is_not_waited_for(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNTIME__REQUEST_MAX_ATTEMPTS")
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")
    answers = {"/a": Answer({}, 503), "/b": Answer({}, 503, {"Retry-After": "600"}), "/c": Answer()}
    api.routes |= {path: lambda asked: answers[asked.path] for path in answers}
    result = test_read(acme(tmp_path, api.url, [items("a"), items("b"), items("c")]))
    assert result.exit_code == 4
    assert api.paths() == ["/a", "/a", "/b"]
    assert result.stdout.count("answered 503 Service Unavailable") == 2
    assert "failed     not asked, as the API gives nothing now; --resource asks" in result.stdout
    assert "is waited for" not in result.stderr


def test_an_echoed_token_is_not_shown(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = lambda asked: {"data": [{"sent": asked.headers["Authorization"]}]}
    for arguments in ([], ["--json"]):
        result = test_read(acme(tmp_path, api.url), *arguments)
        assert "Bearer ***" in result.stdout
        assert TOKEN not in result.output


def test_a_missing_variable_is_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACME_TOKEN")
    result = test_read(acme(tmp_path, "http://127.0.0.1:1"))
    assert result.exit_code == 1
    assert "environment variable ACME_TOKEN is not set" in str(result.exception)


def test_unknown_names_name_the_known(tmp_path: Path) -> None:
    folder = acme(tmp_path, "http://127.0.0.1:1")
    assert "it has items" in test_read(folder, "--resource", "itmes").output
    unknown = CliRunner().invoke(cli, ["test", "acne", "--connectors-dir", str(folder)])
    assert "it has acme" in unknown.output


MEANT: list[tuple[str, dict[str, Any], str]] = [
    ("updated_at", {"updatedAt": "2026-01-01", "update": {}}, "updatedAt"),
    ("updated_at", {"attributes": {"updated_at": "2026-01-01"}}, "attributes.updated_at"),
    ("updated_at", {"a": {"b": {"updated-at": "2026-01-01"}}}, "a.b.updated-at"),
    ("attributes.updated_at", {"attributes": {"modified_at": 1767225600, "x": 1}, "changed": 1},
     "attributes.modified_at"),
    ("updated_at", {"upated_at": "2026-01-01", "updated_by": "me"}, "upated_at"),
    ("meta.updated", {"meta": {"lastModified": "2026-01-01"}}, "meta.lastModified"),
    ("updated_at", {"title": "x", "updated": {"by": "me"}, "updates": [1]}, ""),
    ("updated_at", {"updated_at": None, "updatedAt": "2026-01-01"}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("path", "fields", "meant"), MEANT)
def test_a_cursor_that_no_record_has_names_the_one_beside_it(
    api: Api, tmp_path: Path, path: str, fields: dict[str, Any], meant: str
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1, **fields}]}
    result = test_read(acme(tmp_path, api.url, [items(incremental={"cursor_path": path})]))
    hint = f"did you mean {meant}?" if meant else ""
    assert f"cursor     {path}: no record seen has it{f'; {hint}' if hint else ''}\n" in (
        result.stdout
    )
    else_ = f"{hint} Else set" if hint else "set"
    assert f"has no value for the cursor {path}; {else_} on_cursor_value_missing" in result.stdout


def test_a_cursor_that_one_record_lacks_is_no_wrong_one(api: Api, tmp_path: Path) -> None:
    records = [{"at": "2026-01-01"}, {"at": None, "created_at": "2026-01-01"}]
    api.routes["/items"] = lambda _: {"data": records}
    told = test_read(acme(tmp_path, api.url, [items(incremental={"cursor_path": "at"})])).stdout
    assert "did you mean" not in told
    assert "has no value for the cursor at; set on_cursor_value_missing" in told


def test_a_key_that_no_record_has_is_told(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    result = test_read(acme(tmp_path, api.url, [items() | {"primary_key": ["id", "item_id"]}]))
    assert "key        primary_key item_id: no record seen has it" in result.stdout
    assert "item_id" in result.stdout.split("failed")[1]
    assert result.exit_code == 1


def test_a_key_that_is_unique_only_within_its_parent_is_told(api: Api, tmp_path: Path) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    for post in (1, 2):
        api.routes[f"/posts/{post}/comments"] = lambda _: {"data": [{"n": 1}, {"n": 2}]}
    comments = {**items("comments", path="posts/{resources.posts.id}/comments"), "primary_key": "n"}
    folder = acme(tmp_path, api.url, [items("posts"), comments])
    told = test_read(folder, "--resource", "comments").stdout
    assert "primary_key n; 2 of 4 records have that of another one: the key tells records" in told
    _, _, cure = told.partition("Write ")
    cured = {**comments, **json.loads(f"{{{cure.splitlines()[0]}}}")}
    told = test_read(acme(tmp_path, api.url, [items("posts"), cured]), "--resource", "comments")
    assert "key        primary_key _posts_id, n\n" in told.stdout


def test_records_that_single_page_leaves_are_told(api: Api, tmp_path: Path) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}], "total": 3}
    folder = acme(tmp_path, api.url, [items(paginator="single_page")])
    assert "announces 3; by single_page the others are not asked for" in test_read(folder).stdout


@pytest.mark.parametrize(
    ("envelope", "headers", "written"),
    [
        ({"next": "/x"}, {}, {"type": "json_link", "next_url_path": "next"}),
        ({}, {"Link": '</x>; rel="next"'}, {"type": "header_link", "links_next_key": "next"}),
        (
            {"cursors": {"next": "a"}},
            {},
            {"type": "cursor", "cursor_path": "cursors.next", "cursor_param": "cursor"},
        ),
        ({}, {}, {"type": "single_page"}),
    ],
)
def test_a_paginator_that_was_found_is_shown_as_it_is_written(
    api: Api, tmp_path: Path, envelope: Any, headers: dict[str, str], written: dict[str, Any]
) -> None:
    pages = iter(range(100))
    api.routes["/items"] = lambda _: Answer(
        {"data": [{"id": next(pages)}], **envelope}, 200, headers
    )
    api.routes["/x"] = lambda _: {"data": []}
    result = test_read(acme(tmp_path, api.url, paginator="auto"), "--limit", "1")
    assert f"detected: so that it stays, write {json.dumps(written)}" in result.stdout


def test_waiting_for_the_api_is_told(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    answers = iter([Answer({}, 429, {"Retry-After": "1.2"}), Answer({"data": [{"id": 1}]})])
    api.routes["/items"] = lambda _: next(answers)
    result = test_read(acme(tmp_path, api.url))
    assert result.exit_code == 0
    assert "the API is waited for, 1.2 s: it answered 429 (Retry-After)" in result.stderr
