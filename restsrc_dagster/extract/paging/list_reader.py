"""The page loop: how a list is read, one page after the other.

A list is what a first request and its further pages give: of a resource, or of one of its parents.
"""

from collections.abc import Callable, Container, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
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
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.paging.error_body import FoundError, complaint
from restsrc_dagster.extract.paging.kinds import counts_pages, is_registered, is_single
from restsrc_dagster.extract.paging.last_page import LastPage
from restsrc_dagster.extract.paging.paginators import LinkedPaginator
from restsrc_dagster.extract.paging.waiting import Ready, WaitRule
from restsrc_dagster.extract.response.rules import ResponseRules
from restsrc_dagster.extract.response.taken import is_in_pieces, pieces_of, records_of
from restsrc_dagster.extract.response.url_redaction import redacted_url
from restsrc_dagster.json_types import Json


class Page(PageData[Any]):
    """Records of one page, with dlt's context.

    Attributes:
        parent: whose records they are; None where the resource has no parent.
        ends_by_rule: whether `reading.<resource>.last_page` holds for it.
        is_given: whether all pages of its list were there, or asked for, before it was handed on.
        is_last_piece: whether it is the end of its answer; a large one is handed on in pieces.
        before: how many records of the same answer were handed on before it.
    """

    parent: Any = None
    ends_by_rule = False
    is_given = False
    is_last_piece = True
    before = 0

    @property
    def is_first_piece(self) -> bool:
        """Whether no records of the same answer were handed on before."""
        return not self.before

    @property
    def size(self) -> int:
        """How many records of its answer were handed on, with these."""
        return self.before + len(self)

    def behind(self, count: int) -> "Page":
        """The page without its first records."""
        page = Page(self[count:], self.request, self.response, self.paginator, self.auth)
        page.parent, page.ends_by_rule = self.parent, self.ends_by_rule
        page.is_given = self.is_given
        return page


@dataclass(frozen=True, kw_only=True)
class FirstRequest:
    """What the first request of a list is made of, every placeholder filled in; `version` is that
    of the parent, which is not sent."""

    path: str
    headers: Mapping[str, Any] | None = None
    params: Mapping[str, Any] | None = None
    json: Any = None
    data: Any = None
    version: str = ""


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
        wait: until when an answer is asked for again; None where the file does not say.
        creates_job: whether others wait for what it creates.
        is_job: whether an answer is a job, whatever lists are in it, if no selector is named.
        only_asks: whether only the first request of each list is sent, and no page is read.
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
    wait: WaitRule | None = None
    creates_job: bool = False
    is_job: bool = False
    only_asks: bool = False

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
        request.restsrc_version = first.version  # type: ignore[attr-defined]
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
    ) -> Iterator[Page | None]:
        """The pages of one list; None each time that another resource may go on meanwhile.

        Args:
            first: what its first request is made of.
            answers: those of the list, where they are there already; nothing is requested then.

        Raises:
            What `ask` raises.
        """
        ask = self.ask if answers is None else partial(_given, answers)
        client, (request, paginator) = self.client, self.begin(first)
        selector, number = self._selector, 0
        if self.only_asks:
            with suppress(IgnoreResponseException):
                ask(request)
            return
        while True:
            try:
                request, response = yield from self._ready(ask, request)
            except IgnoreResponseException:
                return
            if records_of(response) is None and not is_in_pieces(response):
                selector = selector or client.detect_data_selector(response)
            number, before = number + 1, 0
            for records, is_last in self._pieces(response, selector):
                if self.creates_job and not any(records):
                    raise ReadError(_no_job(response))
                if paginator is None:
                    paginator = client.detect_paginator(response, records)
                ends_by_rule = is_last and self.go_on(
                    paginator, request, response, records, number, before
                )
                auth: Any = client.auth
                page = Page(records, request, response, paginator, auth)
                page.ends_by_rule, page.is_given = ends_by_rule, answers is not None
                page.is_last_piece, page.before = is_last, before
                before += len(records)
                yield page
            if paginator is None or not paginator.has_next_page:
                return

    def _ready(
        self, ask: Callable[[requests.Request], requests.Response], request: requests.Request
    ) -> Generator[None, None, Ready]:
        if self.wait is None:
            return request, ask(request)
        return (yield from self.wait.ready(ask, request))

    def _pieces(
        self, response: requests.Response, selector: str | None
    ) -> Iterator[tuple[list[Any], bool]]:
        """The records of an answer, and whether they are the last of it."""
        pieces = pieces_of(response)
        if pieces is None:
            yield self._records(response, selector), True
            return
        piece = next(pieces, [])
        for following in pieces:
            yield piece, False
            piece = following
        yield piece, True

    def go_on(
        self,
        paginator: BasePaginator,
        request: requests.Request,
        response: requests.Response,
        records: list[Json],
        number: int,
        before: int = 0,
    ) -> bool:
        """Let a request be the next one of its list, if there is a next page.

        Args:
            paginator: of the list; it knows afterwards whether there is one.
            request: the one that was answered.
            response: the answer, and `records` those of it.
            number: of the page, from 1.
            before: how many records of the answer come before these, of one that is in pieces.

        Returns:
            Whether `last_page` holds for the page.
        """
        ends = self.last_page is not None and self.last_page(
            response, records, _number(paginator, number)
        )
        if before and isinstance(paginator, LinkedPaginator):
            paginator.before = before
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
        """Of a page that is read at once."""
        return self._records(response, self._selector)

    def _records(self, response: requests.Response, selector: str | None) -> list[Any]:
        if (records := records_of(response)) is not None:
            return records
        return self.client.extract_response(
            response, selector or self.client.detect_data_selector(response)
        )

    @property
    def _selector(self) -> str | None:
        """Where the records are; None where that is found in an answer."""
        return self.endpoint.get("data_selector") or ("$" if self.is_job else None)

    @property
    def _paginator(self) -> BasePaginator | None:
        return self.endpoint.get("paginator") or self.client.paginator


def list_readers(
    configuration: Mapping[str, Any],
    session: Any,
    reading: Mapping[str, ResourceReading],
    *,
    wait: Callable[[str, ResourceReading], WaitRule],
    creators: Container[str] = (),
    jobs: Container[str] = (),
    only_ask: Container[str] = (),
) -> Mapping[str, ListReader]:
    """By the name of each resource of a configuration of dlt's.

    Args:
        configuration: what dlt gets.
        session: an `ApiSession`.
        reading: what the connector file says beside it, by the resource's name.
        wait: makes the rule of a resource that has a `wait_until`.
        creators: names of the resources that create what others wait for.
        jobs: names of the resources whose records are jobs.
        only_ask: names of those of which only the first request of each list is sent.
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
            hooks={"response": [ResponseRules.of(endpoint)]},
            ask=session.ask,
            last_page=_last_page(name, reading.get(name)),
            first_page_only=reading[name].first_page_only if name in reading else (),
            wait=_wait(name, reading.get(name), wait),
            creates_job=name in creators,
            is_job=name in jobs,
            only_asks=name in only_ask,
        )
    return readers


def _no_job(response: requests.Response) -> str:
    where = " It names an address in Location:" if "Location" in response.headers else ""
    return (
        f"{redacted_url(response.url)} answered {response.status_code} without a record to wait "
        f"for.{where} give this resource the wait_until itself, or name its record as data_selector"
    )


def _given(answers: Iterator[requests.Response], _: requests.Request) -> requests.Response:
    """The next of answers that are there; where one was ignored, the list has ended."""
    for response in answers:
        return response
    raise IgnoreResponseException


def _url(base_url: str, path: str) -> str:
    return path if urlsplit(path).scheme in ("http", "https") else join_url(base_url, path)


def _last_page(name: str, said: ResourceReading | None) -> LastPage | None:
    return LastPage(said.last_page, name) if said is not None and said.last_page else None


def _wait(
    name: str,
    said: ResourceReading | None,
    make: Callable[[str, ResourceReading], WaitRule],
) -> WaitRule | None:
    return make(name, said) if said is not None and said.wait_until else None


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

    def __call__(self) -> Iterator[Page | None]:
        """The pages; raises as `ListReader.read` does."""
        if self._announce is not None:
            self._announce(self._first())
        return self._pages()

    def _first(self) -> Iterator[FirstRequest]:
        """Only when it is wanted: dlt calls before the cursor has taken its state."""
        yield self._reader.of_list(self._incremental)

    def _pages(self) -> Iterator[Page | None]:
        for first in self._first():
            yield from self._reader.read(first)
