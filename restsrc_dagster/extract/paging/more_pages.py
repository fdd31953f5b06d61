"""Whether an answer says that there are further pages, or that there are none.

What it says is found by the names that APIs use for it. A name that means other things, too
(`offset`, `done`), counts only with a value that is a token, or beside another word of paging.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import requests

from restsrc_dagster.connector.time.instants import seconds_of
from restsrc_dagster.extract.paging.totals import (
    PAGES_KEYS,
    SIZE_KEYS,
    is_about_a_list,
    last_page,
    pages_of_header,
)
from restsrc_dagster.extract.records.field import plain
from restsrc_dagster.extract.response.echo import is_echo
from restsrc_dagster.extract.response.envelope import Envelope, Object, words
from restsrc_dagster.json_types import Json

NEXT_KEYS = frozenset(
    {
        *("next", "nexturl", "nexturi", "nextlink", "nexthref", "nextpage", "nextpageurl"),
        *("nextpageuri", "nextpagelink", "nextpagetoken", "nextpagecursor", "nexttoken"),
        *("nextcursor", "nextstart", "nextoffset", "nextmarker", "nextresults", "nextrecordsurl"),
        *("@odata.nextlink", "odata.nextlink", "@nextlink", "nextcontinuationtoken"),
        *("nextpagestart", "nextpagekey", "nextpageoffset", "nextcursormark", "paginationtoken"),
        *("continuationtoken", "resumptiontoken", "lastevaluatedkey", "continue", "moretopicsurl"),
    }
)
WHOLE_KEYS = frozenset({"lastevaluatedkey", "continue"})
"""Whose value is sent as it stands, an object, too."""
REFERENCES = frozenset(
    {
        *("href", "url", "uri", "link", "after", "offset", "cursor", "page", "token"),
        *("startingafter", "start", "skip", "marker", "pagetoken", "pagenumber", "startkey"),
    }
)
"""Of an object that stands for the next page."""
COUNTED = frozenset({"pagenumber", "skip", "start"})
"""Those that are numbers: the next event starts, too."""
TOKEN_KEYS = frozenset({"after", "continuation", "cursor", "offset", "scrollparam"})
_TOKEN = re.compile(r"(?!UTC|GMT|Etc)(?=.*\d)(?=.*[A-Za-z])[\w./+=%-]{8,}")
"""What an `offset` is that is neither a number nor that of a time zone."""
MORE_KEYS = frozenset(
    {
        *("hasmore", "hasnext", "hasnextpage", "hasmorepages", "hasmoreitems", "hasmorerecords"),
        *("hasmoreresults", "moreitemsincollection", "morerecords", "moreavailable"),
        *("moreresultsavailable", "istruncated", "nextpageexists", "hasnextpages", "hasmoredata"),
    }
)
MORE_KEYS_OF_LISTS = frozenset({"more"})
END_KEYS = frozenset({"endofstream", "endofrecords", "islast", "islastpage", "lastpage"})
END_KEYS_OF_LISTS = frozenset({"last", "done", "complete"})
"""Only beside a next page or a total, or where nothing else is said: a task may be done, too."""
FLAG_KEYS = MORE_KEYS | MORE_KEYS_OF_LISTS | END_KEYS | END_KEYS_OF_LISTS
NEXT_HEADERS = {
    "X-Next-Page": "page",
    "X-Next-Cursor": "cursor",
    "X-Next-Token": "token",
    "X-Next-Page-Token": "page_token",
    "x-ms-continuationtoken": "continuationToken",
    "x-ms-continuation": "continuation",
}
"""By header with a token or a number for the next page, the parameter that takes it."""
LINKS_KEYS = frozenset({"link", "links"})
RELATIONS, ADDRESSES = ("rel", "relation"), ("href", "url", "uri")


def unread_next(response: requests.Response, envelope: Envelope, pages: int) -> str | None:
    """Where the answer to the last of so many pages tells of a further one; None if it does not."""
    if next_link(response):
        return "Link header"
    if name := next_header(response):
        return f"header {name}"
    flags = _flags(envelope)
    if any(flag.is_end for flag in flags):
        return None
    if found := next_reference(response, envelope):
        return f"key {found[1]!r}"
    if linked := link_of_list(envelope):
        return f"key {linked[1]!r}"
    if flags:
        return flags[0].told
    if (counted := last_page(envelope)) and counted[1] > pages:
        return f"key {counted[0]!r}, which is {counted[1]}"
    if (counted := pages_of_header(response)) and counted[1] > pages:
        return f"header {counted[0]}, which is {counted[1]}"
    return None


def next_link(response: requests.Response) -> str:
    """The address in the header `Link`; Sentry names one behind the last page, without results."""
    link = response.links.get("next", {})
    return "" if link.get("results") == "false" else link.get("url", "")


def next_header(response: requests.Response) -> str | None:
    """The name of a header with a token, or a number, for the next page."""
    return next((name for name in NEXT_HEADERS if response.headers.get(name, "").strip()), None)


def link_of_list(envelope: Envelope) -> tuple[Object, str, str, str, str] | None:
    """(object, key, relation, `next`, address) of `"links": [{"rel": "next", "href": …}]`."""
    for one in envelope.near:
        for key, value in one.items():
            if plain(str(key)) not in LINKS_KEYS or not isinstance(value, list):
                continue
            for link in value:
                names = _link_names(link)
                if names:
                    return one, str(key), *names
    return None


def _link_names(link: Any) -> tuple[str, str, str] | None:
    if not isinstance(link, dict):
        return None
    for relation in RELATIONS:
        for address in ADDRESSES:
            if str(link.get(relation)).lower() == "next" and isinstance(link.get(address), str):
                return relation, link[relation], address
    return None


def flag_of_more(envelope: Envelope) -> "Flag | None":
    """What says that there are further pages; None if nothing does, or something says the end."""
    flags = _flags(envelope)
    return flags[0] if flags and not any(flag.is_end for flag in flags) else None


def says_more(envelope: Envelope) -> str | None:
    """The key of a flag by which there are further pages, as it is told; None if there is none."""
    flag = flag_of_more(envelope)
    return flag.told if flag else None


def says_end(envelope: Envelope, records: int) -> bool:
    """Whether an answer calls its page the last one, or says that fewer `records` came than fit."""
    if any(flag.is_end for flag in _flags(envelope)):
        return True
    return any(
        type(value) is int and value > records and plain(str(key)) in SIZE_KEYS
        for one in envelope.near
        for key, value in one.items()
    )


@dataclass(frozen=True, slots=True)
class Flag:
    """A key that says whether the page is the last.

    Attributes:
        holder: the object that has it.
        asks_for_more: whether it is true where there is more.
        is_end: whether it says that there is no more.
    """

    holder: Object
    key: str
    asks_for_more: bool
    is_end: bool

    @property
    def told(self) -> str:
        """The key with what it says."""
        return f"key {self.key!r}, which is {str(self.asks_for_more != self.is_end).lower()}"


def word_of_paging(envelope: Envelope) -> str | None:
    """A key by which an answer names a next page, where it has one, or how many there are."""
    known = NEXT_KEYS | MORE_KEYS | END_KEYS | PAGES_KEYS
    keys = (str(key) for one in envelope.near for key in one)
    return next((key for key in keys if plain(key) in known), None)


def _flags(envelope: Envelope) -> list[Flag]:
    return list(_found(envelope.of_the_list())) or list(_found(envelope.every))


def _found(objects: Iterable[Object]) -> Iterator[Flag]:
    for one in objects:
        for key, value in one.items():
            word = plain(str(key))
            asks_for_more = word in MORE_KEYS | MORE_KEYS_OF_LISTS
            said = _truth(value, or_number=asks_for_more) if word in FLAG_KEYS else None
            if said is not None and (word in MORE_KEYS | END_KEYS or _is_of_a_list(one)):
                yield Flag(one, str(key), asks_for_more, is_end=said != asks_for_more)


def _truth(value: Json, *, or_number: bool = False) -> bool | None:
    """What a flag says; None where it is no flag: `last_page` may be a number of pages."""
    if type(value) is bool:
        return value
    if or_number and type(value) is int and value in (0, 1):
        return value == 1
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def _is_of_a_list(one: Object) -> bool:
    if is_about_a_list(one) or not words(one).isdisjoint(NEXT_KEYS):
        return True
    return not words(one).isdisjoint({"limit", "perpage", "pagesize"}) or _is_bare(one)


def _is_bare(one: Object) -> bool:
    """Whether an object has a list, and nothing that is told of a thing: no name, no number."""
    is_flag = all(value is None or isinstance(value, (bool, list)) for value in one.values())
    return is_flag and any(isinstance(value, list) for value in one.values())


def next_reference(response: requests.Response, envelope: Envelope) -> tuple[Object, str] | None:
    """(object, key) of what names the next page; a token that is not called next only where
    nothing is."""
    named = [
        (key, plain(str(key)), value, one) for one in envelope.near for key, value in one.items()
    ]
    following = [found for found in named if found[1] in NEXT_KEYS]
    for key, word, value, one in following:
        if _refers(value, response, whole=word in WHOLE_KEYS):
            return one, str(key)
    # Facebook gives `cursors` on the last page, too.
    both_ways = [value for _, word, value, _ in named if word == "cursors"]
    for key, word, value, one in [] if following else named:
        is_for_both = any(one is other for other in both_ways)
        if not is_for_both and _is_token(word, value) and not is_echo(value, response):
            return one, str(key)
    return None


def _refers(value: Json, response: requests.Response, *, whole: bool = False) -> bool:
    """An address, a token, a page's number, or an object with one, such as `{"href": …}`."""
    if isinstance(value, dict):
        known = [(plain(str(key)), one) for key, one in value.items()]
        inner = [
            one
            for word, one in known
            if word in REFERENCES and (word not in COUNTED or type(one) is int)
        ]
        return (whole and bool(value)) or any(_refers(one, response) for one in inner)
    if isinstance(value, str):
        return bool(value.strip()) and not is_echo(value, response)
    return type(value) is int and value > 0


def _is_token(word: str, value: Json) -> bool:
    if word not in TOKEN_KEYS or not isinstance(value, str) or not value.strip():
        return False
    if seconds_of(value) is not None:
        return False
    return word != "offset" or bool(_TOKEN.fullmatch(value))
