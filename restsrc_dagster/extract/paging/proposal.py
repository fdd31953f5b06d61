"""The paginator that an answer asks for, where none is named that follows it.

It is told, not used: what a parameter is called stands in the API's documentation, and a wrong one
would be passed over by some APIs. What no family knows stays unknown.
"""

from collections.abc import Callable, Sequence
from typing import Any

import requests
from dlt.sources.helpers.rest_client.paginators import BasePaginator

from restsrc_dagster.extract.paging import counted_families as counted
from restsrc_dagster.extract.paging import linked_families as linked
from restsrc_dagster.extract.paging.answer import Answer
from restsrc_dagster.extract.paging.kinds import is_single, kind_of, made_of
from restsrc_dagster.extract.paging.more_pages import unread_next
from restsrc_dagster.extract.paging.proposed import Proposal
from restsrc_dagster.extract.paging.totals import announced_total

Family = Callable[[Answer], Proposal | None]
FAMILIES: Sequence[Family] = (
    linked.header_link,
    linked.relay,
    linked.body_link,
    linked.list_of_links,
    linked.header_cursor,
    linked.continued,
    linked.token,
    linked.token_beside_flag,
    counted.page_numbers,
    linked.number_of_next,
    counted.elasticsearch,
    counted.offsets,
    counted.mailchimp,
    counted.pages_without_number,
    counted.as_asked,
    linked.last_record,
    linked.any_link,
)
"""The first that knows an answer has the word."""

ASKED_BY = (
    *("next_url_path", "links_next_key", "cursor_path", "cursor_key", "cursor_param"),
    *("cursor_body_path", "param_name", "param_body_path", "base_index"),
)
"""Attributes of a paginator by which it finds, and asks for, the next page."""


def proposal(response: requests.Response, page: list[Any]) -> Proposal | None:
    """The paginator that finds a next page behind the first one of a list.

    Args:
        response: the answer to the first request of the list.
        page: its records.

    Returns:
        None where the answer does not say that there is more, or no family knows how it is asked.
    """
    answer = Answer(response, page)
    if not _says_more(answer):
        return None
    found = (family(answer) for family in FAMILIES)
    return next((one for one in found if one is not None and _finds_next(one, answer)), None)


def advice(response: requests.Response, page: list[Any]) -> str:
    """The end of a sentence that asks for a paginator: the one to write, if it is known."""
    found = proposal(response, page)
    if found is None:
        return ""
    return _told(found)


def by_last_record(response: requests.Response, page: list[Any]) -> str:
    """The paginator to write if the next page is asked for by the id of the last record, of which
    the answer says nothing; "" where records have no ids."""
    answer = Answer(response, page)
    found = linked.last_record_alone(answer)
    return _told(found) if found is not None and _finds_next(found, answer) else ""


def _told(found: Proposal) -> str:
    return f": {found}" + (f" ({found.doubt})" if found.doubt else "")


def better_than_guessed(
    guessed: BasePaginator, response: requests.Response, page: list[Any]
) -> str:
    """A sentence with what an answer asks for, where that is not what was guessed; else ""."""
    found = None if is_single(guessed) else proposal(response, page)
    if found is None or agrees(found, guessed):
        return ""
    return f". The paginator was guessed; the first answer asks for another one{_told(found)}"


def agrees(found: Proposal, guessed: BasePaginator) -> bool:
    """Whether a paginator that was guessed asks for the same as the one that is proposed."""
    made = made_of(dict(found.written))
    same = (str(getattr(made, name, "")) == str(getattr(guessed, name, "")) for name in ASKED_BY)
    return kind_of(made) is kind_of(guessed) and all(same)


def _says_more(answer: Answer) -> bool:
    if unread_next(answer.response, answer.envelope, pages=1):
        return True
    total = announced_total(answer.response, answer.envelope, len(answer.page))
    return total is not None and total > len(answer.page) > 0


def _finds_next(found: Proposal, answer: Answer) -> bool:
    """Whether the paginator that a person would write asks for a further page."""
    asked = answer.response.request
    request = requests.Request(asked.method, asked.url, params={}, json=dict(answer.sent) or None)
    try:
        paginator = made_of(dict(found.written))
        paginator.init_request(request)
        paginator.update_state(answer.response, answer.page)
        paginator.update_request(request)
    except Exception:  # of whatever kind: it would not read the list
        return False
    return bool(paginator.has_next_page)
