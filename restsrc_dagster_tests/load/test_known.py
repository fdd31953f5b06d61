"""What earlier releases left in the states of resources."""

import pytest

from restsrc_dagster.load.state.pipeline_state import mend_states
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items

CURSOR = {"cursor_path": "at", "initial_value": 0, "start_param": "since"}


@pytest.mark.parametrize("key", [{}, {"primary_key": "id"}], ids=["appended", "merged"])
def test_a_cursor_that_is_null_begins_anew(api: Api, duck: Warehouse, key: dict[str, str]) -> None:
    """As a range with an end, read in several parts, left it before: no run could go on with it."""
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "at": 1}]}
    acme = duck.connector(api.url, [{**items(incremental=CURSOR), **key}])
    duck.load(acme)
    with duck.pipeline() as pipeline:
        with pipeline.managed_state(extract_state=True) as state:
            state["sources"]["acme"]["resources"]["items"]["incremental"] = None
        pipeline.normalize()
        pipeline.load()
        mend_states(pipeline, "acme")
        assert "incremental" not in pipeline.state["sources"]["acme"]["resources"]["items"]
    api.routes["/items"] = lambda _: {"data": [{"id": 2, "at": 2}]}
    report = duck.load(acme)
    assert not report.failed
    assert api.asked[-1].params["since"] == "0"
    assert duck.values("SELECT id FROM acme.items") == [1, 2]
    assert report.resources["items"].cursor_after == 2
