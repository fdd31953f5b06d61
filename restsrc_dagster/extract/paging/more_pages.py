"""Whether an answer says that there are further pages, or that there are none.

What it says is found by the names that APIs use for it. A name that means other things, too
(`offset`, `done`), counts only with a value that is a token, or beside another word of paging.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import requests

from restsrc_dagster.connector.time.instants import seconds_of
from restsrc_dagster.extract.paging.totals import SIZE_KEYS, is_about_a_list, last_page
from restsrc_dagster.extract.response.echo import is_echo
from restsrc_dagster.extract.response.envelope import Envelope, Object, plain, words

NEXT_KEYS = frozenset(
    {
        *("next", "nexturl", "nexturi", "nextlink", "nexthref", "nextpage", "nextpageurl"),
        *("nextpageuri", "nextpagelink", "nextpagetoken", "nextpagecursor", "nexttoken"),
        *("nextcursor", "nextstart", "nextoffset", "nextmarker", "nextresults", "nextrecordsurl"),
        *("@odata.nextlink", "odata.nextlink", "@nextlink", "nextcontinuationtoken"),
        *("continuationtoken", "resumptiontoken", "lastevaluatedkey", "continue"),
    }
)
WHOLE_KEYS = frozenset({"lastevaluatedkey", "continue"})
"""Whose value is sent as it stands, an object, too."""
REFERENCES = frozenset(
    {"href", "url", "uri", "link", "after", "offset", "cursor", "page", "token", "startingafter"}
)
"""Of an object that stands for the next page."""
TOKEN_KEYS = frozenset({"after", "cursor", "offset"})
_TOKEN = re.compile(r"(?!UTC|GMT|Etc)(?=.*\d)(?=.*[A-Za-z])[\w./+=%-]{8,}")
"""What an `offset` is that is neither a number nor that of a time zone."""
MORE_KEYS = frozenset(
    {
        *("hasmore", "hasnext", "hasnextpage", "hasmorepages", "hasmoreitems", "hasmorerecords"),
        *("hasmoreresults", "moreitemsincollection", "morerecords", "moreavailable"),
        *("moreresultsavailable", "istruncated"),
    }
)
END_KEYS = frozenset({"endofstream", "endofrecords", "islast", "islastpage", "lastpage"})
END_KEYS_OF_LISTS = frozenset({"last", "done", "complete"})
"""Only beside a next page or a total: a task may be done, too."""


def unread_next(response: requests.Response, envelope: Envelope, pages: int) -> str | None:
    """Where the answer to the last of so many pages tells of a further one; None if it does not."""
    if response.links.get("next", {}).get("url"):
        return "Link header"
    flags = _flags(envelope)
    if any(flags.values()):
        return None
    if key := _reference(response, envelope):
        return f"key {key!r}"
    if flags:
        return _told(next(iter(flags)))
    if (found := last_page(envelope)) and found[1] > pages:
        return f"key {found[0]!r}, which is {found[1]}"
    return None


def says_more(envelope: Envelope) -> str | None:
    """The key of a flag by which there are further pages, as it is told; None if there is none."""
    flags = _flags(envelope)
    return _told(next(iter(flags))) if flags and not any(flags.values()) else None


def says_end(envelope: Envelope, records: int) -> bool:
    """Whether an answer calls its page the last one, or says that fewer `records` came than fit."""
    if any(_flags(envelope).values()):
        return True
    return any(
        type(value) is int and value > records and plain(str(key)) in SIZE_KEYS
        for one in envelope.near
        for key, value in one.items()
    )


def _flags(envelope: Envelope) -> dict[str, bool]:
    """Keys that say whether the page is the last, and whether they say that it is."""
    return dict(_found(envelope.of_the_list())) or dict(_found(envelope.every))


def _found(objects: Iterable[Object]) -> Iterator[tuple[str, bool]]:
    for one in objects:
        for key, value in one.items():
            if type(value) is bool:
                word = plain(str(key))
                if word in MORE_KEYS:
                    yield str(key), not value
                elif word in END_KEYS or (word in END_KEYS_OF_LISTS and _is_of_a_list(one)):
                    yield str(key), value


def _is_of_a_list(one: Object) -> bool:
    return is_about_a_list(one) or not words(one).isdisjoint(NEXT_KEYS)


def _told(flag: str) -> str:
    return f"key {flag!r}, which is {'true' if plain(flag) in MORE_KEYS else 'false'}"


def _reference(response: requests.Response, envelope: Envelope) -> str | None:
    """The key that names the next page; a token that is not called next only where none is."""
    named = [
        (key, plain(str(key)), value, one) for one in envelope.near for key, value in one.items()
    ]
    following = [(key, word, value) for key, word, value, _ in named if word in NEXT_KEYS]
    for key, word, value in following:
        if _refers(value, response, whole=word in WHOLE_KEYS):
            return str(key)
    # Facebook gives `cursors` on the last page, too.
    both_ways = [value for _, word, value, _ in named if word == "cursors"]
    for key, word, value, one in [] if following else named:
        is_for_both = any(one is other for other in both_ways)
        if not is_for_both and _is_token(word, value) and not is_echo(value, response):
            return str(key)
    return None


def _refers(value: Any, response: requests.Response, *, whole: bool = False) -> bool:
    """An address, a token, a page's number, or an object with one, such as `{"href": …}`."""
    if isinstance(value, dict):
        inner = (one for key, one in value.items() if plain(str(key)) in REFERENCES)
        return (whole and bool(value)) or any(_refers(one, response) for one in inner)
    if isinstance(value, str):
        return bool(value.strip()) and not is_echo(value, response)
    return type(value) is int and value > 0


def _is_token(word: str, value: Any) -> bool:
    if word not in TOKEN_KEYS or not isinstance(value, str) or not value.strip():
        return False
    if seconds_of(value) is not None:
        return False
    return word != "offset" or bool(_TOKEN.fullmatch(value))
