"""A paginator goes on, or ends, by what it is told."""

import requests
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    JSONLinkPaginator,
    PageNumberPaginator,
)

from restsrc_dagster.dlt_compat.paginators import NumberPaginator, ReferencePaginator, end_list


class Linked(ReferencePaginator, JSONLinkPaginator):
    pass


class Numbered(NumberPaginator, PageNumberPaginator):
    pass


def answer(body: bytes) -> requests.Response:
    made = requests.Response()
    made.status_code, made._content = 200, body
    return made


def test_where_a_list_goes_on() -> None:
    """dlt keeps it as `_next_reference`, and sets `_has_next_page` by it."""
    paginator = Linked()
    paginator.update_state(answer(b'{"next": "/b"}'), [1])
    assert (paginator.next_reference, paginator.has_next_page) == ("/b", True)
    assert paginator.next_reference == paginator._next_reference
    paginator.next_reference = None
    assert not paginator.has_next_page
    paginator.next_reference = "https://a/c"
    request = requests.Request("GET", "https://a/b")
    paginator.update_request(request)
    assert request.url == "https://a/c", "dlt sends what it is told"


def test_whether_a_list_of_numbers_goes_on() -> None:
    """dlt asks `_stop_after_this_page`, and keeps `_has_next_page`."""
    paginator = Numbered()
    assert paginator.ends_after([])
    assert paginator.ends_after([]) == paginator._stop_after_this_page([])
    assert not paginator.ends_after([1])
    assert not Numbered(stop_after_empty_page=False, maximum_page=9).ends_after([])
    paginator.go_on(False)
    assert not paginator.has_next_page
    paginator.go_on(True)
    assert paginator.has_next_page


def test_any_list_can_be_ended() -> None:
    paginators: list[BasePaginator] = [JSONLinkPaginator(), PageNumberPaginator()]
    for paginator in paginators:
        assert paginator.has_next_page
        end_list(paginator)
        assert not paginator.has_next_page
        assert paginator._has_next_page is False
