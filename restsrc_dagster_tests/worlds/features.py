"""What a world may have on top of the plain: each function puts one thing into its draft.

What is listed twice in `FEATURES` is drawn twice as often.
"""

from collections.abc import Callable

from hypothesis import strategies as st

from restsrc_dagster_tests.worlds.answers import ghosts, killed_waiting, rules, shape, written
from restsrc_dagster_tests.worlds.deleting import DELETES
from restsrc_dagster_tests.worlds.drafts import (
    Draft,
    Draw,
    add_news,
    cursor_of,
    event,
    keyed,
    keyed_and_numbered,
    news,
    one_in,
    weighted,
)
from restsrc_dagster_tests.worlds.honest import CONVERTED
from restsrc_dagster_tests.worlds.incidents import (
    again,
    edit,
    fault,
    kill,
    login,
    middle,
    partitions,
    postgres,
    refresh,
    resumed,
    select,
    split,
    strict,
    twin,
)


def end_value(draw: Draw, draft: Draft) -> None:
    cursor = cursor_of(draw, draft, "p")
    cursor |= {"end": draw(st.integers(3, 10)), "end_style": draw(st.integers(0, 5))}
    cursor["kind"] = draw(st.sampled_from([cursor["kind"], "iso", "spellings", "number text"]))


def lag(draw: Draw, draft: Draft) -> None:
    keyed(draw, draft, "p")
    cursor_of(draw, draft, "p")["lag"] = draw(st.integers(1, 3))
    if draw(st.booleans()):
        add_news(draw, draft, "late")


def falls(draw: Draw, draft: Draft) -> None:
    cursor_of(draw, draft, draw(st.sampled_from([n for n in ("p", "c") if n in draft])))[
        "falls"
    ] = True


def open_range(draw: Draw, draft: Draft) -> None:
    cursor_of(draw, draft, "p")["open"] = True


def convert(draw: Draw, draft: Draft) -> None:
    cursor = cursor_of(draw, draft, "p")
    cursor["kind"] = draw(st.sampled_from(sorted(CONVERTED)))
    cursor["convert"] = draw(
        st.sampled_from(["epoch_seconds", "epoch_milliseconds", "iso8601", "date"])
    )


def nested_cursor(draw: Draw, draft: Draft) -> None:
    cursor_of(draw, draft, "p")["nested"] = True
    keyed(draw, draft, "p")
    add_news(draw, draft, "version")


def missing_cursor(draw: Draw, draft: Draft) -> None:
    cursor = cursor_of(draw, draft, "p")
    cursor["missing"] = draw(weighted({"include": 4, "exclude": 3, "raise": 1}))
    if draw(st.booleans()):
        add_news(draw, draft, "null")
    else:
        keyed(draw, draft, "p")
        draft["news"].append(event(draw, "null version"))
        draft["how"]["postgres"] = draw(one_in(3))
    if draw(st.booleans()) and draft["p"].get("key"):
        draft["records"][0]["at"] = None


def wrong_order(draw: Draw, draft: Draft) -> None:
    """row_order, and a list that is not quite in that order."""
    cursor = cursor_of(draw, draft, "p")
    cursor["order"] = draw(weighted({"desc": 3, "asc": 1}))
    draft["api"]["order"] = draw(
        st.sampled_from([cursor["order"], cursor["order"], "id", "asc", "desc"])
    )
    draft["api"]["pinned"] = draw(st.booleans())
    draft["how"]["size"] = draw(st.sampled_from([1, 2]))
    for _ in range(3):
        draft["news"].append(event(draw, "add"))


def ahead(draw: Draw, draft: Draft) -> None:
    cursor = cursor_of(draw, draft, "p")
    cursor["kind"] = draw(st.sampled_from([cursor["kind"], "epoch", "epoch ms", "epoch text"]))
    draft["runs"][0]["news"].append(event(draw, "ahead"))
    draft["news"].append(event(draw, "add"))


def versions(draw: Draw, draft: Draft) -> None:
    """The API lists several versions of a record."""
    keyed(draw, draft, "p")
    if draw(weighted({"yes": 2, "no": 1})) == "yes":
        cursor_of(draw, draft, "p")
    elif draw(one_in(3)):
        draft["p"]["sorted"] = True
    for _ in range(draw(st.integers(1, 3))):
        add_news(draw, draft, draw(st.sampled_from(["version", "old version"])), early=True)
    draft["api"]["newest_first"] = draw(st.booleans())


def repeats(draw: Draw, draft: Draft) -> None:
    keyed(draw, draft, "p")
    add_news(draw, draft, "repeat", early=draw(st.booleans()))


def equal_rows(draw: Draw, draft: Draft) -> None:
    draft["p"]["key"] = ""
    for _ in range(draw(st.integers(1, 2))):
        add_news(draw, draft, "equal", early=draw(st.booleans()))


def ties(draw: Draw, draft: Draft) -> None:
    """Records come later, at the very cursor."""
    cursor = cursor_of(draw, draft, "p")
    cursor["kind"] = draw(weighted({"net": 3, "spellings": 1, "iso": 1, "date": 1}))
    draft["api"]["filter"] = draw(weighted({"inclusive": 2, "absent": 1}))
    for _ in range(draw(st.integers(1, 3))):
        draft["news"].append(event(draw, "tie"))


def lengths(draw: Draw, draft: Draft) -> None:
    """Texts of several lengths, in the order of which the API gives the records."""
    cursor = cursor_of(draw, draft, "p")
    cursor |= {"kind": "lengths", "sent": "start_param", "order": "asc"}
    draft["api"] |= {"order": "asc", "pinned": False}


def turned_keys(draw: Draw, draft: Draft) -> None:
    draft["news"].append(["turn", 0, 0])


def odd_values(draw: Draw, draft: Draft) -> None:
    add_news(draw, draft, "odd", early=draw(st.booleans()))
    draft["other"] = True


def disposition(draw: Draw, draft: Draft) -> None:
    draft["p"]["disposition"] = draw(weighted({"append": 3, "replace": 3, "merge": 1, "upsert": 2}))


def merge_key(draw: Draw, draft: Draft) -> None:
    draft["p"] |= {"merge_key": True, "key": draw(st.sampled_from(["", "own"]))}
    if draw(weighted({"yes": 4, "no": 1})) == "yes":
        draft["p"].pop("cursor", None)
        draft["api"]["paginator"] = draw(st.sampled_from(["page_number", "offset"]))
        draft["how"]["commit"] = draw(st.sampled_from([0, 2, 3]))


def steps(draw: Draw, draft: Draft) -> None:
    words = {"filter": 2, "exclude": 1, "lines": 1, "lines kept": 1, "lines keyed": 1}
    draft["p"]["steps"] = draw(weighted(words))
    for record in draft["records"]:
        record["keep"] = draw(st.booleans())


def default_hint(draw: Draw, draft: Draft) -> None:
    draft["p"]["key"] = "default hint"


def cap(draw: Draw, draft: Draft) -> None:
    draft["api"] |= {
        "paginator": "offset",
        "cap": draw(st.integers(1, 3)),
        "total": draw(weighted({"none": 3, "right": 1})).replace("none", ""),
    }
    draft["how"]["size"] = draw(st.integers(3, 6))


def totals(draw: Draw, draft: Draft) -> None:
    draft["api"] |= {
        "paginator": draw(st.sampled_from(["page_number", "offset"])),
        "total": draw(weighted({"right": 3, "minus": 2, "zero": 2, "much": 1})),
    }
    draft["how"]["size"] = 2


def page_zero(draw: Draw, draft: Draft) -> None:
    draft["api"] |= {"paginator": "page_number", "base_page": 0}


def last_page(draw: Draw, draft: Draft) -> None:
    draft["api"]["end"] = draw(weighted({"absent": 1, "empty": 1, "self": 3}))
    if draft["api"]["end"] == "self":
        draft["api"]["paginator"] = "json_link"


def endless(draw: Draw, draft: Draft) -> None:
    """Each page names a next one; the file says where a list ends."""
    draft["api"] |= {
        "end": draw(st.sampled_from(["endless", "endless flag"])),
        "paginator": draw(st.sampled_from(["json_link", "header_link", "cursor", "header_cursor"])),
    }


def deletes(draw: Draw, draft: Draft) -> None:
    """Rows are marked, or go, that a list has no more, that say so, or of which another tells."""
    name = draw(st.sampled_from([n for n in ("p", "p", "c", "g") if n in draft]))
    draft[name] |= {"deletes": draw(st.sampled_from(DELETES)), "key": "own"}
    if draft[name]["deletes"].startswith("missing"):
        draft[name].pop("cursor", None)
    elif draw(st.booleans()):
        cursor_of(draw, draft, name)
    word = {"p": "delete", "c": "lose kid", "g": "lose grandkid"}[name]
    for _ in range(2):
        draft["news"].append(event(draw, word))
    run: Draft = {"news": [event(draw, word)]}
    if name == "p" and draw(st.booleans()):
        draft["news"].append(event(draw, "come back"))
    news(draw, draft, run["news"])
    draft["runs"].append(run)
    draft["api"]["total"] = draw(st.sampled_from(["", "", "right"]))


def window(draw: Draw, draft: Draft) -> None:
    """The list of parents is read in slices of time."""
    cursor = cursor_of(draw, draft, "p")
    cursor |= {"window": draw(st.sampled_from(["3 days", "1 week", "1 month"]))}
    if draw(st.booleans()):
        kinds = ["iso", "spellings", "date", "epoch", "epoch ms", "halves", "mail"]
        cursor["kind"] = draw(st.sampled_from(kinds))
    draft["api"]["until"] = draw(st.sampled_from(["exclusive", "inclusive", "absent"]))
    draft["how"]["commit"] = draw(st.sampled_from([0, 0, 3, 5]))
    draft["how"]["concurrency"] = draw(st.sampled_from([1, 3]))


def window_that_moves(draw: Draw, draft: Draft) -> None:
    """Records leave their windows, whose pages have numbers, while these are read."""
    keyed(draw, draft, "p")
    window(draw, draft)
    _numbered(draw, draft)
    cursor = draft["p"]["cursor"]
    cursor |= {"kind": draw(weighted({"iso": 3, "spellings": 1, "epoch": 1}))}
    for gone in ("lag", "end", "falls", "open", "order"):
        cursor.pop(gone, None)
    draft["api"] |= {"filter": "inclusive", "order": draw(weighted({"asc": 5, "id": 1}))}
    draft["api"]["pinned"] = False
    draft["api"]["until"] = draw(weighted({"exclusive": 3, "inclusive": 2, "absent": 1}))
    draft["api"]["total"] = draw(weighted({"none": 3, "right": 1})).replace("none", "")
    draft["p"]["disposition"] = draw(st.sampled_from(["", "", "append", "replace"]))
    draft["how"] |= {"size": draw(st.sampled_from([1, 2])), "concurrency": 1}
    draft["how"]["postgres"] = draw(one_in(5))
    cursor["window"] = draw(weighted({"1 week": 2, "1 month": 1, "3 days": 1}))
    while len(draft["records"]) < 6:
        draft["records"].append(dict(draft["records"][0]))
    for number, record in enumerate(draft["records"]):
        record["at"] = number + draw(st.integers(1, 2))
    # What was read already leaves, before another page of its window is read.
    pages = sorted(draw(st.integers(2, 4)) for _ in range(draw(st.integers(1, 2))))
    words = {"change": 4, "delete": 2, "add": 1}
    draft["runs"][-1]["middle"] = [
        [page, [draw(weighted(words)), draw(st.integers(0, page - 2)), 1]] for page in pages
    ]
    draft["runs"][-1]["refresh"] = []
    draft["runs"].append({"news": []})


def _numbered(draw: Draw, draft: Draft) -> None:
    draft["api"]["paginator"] = draw(
        st.sampled_from(["page_number", "offset", "json_link", "header_link", "cursor"])
    )
    draft["api"]["places"] = "pages"  # those of links; `honest` has the others


def places(draw: Draw, draft: Draft) -> None:
    """Links and cursors that count."""
    keyed(draw, draft, "p")
    draft["api"] |= {
        "paginator": draw(st.sampled_from(["json_link", "header_link", "cursor", "header_cursor"])),
        "places": "pages",
        "ids": draw(st.sampled_from(["number", "text"])),
    }
    if draw(st.booleans()):
        cursor_of(draw, draft, "p")
        draft["api"]["order"] = draw(weighted({"asc": 3, "desc": 1}))
        if draw(st.booleans()):
            middle(draw, draft)
            draft["api"]["paginator"] = draw(
                st.sampled_from(["json_link", "header_link", "cursor"])
            )
            draft["api"]["order"] = "asc"
    draft["how"]["commit"] = draw(st.sampled_from([0, 2, 3]))
    draft["how"]["postgres"] = draw(one_in(4))


def child_window(draw: Draw, draft: Draft) -> None:
    """The lists of children are read in slices of time, parent by parent."""
    name = draw(st.sampled_from([n for n in ("c", "c", "g") if n in draft]))
    cursor = cursor_of(draw, draft, name)
    cursor |= {"window": draw(st.sampled_from(["2 days", "3 days", "1 week"]))}
    if draw(st.booleans()):
        cursor["kind"] = draw(st.sampled_from(["iso", "spellings", "date", "epoch ms", "halves"]))
    cursor["lag"] = draw(st.sampled_from([0, 0, 1, 3]))
    if draw(one_in(3)):
        cursor["convert"] = draw(st.sampled_from(["epoch_seconds", "iso8601", "date"]))
    draft[name]["shared"] = draw(one_in(3))
    draft["api"]["until"] = draw(st.sampled_from(["exclusive", "inclusive", "absent"]))
    draft["how"]["concurrency"] = draw(st.sampled_from([1, 3]))
    if draw(one_in(3)):
        draft["c"]["bound"] = "body"


def header_cursor(draw: Draw, draft: Draft) -> None:
    draft["api"]["paginator"] = "header_cursor"


def flag(draw: Draw, draft: Draft) -> None:
    draft["api"]["flag"] = True
    for record in draft["records"]:
        record["archived"] = draw(st.booleans())


def ids(draw: Draw, draft: Draft) -> None:
    draft["api"]["ids"] = draw(st.sampled_from(["text", "wide"]))


def child_cursor(draw: Draw, draft: Draft) -> None:
    cursor = cursor_of(draw, draft, draw(st.sampled_from([n for n in ("c", "g") if n in draft])))
    if cursor["kind"] not in ("iso", "spellings") and draw(st.booleans()):
        cursor["kind"] = "iso"
    if draw(st.booleans()):
        draft["news"].append(event(draw, "late kid"))


def shared_cursor(draw: Draw, draft: Draft) -> None:
    name = draw(st.sampled_from([n for n in ("c", "g") if n in draft]))
    cursor_of(draw, draft, name)
    draft[name]["shared"] = True


def moving_above(draw: Draw, draft: Draft) -> None:
    """A list that changes while it is read, above a child with a cursor."""
    child_cursor(draw, draft)
    middle(draw, draft)
    draft["how"]["commit"] = draw(st.sampled_from([0, 2]))


def numbered_children(draw: Draw, draft: Draft) -> None:
    draft.pop("g", None)
    draft["c"] |= {"key": draw(weighted({"own": 3, "composite": 1, "defaults": 1}))}
    draft["c"]["numbered_within"] = True


def bound_elsewhere(draw: Draw, draft: Draft) -> None:
    draft["c"]["bound"] = draw(st.sampled_from(["param", "body"]))


def shared_value(draw: Draw, draft: Draft) -> None:
    draft["c"]["by"] = "k"
    add_news(draw, draft, "same k", early=draw(st.booleans()))


def null_value(draw: Draw, draft: Draft) -> None:
    draft["c"] |= {"by": "k", "bound": draw(st.sampled_from(["param", "param", "path", "body"]))}
    draft["c"]["omits"] = draw(st.booleans())
    add_news(draw, draft, "null k")


def included(draw: Draw, draft: Draft) -> None:
    draft["c"]["included"] = True


def unselected_parent(draw: Draw, draft: Draft) -> None:
    draft["p"]["selected"] = False
    if draw(weighted({"yes": 2, "no": 1})) == "yes":
        keyed_and_numbered(draw, draft)
        cursor_of(draw, draft, "p")


def list_of_values(draw: Draw, draft: Draft) -> None:
    """The list of parents is read by values, each of which gives a part of it."""
    draft["p"]["values"] = draw(st.sampled_from([1, 2, 2, 3]))
    if draft["p"]["values"] > 1 and draw(st.booleans()):
        _edit_values(draw, draft, "p")


def values_below(draw: Draw, draft: Draft) -> None:
    """Children are read by their parents and by values."""
    draft["c"] |= {"values": draw(st.sampled_from([2, 2, 3])), "of": draw(st.booleans())}
    if draw(st.booleans()):
        cursor_of(draw, draft, "p")
    if draw(st.booleans()):
        _edit_values(draw, draft, "c")


def parents_in_turn(draw: Draw, draft: Draft) -> None:
    """Lists of several parents are committed between two of them, and runs are killed there."""
    if "c" in draft and draw(weighted({"windows": 2, "values": 1})) == "windows":
        draft["p"] |= {"cursor": None, "disposition": draw(st.sampled_from(["", "replace"]))}
        child_window(draw, draft)
        for name in ("c", "g"):
            draft.get(name, {}).pop("shared", None)
    else:
        keyed(draw, draft, "p")
        draft["p"]["values"] = draw(st.sampled_from([2, 3, 3]))
        if draw(st.booleans()):
            cursor_of(draw, draft, "p")
        for name in [n for n in ("c", "g") if n in draft]:
            keyed(draw, draft, name)
        if draw(one_in(3)):
            _edit_values(draw, draft, "p")
    draft["how"]["commit"] = draw(st.sampled_from([1, 2, 3, -1]))
    draft["how"]["concurrency"] = draw(st.sampled_from([1, 1, 3]))
    draft["how"]["postgres"] = draw(one_in(4))
    for run in draft["runs"]:
        if draw(st.booleans()):
            run["kill"] = draw(st.sampled_from(["normalize", "load", "complete_package"]))
            run["kill_at"] = draw(st.integers(1, 4))


def missing_in_turn(draw: Draw, draft: Draft) -> None:
    """What lists have no more is told, of children whose parents are committed value by value."""
    keyed(draw, draft, "p")
    draft["p"] |= {"values": draw(st.sampled_from([2, 3])), "cursor": None}
    draft["c"] |= {"key": "own", "cursor": None, "values": 0}
    draft["c"]["deletes"] = draw(st.sampled_from(["missing", "missing removed"]))
    draft["how"]["commit"] = draw(st.sampled_from([1, 2, 3, -1]))
    draft["how"]["postgres"] = draw(one_in(4))
    for _ in range(2):
        draft["news"].append(event(draw, draw(st.sampled_from(["lose kid", "lose kid", "kid"]))))
    run: Draft = {"news": [event(draw, "lose kid")]}
    if draw(one_in(3)):
        run["kill"] = draw(st.sampled_from(["normalize", "load", "complete_package"]))
        run["kill_at"] = draw(st.integers(1, 4))
    draft["runs"].append(run)


def _edit_values(draw: Draw, draft: Draft, name: str) -> None:
    fewer = draw(st.sampled_from(["", "fewer "]))
    run: Draft = {"news": [], "edit": f"{fewer}values of {name}"}
    news(draw, draft, run["news"])
    draft["runs"].append(run)


def ancestors(draw: Draw, draft: Draft) -> None:
    """Requests of grandchildren take fields of all that is above them."""
    draft.setdefault("g", {})["top"] = True  # another feature may have taken them out
    for record in draft["records"]:
        record["grand"] = draw(st.integers(1, 2))
    if draw(st.booleans()):
        list_of_values(draw, draft)
    if draw(st.booleans()):
        cursor_of(draw, draft, draw(st.sampled_from(["p", "c"])))


def lost_children(draw: Draw, draft: Draft) -> None:
    """Below a cursor, without keys."""
    cursor_of(draw, draft, "p")
    draft["c"], draft["g"] = {}, {}
    for record in draft["records"]:
        record["grand"] = draw(st.integers(1, 2))
    for _ in range(2):
        draft["news"].append(event(draw, "lose kid"))


ANY, BELOW, DEEP = ("one", "two", "three"), ("two", "three"), ("three",)
_TWICE = (wrong_order, versions, merge_key, middle, fault, refresh)
_OF_ANY = (
    *(end_value, lag, falls, open_range, convert, nested_cursor, missing_cursor, wrong_order),
    *(ahead, versions, repeats, equal_rows, ties, lengths, turned_keys, odd_values),
    *(disposition, merge_key),
    *(
        steps,
        default_hint,
        cap,
        totals,
        page_zero,
        last_page,
        endless,
        header_cursor,
        flag,
        ids,
        middle,
    ),
    *(fault, resumed, kill, refresh, split, postgres, twin, edit, again, again, *_TWICE),
    *(shape, rules, rules, killed_waiting, killed_waiting),
    *(written,) * 3,
    *(partitions,) * 3,
    *(window,) * 3,
    *(window_that_moves,) * 3,
    *(places,) * 3,
    *(deletes,) * 3,
    *(list_of_values,) * 3,
    *(parents_in_turn,) * 3,
    *(login,) * 3,
    *(strict,) * 2,
    *(resumed, resumed, ties, equal_rows, turned_keys, last_page, lengths),
)
_OF_CHILDREN = (
    *(child_cursor,) * 6,
    *(shared_cursor,) * 2,
    *(child_window,) * 4,
    *(moving_above,) * 2,
    *(numbered_children, bound_elsewhere, shared_value, null_value),
    *(included, unselected_parent, refresh, select),
    *(values_below,) * 4,
    *(missing_in_turn,) * 2,
    *(ghosts,) * 3,
)
FEATURES: list[tuple[Callable[[Draw, Draft], None], tuple[str, ...]]] = [
    *((feature, ANY) for feature in _OF_ANY),
    *((feature, BELOW) for feature in _OF_CHILDREN),
    (lost_children, DEEP),
    *((ancestors, DEEP),) * 4,
]
