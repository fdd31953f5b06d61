"""What a person sees of the demonstration in Dagster's own UI, in a real browser.

With RESTSRC_SCREENSHOTS=docs it takes the pictures of the documentation.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from restsrc_dagster.demo.folder import DemoFolder
from restsrc_dagster.demo.process import DagsterProcess
from restsrc_dagster_tests.support.browser import Browser, needs_chromium
from restsrc_dagster_tests.support.ui import DagsterUi, free_port

pytestmark = pytest.mark.timeout(600)

CUSTOMERS = "/assets/demo_shop/customers"
SENSOR = "/locations/restsrc_dagster/sensors/connector_files_sensor"
TYPO = "demo_shop.json:6: schedule.intervall: unknown key; did you mean interval?"
A_RANGE = """
ops:
  demo_shop__load:
    config:
      from: "2024-01-01"
      to: "2024-03-31"
"""


class Demo(DagsterUi):
    """`restsrc demo` in a terminal, and its connector file in an editor."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.place = DemoFolder(folder / ".restsrc-demo")
        self._port, self._terminal = free_port(), folder / "terminal.log"
        self.url = f"http://127.0.0.1:{self._port}"

    @contextmanager
    def running(self) -> Iterator[None]:
        ours = ("RESTSRC_", "DAGSTER_HOME")
        process = DagsterProcess(
            [str(Path(sys.executable).with_name("restsrc")), "demo", "--port", str(self._port)],
            cwd=self._terminal.parent,
            env={name: value for name, value in os.environ.items() if not name.startswith(ours)},
            log=self._terminal,
        )
        self._processes[self._terminal] = process
        try:
            yield
        finally:
            process.stop(patience_seconds=60)

    def says(self, line: str) -> None:
        self.wait(line, lambda: line in self._terminal.read_text(encoding="utf-8"), seconds=180)

    def edit(self, old: str, new: str) -> None:
        file = self.place.connector_file
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_person_sees_it(tmp_path: Path) -> None:
    needs_chromium()
    demo = Demo(tmp_path)
    with demo.running(), Browser(demo.url, profile=tmp_path / "profile") as ui:
        demo.says("The first run succeeded")
        the_lineage_is_green(ui)
        the_page_of_an_asset_is_filled(ui)
        a_check_is_executed(ui)
        a_range_is_read_again(ui)
        the_executed_check_has_stayed_green(ui)
        the_figures_are_plotted(ui)
        a_broken_file_stays_visible(ui, demo)
        a_failed_run_tells_its_reason_in_two_clicks(ui, demo)


def the_lineage_is_green(ui: Browser) -> None:
    ui.open("/asset-groups")
    ui.sees("customers\nLatest event", "Asset checks\n3 / 3 Passed", "Materialized", "dlt\nDuckDB")
    ui.takes_picture("ui.png")


def the_page_of_an_asset_is_filled(ui: Browser) -> None:
    ui.open(CUSTOMERS)
    ui.sees(
        "Description\ncustomers of demo_shop: what is new by updated_at, merged on id. Read every",
        "The demonstration shop: customers, invoices, subscriptions, payments",
        "Owners\nsales",
        "Group\ndemo_shop",
        "Kinds\ndlt\nDuckDB",
        "Storage\nrestsrc_demo_shop.demo_shop.customers\nduckdb:///",
        "Tags\ndomain: billing",
        "Source code\nOpen\nConnector f",
        "Jobs\ndemo_shop_sync",
        "Schedules\nEvery minute",
        "Fails if more than 8 minutes since last materialization",
        "Row count\n5,",
        "id\ntext\nnon-nullable\nprimary_key",
        "plan\ntext\nWhat the customer has booked, free or paid",
        "updated_at\ntimestamp",
        "dagster/storage_kind",
    )
    ui.sees_link_with("/connectors/demo_shop.json:")
    ui.takes_picture("asset.png")


def a_check_is_executed(ui: Browser) -> None:
    ui.open(f"{CUSTOMERS}?view=checks&checkDetail=delivery")
    ui.sees("column_schema_change\nSucceeded", "connector_file\nSucceeded", "delivery\nSucceeded")
    ui.click("Execute")
    ui.sees("delivery\nIn Progress")


def a_range_is_read_again(ui: Browser) -> None:
    ui.open("/locations/restsrc_dagster/jobs/demo_shop_sync/playground")
    ui.sees("full_refresh: false")
    ui.writes_config(A_RANGE)
    ui.sees("No errors")
    ui.click("Launch Run")
    ui.sees("Success", "RUN_SUCCESS")
    ui.open(f"{CUSTOMERS}?view=events")
    ui.sees("range_from\n2024-01-01T00:00:00Z", "range_to\n2024-04-01T00:00:00Z")


def the_executed_check_has_stayed_green(ui: Browser) -> None:
    ui.open("/runs")
    ui.sees("delivery on demo_shop / customers\nManually launched\nSuccess")
    ui.open(f"{CUSTOMERS}?view=checks&checkDetail=delivery")
    ui.click("Execution history")
    ui.sees_like(r"Passed[\s\S]+Passed")
    assert "Skipped" not in ui.text


def the_figures_are_plotted(ui: Browser) -> None:
    ui.open(CUSTOMERS)
    ui.sees("Freshness policy\nPassing")
    ui.click("Plots")
    ui.sees_plot("dagster/row_count")
    ui.sees_plot("rows_loaded")


def a_broken_file_stays_visible(ui: Browser, demo: Demo) -> None:
    demo.edit('"interval"', '"intervall"')
    reload_definitions(ui, checks_of_invoices=3)
    ui.open("/assets/demo_shop/subscriptions?view=checks&checkDetail=connector_file")
    ui.sees("connector_file\nFailed", TYPO)
    ui.takes_picture("broken-file.png")
    ui.open("/asset-groups")
    ui.sees("payments\nLatest event", "subscriptions\nLatest event", "customers\nLatest event")
    ui.sees_icon("close", beside_link_to="/assets/demo_shop/invoices?view=checks")
    ui.open("/automation")
    ui.sees("demo_shop_schedule")
    ui.sees_icon("warning", beside_link_to=SENSOR)
    ui.click_link_to(SENSOR)
    ui.sees_like(r"Latest tick\n.+\nFailure")
    ui.click("View")
    ui.sees(TYPO)


def a_failed_run_tells_its_reason_in_two_clicks(ui: Browser, demo: Demo) -> None:
    demo.edit('"intervall"', '"interval"')
    demo.edit("${RESTSRC_DEMO_TOKEN}", "revoked")
    reload_definitions(ui, checks_of_invoices=2)
    ui.click("Materialize all")
    launched = ui.sees_like(r"Launched run\s+(\w{8})")[1]  # the schedule's may fail beside it
    ui.click("Runs")
    ui.click_link_to(f"/runs/{launched}")
    ui.sees(
        "answered 401 Unauthorized",
        "check the credentials (configuration.client.auth) and what they may read",
    )
    ui.takes_picture("failed-run.png")


def reload_definitions(ui: Browser, *, checks_of_invoices: int) -> None:
    ui.open("/asset-groups")
    ui.sees("invoices\nLatest event")
    ui.click("Reload definitions")
    ui.sees_like(rf"invoices\nLatest event\n.+\nAsset checks\n\d / {checks_of_invoices} Passed")


def test_without_chromium_it_is_skipped_but_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="chromium and chromedriver not found"):
        needs_chromium()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="chromium and chromedriver not found"):
        needs_chromium()
