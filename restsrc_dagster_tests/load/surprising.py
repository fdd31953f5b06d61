"""An API whose one list a test writes down page by page, and the resource that reads it."""

import json
from collections.abc import Iterator
from typing import Any

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.load.report import ResourceReport
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items

LINKED = {"type": "json_link", "next_url_path": "next"}


class Listing:
    """Loads lists of records into the table `items` of a warehouse."""

    def __init__(self, api: Api, warehouse: Warehouse, **resource: Any) -> None:
        self._api = api
        self._warehouse = warehouse
        self._resource = resource
        self._pages: tuple[Any, ...] = ()
        api.routes["/items"] = self._answer

    def connector(self, **resource: Any) -> Connector:
        endpoint = self._resource.get("endpoint", {})
        described = items(paginator=LINKED, **endpoint)
        described |= {key: value for key, value in self._resource.items() if key != "endpoint"}
        return self._warehouse.connector(self._api.url, [described | resource])

    def load(self, *pages: Any, refresh: bool = False, **resource: Any) -> ResourceReport:
        """Load pages, each a list of records or its JSON; `resource` are further keys.

        Raises what the resource failed with.
        """
        self._pages = pages
        names = ["items"] if refresh else []
        report = self._warehouse.load(self.connector(**resource), refresh=names)
        for error in report.failed.values():
            raise error
        return report.resources["items"]

    def _answer(self, asked: Asked) -> Any:
        number = int(asked.params.get("page", 0))
        page = self._pages[number]
        text = page if isinstance(page, str) else json.dumps(page)
        more = number + 1 < len(self._pages)
        link = f', "next": "/items?page={number + 1}"' if more else ""
        return Answer(f'{{"data": {text}{link}}}'.encode())


def types(report: ResourceReport) -> dict[str, Any]:
    """The type of each column, without dlt's own."""
    return dict(_types(report))


def _types(report: ResourceReport) -> Iterator[tuple[str, Any]]:
    for name, column in report.columns.items():
        if not name.startswith("_dlt") and "data_type" in column:
            yield name, column["data_type"]
