"""Answers that name their next page: by an address, or by a token for a parameter.

Each function is a family of APIs: the paginator that an answer of it asks for, or None.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from restsrc_dagster.extract.paging.answer import Answer, Asked, Field
from restsrc_dagster.extract.paging.more_pages import (
    NEXT_HEADERS,
    NEXT_KEYS,
    REFERENCES,
    flag_of_more,
    link_of_list,
    next_header,
    next_link,
    next_reference,
)
from restsrc_dagster.extract.paging.proposed import Proposal, proposed
from restsrc_dagster.extract.records.field import plain
from restsrc_dagster.extract.response.envelope import Object, words
from restsrc_dagster.json_types import Json

LINKS = ("href", "url", "uri", "link")
"""Of an object that stands for the next page: its address."""
PLACES = frozenset({"after", "nextpage", "number", "offset", "page", "skip", "start", "startindex"})
PARAMS = {
    "lastevaluatedkey": "ExclusiveStartKey",
    "nextcursormark": "cursorMark",
    "nextpagekey": "nextPageKey",
    "nextpagestart": "start",
    "nextpageoffset": "offset",
    "aftercursor": "page[after]",
    "endcursor": "after",
}
"""By the word of a key, the parameter that takes its value."""
AS_WRITTEN = frozenset({"nexttoken", "continuationtoken", "resumptiontoken", "paginationtoken"})
BESIDE_A_FLAG = ("cursor", "endcursor", "aftercursor", "after", "continuationtoken", "marker")
"""Keys that may hold a token on the last page, too."""
LAST_IDS = {"lastid": "after_id"}


def header_link(answer: Answer) -> Proposal | None:
    """GitHub, Shopify, Okta, GitLab, Sentry: `Link: <…>; rel="next"`."""
    return proposed("header_link") if next_link(answer.response) else None


def header_cursor(answer: Answer) -> Proposal | None:
    """GitLab's `X-Next-Page`, Azure's `x-ms-continuationtoken`."""
    if not (name := next_header(answer.response)):
        return None
    return proposed("header_cursor", cursor_key=name, cursor_param=answer.asked(NEXT_HEADERS[name]))


def relay(answer: Answer) -> Proposal | None:
    """GraphQL: `pageInfo: {hasNextPage, endCursor}`; the query says which variable is sent."""
    for one in answer.envelope.every:
        ends = {plain(str(key)): str(key) for key in one}
        if "hasnextpage" not in ends or "endcursor" not in ends:
            continue
        if one[ends["hasnextpage"]] is True and one[ends["endcursor"]]:
            return proposed(
                "cursor",
                cursor_path=answer.path(one, ends["endcursor"]),
                has_more_path=answer.path(one, ends["hasnextpage"]),
                **_variable(answer),
            )
    return None


def body_link(answer: Answer) -> Proposal | None:
    """Django, OData, HAL, JSON:API, Twilio, Salesforce: an address in the body.

    Not where it would be asked by POST, where it leaves params out that were sent beside the number
    of a page, or where it begins behind a part of the path (Confluence): there, another way is
    better, if the answer has one.
    """
    good = (path for path, url in _links(answer) if _leads_on(url, answer))
    return next((proposed("json_link", next_url_path=path) for path in good), None)


def any_link(answer: Answer) -> Proposal | None:
    """The same where nothing else is in the answer."""
    return next((proposed("json_link", next_url_path=path) for path, _ in _links(answer)), None)


def list_of_links(answer: Answer) -> Proposal | None:
    """FHIR, NetSuite, PayPal: `links: [{"rel": "next", "href": …}]`."""
    if not (found := link_of_list(answer.envelope)):
        return None
    one, key, relation, value, address = found
    above = answer.path(one, key)
    if above is None:
        return None
    return proposed("json_link", next_url_path=f"{above}[?(@.{relation}=='{value}')].{address}")


def token(answer: Answer) -> Proposal | None:
    """Slack, Google, Asana, Airtable, Square, DynamoDB …: a token in the body."""
    return _of_reference(answer, numbers=False)


def number_of_next(answer: Answer) -> Proposal | None:
    """Harvest's `next_page`, Pipedrive's `next_start`: the number to ask for next."""
    return _of_reference(answer, numbers=True)


def continued(answer: Answer) -> Proposal | None:
    """MediaWiki: `continue: {"cmcontinue": …, "continue": "-||"}`."""
    for field in answer.fields():
        if field.word == "continue" and isinstance(field.value, dict):
            keys = [key for key in field.value if key != "continue"]
            path = answer.path(field.holder, field.key, *keys)
            if len(keys) == 1:
                return proposed("cursor", cursor_path=path, cursor_param=Asked(keys[0], True))
    return None


def token_beside_flag(answer: Answer) -> Proposal | None:
    """Zendesk, Dropbox: `has_more` tells whether the token beside it leads on."""
    flag = flag_of_more(answer.envelope)
    if flag is None:
        return None
    for word in BESIDE_A_FLAG:
        for field in answer.fields():
            if field.word == word and isinstance(field.value, str) and field.value:
                return proposed(
                    "cursor",
                    cursor_path=answer.path(field.holder, field.key),
                    has_more_path=flag.asks_for_more and answer.path(flag.holder, flag.key),
                    **_place(answer, _param(answer, field)),
                )
    return None


AFTER_LAST = ("starting_after", "after", "since_id", "after_id", "from_id", "last_id", "since")
"""Parameters that take the id of a record, and give what comes after it."""


def last_record(answer: Answer) -> Proposal | None:
    """Stripe: the id of the last record is the cursor; OpenAI and Anthropic repeat it."""
    flag = flag_of_more(answer.envelope)
    if flag is None or not flag.asks_for_more:
        return None
    is_list = flag.holder.get("object") == "list"
    path, names = _last_id(answer)
    if path is None:
        is_stripe = is_list and "url" in flag.holder
        if not (is_list or _is_small(flag.holder)) or not _have_ids(answer.page):
            return None
        path = f"{answer.list_path()}[-1].id" if answer.list_path() else None
        names = Asked("starting_after", is_stripe)
    elif is_list:
        names = Asked("after")
    return proposed(
        "cursor",
        cursor_path=path,
        has_more_path=answer.path(flag.holder, flag.key),
        **_place(answer, answer.asked(names.name) if not names.is_sure else names),
    )


def last_record_alone(answer: Answer) -> Proposal | None:
    """The id of the last record is the cursor, where an answer says nothing of paging."""
    where = answer.list_path()
    if where is None or not _have_ids(answer.page, of=(str, int)):
        return None
    return proposed(
        "cursor",
        cursor_path=f"{'' if where == '$' else where}[-1].id",
        **_place(answer, answer.asked(*AFTER_LAST)),
        stop_after_empty_page=True,
    )


def _last_id(answer: Answer) -> tuple[str | None, Asked]:
    for field in answer.fields():
        if field.word in LAST_IDS and field.value:
            return answer.path(field.holder, field.key), Asked(LAST_IDS[field.word])
    return None, Asked("")


def _is_small(holder: Object) -> bool:
    """Whether nothing in an object counts pages, or records."""
    return not any(type(value) is int for value in holder.values())


def _have_ids(page: list[Any], of: tuple[type, ...] = (str,)) -> bool:
    return all(isinstance(one, dict) and type(one.get("id")) in of for one in page)


def _of_reference(answer: Answer, *, numbers: bool) -> Proposal | None:
    found = next_reference(answer.response, answer.envelope)
    if not found:
        return None
    field = Field(found[0], found[1], found[0][found[1]])
    if isinstance(field.value, dict) and field.word != "lastevaluatedkey":
        inner = _inner(field.value)
        if inner is None:
            return None
        above, field = field, inner
        path = answer.path(above.holder, above.key, inner.key)
    else:
        path = answer.path(field.holder, field.key)
    if (type(field.value) is int) is not numbers or _is_link(field.value, field.word):
        return None
    param = _param(answer, field)
    if isinstance(field.value, dict):  # of a query, it would have to be a text
        return proposed("cursor", cursor_path=path, cursor_body_path=param)
    return proposed("cursor", cursor_path=path, **_place(answer, param))


def _inner(value: Object) -> Field | None:
    """The token of an object that stands for the next page."""
    keys = [str(key) for key in value if plain(str(key)) in REFERENCES - set(LINKS)]
    tokens = [key for key in keys if plain(key) != "page"] or keys
    return Field(value, tokens[0], value[tokens[0]]) if tokens else None


def _param(answer: Answer, field: Field) -> Asked:
    """The parameter for a token: by a link that has it, by the request, or as APIs mostly do."""
    for link in _urls(answer.body):
        for name, value in parse_qsl(urlsplit(link).query):
            if value == str(field.value) and not answer.asks_in_body:
                return Asked(name, is_sure=True)
    guess = _guess(field)
    return answer.asked(guess)


def _guess(field: Field) -> str:
    """`nextPageToken` goes to `pageToken`, `next_cursor` to `cursor`, `offset` to `offset`."""
    word, beside = field.word, words(field.holder)
    if word in PARAMS:
        return PARAMS[word]
    if word == "nextpagetoken" and "islast" in beside:
        return field.key
    if word == "nextcursor" and field.holder.get("object") == "list":
        return "start_cursor"
    if word == "next":
        return "page" if type(field.value) is int else "cursor"
    if word not in NEXT_KEYS or word in AS_WRITTEN or not word.startswith("next"):
        return field.key
    rest = re.sub(r"(?i)^@?next[_-]?", "", field.key)
    return rest[:1].lower() + rest[1:]


def _place(answer: Answer, param: Asked) -> dict[str, Asked]:
    """As a parameter, or in the body where the request has one; Intercom's is in `pagination`."""
    if not answer.asks_in_body:
        return {"cursor_param": param}
    if not param.is_sure and isinstance(answer.sent.get("pagination"), dict):
        return {"cursor_body_path": Asked(f"pagination.{param.name}")}
    return {"cursor_body_path": param}


def _variable(answer: Answer) -> dict[str, Asked]:
    """That which the query of GraphQL gives to `after`."""
    query = answer.sent.get("query", answer.query.get("query"))
    used = re.search(r"\bafter\s*:\s*\$(\w+)", query if isinstance(query, str) else "")
    if used:
        return {"cursor_body_path": Asked(f"variables.{used[1]}", is_sure=True)}
    name = "variables.after" if answer.asks_in_body else "after"
    return {"cursor_body_path" if answer.asks_in_body else "cursor_param": Asked(name)}


def _links(answer: Answer) -> Iterator[tuple[str, str]]:
    """(path, address), for each that is called the next one."""
    for field in answer.fields():
        if field.word not in NEXT_KEYS:
            continue
        if _is_link(field.value, field.word) and (path := answer.path(field.holder, field.key)):
            yield path, field.value
        for key in LINKS if isinstance(field.value, dict) else ():
            path = answer.path(field.holder, field.key, key)
            if _is_link(field.value.get(key)) and path:
                yield path, field.value[key]


def _is_link(value: Json, word: str = "") -> bool:
    """A token may begin with a slash, too."""
    if not isinstance(value, str) or re.search("token|cursor|marker", word):
        return False
    return bool(re.match(r"https?://|/|\?|\./", value))


def _leads_on(url: str, answer: Answer) -> bool:
    asked, link = urlsplit(answer.response.request.url or ""), urlsplit(url)
    if answer.asks_in_body:
        return False
    is_cut = link.path != asked.path and bool(link.path) and asked.path.endswith(link.path)
    query = dict(parse_qsl(link.query))
    counts = any(plain(name) in PLACES and value.isdecimal() for name, value in query.items())
    left_out = {name for name in answer.query if plain(name) not in PLACES} - set(query)
    return not is_cut and not (counts and left_out)


def _urls(value: Json, depth: int = 4) -> Iterator[str]:
    """The addresses in the objects of an answer."""
    if isinstance(value, str) and _is_link(value):
        yield value
    elif isinstance(value, dict) and depth:
        for inner in value.values():
            yield from _urls(inner, depth - 1)
