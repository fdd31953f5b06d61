"""What a person sees in the checks: schema changes, and results that stay what they were."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from restsrc_dagster.orchestrate.assets import build_connector_assets
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Answer, Api
from restsrc_dagster_tests.support.connectors import connector, items

SCHEMA = "column_schema_change"
ORDERS = dg.AssetKey(["acme", "orders"])
SAME = "No column is new, gone, without values or of another type."


class Shop:
    """A connector of one resource; each load gives records with numbers that go on."""

    def __init__(
        self,
        api: Api,
        settings: Settings,
        instance: dg.DagsterInstance,
        on_schema_change: str = "warn",
        **hints: Any,
    ) -> None:
        self.api, self.instance, self._first = api, instance, 0
        cursor = {"cursor_path": "id", "initial_value": -1}
        resource = {**items("orders", incremental=cursor), "primary_key": "id", **hints}
        keys = {"on_schema_change": on_schema_change}
        acme = connector("acme", api.url, [resource, items("others")], **keys)
        self.assets = build_connector_assets(acme, settings=settings)
        api.routes["/others"] = lambda _: {"data": [{"id": 1}]}

    def load(self, count: int = 300, *, refresh: bool = False, **fields: Any) -> Any:
        """The records of one run, all with these fields."""
        records = [{"id": self._first + number, **fields} for number in range(count)]
        self._first += count
        self.api.routes["/orders"] = lambda _: {"data": records}
        config = {"ops": {"acme__load": {"config": {"full_refresh": refresh}}}}
        return dg.materialize(
            [self.assets], instance=self.instance, run_config=config, raise_on_error=False
        )

    def told(self, name: str = SCHEMA, *, run: str = "") -> tuple[bool, str, str]:
        """The last result of a check of `orders`: passed, severity, words; of `run`, if named."""
        record = self.instance.get_latest_asset_check_evaluation_record(
            dg.AssetCheckKey(ORDERS, name)
        )
        assert record is not None
        assert isinstance(record.evaluation, dg.AssetCheckEvaluation), "nothing but planned"
        assert run in ("", record.run_id)
        evaluation = record.evaluation
        return evaluation.passed, evaluation.severity.value, evaluation.description or ""


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as running:
        yield running


def test_of_pages_that_nobody_can_verify_the_delivery_says_so_and_passes(
    api: Api, settings: Settings, instance: dg.DagsterInstance
) -> None:
    paginator = {"type": "page_number", "base_page": 1, "total_path": None}
    cursor = {"cursor_path": "at", "initial_value": "2024-01-01", "start_param": "since"}
    orders = items("orders", paginator=paginator, incremental=cursor) | {"primary_key": "id"}
    pages = {str(n): [{"id": n, "at": f"2024-02-0{n}"}] for n in (1, 2)}
    api.routes["/orders"] = lambda asked: {"data": pages.get(asked.params["page"], [])}
    assets = build_connector_assets(connector("acme", api.url, [orders]), settings=settings)
    result = dg.materialize([assets], instance=instance)
    (delivery,) = (
        one for one in result.get_asset_check_evaluations() if one.check_name == "delivery"
    )
    assert delivery.passed
    assert "3 pages of orders were asked for by numbers, and announce no total" in str(
        delivery.description
    )
    assert "reading.orders has it read until two readings agree" in str(delivery.description)
    (event,) = result.get_asset_materialization_events()
    assert event.materialization.metadata["pages_unverified"].value == 3


class TestSchemaChange:
    def test_the_first_load_and_one_like_it_pass(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        shop = Shop(api, settings, instance)
        for _ in range(2):
            shop.load(amount=1.5)
            assert shop.told()[::2] == (True, SAME)

    def test_a_new_column_warns_once(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        shop = Shop(api, settings, instance)
        shop.load(amount=1.5)
        assert shop.load(amount=1.5, note="x", lines=[{"sku": 1}]).success
        assert shop.told() == (False, "WARN", "New columns: note")
        shop.load(amount=1.5, note="x", lines=[{"sku": 1, "count": 2}])
        assert shop.told() == (False, "WARN", "New columns: lines.count")
        shop.load(amount=1.5, note="x")
        assert shop.told()[::2] == (True, SAME)

    @pytest.mark.parametrize(
        ("now", "new"),
        [
            ({"amount": {"value": 1.5, "currency": "EUR"}}, "amount__value, amount__currency"),
            ({"total": 1.5}, "total"),
        ],
        ids=["becomes an object", "is renamed"],
    )
    def test_a_column_that_gets_no_value_any_more_warns(
        self,
        api: Api,
        settings: Settings,
        instance: dg.DagsterInstance,
        now: dict[str, Any],
        new: str,
    ) -> None:
        shop = Shop(api, settings, instance)
        shop.load(amount=1.5)
        assert shop.load(**now).success
        empty = "Columns that no record has a value for any more: amount"
        assert shop.told() == (False, "WARN", f"New columns: {new}\n\n{empty}")

    def test_a_column_that_is_filled_in_later_is_no_news(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        shop = Shop(api, settings, instance)
        shop.load(closed_at="2026-01-01")
        shop.load()
        assert shop.told()[::2] == (True, SAME)

    def test_values_of_another_type_are_told_with_their_column(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        shop = Shop(api, settings, instance)
        shop.load(amount=1.5)
        shop.load(amount="unknown")
        assert "amount__v_text (text; amount is double)" in shop.told()[2]
        shop.load(amount=1.5)
        assert shop.told()[::2] == (True, SAME)

    def test_a_refresh_tells_the_columns_that_are_gone(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        shop = Shop(api, settings, instance)
        shop.load(amount=1.5, old=1)
        shop.load(amount=1.5, refresh=True)
        assert shop.told() == (False, "WARN", "Columns that are gone: old")

    def test_what_a_contract_leaves_out_is_told(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        contract = {"columns": "discard_value"}
        shop = Shop(api, settings, instance, schema_contract=contract)
        shop.load(amount=1.5)
        shop.load(amount=1.5, note="x")
        assert shop.told()[2] == "Fields that schema_contract leaves out: note"

    def test_fail_beside_what_may_go_well_later_is_told_when_that_was_tried_again(
        self,
        api: Api,
        settings: Settings,
        instance: dg.DagsterInstance,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("restsrc_dagster.orchestrate.materialize.RETRY_AFTER", (0, 0))
        shop = Shop(api, settings, instance, "fail")
        shop.load(amount=1.5)
        answers = iter([Answer({}, status=503), {"data": [{"id": 2}]}])
        api.routes["/others"] = lambda _: next(answers)
        failed = shop.load(amount=1.5, note="x")
        assert not failed.success
        (failure,) = failed.get_step_failure_events()
        told = failure.step_failure_data.user_failure_data.description
        assert told.startswith("orders: its columns have changed")
        assert "others" not in told
        loaded = [event.asset_key.path[-1] for event in failed.get_asset_materialization_events()]
        assert sorted(loaded) == ["orders", "others"]

    def test_fail_makes_the_run_red_with_the_rows_there(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        shop = Shop(api, settings, instance, "fail")
        shop.load(amount=1.5)
        failed = shop.load(amount=1.5, note="x")
        assert not failed.success
        (failure,) = failed.get_step_failure_events()
        assert failure.step_failure_data.user_failure_data.description == (
            "orders: its columns have changed, and on_schema_change is fail. New columns: note. "
            "The rows are loaded: look whether they are what is wanted; the next run does not fail "
            "for the same change"
        )
        rows = failed.asset_materializations_for_node("acme__load")[0].metadata
        assert rows["dagster/row_count"].value == 600
        assert shop.told() == (False, "ERROR", "New columns: note")
        assert shop.load(amount=1.5, note="x").success

    def test_ignore_has_no_such_check(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        shop = Shop(api, settings, instance, "ignore")
        names = {check.name for check in shop.assets.check_keys}
        assert names == {"delivery", "connector_file"}
        shop.load()
        assert shop.load(note="x").success


class TestExecutedAlone:
    """The button *Execute* of a check."""

    def execute(self, shop: Shop, *names: str) -> dg.ExecuteInProcessResult:
        checks = [dg.AssetCheckKey(ORDERS, name) for name in names]
        job = dg.define_asset_job("alone", selection=dg.AssetSelection.checks(*checks))
        resolved = dg.Definitions(assets=[shop.assets], jobs=[job]).resolve_job_def("alone")
        return resolved.execute_in_process(instance=shop.instance)

    @pytest.mark.parametrize("name", [SCHEMA, "delivery"])
    def test_it_tells_the_last_result_again_and_reads_nothing(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance, name: str
    ) -> None:
        shop = Shop(api, settings, instance)
        shop.load(amount=1.5)
        shop.load(amount="x")
        before = shop.told(name)
        assert not before[0]
        api.asked.clear()
        for _ in range(2):
            ended = self.execute(shop, name)
            assert ended.success
            assert shop.told(name, run=ended.run_id) == before
        assert api.asked == []
        assert not ended.asset_materializations_for_node("acme__load")

    def test_of_the_file_it_looks(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        shop = Shop(api, settings, instance)
        self.execute(shop, "connector_file")
        assert shop.told("connector_file")[::2] == (True, "The file is in order.")

    def test_what_was_never_evaluated_stays_so(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        ended = self.execute(Shop(api, settings, instance), "delivery")
        assert ended.success
        assert ended.get_asset_check_evaluations() == []

    def test_a_result_from_many_runs_ago_is_found(
        self, api: Api, settings: Settings, instance: dg.DagsterInstance
    ) -> None:
        shop = Shop(api, settings, instance)
        shop.load(3, amount=1.5)
        before = shop.told("delivery")
        api.routes["/orders"] = lambda _: Answer({}, status=404)
        for _ in range(2):
            dg.materialize([shop.assets], instance=instance, raise_on_error=False)
        ended = self.execute(shop, "delivery")
        assert shop.told("delivery", run=ended.run_id) == before


def test_what_was_loaded_too_has_its_results_though_it_was_not_selected(
    api: Api, settings: Settings, instance: dg.DagsterInstance
) -> None:
    """Its columns change once, and nobody would tell it later."""
    cursor = {"cursor_path": "at", "initial_value": 0}
    notes = items("notes", path="orders/{resources.orders.id}/notes")
    orders = {**items("orders", incremental=cursor), "primary_key": "id"}
    acme = connector("acme", api.url, [orders, notes])
    assets = build_connector_assets(acme, settings=settings)
    api.routes |= {"/orders/1/notes": lambda _: {"data": [{"n": 1}]}}
    for at, fields in ((1, {}), (2, {"x": 1})):
        api.routes["/orders"] = lambda _, at=at, fields=fields: {
            "data": [{"id": 1, "at": at, **fields}]
        }
        chosen = [dg.AssetKey(["acme", "notes"])] if at == 2 else None
        assert dg.materialize([assets], instance=instance, selection=chosen).success
    check = dg.AssetCheckKey(ORDERS, SCHEMA)
    record = instance.get_latest_asset_check_evaluation_record(check)
    assert record is not None
    assert record.evaluation is not None
    assert record.evaluation.description == "New columns: x"
