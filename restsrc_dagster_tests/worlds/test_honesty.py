"""The API of a world keeps its word, and worlds are plain values that can be drawn again."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from restsrc_dagster_tests.worlds.cursors import KINDS
from restsrc_dagster_tests.worlds.drawing import world_of_seed
from restsrc_dagster_tests.worlds.honest import is_honest
from restsrc_dagster_tests.worlds.loopback import LoopbackApi
from restsrc_dagster_tests.worlds.serving import Serving
from restsrc_dagster_tests.worlds.shop import EVENTS, Shop
from restsrc_dagster_tests.worlds.smaller import smaller
from restsrc_dagster_tests.worlds.world import (
    Api,
    Cursor,
    How,
    Record,
    Resource,
    Run,
    World,
    text_of,
    world_of,
)

SEEDS = range(60)


@pytest.fixture(scope="module")
def drawn() -> list[World]:
    return [world_of_seed(seed) for seed in SEEDS]


@pytest.fixture
def loopback() -> Iterator[LoopbackApi]:
    with LoopbackApi() as api:
        yield api


class TestWorlds:
    def test_a_seed_is_always_the_same_world(self, drawn: list[World]) -> None:
        assert [world_of_seed(seed) for seed in (0, 7)] == [drawn[0], drawn[7]]

    def test_they_are_written_down_and_read_back(self, drawn: list[World]) -> None:
        assert [world_of(text_of(world)) for world in drawn] == drawn

    def test_they_are_honest(self, drawn: list[World]) -> None:
        assert all(map(is_honest, drawn))

    def test_they_differ(self, drawn: list[World]) -> None:
        assert len(set(map(text_of, drawn))) == len(drawn)
        assert {world.api.paginator for world in drawn} >= {"json_link", "page_number", "offset"}
        assert {len(world.resources) for world in drawn} == {1, 2, 3}
        words = Counter(event[0] for world in drawn for event in world.events)
        assert words.keys() <= set(EVENTS)
        assert len(words) > len(EVENTS) / 2

    def test_made_smaller_they_stay_what_they_were(self, drawn: list[World]) -> None:
        def has_a_child_and_chunks(world: World) -> bool:
            return world.c is not None and bool(world.how.commit)

        big = next(filter(has_a_child_and_chunks, drawn))
        small = smaller(big, has_a_child_and_chunks, seconds=5)
        assert small == World(c=Resource(), how=How(commit=small.how.commit))
        assert is_honest(small)

    @pytest.mark.parametrize(
        ("below", "is_ahead"),
        [
            pytest.param(Cursor(), True, id="as long"),
            pytest.param(Cursor(kind="date"), False, id="a day long"),
            pytest.param(Cursor(falls=True), False, id="falls"),
        ],
    )
    def test_ahead_is_ahead_of_the_clock_of_all_cursors(
        self, below: Cursor, is_ahead: bool
    ) -> None:
        p = Resource(key="own", cursor=Cursor())
        runs = (Run(news=(("ahead", 0, 1),)), Run())
        assert is_honest(World(p=p, c=Resource(cursor=below), runs=runs)) is is_ahead

    def test_a_list_moves_only_while_the_clock_is_at_its_records(self) -> None:
        p = Resource(key="own", cursor=Cursor())
        runs = (Run(middle=((2, ("change", 1, 1)),)), Run())
        world = World(p=p, c=Resource(cursor=Cursor()), api=Api(paginator="offset"), runs=runs)
        assert is_honest(world)
        assert not is_honest(replace(world, c=Resource(cursor=Cursor(falls=True))))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
class TestCursors:
    def test_later_means_more(self, kind: Any) -> None:
        meanings = [kind.meaning(tick) for tick in range(75)]
        assert meanings == sorted(set(meanings))

    def test_all_spellings_mean_the_same(self, kind: Any) -> None:
        for tick in (0, 9, 13):
            spelled = {str(kind.spell(tick, style)) for style in range(6)}
            assert {kind.read(text) for text in spelled} == {kind.meaning(tick)}

    def test_nothing_is_written_before_its_time(self, kind: Any) -> None:
        clock = kind.clock(9).timestamp()
        assert not kind.is_time or clock >= kind.meaning(9)

    def test_what_is_no_cursor_is_refused(self, kind: Any) -> None:
        with pytest.raises((ValueError, TypeError)):
            kind.read("None")


def pages(url: str, paginator: str, size: int, **params: Any) -> Iterator[list[int]]:
    """The versions on each page, as somebody else than the product would read them."""
    address, page, offset = f"{url}/p", 1, 0
    while True:
        given = dict(params)
        if paginator == "page_number":
            given["page"] = page
        if paginator == "offset":
            given |= {"offset": offset, "limit": size}
        answer = requests.get(address, params=given, timeout=10)
        answer.raise_for_status()
        body = answer.json()
        yield [record["v"] for record in body["data"]]
        page, offset = page + 1, offset + size
        following = body.get("next") or answer.links.get("next", {}).get("url")
        if token := answer.headers.get("X-Next"):
            params = {**params, "after": token}
        elif paginator == "cursor" and following:
            params = {**params, "after": following}
        elif following:
            address, params = urljoin(url, following), {}
        elif paginator in ("page_number", "offset") and body["data"]:
            continue
        else:
            return


def served(loopback: LoopbackApi, world: World, **how: Any) -> Serving:
    serving = Serving(world, How(**how), Shop(world))
    serving.begin(Run())
    loopback.serving = serving
    return serving


RECORDS = tuple(Record(at=at) for at in (3, 1, 4, 1, 5, 9, 2, 6))


class TestApi:
    @pytest.mark.parametrize("size", [1, 2, 3, 8, 20])
    @pytest.mark.parametrize(
        "paginator",
        ["json_link", "header_link", "cursor", "header_cursor", "page_number", "offset"],
    )
    def test_all_records_are_on_the_pages_once(
        self, loopback: LoopbackApi, paginator: str, size: int
    ) -> None:
        served(loopback, World(records=RECORDS, api=Api(paginator=paginator)), size=size)
        found = list(pages(loopback.url, paginator, size))
        assert [v for page in found for v in page] == list(range(1, 9))
        assert max(map(len, found)) <= size

    @pytest.mark.parametrize("size", [1, 3, 8])
    @pytest.mark.parametrize("paginator", ["json_link", "header_link", "cursor", "header_cursor"])
    def test_links_and_cursors_that_count(
        self, loopback: LoopbackApi, paginator: str, size: int
    ) -> None:
        counting = Api(paginator=paginator, places="pages" if "link" in paginator else "records")
        served(loopback, World(records=RECORDS, api=counting), size=size)
        found = list(pages(loopback.url, paginator, size))
        assert [v for page in found for v in page] == list(range(1, 9))

    @pytest.mark.parametrize(
        ("filters", "comes"),
        [("inclusive", [1, 3, 5, 6, 8]), ("exclusive", [3, 5, 6, 8]), ("absent", [*range(1, 9)])],
    )
    def test_it_filters(self, loopback: LoopbackApi, filters: str, comes: list[int]) -> None:
        cursor = Cursor(kind="spellings")
        world = World(p=Resource(cursor=cursor), records=RECORDS, api=Api(filter=filters))
        served(loopback, world, size=20)
        (found,) = pages(loopback.url, "json_link", 20, since=KINDS["spellings"].spell(3, 4))
        assert sorted(found) == comes

    def test_it_sorts_by_what_cursors_mean(self, loopback: LoopbackApi) -> None:
        world = World(
            p=Resource(cursor=Cursor(kind="number text")), records=RECORDS, api=Api(order="desc")
        )
        served(loopback, world, size=20)
        (found,) = pages(loopback.url, "json_link", 20)
        assert found == [6, 8, 5, 3, 1, 7, 2, 4]

    def test_a_linked_list_does_not_slide(self, loopback: LoopbackApi) -> None:
        serving = served(loopback, World(records=RECORDS), size=3)
        following = pages(loopback.url, "json_link", 3)
        assert next(following) == [1, 2, 3]
        serving.shop.happen(("delete", 0, 0))
        serving.shop.happen(("change", 4, 1))
        assert list(following) == [[4, 5, 9], [7, 8]]

    @pytest.mark.parametrize(("paginator", "places"), [("offset", ""), ("json_link", "pages")])
    def test_numbered_pages_slide(self, loopback: LoopbackApi, paginator: str, places: str) -> None:
        api = Api(paginator=paginator, places=places)
        serving = served(loopback, World(records=RECORDS, api=api), size=3)
        following = pages(loopback.url, paginator, 3)
        assert next(following) == [1, 2, 3]
        serving.shop.happen(("delete", 0, 0))
        assert next(following) == [5, 6, 7]

    def test_its_clock_is_never_behind_its_records(self, loopback: LoopbackApi) -> None:
        world = World(p=Resource(cursor=Cursor()), records=RECORDS)
        serving = served(loopback, world)
        answer = requests.get(f"{loopback.url}/p", timeout=10)
        assert answer.headers["Date"] == "Sat, 13 Jan 2024 05:00:00 GMT"
        assert serving.shop.clock == 11

    def test_what_it_does_not_understand_it_refuses(self, loopback: LoopbackApi) -> None:
        served(loopback, World(p=Resource(cursor=Cursor()), records=RECORDS))
        for since in ("None", "841-03-23", ""):
            answer = requests.get(f"{loopback.url}/p", params={"since": since}, timeout=10)
            assert answer.status_code == 400
