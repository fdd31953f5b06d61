"""What dlt will ask for next, as far as it is certain.

A paginator that counts, and knows the last page, knows all pages in between; any other knows the
next one. The first request of a resource, and those for all records of a parent, are known before
they are made: dlt's own functions say them, to a session that does not send.
"""

import inspect
from collections.abc import Callable, Generator, Iterator
from copy import copy
from functools import partial
from math import ceil
from typing import Any, Never
from weakref import WeakKeyDictionary

import requests
from dlt.common import jsonpath
from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.client import PageData
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    OffsetPaginator,
    RangePaginator,
)
from dlt.sources.rest_api.config_setup import paginate_dependent_resource, paginate_resource

from restsrc_dagster.connector.resources import Resource
from restsrc_dagster.extract.ahead import Ahead, Plan, copied


class GoesAhead(ItemTransform[Any, Any]):
    """Behind the checks of a resource's pages: tells `Ahead` what comes after each."""

    placement_affinity = 0

    def __init__(self, resource: Resource, ahead: Ahead) -> None:
        super().__init__(lambda item: item)
        self._resource = resource
        self._ahead = ahead

    def bind(self, pipe: Any) -> ItemTransform[Any, Any]:
        """Of the pipe that is about to be read; dlt binds that of a parent again for each child."""
        plain = True
        if self._resource.parent is None:
            plain = is_made_by(paginate_resource, pipe.gen)
            if plain:
                self._ahead.add(Plan(pipe.name, partial(next, first_requests(pipe.gen), None)))
        elif pipe.has_parent:
            # dlt's own copy of a pipe forgets which of its steps this is (`Pipe._clone`).
            place = next(
                i for i, step in enumerate(pipe.steps) if not isinstance(step, ItemTransform)
            )
            pipe.steps[place] = _Foreseeing(pipe.steps[place], pipe.name, self._ahead)
        # Where dlt stops by the order, any page may be the last; in its threads the next is asked
        # for already.
        return _Bound(pipe.name, self._ahead, looks_on=plain and not self._may_stop_early())

    def _may_stop_early(self) -> bool:
        """Whether dlt leaves the list at a record beyond its range (`Incremental.can_close`)."""
        incremental = self._resource.incremental or {}
        order = incremental.get("row_order")
        return order == "desc" or (order == "asc" and incremental.get("end_value") is not None)

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The item."""
        return item


class _Bound(ItemTransform[Any, Any]):
    def __init__(self, resource: str, ahead: Ahead, *, looks_on: bool) -> None:
        super().__init__(lambda item: item)
        self._resource = resource
        self._ahead = ahead
        self._looks_on = looks_on
        self._lists: WeakKeyDictionary[BasePaginator, tuple[Coming, Plan]] = WeakKeyDictionary()

    def bind(self, pipe: Any) -> ItemTransform[Any, Any]:  # noqa: ARG002 - dlt's signature
        return self

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        if isinstance(item, PageData):
            self._ahead.answered(self._resource, item.response)
            if self._looks_on:
                self._look_on(item)
        return item

    def _look_on(self, page: PageData[Any]) -> None:
        found = self._lists.get(page.paginator)
        if found is None:
            coming = Coming()
            found = coming, Plan(self._resource, coming.next, is_list=True)
            self._lists[page.paginator] = found
        coming, plan = found
        if coming.after(page):
            self._ahead.add(plan)
        else:
            self._ahead.drop(plan)


class Coming:
    """The further requests of one list.

    Requests are counted: that for the first page is number 0.
    """

    def __init__(self) -> None:
        self._pages = 0
        self._largest = 1
        self._next = 0
        self._known = 0

    def after(self, page: PageData[Any]) -> bool:
        """Look at a page that dlt has handed on; whether there is a further one."""
        self._pages += 1
        self._largest = max(self._largest, len(page))
        self._next = max(self._next, self._pages)
        self._known = self._pages + self._how_many(page.paginator, page.response)
        # Both belong to dlt, which goes on with them.
        self._base = self._pages
        self._paginator, self._request = copy(page.paginator), copied(page.request)
        return self._known > self._pages

    def next(self) -> requests.Request | None:
        """The next request, once; None if it is not known."""
        if self._next >= self._known:
            return None
        request, paginator = copied(self._request), copy(self._paginator)
        if isinstance(paginator, RangePaginator):
            paginator.current_value += (self._next - self._base) * paginator.value_step
            paginator.update_request(request)
        self._next += 1
        return request

    def _how_many(self, paginator: BasePaginator, response: requests.Response) -> int:
        if not paginator.has_next_page:
            return 0
        if not isinstance(paginator, RangePaginator) or paginator.has_more_path:
            return 1
        ends = []
        if paginator.total_path:
            total = int(jsonpath.find_values(paginator.total_path, response.json())[0])
            ends.append(total + paginator.base_index)
            if paginator.stop_after_empty_page and not isinstance(paginator, OffsetPaginator):
                # It may lead to the number of records instead, until there are too many pages for
                # that; dlt ends at the first empty one.
                pages = paginator.base_index + ceil(total / self._largest)
                if pages >= paginator.current_value:
                    ends.append(max(pages, paginator.current_value + 1))
        elif paginator.stop_after_empty_page:
            return 1
        if paginator.maximum_value is not None:
            ends.append(paginator.maximum_value)
        return ceil((min(ends) - paginator.current_value) / paginator.value_step)


class _Foreseeing:
    """In place of what asks for the children of a page of parents."""

    def __init__(self, ask: Any, resource: str, ahead: Ahead) -> None:
        self._ask = ask
        self._resource = resource
        self._ahead = ahead

    def __call__(self, item: Any, meta: Any = None) -> Any:
        pages = self._ask(item, meta=meta)
        if is_made_by(paginate_dependent_resource, pages):
            coming = partial(next, first_requests(pages), None)
            self._ahead.add(Plan(self._resource, coming, after=self._resource))
        return pages


def is_made_by(function: Any, generator: Any) -> bool:
    """Whether it is a generator of that function, not wrapped, and has not begun."""
    return (
        inspect.isgenerator(generator)
        and generator.gi_code is function.__code__
        and inspect.getgeneratorstate(generator) == inspect.GEN_CREATED
    )


def first_requests(generator: Generator[Any, None, None]) -> Iterator[requests.Request]:
    """What dlt's generator of pages will ask for first; for each of the parents, if it has some.

    Where dlt would fail, nothing more is known: it will fail when it comes there.
    """
    arguments = inspect.getgeneratorlocals(generator)
    items = arguments.get("items")
    return _said(paginate_resource, arguments) if items is None else _said_of(arguments)


def _said_of(arguments: dict[str, Any]) -> Iterator[requests.Request]:
    for item in arguments["items"]:
        found = list(_said(paginate_dependent_resource, {**arguments, "items": [item]}))
        if not found:
            return
        yield from found


def _said(function: Callable[..., Any], arguments: dict[str, Any]) -> Iterator[requests.Request]:
    client, paginator = copy(arguments["client"]), copy(arguments["paginator"])
    client.session = _Listener()
    params = dict(arguments["params"] or {})
    own = {"client": client, "paginator": paginator, "params": params}
    try:
        next(function(**{**arguments, **own}), None)
    except _Said as said:
        yield copied(said.request)
    except Exception:
        return


class _Said(Exception):
    def __init__(self, request: requests.Request) -> None:
        self.request = request


class _Listener:
    """In place of a session: gets what is to be sent, and sends nothing."""

    def prepare_request(self, request: requests.Request) -> Never:
        raise _Said(request)
