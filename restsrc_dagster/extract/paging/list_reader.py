"""The page loop: how a list is read, one page after the other.

A list is what a first request and its further pages give: of a resource, or of one of its parents.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from dlt.common.configuration import resolve_configuration
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.common.utils import exclude_keys
from dlt.sources.helpers.rest_client.client import PageData, RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator

from restsrc_dagster.connector.resources.reading import ResourceReading
from restsrc_dagster.dlt_compat.paginators import end_list
from restsrc_dagster.dlt_compat.rest_api import (
    IgnoreResponseException,
    create_auth,
    create_paginator,
    endpoints,
    expand_placeholders,
    process_parent_data_item,
)
from restsrc_dagster.dlt_compat.rest_client import join_url
from restsrc_dagster.extract.paging.error_body import FoundError, complaint
from restsrc_dagster.extract.paging.kinds import counts_pages, is_registered, is_single
from restsrc_dagster.extract.paging.last_page import LastPage
from restsrc_dagster.extract.paging.paginators import LinkedPaginator
from restsrc_dagster.extract.response.rules import ResponseRules
from restsrc_dagster.json_types import Json


class Page(PageData[Any]):
    """Records of one page, with dlt's context.

    Attributes:
        parent: whose records they are; None where the resource has no parent.
        ends_by_rule: whether `reading.<resource>.last_page` holds for it.
        is_given: whether all pages of its list were there before it was handed on.
    """

    parent: Any = None
    ends_by_rule = False
    is_given = False

    def behind(self, count: int) -> "Page":
        """The page without its first records."""
        page = Page(self[count:], self.request, self.response, self.paginator, self.auth)
        page.parent, page.ends_by_rule = self.parent, self.ends_by_rule
        page.is_given = self.is_given
        return page


@dataclass(frozen=True, kw_only=True)
class FirstRequest:
    """What the first request of a list is made of, every placeholder filled in."""

    path: str
    headers: Mapping[str, Any] | None = None
    params: Mapping[str, Any] | None = None
    json: Any = None
    data: Any = None


Announce = Callable[[Iterable[FirstRequest]], None]
"""Called with what the first requests of some lists are made of, in their order."""


@dataclass(frozen=True, kw_only=True)
class ListReader:
    """How the lists of one resource are read.

    Args:
        endpoint: as dlt has merged and bound it.
        bound: dlt's `ResolvedParam`s of a resource with a parent.
        client: dlt's, with the auth, the headers and the paginator of the connector.
        hooks: what looks at each answer: the `response_actions` of the endpoint.
        last_page: the person's rule for the end of a list; None without one.
        first_page_only: params that only the first request of a list sends.
        ask: sends a request, or takes the answer of one that was sent ahead; raises as
            `requests.Session.send` does, and what the hooks of the request raise.
    """

    endpoint: Mapping[str, Any]
    bound: list[Any] | None
    client: RESTClient
    hooks: Mapping[str, Any]
    ask: Callable[[requests.Request], requests.Response]
    last_page: LastPage | None = None
    first_page_only: Sequence[str] = ()

    @property
    def knows_paginator(self) -> bool:
        """Whether there are pages, and it is not guessed from an answer how they are asked for."""
        paginator = self._paginator
        return paginator is not None and not is_single(paginator) and not is_registered(paginator)

    def of_list(self, incremental: Any) -> FirstRequest:
        """What the first request is made of, without a parent.

        Args:
            incremental: has what stands for `{incremental.<name>}` as attributes; None without a
                cursor.
        """
        values = {} if incremental is None else {"incremental": incremental}
        return FirstRequest(
            **{
                key: expand_placeholders(self.endpoint.get(key), values, key == "json")
                for key in ("path", "headers", "params", "json", "data")
            }
        )

    def of_parent(self, parent: dict[str, Any]) -> FirstRequest:
        """What the first request is made of, for one parent; raises ValueError where it lacks a
        field."""
        endpoint = self.endpoint
        made = process_parent_data_item(
            endpoint["path"],
            parent,
            self.bound or [],
            endpoint.get("headers"),
            endpoint.get("params"),
            endpoint.get("json"),
            endpoint.get("data"),
        )
        return FirstRequest(
            path=made.path,
            headers=made.headers,
            params=made.params,
            json=made.json,
            data=made.data,
        )

    def begin(self, first: FirstRequest) -> tuple[requests.Request, BasePaginator | None]:
        """The first request of a list, and its paginator; None where that is to be guessed."""
        request = requests.Request(
            method=self.endpoint.get("method") or "GET",
            url=_url(self.client.base_url, first.path),
            headers={**(self.client.headers or {}), **(first.headers or {})},
            params=dict(first.params or {}),
            json=first.json,
            data=first.data,
            auth=self.client.auth,
            hooks=self.hooks,
        )
        paginator = self.new_paginator()
        if paginator is not None:
            paginator.init_request(request)
        return request, paginator

    def new_paginator(self) -> BasePaginator | None:
        """That of one list; None where it is to be guessed."""
        paginator = deepcopy(self._paginator)
        if self.last_page is not None and isinstance(paginator, LinkedPaginator):
            paginator.same_is_meant = True
        return paginator

    def read(
        self, first: FirstRequest, answers: Iterator[requests.Response] | None = None
    ) -> Iterator[Page]:
        """The pages of one list.

        Args:
            first: what its first request is made of.
            answers: those of the list, where they are there already; nothing is requested then.

        Raises:
            What `ask` raises.
        """
        ask = self.ask if answers is None else partial(_given, answers)
        client, (request, paginator) = self.client, self.begin(first)
        selector, number = self.endpoint.get("data_selector"), 0
        while True:
            try:
                response = ask(request)
            except IgnoreResponseException:
                return
            selector = selector or client.detect_data_selector(response)
            records = client.extract_response(response, selector)
            if paginator is None:
                paginator = client.detect_paginator(response, records)
            number += 1
            ends_by_rule = self.go_on(paginator, request, response, records, number)
            auth: Any = client.auth
            page = Page(records, request, response, paginator, auth)
            page.ends_by_rule, page.is_given = ends_by_rule, answers is not None
            yield page
            if not paginator.has_next_page:
                return

    def go_on(
        self,
        paginator: BasePaginator,
        request: requests.Request,
        response: requests.Response,
        records: list[Json],
        number: int,
    ) -> bool:
        """Let a request be the next one of its list, if there is a next page.

        Args:
            paginator: of the list; it knows afterwards whether there is one.
            request: the one that was answered.
            response: the answer, and `records` those of it.
            number: of the page, from 1.

        Returns:
            Whether `last_page` holds for the page.
        """
        ends = self.last_page is not None and self.last_page(
            response, records, _number(paginator, number)
        )
        try:
            paginator.update_state(response, records)
        except ValueError:  # of has_more_path, which an error does not have
            if records or complaint(response, response.json(), FoundError.NOTHING) is None:
                raise
            end_list(paginator)  # the checks of the page tell the error
            return False
        if ends:
            end_list(paginator)
            return True
        paginator.update_request(request)
        if isinstance(request.params, dict):
            for name in self.first_page_only:
                request.params.pop(name, None)
        return False

    def records(self, response: requests.Response) -> list[Any]:
        """Of a page."""
        selector = self.endpoint.get("data_selector")
        return self.client.extract_response(
            response, selector or self.client.detect_data_selector(response)
        )

    @property
    def _paginator(self) -> BasePaginator | None:
        return self.endpoint.get("paginator") or self.client.paginator


def list_readers(
    configuration: Mapping[str, Any], session: Any, reading: Mapping[str, ResourceReading]
) -> Mapping[str, ListReader]:
    """By the name of each resource of a configuration of dlt's.

    Args:
        configuration: what dlt gets.
        session: an `ApiSession`.
        reading: what the connector file says beside it, by the resource's name.
    """
    client, runtime = configuration["client"], resolve_configuration(RuntimeConfiguration())
    readers = {}
    for name, (endpoint, bound) in endpoints(configuration).items():
        endpoint["paginator"] = create_paginator(endpoint.get("paginator"))
        names = {param.param_name for param in bound or ()}
        endpoint["params"] = exclude_keys(endpoint.get("params") or {}, names)
        readers[name] = ListReader(
            endpoint=endpoint,
            bound=bound,
            client=RESTClient(
                base_url=client["base_url"],
                headers=client.get("headers"),
                auth=create_auth(endpoint.get("auth", client.get("auth"))),
                paginator=create_paginator(client.get("paginator")),
                session=session,
                config=runtime,
            ),
            hooks={"response": [ResponseRules(endpoint.get("response_actions") or ())]},
            ask=session.ask,
            last_page=_last_page(name, reading.get(name)),
            first_page_only=reading[name].first_page_only if name in reading else (),
        )
    return readers


def _given(answers: Iterator[requests.Response], _: requests.Request) -> requests.Response:
    """The next of answers that are there; where one was ignored, the list has ended."""
    for response in answers:
        return response
    raise IgnoreResponseException


def _url(base_url: str, path: str) -> str:
    return path if urlsplit(path).scheme in ("http", "https") else join_url(base_url, path)


def _last_page(name: str, said: ResourceReading | None) -> LastPage | None:
    return LastPage(said.last_page, name) if said is not None and said.last_page else None


def _number(paginator: BasePaginator, count: int) -> int:
    """Of the page that has arrived: a list that is gone on with does not begin at its first."""
    if counts_pages(paginator):
        return int(paginator.current_value) - paginator.base_index + 1
    return count


class ReadList:
    """In place of dlt's function: requests the pages of a resource without a parent.

    Args:
        reader: of the resource's lists.
        incremental: as for `ListReader.of_list`.
        announce: gets the first request, to send it before its turn; None where none is.
    """

    def __init__(
        self,
        reader: ListReader,
        incremental: Any,
        announce: Announce | None,
    ) -> None:
        self._reader = reader
        self._incremental = incremental
        self._announce = announce

    def __call__(self) -> Iterator[Page]:
        """The pages; raises as `ListReader.read` does."""
        if self._announce is not None:
            self._announce(self._first())
        return self._pages()

    def _first(self) -> Iterator[FirstRequest]:
        """Only when it is wanted: dlt calls before the cursor has taken its state."""
        yield self._reader.of_list(self._incremental)

    def _pages(self) -> Iterator[Page]:
        for first in self._first():
            yield from self._reader.read(first)
