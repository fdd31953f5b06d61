"""The steps of a reading that notice what comes, and end it when that is enough."""

from typing import Any

from dlt.common import jsonpath
from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.client import PageData

from restsrc_dagster.dlt_compat.paginators import end_list
from restsrc_dagster.extract.conform.seen_tables import SeenTables
from restsrc_dagster.extract.paging.answer import Answer
from restsrc_dagster.extract.paging.found_list import list_of_objects
from restsrc_dagster.extract.paging.only_page import in_vain
from restsrc_dagster.extract.paging.totals import announced_total
from restsrc_dagster.extract.response.envelope import Envelope
from restsrc_dagster.extract.sample.sample import Sample
from restsrc_dagster.extract.step_order import StepOrder

PAGES = 2
"""One page tells nothing about paging."""
PARENTS = 3
EMPTY_PAGES = 10
"""Of a parent, before it is given up: its filter may leave nothing of any page."""


class Enough(Exception):
    """The sample is large enough; never leaves this module."""


class ObservePages(ItemTransform[Any, Any]):
    """Sees every page as the API gave it, before the processing steps."""

    placement_affinity = StepOrder.SAMPLE_PAGES

    def __init__(self, sample: Sample, *, of_one_list: bool = True) -> None:
        super().__init__(lambda item: item)
        self._sample = sample
        self._of_one_list = of_one_list and sample.resource.parent is None

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        sample = self._sample
        if sample.is_enough:
            raise Enough
        sample.pages += 1
        sample.seen += len(item) if isinstance(item, list) else 1
        if isinstance(item, PageData):
            sample.paginator = item.paginator
            sample.more = bool(item.paginator.has_next_page)
            if sample.first is None:
                sample.first = _first_answer(sample, item)
                sample.nothing_at = in_vain(item.paginator, item.response)
            if sample.total is None and self._of_one_list:
                envelope = Envelope.of_answer(item.response, item)
                sample.total = announced_total(item.response, envelope, len(item))
        return item


def _first_answer(sample: Sample, page: PageData[Any]) -> Answer:
    """With the records that the answer has, where a list of something else was taken for them."""
    records, body = list(page), page.response.json()
    if sample.resource.endpoint.get("data_selector") is None and (
        path := list_of_objects(body, records)
    ):
        records = list(jsonpath.find_values(path, body)[0])
    return Answer(page.response, records)


class CollectRecords(ItemTransform[Any, Any]):
    """Sees what the processing steps leave of every page, before the cursor filters it, and when it
    is enough."""

    placement_affinity = StepOrder.SAMPLE_RECORDS

    def __init__(self, sample: Sample, limit: int, *, is_parent: bool) -> None:
        super().__init__(lambda item: item)
        self._sample = sample
        self._limit = limit
        self._is_parent = is_parent

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        sample = self._sample
        if self._is_parent:
            page = list(item)[: PARENTS - len(sample.records)]
            sample.records += page
            if sample.records:
                # The parent ends by itself. An exception would end its children, too, before
                # they have read: dlt asks the parent for its next page first. A list of values
                # has no paginator, and its further pages are empty here.
                if sample.paginator is not None:
                    end_list(sample.paginator)
            elif sample.pages >= EMPTY_PAGES:
                raise Enough
            return page
        sample.records += item if isinstance(item, list) else [item]
        sample.is_enough = sample.seen >= self._limit and sample.pages >= PAGES
        return item


class ObserveTables(ItemTransform[Any, Any]):
    """Sees what is left of every page as it would be written, and ends the read.

    A page of which nothing is left does not come here: then the next one ends it.
    """

    placement_affinity = StepOrder.SAMPLE_TABLES

    def __init__(self, sample: Sample, tables: SeenTables | None = None) -> None:
        super().__init__(lambda item: item)
        self._sample = sample
        self._tables = tables

    def __call__(self, item: Any, meta: Any = None) -> Any:
        if self._tables is not None:
            self._tables.take(item, meta)
        if self._sample.is_enough:
            raise Enough
        return item
