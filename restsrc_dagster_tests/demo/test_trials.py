"""What the demonstration's screen tells a person to look at and to try, done word for word."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.demo import Shop, run
from restsrc_dagster.demo.folder import DemoFolder
from restsrc_dagster.demo.screen import introduction
from restsrc_dagster.demo.shown import Shown
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.demo.conftest import Clock


class Demonstration:
    """A demonstration without Dagster: its API, its folder, its screen; a run is a load."""

    def __init__(self, folder: Path, shop: Callable[[], Shop], clock: Clock) -> None:
        self.place, self._shop, self.clock = DemoFolder(folder / ".restsrc-demo"), shop, clock

    def start(self, stack: ExitStack) -> None:
        self.place.path.mkdir(exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run, "Shop", lambda **_: self._shop())
            patch.setattr(run, "utc_now", self.clock)
            self.shown: Shown = run._show(self.place, stack, None)
        self.screen = introduction(self.place, self.shown, port=3000)

    def do(self, what: str) -> str:
        """What the line of the screen says, as a shell would."""
        (address,) = re.findall(rf"  curl -X POST (http://\S+/{what})  ", "\n".join(self.screen))
        return str(requests.post(address, timeout=10).json()["done"])

    def run(self) -> LoadReport:
        return load(
            read_connector(self.place.connector_file),
            LoadRequest(selection=frozenset({"customers"})),
            settings=Settings(data_dir=self.place.data, progress_seconds=3600),
        )

    def rows(self, sql: str) -> list[Any]:
        with duckdb.connect(str(self.place.database), read_only=True) as database:
            return database.sql(sql).fetchall()


@pytest.fixture
def demo(
    tmp_path: Path, living_shop: Shop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Demonstration]:
    monkeypatch.setenv("RESTSRC_DEMO_TOKEN", "restsrc-demo-token")
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    monkeypatch.chdir(tmp_path)
    demo = Demonstration(tmp_path, lambda: living_shop, clock)
    with ExitStack() as stack:
        demo.start(stack)
        yield demo


def test_all_that_the_screen_tells_to_try_works(demo: Demonstration) -> None:
    assert not demo.run().failed
    (before,) = demo.rows("select count(*) from demo_shop.customers")[0]
    assert before == 5240

    assert "down" in demo.do("break")
    demo.clock.now += timedelta(minutes=1)
    (failure,) = demo.run().failed.values()
    assert "503" in str(failure)
    assert demo.rows("select count(*) from demo_shop.customers") == [(before,)]

    assert demo.do("mend") == "the API is up"
    assert "loyalty_points" in demo.do("add-field")
    demo.clock.now += timedelta(minutes=1)
    report = demo.run()
    assert not report.failed
    assert report.resources["customers"].rows_loaded < 100, "only what has changed"
    total, with_field = demo.rows(
        "select count(*), count(loyalty_points) from demo_shop.customers"
    )[0]
    assert total > before, "what was new while the API was down is there"
    assert 0 < with_field < 100
    shown = subprocess.run(
        next(line for line in demo.screen if "duckdb.connect" in line),
        shell=True, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "updated_at" in shown.stdout


def test_a_field_that_was_added_is_there_after_a_restart(demo: Demonstration) -> None:
    demo.do("add-field")
    demo.do("break")
    demo.clock.now += timedelta(minutes=1)
    with ExitStack() as stack:
        demo.start(stack)
        answer = requests.get(
            demo.shown.api.split()[0],
            params={"updated_since": "2026-11-23T12:00:00Z"},
            headers={"Authorization": "Bearer restsrc-demo-token"},
            timeout=10,
        )
    assert answer.status_code == 200
    changed = answer.json()["data"]
    assert changed
    assert all("loyalty_points" in record for record in changed)


def test_it_is_one_screen(demo: Demonstration) -> None:
    assert len(demo.screen) <= 30
    wide = [line for line in demo.screen if len(line) > 105 and sys.executable not in line]
    assert wide == []


def test_the_pages_that_it_names_are_seen_by_a_browser(demo: Demonstration) -> None:
    browser = (Path(__file__).parents[1] / "end_to_end" / "test_browser.py").read_text("utf-8")
    named = re.findall(r"http://127.0.0.1:3000(/\S+)", "\n".join(demo.screen))
    assert len(named) == 4
    assert [page for page in named if f'"{page}"' not in browser] == []


def test_what_the_api_does_not_know_is_told(demo: Demonstration) -> None:
    root = demo.shown.api.split("/v1")[0]
    answer = requests.post(f"{root}/explode", timeout=10)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "POST /break, /mend or /add-field"
