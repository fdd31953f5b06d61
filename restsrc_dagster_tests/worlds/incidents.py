"""What may happen to a run, beside the news before it: faults, kills, changes on the way, edits."""

from hypothesis import strategies as st

from restsrc_dagster_tests.worlds.drafts import (
    Draft,
    Draw,
    cursor_of,
    keyed,
    keyed_and_numbered,
    news,
    one_in,
    weighted,
)


def middle(draw: Draw, draft: Draft) -> None:
    """Records change while the list is read."""
    if draw(weighted({"yes": 4, "no": 1})) == "yes":
        cursor = cursor_of(draw, draft, "p")
        cursor |= {"kind": draw(weighted({"iso": 3, "spellings": 1, "epoch": 1})), "order": ""}
        draft["api"] |= {"filter": "inclusive", "order": draw(weighted({"id": 2, "asc": 1}))}
        if draft["api"]["order"] == "asc":  # in which a numbered list slides
            draft["api"]["paginator"] = draw(st.sampled_from(["page_number", "offset"]))
            keyed(draw, draft, "p")
            if draw(st.booleans()):  # in chunks by it
                cursor["order"] = "asc"
                draft["how"]["commit"] = draw(st.sampled_from([2, 4]))
    draft["how"] |= {"size": draw(st.sampled_from([1, 2])), "concurrency": 1}
    # What was read already changes first, then what is still to come.
    pages = sorted(draw(st.integers(2, 4)) for _ in range(draw(st.integers(1, 3))))
    draft["runs"][-1]["middle"] = []
    for number, page in enumerate(pages):
        word = draw(weighted({"change": 5, "delete": 2, "add": 1, "kid": 1}))
        which = draw(st.integers(2, 7) if number else st.integers(0, 2))
        draft["runs"][-1]["middle"].append([page, [word, which, draw(st.integers(1, 3))]])


FAULTS = {
    "500": 1,
    "400": 3,
    "202": 2,
    "not ready": 1,
    "empty 202": 2,
    "error": 2,
    "failure": 2,
    "reset": 1,
    "poison": 2,
}


def fault(draw: Draw, draft: Draft) -> None:
    of = draw(st.sampled_from([n for n in ("p", "p", "c") if n in draft]))
    what = draw(weighted(FAULTS))
    draft["runs"][draw(st.integers(0, len(draft["runs"]) - 1))]["faults"] = [
        {"of": of, "nth": draw(st.integers(1, 4)), "what": what}
    ]


def resumed(draw: Draw, draft: Draft) -> None:
    """A numbered list, read in chunks, that breaks off."""
    keyed_and_numbered(draw, draft)
    draft["how"]["commit"] = draw(st.sampled_from([2, 2, 0]))
    draft["runs"][-1]["faults"] = [{"of": "p", "nth": draw(st.integers(3, 5)), "what": "400"}]
    draft["news"].append(["change", draw(st.integers(0, 1)), 1])


def kill(draw: Draw, draft: Draft) -> None:
    draft["runs"][-1] |= {
        "kill": draw(st.sampled_from(["normalize", "load", "complete_package"])),
        "kill_at": draw(st.integers(1, 3)),
    }


def refresh(draw: Draw, draft: Draft) -> None:
    names = [name for name in ("p", "c", "g") if name in draft]
    run: Draft = {"news": [], "refresh": [draw(st.sampled_from(names))]}
    if draw(st.booleans()):
        run["select"] = run["refresh"]
    news(draw, draft, run["news"])
    draft["runs"].append(run)


def select(draw: Draw, draft: Draft) -> None:
    names = [name for name in ("p", "c", "g") if name in draft]
    run: Draft = {"news": [], "select": [draw(st.sampled_from(names))]}
    news(draw, draft, run["news"])
    draft["runs"].append(run)


def again(draw: Draw, draft: Draft) -> None:
    """A range is read again, and nothing is another by it, but that of a list without a key what it
    does not have any more may be gone."""
    if draw(st.booleans()):
        keyed(draw, draft, "p")
    cursor = cursor_of(draw, draft, "p")
    if draw(st.booleans()):
        cursor["kind"] = draw(st.sampled_from(["iso", "spellings", "date", "epoch", "mail"]))
    begin = draw(st.integers(0, 6))
    run: Draft = {"news": [], "again": [begin, begin + draw(st.integers(1, 6))]}
    news(draw, draft, run["news"])
    draft["runs"].append(run)


def partitions(draw: Draw, draft: Draft) -> None:
    """Some runs are for partitions, the others go on by the cursor."""
    if draw(weighted({"key": 2, "none": 1})) == "key":
        keyed(draw, draft, "p")
    cursor = cursor_of(draw, draft, "p")
    if draw(st.booleans()):
        cursor["kind"] = draw(st.sampled_from(["iso", "spellings", "date", "epoch", "halves"]))
    if draw(one_in(3)):
        cursor |= {"begin": draw(st.integers(1, 6)), "starts": True, "lag": 0, "open": False}
        draft["api"]["filter"] = draw(st.sampled_from(["inclusive", "absent"]))
    every = draw(weighted({"day": 6, "week": 2, "hour": 1, "month": 1}))
    draft["partitions"] = {"every": every, "first": draw(st.sampled_from([0, 0, 0, -3, 1, 2]))}
    draft["api"]["until"] = draw(st.sampled_from(["exclusive", "inclusive", "absent"]))
    for _ in range(draw(st.integers(1, 2))):
        first = draw(st.integers(0, {"day": 3, "hour": 60}.get(every, 1)))
        many = draw(st.sampled_from([1, 1, 2, 3, 9]))
        run: Draft = {"news": [], "partitions": [first, first + many - 1]}
        news(draw, draft, run["news"])
        where = draw(st.integers(0, len(draft["runs"])) | st.just(len(draft["runs"])))
        draft["runs"].insert(where, run)


def edit(draw: Draw, draft: Draft) -> None:
    words = ["key of p", "no end", "no cursor", "no cursor"]
    words += ["key of c", "key of c", "children", "children"] if "c" in draft else []
    word = draw(st.sampled_from(words))
    if word == "no end":
        cursor_of(draw, draft, "p")["end"] = draw(st.integers(3, 10))
    elif word == "no cursor":
        cursor_of(draw, draft, "p").pop("end", None)
    elif word != "children":
        draft[word[-1]]["key"] = ""
        draft["p"].pop("cursor", None)
    run: Draft = {"news": [], "edit": word}
    news(draw, draft, run["news"])
    draft["runs"].append(run)


def split(draw: Draw, draft: Draft) -> None:
    draft["how"]["split"] = True


def postgres(draw: Draw, draft: Draft) -> None:
    draft["how"]["postgres"] = True


def login(draw: Draw, draft: Draft) -> None:
    """Tokens end in the middle of a list."""
    draft["how"]["login"] = draw(st.sampled_from(["session", "rotating", "digest"]))
    draft["how"]["lives"] = draw(st.integers(5, 12))


def strict(draw: Draw, draft: Draft) -> None:
    """What a deployment allows makes no difference to rows."""
    draft["how"]["strict"] = True


def twin(draw: Draw, draft: Draft) -> None:
    draft["twin"] = {
        "size": draw(st.sampled_from([1, 2, 5, 9])),
        "concurrency": draw(st.sampled_from([1, 3])),
        "commit": draw(st.sampled_from([0, 1, 4])),
        "split": draw(st.booleans()),
        "shuffle": draw(st.integers(0, 2)),
    }
