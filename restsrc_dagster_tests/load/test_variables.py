"""A load takes numbers, lists and values from the environment, and fails by the names of those."""

from typing import Any

import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import MissingVariable, WrongVariable
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.planning import plan_load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items

RECORDS = [{"id": number, "amount": number, "region": "eu"} for number in range(1, 8)]


def described() -> dict[str, Any]:
    paginator = {"type": "offset", "limit": "${PAGE_SIZE:-100}", "total_path": "total"}
    endpoint = {
        "method": "POST",
        "json": {"most": "${number:MOST}", "states": "${list:STATES:-open,paid}"},
        "paginator": {**paginator, "offset_body_path": "at", "limit_body_path": "size"},
    }
    steps = [{"filter": "amount >= `${MIN}` && region == '${REGION:-eu}'"}]
    return {**items(**endpoint), "processing_steps": steps}


@pytest.fixture
def acme(api: Api, duck: Warehouse) -> Connector:
    def page(asked: Any) -> Any:
        begin, size = asked.json.get("at", 0), asked.json.get("size", 100)
        return {"data": RECORDS[begin : begin + size], "total": len(RECORDS)}

    api.routes["/items"] = page
    http = {"max_concurrency": "${CONCURRENCY:-1}"}
    return duck.connector(api.url, [described()], http=http)


def loaded(duck: Warehouse, acme: Connector, environment: dict[str, str]) -> LoadReport:
    order = LoadRequest(selection=frozenset({"items"}))
    return load(acme, order, settings=duck.settings, environment=environment)


@pytest.mark.parametrize("size", [None, "3"])
def test_a_body_and_a_page_have_numbers(
    api: Api, duck: Warehouse, acme: Connector, size: str | None
) -> None:
    environment = {"MOST": "9", "MIN": "3", **({"PAGE_SIZE": size} if size else {})}
    loaded(duck, acme, environment)
    assert duck.values("SELECT id FROM acme.items ORDER BY id") == [3, 4, 5, 6, 7]
    assert len(api.asked) == (3 if size else 1)
    sent = api.asked[0].json
    assert (sent["most"], sent["states"]) == (9, ["open", "paid"])


@pytest.mark.parametrize(
    ("environment", "error", "told"),
    [
        ({"MOST": "9"}, MissingVariable, "MIN is not set, but configuration.resources[0].process"),
        ({"MOST": "x", "MIN": "1"}, WrongVariable, "MOST is no number, in configuration.resources"),
        (
            {"MOST": "9", "MIN": "1", "PAGE_SIZE": "abc"},
            WrongVariable,
            'PAGE_SIZE is "abc", which is no whole number, in configuration.resources[0].endpoint.',
        ),
    ],
)
def test_a_run_fails_by_the_name_of_the_variable(
    api: Api,
    duck: Warehouse,
    acme: Connector,
    environment: dict[str, str],
    error: type[Exception],
    told: str,
) -> None:
    with pytest.raises(error) as raised:
        loaded(duck, acme, environment)
    assert told in str(raised.value)
    assert not api.asked


def test_a_plan_is_made_of_the_values(duck: Warehouse, acme: Connector) -> None:
    def planned(environment: dict[str, str]) -> Any:
        return plan_load(
            acme, selection=frozenset({"items"}), settings=duck.settings, environment=environment
        )

    assert planned({}).selection == {"items"}
    with pytest.raises(WrongVariable, match='CONCURRENCY is "0": 0 is not ≥ 1'):
        planned({"CONCURRENCY": "0"})
