"""Lists that end by the person's own rule, as APIs do that never stop naming a next page."""

import json
import re
from typing import Any

import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.extract.reading import read
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

LINKS = {"type": "json_link", "next_url_path": "next"}
HEADER = {"type": "header_link"}
TOKEN = {"type": "cursor", "cursor_path": "scroll", "cursor_param": "scroll"}
PAGES = {"type": "page_number", "base_page": 1, "total_path": None}
SIZE, LAST = 2, 4
EVERYTHING = [{"id": number} for number in range(1, SIZE * LAST + 1)]


def records(page: int) -> list[dict[str, int]]:
    return EVERYTHING[SIZE * (page - 1) : SIZE * page]


def at(asked: Asked) -> int:
    return int(asked.params.get("page", 1))


def endless_links(asked: Asked) -> Any:
    """Mailgun: there is always a next link, and behind the end an empty page."""
    return {"data": records(at(asked)), "next": f"{asked.path}?page={at(asked) + 1}"}


def results_in_the_header(asked: Asked) -> Answer:
    """Sentry: a next link always; `results` says whether it leads anywhere."""
    more = "true" if at(asked) < LAST else "false"
    link = f'<{asked.path}?page={at(asked) + 1}>; rel="next"; results="{more}"'
    return Answer({"data": records(at(asked))}, headers={"Link": link})


def done_says_the_opposite(asked: Asked) -> Any:
    return {**endless_links(asked), "done": at(asked) >= LAST}


def short_last_page(asked: Asked) -> Any:
    page = records(at(asked))[:1] if at(asked) == LAST else records(at(asked))
    return {"data": page, "next": f"{asked.path}?page={at(asked) + 1}"}


class Scroll:
    """Intercom: one token for the whole list, which the server moves."""

    def __init__(self) -> None:
        self.page = 0

    def __call__(self, asked: Asked) -> Any:
        self.page = self.page + 1 if asked.params.get("scroll") else 1
        return {"data": records(self.page), "scroll": "x1"}


def numbered(asked: Asked) -> Any:
    return {"data": records(at(asked)), "pages": LAST}


ENDS: dict[str, tuple[Any, Any, str, int]] = {
    "an empty page": (endless_links, LINKS, "length(records) == `0`", LAST + 1),
    "a header": (
        results_in_the_header, HEADER, "!contains(headers.link, 'results=\"true\"')", LAST
    ),
    "a flag": (done_says_the_opposite, LINKS, "body.done", LAST),
    "the number of the page": (numbered, PAGES, "page == body.pages", LAST),
    "the address": (endless_links, LINKS, "ends_with(url, 'page=4')", LAST),
    "one token for all": (None, TOKEN, "length(records) == `0`", LAST + 1),
}  # fmt: skip


def acme(api: Api, rule: Any, *resources: Any, at_once: int = 4, **reading: Any) -> Connector:
    said = {"last_page": rule, **reading} if rule else reading
    http = {"max_concurrency": at_once}
    return connector("acme", api.url, list(resources), http=http, reading={"items": said})


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_list_ends_by_its_rule(api: Api, end: Any, at_once: int) -> None:
    route, paginator, rule, requests = end
    api.routes["/items"] = route or Scroll()
    made = acme(api, rule, items(paginator=paginator), at_once=at_once)
    with open_reading(made, {}) as reading:
        assert list(reading.source) == EVERYTHING
        stats = reading.pages["items"]
        assert stats.pages == requests
        assert not stats.warnings
    # One may be on its way before the page is there that says so.
    assert requests <= len(api.asked) <= requests + (at_once > 1)


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_short_page(api: Api, at_once: int) -> None:
    api.routes["/items"] = short_last_page
    rule = f"length(records) < `{SIZE}`"
    assert read(acme(api, rule, items(paginator=LINKS), at_once=at_once)) == EVERYTHING[:-1]


@pytest.mark.parametrize("at_once", [1, 4])
def test_each_parent_has_lists_of_its_own(api: Api, at_once: int) -> None:
    api.routes["/parents"] = lambda _: {"data": [{"id": 1}, {"id": 2}, {"id": 3}]}
    for number in (1, 2, 3):
        api.routes[f"/of/{number}"] = done_says_the_opposite
    parents = {**items("parents", paginator="single_page"), "selected": False}
    child = items(path="of/{resources.parents.id}", paginator=LINKS)
    made = acme(api, "body.done", parents, child, at_once=at_once)
    assert read(made) == 3 * EVERYTHING


def test_a_scroll_that_gives_the_same_for_ever_is_an_error(api: Api) -> None:
    api.routes["/items"] = lambda _: {"data": records(1), "scroll": "x1"}
    with pytest.raises(Exception, match="pages in a row with nothing new"):
        read(acme(api, "length(records) == `0`", items(paginator=TOKEN)))


def test_without_the_rule_the_same_token_is_an_error(api: Api) -> None:
    api.routes["/items"] = lambda _: {"data": records(1), "scroll": "x1"}
    with pytest.raises(Exception, match=r"paging goes round in circles.*there already$"):
        read(connector("acme", api.url, [items(paginator=TOKEN)]))


@pytest.mark.parametrize(
    ("route", "paginator"), [(endless_links, LINKS), (Scroll(), TOKEN)], ids=["links", "scroll"]
)
def test_the_rule_that_ends_a_list_is_told(api: Api, route: Any, paginator: Any) -> None:
    api.routes["/items"] = route
    with pytest.raises(Exception, match="if the list ends where a page is empty") as raised:
        read(connector("acme", api.url, [items(paginator=paginator)]))
    (rule,) = re.findall(r'"reading": (\{.*\})', str(raised.value))
    acme = connector("acme", api.url, [items(paginator=paginator)], reading=json.loads(rule))
    assert read(acme) == EVERYTHING


def test_a_rule_that_fails_says_where_it_stands(api: Api) -> None:
    api.routes["/items"] = endless_links
    with pytest.raises(Exception, match=r"reading\.items\.last_page: length\(\) takes"):
        read(acme(api, "length(body.none) == `0`", items(paginator=LINKS)))


@pytest.mark.parametrize("at_once", [1, 4])
def test_params_that_only_the_first_request_sends(api: Api, at_once: int) -> None:
    """Recharge: a request with a cursor may have no other param."""

    def route(asked: Asked) -> Any:
        page = int(asked.params.get("cursor", 1))
        if page > 1 and "status" in asked.params:
            return Answer({"error": "cursor excludes status"}, status=422)
        return {"data": records(page), "after": page + 1 if page < LAST else None}

    api.routes["/items"] = route
    paginator = {"type": "cursor", "cursor_path": "after", "cursor_param": "cursor"}
    cursor = {"cursor_path": "id", "initial_value": 0, "start_param": "since"}
    params = {"status": "open", "limit": SIZE}
    resource = items(paginator=paginator, params=params, incremental=cursor)
    made = acme(api, None, resource, at_once=at_once, first_page_only=["status", "since"])
    assert read(made) == EVERYTHING
    assert [one.params.get("since") for one in api.asked] == ["0", *(LAST - 1) * [None]]
    assert [("status" in one.params, "limit" in one.params) for one in api.asked] == [
        (True, True),
        *(LAST - 1) * [(False, True)],
    ]


@pytest.mark.parametrize(
    ("said", "endpoint", "message"),
    [
        ({"last_page": "a["}, {}, "reading.items.last_page: is no JMESPath: it ends too early"),
        ({"last_page": "body.done"}, {"paginator": "single_page"}, "has the paginator single_page"),
        ({"first_page_only": ["statu"]}, {"params": {"status": 1}}, "did you mean status?"),
        ({"first_page_only": ["x"]}, {"params": {}}, "'x' is no param of 'items'; it has none"),
        ({"last_pag": "x"}, {}, "reading.items.last_pag: unknown key; did you mean last_page?"),
    ],
)
def test_what_cannot_be_meant(said: Any, endpoint: Any, message: str) -> None:
    resource = items(**{"paginator": LINKS, **endpoint})
    with pytest.raises(ConnectorError) as refused:
        connector("acme", "http://127.0.0.1:9", [resource], reading={"items": said})
    assert message in str(refused.value)


@pytest.mark.parametrize(("flag", "warned"), [("finished", True), ("more", False)])
def test_a_flag_that_says_the_opposite_is_told(api: Api, flag: str, warned: bool) -> None:
    """3 of 7 rows were loaded without a word."""

    def route(asked: Asked) -> Any:
        page = int(asked.params.get("cursor", 1))
        is_last = page == LAST
        said = is_last if flag == "finished" else not is_last
        more = {} if is_last else {"after": str(page + 1), "next_token": str(page + 1)}
        return {"data": records(page), flag: said, **more}

    api.routes["/items"] = route
    paginator = {"type": "cursor", "cursor_path": "after", "cursor_param": "cursor",
                 "has_more_path": flag}  # fmt: skip
    with open_reading(connector("acme", api.url, [items(paginator=paginator)]), {}) as reading:
        rows = list(reading.source)
        told = " ".join(reading.pages["items"].warnings)
    assert (rows != EVERYTHING) == warned
    assert ("reading.items.last_page" in told) == warned
