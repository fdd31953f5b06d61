"""The only page of a list, which names no further one: whether it can be all that there is."""

import requests
from dlt.sources.helpers.rest_client.paginators import BasePaginator

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.paging.answer import Answer
from restsrc_dagster.extract.paging.full_page import came_full, full_as_asked
from restsrc_dagster.extract.paging.kinds import is_single
from restsrc_dagster.extract.paging.list_reader import Page
from restsrc_dagster.extract.paging.more_pages import says_end, word_of_paging
from restsrc_dagster.extract.paging.paginators import LinkedPaginator
from restsrc_dagster.extract.paging.proposal import advice, by_last_record

_IF_BY_LAST_RECORD = ". If by the id of the last record"
_BY_LAST_RECORD = (
    ". If the documentation has a param such as before or after that takes an id or a token of the "
    "last record, docs/recipes/last-id-as-cursor.md shows how to write it"
)


def refuse_part(page: Page, total: int | None) -> None:
    """Raises ReadError: fewer records than announced, where nothing was found that leads on.

    Of a paginator that looks for a next page in a place that the answer has not, only if the page
    came full: a total may be that of everything, without the filter.
    """
    count, answer = page.size, Answer(page.response, list(page), page.before)
    if total is None or total <= count:
        return
    finding = f"announces {total} records and gave {count}"
    cure = advice(page.response, answer.page)
    if is_single(page.paginator):
        raise ReadError(
            f"{finding}; how the others are asked for cannot be guessed: name a paginator"
            f"{cure or _BY_LAST_RECORD + by_last_record(page.response, answer.page)}"
        )
    if (place := in_vain(page.paginator, page.response)) and came_full(answer):
        raise ReadError(
            f"{finding}, and nothing is at {place}; name what leads to the others{cure}"
        )


def doubt(page: Page) -> str:
    """What to tell a person of a page with as many records as were asked for; "" if nothing."""
    answer = Answer(page.response, list(page), page.before)
    place = in_vain(page.paginator, page.response)
    full = full_as_asked(answer)
    if not full or not (place or is_single(page.paginator)):
        return ""
    if says_end(answer.envelope, page.size) or word_of_paging(answer.envelope):
        return ""
    nothing = f", and nothing is at {place}" if place else ""
    written = by_last_record(page.response, answer.page)
    return (
        f"came full, {full}{nothing}: whether there is a further page, and how it is asked for, "
        f"the API's documentation must say{_IF_BY_LAST_RECORD if written else ''}{written}"
    )


def looked_in(paginator: BasePaginator) -> list[str]:
    """Where a paginator looks for a next page, as one text; none of one that looks nowhere."""
    if not isinstance(paginator, LinkedPaginator):
        return []
    return [f"{type(paginator).__name__} {paginator.looked_in()}"]


def in_vain(paginator: BasePaginator, response: requests.Response) -> str:
    """The option of a paginator that leads to nothing in the answer, and its value; or ""."""
    if not isinstance(paginator, LinkedPaginator) or not paginator.finds_nothing(response):
        return ""
    option, value = paginator.looked_in()
    return f"the paginator's {option}, {value!r}"
