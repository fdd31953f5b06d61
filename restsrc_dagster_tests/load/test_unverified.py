"""Lists read by a cursor of which nobody can tell whether they have moved: that is said."""

from dataclasses import replace
from typing import Any

import pytest

from restsrc_dagster.load.report import ResourceReport
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items

PAGES = {"type": "page_number", "base_page": 1, "total_path": None}
OFFSETS = {"type": "offset", "limit": 2, "total_path": None}
TOKENS = {"type": "cursor", "cursor_path": "next", "cursor_param": "page"}
CURSOR = {"cursor_path": "at", "initial_value": "2024-01-01", "start_param": "since"}


class Listed:
    """A list of `count` records, two on a page; `leaves` is taken out when its page 2 is asked for.

    `announces` is whether each page says how many there are; `counts` whether what leads to a page
    is its number.
    """

    def __init__(self, count: int, *, announces: bool = False, counts: bool = True) -> None:
        self.records = [{"id": n, "at": f"2024-02-{n + 1:02}"} for n in range(count)]
        self.announces, self.counts = announces, counts
        self.leaves: int | None = None

    def __call__(self, asked: Asked) -> Any:
        given = asked.params.get("page", "1").removeprefix("token-")
        place = int(asked.params.get("offset", 2 * (int(given) - 1)))
        if place and self.leaves is not None:
            self.records = [one for one in self.records if one["id"] != self.leaves]
            self.leaves = None
        answer: dict[str, Any] = {"data": self.records[place : place + 2]}
        if place + 2 < len(self.records):
            answer["next"] = f"{'' if self.counts else 'token-'}{place // 2 + 2}"
        if self.announces:
            answer["total"] = len(self.records)
        return answer


def loaded(duck: Warehouse, api: Api, listed: Listed, **hints: Any) -> ResourceReport:
    api.routes["/items"] = listed
    endpoint = {
        "paginator": hints.pop("paginator", PAGES),
        "incremental": hints.pop("incremental", CURSOR),
    }
    one = items(**{key: value for key, value in endpoint.items() if value}) | {"primary_key": "id"}
    reading = hints.pop("reading", {})
    report = duck.load(duck.connector(api.url, [one | hints], reading=reading))
    assert not report.failed, report.failed
    return report.resources["items"]


@pytest.mark.parametrize("paginator", [PAGES, OFFSETS, TOKENS], ids=lambda one: one["type"])
def test_numbered_pages_without_a_total_are_counted(
    duck: Warehouse, api: Api, paginator: dict[str, Any]
) -> None:
    """One record has let another one slip past, and no answer shows it."""
    listed = Listed(6)
    listed.leaves = 0
    report = loaded(duck, api, listed, paginator=paginator)
    assert duck.values("SELECT id FROM acme.items") == [0, 1, 3, 4, 5]
    assert report.read.unverified == {"items": report.read.pages}
    assert report.read.pages >= 3
    assert not report.warnings


@pytest.mark.parametrize(
    ("listed", "options"),
    [
        (Listed(2), {}),  # one page, behind which nothing is
        (Listed(1), {}),
        (Listed(6, announces=True), {}),
        (Listed(6, counts=False), {"paginator": TOKENS}),
        (Listed(6), {"incremental": None, "write_disposition": "replace"}),
        (Listed(6), {"reading": {"items": {"window": {"size": "1200 months"}}}}),
    ],
    ids=["full page", "short page", "a total", "tokens", "no cursor", "a window"],
)
def test_where_it_can_be_told_or_does_not_matter_nothing_is_said(
    duck: Warehouse, api: Api, listed: Listed, options: dict[str, Any]
) -> None:
    options = {"paginator": TOKENS if len(listed.records) < 3 else PAGES, **options}
    assert not loaded(duck, api, listed, **options).read.unverified


def test_what_is_left_of_a_list_whose_beginning_is_committed(duck: Warehouse, api: Api) -> None:
    """Its last page alone: a record may have slipped past between the parts."""
    small = replace(duck, settings=replace(duck.settings, commit_after_records=4))
    report = loaded(small, api, Listed(6))
    assert small.values("SELECT id FROM acme.items") == list(range(6))
    assert report.read.unverified == {"items": report.read.pages}


def test_what_it_says_to_write_is_the_cure(duck: Warehouse, api: Api) -> None:
    listed = Listed(6)
    listed.leaves = 0
    window = {"items": {"window": {"size": "1200 months"}}}
    report = loaded(duck, api, listed, reading=window)
    assert set(range(1, 6)) <= set(duck.values("SELECT id FROM acme.items"))
    assert report.read.read_again == 1


def test_of_a_list_that_is_read_for_its_children_alone_they_tell(duck: Warehouse, api: Api) -> None:
    api.routes["/items"] = Listed(6)
    for number in range(6):
        api.routes[f"/items/{number}/parts"] = lambda asked: {"data": [{"of": asked.path}]}
    one = items(paginator=PAGES, incremental=CURSOR) | {"primary_key": "id", "selected": False}
    parts = items("parts", path="items/{resources.items.id}/parts", paginator="single_page")
    report = duck.load(duck.connector(api.url, [one, parts]))
    assert report.resources["parts"].read.unverified == {"items": 4}
