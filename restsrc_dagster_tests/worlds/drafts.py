"""The draft of a world, and what every world has: a file, an API, some records, some runs."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from restsrc_dagster_tests.worlds.cursors import KINDS

Draft = dict[str, Any]
Draw = Callable[[Any], Any]
PAGINATORS = {
    "json_link": 5,
    "page_number": 4,
    "offset": 3,
    "cursor": 1,
    "header_link": 1,
    "single_page": 1,
}
SENT = {"start_param": 4, "placeholder": 2, "param": 1, "none": 2, "path": 1}


def weighted(weights: Mapping[str, int]) -> st.SearchStrategy[str]:
    """One of the words, by its weight."""
    return st.sampled_from([word for word, times in weights.items() for _ in range(times)])


def one_in(number: int) -> st.SearchStrategy[bool]:
    return st.integers(0, number - 1).map(lambda drawn: drawn == number - 1)


def plain(draw: Draw, shape: str) -> Draft:
    draft: Draft = {"p": {}, "api": {}, "how": {}, "runs": [], "records": [], "news": []}
    if draw(weighted({"yes": 6, "no": 4})) == "yes":
        draft["p"]["key"] = draw(weighted({"own": 8, "composite": 1, "hint": 1, "defaults": 1}))
    if draw(st.booleans()):
        cursor_of(draw, draft, "p")
    if shape != "one":
        draft["c"] = {"key": draw(weighted({"own": 3, "none": 5})).replace("none", "")}
    if shape == "three":
        draft["g"] = {"key": draw(weighted({"own": 1, "none": 3})).replace("none", "")}
    draft["api"]["paginator"] = draw(weighted(PAGINATORS))
    draft["how"] = {
        "size": draw(st.sampled_from([1, 2, 2, 3, 3, 4])),
        "concurrency": draw(st.sampled_from([1, 1, 1, 4])),
        "commit": draw(st.sampled_from([0, 0, 0, 0, 2, 2, 3, 5, -1])),
    }
    draft["other"] = draw(one_in(3))
    draft["records"] = [_record(draw, shape) for _ in range(draw(st.integers(3, 8)))]
    news(draw, draft, draft["news"])
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        run: Draft = {"news": []}
        if draft["runs"]:
            news(draw, draft, run["news"])
        draft["runs"].append(run)
    return draft


def _record(draw: Draw, shape: str) -> Draft:
    record: Draft = {"at": draw(st.integers(1, 8)), "lines": draw(st.sampled_from([0, 0, 1, 2]))}
    if shape != "one":
        record["kids"] = draw(st.lists(st.integers(1, 8), max_size=2))
    if shape == "three":
        record["grand"] = draw(st.integers(0, 2))
    record["k"] = draw(st.integers(0, 2))
    record["kind"] = draw(st.integers(0, 1))
    return record


def news(draw: Draw, draft: Draft, into: list[Any]) -> None:
    words = ["add", "add", "change", "change", "delete"]
    if "c" in draft:
        words += ["kid", "kid", "change kid", "lose kid", "late kid"]
    if "g" in draft:
        words += ["grandkid", "lose grandkid", "lose kid"]
    many = draw(st.integers(0, 3))
    into += [event(draw, draw(st.sampled_from(words))) for _ in range(many)]


def add_news(draw: Draw, draft: Draft, word: str, *, early: bool = False) -> None:
    """Let it happen before the first run, or later on."""
    where = [draft["news"]] if not early else []
    where += [draft["runs"][0]["news"]] if early or draw(st.booleans()) else []
    draw(st.sampled_from(where)).append(event(draw, word))


def event(draw: Draw, word: str) -> Any:
    return [word, draw(st.integers(0, 5)), draw(st.integers(0, 3))]


def cursor_of(draw: Draw, draft: Draft, name: str) -> Draft:
    """The cursor of a resource, which gets one if it has none."""
    resource = draft[name]
    if resource.get("cursor") is None:
        resource["cursor"] = {
            "kind": draw(st.sampled_from(["iso", "iso", "spellings", *KINDS])),
            "sent": draw(weighted(SENT)),
            "starts": draw(st.sampled_from([True, True, True, False])),
        }
        if name == "p":
            draft["api"] |= {
                "filter": draw(weighted({"inclusive": 5, "exclusive": 2, "absent": 2})),
                "order": draw(weighted({"id": 4, "asc": 3, "desc": 2})),
            }
            if draft["api"]["order"] == "asc" and draw(st.booleans()):
                resource["cursor"]["order"] = "asc"
    return resource["cursor"]


def keyed(draw: Draw, draft: Draft, name: str) -> None:
    draft[name]["key"] = draft[name].get("key") or "own"


def keyed_and_numbered(draw: Draw, draft: Draft) -> None:
    """Committed on the way, page by page."""
    keyed(draw, draft, "p")
    draft["api"]["paginator"] = draw(st.sampled_from(["page_number", "offset"]))
    draft["how"] |= {"size": draw(st.sampled_from([1, 2])), "commit": 2}
