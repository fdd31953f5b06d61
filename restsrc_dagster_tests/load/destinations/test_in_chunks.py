"""A long list in files is committed on its way; each row is there once all the same."""

from dataclasses import replace
from typing import Any

import pytest

from restsrc_dagster_tests.load.destinations.conftest import of_libraries
from restsrc_dagster_tests.load.destinations.places import Place
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items

pytestmark = of_libraries
PAGES = {"type": "page_number", "base_page": 1, "total_path": None}
CURSOR = {"cursor_path": "at", "initial_value": "2000-01-01", "row_order": "asc"}


@pytest.mark.parametrize("place", ["files, append", "files, replace", "delta"], indirect=True)
def test_each_row_is_there_once(api: Api, place: Place) -> None:
    records = [{"id": n, "at": f"2024-01-{n + 10}", "tags": [n]} for n in range(14)]

    def page(asked: Asked) -> Any:
        start = 2 * (int(asked.params["page"]) - 1)
        new = [record for record in records if record["at"] >= asked.params["since"]]
        return {"data": new[start : start + 2]}

    api.routes["/items"] = page
    params = {"since": "{incremental.start_value}"}
    resource = items(params=params, paginator=PAGES, incremental=CURSOR) | {"primary_key": "id"}
    place = replace(place, settings=replace(place.settings, commit_after_records=2))
    acme = place.connector(api.url, [resource])
    told: list[str] = []
    place.load(acme, told=told)
    chunks = [line for line in told if "rows are committed" in line]
    assert bool(chunks) == (place.name != "files, replace")
    ids = list(range(14))
    assert sorted(row["id"] for row in place.rows("items")) == ids
    records.append({"id": 14, "at": "2024-01-30", "tags": [14]})
    place.load(acme)
    assert sorted(row["id"] for row in place.rows("items")) == [*ids, 14]
    assert sorted(row["value"] for row in place.rows("items__tags")) == [*ids, 14]
