"""What an API may answer beside plain lists: each function puts one such thing into a draft."""

from hypothesis import strategies as st

from restsrc_dagster_tests.worlds.drafts import Draft, Draw, add_news
from restsrc_dagster_tests.worlds.honest import TEXTS
from restsrc_dagster_tests.worlds.incidents import middle
from restsrc_dagster_tests.worlds.rules import RULES, is_once


def shape(draw: Draw, draft: Draft) -> None:
    draft["api"]["shape"] = draw(st.sampled_from(["keyed", "deep"]))


def written(draw: Draw, draft: Draft) -> None:
    """In lines, packed, and in pieces."""
    if draw(st.booleans()):
        by_header = ["header_link", "header_cursor", "page_number", "offset", "single_page"]
        draft["api"] |= {
            "written": draw(st.sampled_from(["lines", "lines said", *TEXTS, *TEXTS])),
            "paginator": draw(st.sampled_from(by_header)),
        }
    draft["how"] |= {
        "packed": draw(st.sampled_from(["", "gzip", "zip", "zstd"])),
        "pieces": draw(st.booleans()),
        "size": draw(st.sampled_from([2, 4, 6])),
    }


def rules(draw: Draw, draft: Draft) -> None:
    """The file says what is done about some answers."""
    name = draw(st.sampled_from([n for n in ("p", "c", "g") if n in draft]))
    draft[name]["rules"] = draw(st.sampled_from(sorted(RULES)))
    if is_once(draft[name]["rules"]):
        draft["runs"][draw(st.integers(0, len(draft["runs"]) - 1))]["faults"] = [
            {"of": name, "nth": draw(st.integers(1, 4)), "what": "rule"}
        ]
        draft["how"]["concurrency"] = draw(st.sampled_from([1, 3]))


def killed_waiting(draw: Draw, draft: Draft) -> None:
    """A run is killed while it waits for an answer."""
    name = draw(st.sampled_from([n for n in ("p", "c", "g") if n in draft]))
    draft[name]["rules"] = "wait"
    draft["runs"][-1] |= {
        "faults": [{"of": name, "nth": draw(st.integers(1, 4)), "what": "rule"}],
        "kill": "waiting",
    }
    draft["how"] |= {
        "concurrency": draw(st.sampled_from([1, 3])),
        "commit": draw(st.sampled_from([0, 2, 3])),
    }


def ghosts(draw: Draw, draft: Draft) -> None:
    """Parents are gone between the list and the request for their children."""
    for _ in range(draw(st.integers(1, 2))):
        add_news(draw, draft, "ghost", early=draw(st.booleans()))
    if draw(st.booleans()):
        middle(draw, draft)
        page = draw(st.integers(2, 3))
        draft["runs"][-1]["middle"].append([page, ["ghost", draw(st.integers(0, 5)), 1]])
    draft["how"]["commit"] = draw(st.sampled_from([0, 2, 3]))
