"""Which links and cursors are places in a list, so that a record that moves takes others along."""

from typing import Any

import pytest
import requests

from restsrc_dagster.extract.paging.paginators import (
    HeaderLinkPaginator,
    JSONResponseCursorPaginator,
)
from restsrc_dagster.extract.paging.places import leads_to_a_place

BASE = "https://api.acme.com/items"
RECORDS = [{"id": n} for n in range(700, 800)]


def follows(asked: str, reference: Any, *, before: int = 100, records: Any = RECORDS) -> bool:
    is_link = isinstance(reference, str) and "?" in reference
    paginator = HeaderLinkPaginator() if is_link else JSONResponseCursorPaginator()
    paginator.next_reference = reference
    response = requests.Response()
    response.url = f"{BASE}?{asked}"
    return leads_to_a_place(paginator, response, records, before)


@pytest.mark.parametrize(
    ("asked", "reference", "before"),
    [
        ("state=all", f"{BASE}?state=all&page=2", 100),
        ("state=all", "?state=all&per_page=100&page=2", 100),
        ("page=2&per_page=100", f"{BASE}?page=3&per_page=100", 200),
        ("", f"{BASE}?offset=100", 100),
        ("offset=100", f"{BASE}?offset=200", 200),
        ("startIndex=1", f"{BASE}?startIndex=101", 100),
        ("", "100", 100),
        ("after=100", 200, 200),
        ("", "101", 100),
    ],
)
def test_a_number_of_pages_or_of_records_is_one(asked: str, reference: Any, before: int) -> None:
    assert follows(asked, reference, before=before)


def test_what_a_link_calls_a_page_is_no_id() -> None:
    assert follows("", f"{BASE}?page=2", records=[{"id": 1, "stars": 5}, {"id": 2, "stars": 2}])
    assert not follows("", f"{BASE}?from=2", records=[{"id": 1, "stars": 5}, {"id": 2, "stars": 2}])


@pytest.mark.parametrize(
    ("asked", "reference", "records"),
    [
        ("", f"{BASE}?cursor=eyJpZCI6MTAwfQ", RECORDS),
        ("cursor=abc", f"{BASE}?cursor=abd", RECORDS),
        ("after=700", f"{BASE}?after=799", RECORDS),
        ("", f"{BASE}?since_id=799&limit=100", RECORDS),
        ("limit=100", f"{BASE}?limit=100&page_info=xyz", RECORDS),
        ("", "799", RECORDS),
        ("", "100", [{"id": n} for n in range(1, 101)]),
        ("", f"{BASE}?after=100", [{"id": str(n)} for n in range(1, 101)]),
        ("page=2&until=5", f"{BASE}?page=3&until=6", RECORDS),
        ("", "1e2", RECORDS),
        ("", None, RECORDS),
        ("", f"{BASE}?limit=100", RECORDS),
    ],
)
def test_a_token_or_the_id_of_the_last_record_is_none(
    asked: str, reference: Any, records: Any
) -> None:
    assert not follows(asked, reference, records=records)
