"""The paginator that is proposed for what APIs answer, and that no list ends early in silence."""

import json
from typing import Any

import pytest
import requests
from dlt.common import jsonpath

from restsrc_dagster.extract.failures.explain import explain
from restsrc_dagster.extract.paging.proposal import proposal
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.extract.api_answers import LONGER, ROWS, WHOLE, ApiAnswer, cursor
from restsrc_dagster_tests.extract.reading import read_with_traffic
from restsrc_dagster_tests.extract.test_pages import facts, failure
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

PAGINATORS: list[Any] = ["auto", cursor("nope", "cursor"), "header_link"]


def filled(part: Any, url: str) -> Any:
    return json.loads(json.dumps(part).replace("{url}", url))


def served(api: Api, known: ApiAnswer, paginator: Any = "single_page") -> dict[str, Any]:
    """The resource that asks for an answer, which it gets whatever it asks."""
    answer = Answer(filled(known.body, api.url), headers=filled(known.headers, api.url))
    api.routes["/items"] = lambda _: answer
    asked = {"method": "POST", "json": known.json} if known.json else {}
    params = dict(known.params)
    return items(data_selector=known.selector, params=params, paginator=paginator, **asked)


def first_page(api: Api, known: ApiAnswer) -> tuple[requests.Response, list[Any]]:
    """The answer as a run gets it, and its records."""
    answered: list[requests.Response] = []
    with open_reading(connector("acme", api.url, [served(api, known)]), {}) as reading:
        reading.sessions.adapter.exchange.watch = lambda response, _: answered.append(response)
        list(reading.source)
    found = jsonpath.find_values(known.selector, answered[0].json())
    return answered[0], found[0] if isinstance(found[0], list) else found


def refusal(api: Api, known: ApiAnswer, paginator: Any) -> str:
    """Why a run fails that gets the same answer again and again."""
    resources, client = [served(api, known, paginator)], {"paginator": paginator}
    acme = connector("acme", api.url, resources, client=client)
    with open_reading(acme, {}) as reading, pytest.raises(Exception) as raised:  # noqa: PT011
        list(reading.source)
    return str(explain(raised.value, reading.redact))


@pytest.mark.parametrize("name", LONGER)
def test_what_is_proposed(api: Api, name: str) -> None:
    known = LONGER[name]
    found = proposal(*first_page(api, known))
    assert (found and found.written) == known.paginator
    assert (found.guessed if found else ()) == known.guessed


@pytest.mark.parametrize("name", [name for name, known in LONGER.items() if known.paginator])
def test_what_is_proposed_asks_for_another_page(api: Api, name: str) -> None:
    """As a file has it: the options are those of the connector's model."""
    known = LONGER[name]
    refusal(api, known, known.paginator)
    first, second = api.asked[:2]
    assert (first.path, first.query, first.body) != (second.path, second.query, second.body)


@pytest.mark.parametrize("paginator", PAGINATORS, ids=str)
@pytest.mark.parametrize("name", LONGER)
def test_no_list_ends_early_in_silence(api: Api, name: str, paginator: Any) -> None:
    """With dlt's guess, and with a paginator that looks elsewhere."""
    known = LONGER[name]
    told = refusal(api, known, paginator)
    if paginator == "auto" or known.sign:
        assert known.sign in told
    if len(api.asked) == 1 and known.paginator:
        assert f": {json.dumps(known.paginator)}" in told
        assert ("the API's documentation must confirm" in told) == bool(known.guessed)


@pytest.mark.parametrize("paginator", PAGINATORS, ids=str)
@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_list_is_no_part(api: Api, name: str, paginator: Any) -> None:
    known = WHOLE[name]
    assert proposal(*first_page(api, known)) is None
    resources, client = [served(api, known, paginator)], {"paginator": paginator}
    acme = connector("acme", api.url, resources, client=client)
    rows, reading = read_with_traffic(acme)
    assert len(rows) == 7
    assert reading.pages["items"].warnings == {}


def test_a_guess_that_goes_wrong_names_what_the_answer_asks_for(api: Api) -> None:
    """dlt sends `cursor`, which Google passes over."""
    google = LONGER["Google"]
    told = refusal(api, google, "auto")
    assert told.endswith(
        ". The paginator was guessed; the first answer asks for another one: "
        f"{json.dumps(google.paginator)} (cursor_param is a guess that the API's documentation "
        "must confirm)"
    )
    assert "was guessed" not in refusal(api, LONGER["Slack"], "auto")


def test_a_link_to_a_page_without_results_is_not_followed(api: Api) -> None:
    """Sentry names a next page behind the last one, too."""
    last = {"Link": f'<{api.url}/items?cursor=0:7:0>; rel="next"; results="false"'}
    answer = Answer(ROWS[:7], headers=last)
    found = facts(api, lambda _: answer, "header_link", data_selector="$")
    assert (found.records, len(api.asked), found.warnings) == (7, 1, {})


def test_a_path_to_nothing_on_a_page_that_came_full(api: Api) -> None:
    """A total that is larger may be that of everything, where the page is not full."""
    paginator = cursor("meta.next", "cursor")

    def answer(count: int) -> Any:
        return lambda _: {"data": ROWS[:count], "total": 250}

    assert failure(api, answer(100), paginator, params={"limit": 100}) == (
        "items: /items?limit=100 announces 250 records and gave 100, and nothing is at the "
        "paginator's cursor_path, 'meta.next'; name what leads to the others"
    )
    assert facts(api, answer(99), paginator, params={"limit": 100}).records == 99


@pytest.mark.parametrize("paginator", ["auto", cursor("meta.next", "cursor"), "header_link"])
@pytest.mark.parametrize(
    ("envelope", "count", "is_told"),
    [({}, 50, True), ({}, 49, False), ({"next": None}, 50, False), ({"total": 50}, 50, False)],
)
def test_a_page_as_large_as_was_asked_for_that_tells_nothing(
    api: Api, paginator: Any, envelope: Any, count: int, is_told: bool
) -> None:
    body = {"data": ROWS[:count], **envelope}
    warnings = facts(api, lambda _: body, paginator, params={"per_page": 50}).warnings
    if is_told:
        (told,) = warnings
        assert "/items?per_page=50 came full, with 50 records, as per_page asks for" in told
        assert ("nothing is at the paginator's" in told) == (paginator != "auto")
        assert told.endswith(
            'must say. If by the id of the last record: {"type": "cursor", "cursor_path": '
            '"data[-1].id", "cursor_param": "starting_after", "stop_after_empty_page": true} '
            "(cursor_param is a guess that the API's documentation must confirm)"
        )
    else:
        assert warnings == {}


@pytest.mark.parametrize(
    ("sizes", "posts", "is_told"),
    [
        ({1: 50, 2: 7}, 2, True),  # it may be just as long as a page, or not all
        ({1: 50, 2: 50, 3: 7}, 3, True),
        ({1: 50}, 1, True),
        ({1: 50, 2: 50}, 51, False),  # the list above has been led on
    ],
)
def test_lists_of_children_that_came_full(
    api: Api, sizes: dict[int, int], posts: int, is_told: bool
) -> None:
    def listed(asked: Asked) -> Any:
        page = int(asked.params.get("page", 1))
        link = {"Link": f'<{api.url}/posts?per_page=50&page=2>; rel="next"'}
        data = ROWS[:posts][50 * page - 50 : 50 * page]
        return Answer({"data": data}, headers=link if 50 * page < posts else {})

    api.routes["/posts"] = listed
    for number, row in enumerate(ROWS[:posts], 1):
        api.routes[f"/posts/{row['id']}/parts"] = lambda _, number=number: {
            "data": ROWS[: sizes.get(number, 1)]
        }
    full = {"per_page": 50}
    child = items("parts", path="posts/{resources.posts.id}/parts", params=full)
    client = {"paginator": "header_link"}
    acme = connector("acme", api.url, [items("posts", params=full), child], client=client)
    with open_reading(acme, {}) as reading:
        list(reading.source)
        assert not reading.pages["parts"].warnings
        assert ("came full" in reading.pages["parts"].told_of_full) is is_told


@pytest.mark.parametrize("whole", [False, True])
def test_the_proposal_by_the_last_record_reads_the_list(api: Api, whole: bool) -> None:
    """As it is told where an API names no next page, and takes the id of the last record."""

    def answer(asked: Asked) -> Any:
        after = asked.params.get("after")
        first = 1 + [row["id"] for row in ROWS].index(after) if after else 0
        data = ROWS[first : first + 50]
        return Answer(data) if whole else {"items": data}

    def read_by(paginator: Any) -> Any:
        selected = {"data_selector": "$" if whole else "items"}
        return facts(api, answer, paginator, params={"limit": 50, "after": ""}, **selected)

    (told,) = read_by("auto").warnings
    written, _ = json.JSONDecoder().raw_decode(told[told.index("{") :])
    assert written["cursor_param"] == "after"
    found = read_by(written)
    assert (found.records, found.warnings) == (len(ROWS), {})


def test_a_path_that_has_led_on_is_right(api: Api) -> None:
    """Some APIs leave the cursor out on the last page, which may be full."""

    def answer(asked: Asked) -> Any:
        first = {"data": ROWS[:50], "after": {"id": "x1"}}
        return {"data": ROWS[50:]} if "cursor" in asked.params else first

    found = facts(api, answer, cursor("after.id", "cursor"), params={"per_page": 50})
    assert found.records == 100
    assert found.warnings == {}


OBJECTS: list[tuple[Any, Any, str]] = [
    (cursor("paging.next", "a"), {"after": "x", "of": 1}, "cursor_path, 'paging.next', leads to"),
    ({"type": "json_link", "next_url_path": "paging.next"}, {"href": "/x"}, "next_url_path, 'pa"),
]


@pytest.mark.parametrize(("paginator", "value", "told"), OBJECTS)
def test_an_object_where_a_cursor_should_be_is_named_with_its_fields(
    api: Api, paginator: Any, value: Any, told: str
) -> None:
    body = {"data": ROWS, "paging": {"next": value}}
    failed = failure(api, lambda _: body, paginator)
    assert told in failed
    assert f"an object with {', '.join(value)}; name one of them" in failed


@pytest.mark.parametrize(
    "paginator",
    [
        {"type": "page_number", "base_page": 1, "total_path": "meta.total"},
        {"type": "offset", "limit": 100, "total_path": "meta.total"},
        {"type": "page_number", "base_page": 1, "total_path": None, "has_more_path": "meta.total"},
        cursor("meta.next", "cursor", has_more_path="meta.total"),
    ],
)
def test_an_object_where_a_total_or_a_flag_should_be(api: Api, paginator: Any) -> None:
    body = {"data": ROWS, "meta": {"next": "x", "total": {"value": 250, "relation": "eq"}}}
    failed = failure(api, lambda _: body, paginator)
    assert (
        "leads to an object with value, relation; name one of them, such as meta.total.v" in failed
    )
