"""Whether what leads to the next page is a place in the list: its number, or the records before it.

Many an API that gives links, or a cursor, counts behind them: `?page=2`, `"after": "100"`. A record
that moves then takes another past the page that is read next, as where the pages are asked for by
numbers.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from dlt.sources.helpers.rest_client.paginators import BasePaginator

from restsrc_dagster.connector.page_size import is_page_size
from restsrc_dagster.dlt_compat.paginators import ReferencePaginator
from restsrc_dagster.extract.paging.totals import PAGE_KEYS, number
from restsrc_dagster.extract.records.field import plain
from restsrc_dagster.json_types import Json

_FIRST = 1


def leads_to_a_place(
    paginator: BasePaginator, response: requests.Response, page: Sequence[Json], before: int
) -> bool:
    """Of a page that has come; `before` is how many records of its list have come with it.

    A number that stands in the last record is its id, as of a list that goes on behind it; not one
    that a link calls that of a page.
    """
    if not isinstance(paginator, ReferencePaginator) or not paginator.has_next_page:
        return False
    reference = paginator.next_reference
    if isinstance(reference, str) and ("/" in reference or "?" in reference):
        name, found = _counted_in(response.url, urljoin(response.url, reference), len(page))
        if found is not None and plain(name) in PAGE_KEYS:
            return True
    else:
        found = number(reference)
        found = found if found in (before, before + _FIRST) else None
    is_id = bool(page) and isinstance(page[-1], dict) and _stands_in(found, page[-1])
    return found is not None and not is_id


def _counted_in(asked: str, following: str, size: int) -> tuple[str, int | None]:
    """The param, and its number, that is one more, or more by the size of a page, and all that
    differs; None where there is none.

    Names that only the link has are not looked at beside one that both have: the API writes out
    what it takes for granted.
    """
    now, then = _params(asked), _params(following)
    changed = {name for name in then if name in now and now[name] != then[name]}
    if not changed:
        added = [name for name in then if name not in now and not is_page_size(name)]
        first = number(then[added[0]]) if len(added) == 1 else None
        return ("".join(added), first if first in (2, size, size + _FIRST) else None)
    (name, *others) = changed
    last, place = number(now[name]), number(then[name])
    if others or last is None or place is None:
        return name, None
    return name, place if place - last in (1, size) else None


def _params(url: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}


def _stands_in(place: int | None, record: Mapping[str, Json]) -> bool:
    return place is not None and any(number(value) == place for value in record.values())
