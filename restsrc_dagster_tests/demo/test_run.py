import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.demo import Shop, process, run
from restsrc_dagster.demo.folder import DemoFolder
from restsrc_dagster.demo.run import run_demo
from restsrc_dagster.recipes.recipe import UnknownRecipe, read_recipe

FAKE = Path(__file__).with_name("fake_dagster.py")


@pytest.fixture(autouse=True)
def a_terminals_signals() -> Iterator[None]:
    """As a terminal starts a program; in the background of a script, some of them are ignored."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Demo:
    """`run_demo` around a fake dagster, and what it leaves."""

    def __init__(self, tmp_path: Path, port: int) -> None:
        self.folder, self.port = tmp_path / "demo", port
        self.lines: list[str] = []
        self.on_line: Callable[[str], object] = str

    def start(self, mode: str, **options: Any) -> int:
        return run_demo(
            folder=self.folder,
            port=self.port,
            echo=self._echo,
            dagster_command=(sys.executable, str(FAKE), mode),
            **options,
        )

    def interrupt(self, when: str, number: int = signal.SIGINT) -> None:
        """Sends this process a signal when a line begins so."""

        def on_line(line: str) -> None:
            if line.startswith(when):
                os.kill(os.getpid(), number)

        self.on_line = on_line

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def state(self) -> Any:
        return json.loads((self.folder / "state.json").read_text())

    @property
    def log(self) -> str:
        return (self.folder / "dagster.log").read_text()

    def _echo(self, line: str) -> None:
        self.lines.append(line)
        self.on_line(line)


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop: Shop) -> Demo:
    monkeypatch.setattr(run, "LOOK_EVERY_SECONDS", 0.02)
    monkeypatch.setattr(run, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(run, "Shop", lambda **_: shop)
    monkeypatch.setattr(process, "POLL_SECONDS", 0.01)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Demo(tmp_path, free.getsockname()[1])


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        if stat.parent.parent.joinpath("self").exists():
            return stat.read_text().rpartition(")")[2].split()[0] != "Z"
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return True


def test_the_first_run_is_reported_with_its_rows_and_nothing_stays_behind(demo: Demo) -> None:
    assert demo.start("succeeds", exit_after_first_run=True) == 0
    assert (
        "first run succeeded in 2.5 s; rows in the tables: customers 5,240, invoices 8,585"
        in demo.text
    )
    assert f"http://127.0.0.1:{demo.port}" in demo.text
    assert not any(alive(pid) for pid in demo.state["pids"])
    assert "stopped in order" in demo.log


def test_dagster_gets_the_folder_as_its_world(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "/elsewhere")
    monkeypatch.setenv("RESTSRC_DESTINATION", "snowflake")
    monkeypatch.setenv("RESTSRC_DEMO_TOKEN", "of-the-person")
    demo.start("succeeds", exit_after_first_run=True)
    environment, arguments = demo.state["environment"], demo.state["arguments"]
    assert environment["RESTSRC_CONNECTORS_DIR"] == str(demo.folder / "connectors")
    assert environment["RESTSRC_DATA_DIR"] == str(demo.folder / "data")
    assert environment["RESTSRC_DEMO_TOKEN"] == "of-the-person"
    assert "of-the-person" not in demo.text
    assert not {"DAGSTER_HOME", "RESTSRC_DESTINATION"} & set(environment)
    assert arguments == ["dev", "-w", "workspace.yaml", "-p", f"{demo.port}", "-h", "127.0.0.1"]
    assert "restsrc_dagster.definitions" in (demo.folder / "workspace.yaml").read_text()
    assert "storage:" in (demo.folder / "dagster.yaml").read_text()


def test_a_recipe_is_shown_with_a_stand_in_for_its_api(demo: Demo) -> None:
    assert demo.start("succeeds", recipe="stripe", exit_after_first_run=True) == 0
    demo.folder /= "stripe"
    assert "Stripe, as its documentation describes it, and the recipe stripe" in demo.text
    assert "stands in for https://api.stripe.com" in demo.text
    assert demo.state["environment"]["STRIPE_API_KEY"] == "t0ken"
    assert "STRIPE_API_KEY=t0ken\n" in (demo.folder / ".env").read_text()
    stripe = read_connector(demo.folder / "connectors" / "stripe.json")
    assert list(stripe.resources) == read_recipe("stripe").resources
    assert stripe.configuration["client"]["base_url"].startswith("http://127.0.0.1:")
    asked = json.loads((demo.folder / "asked.json").read_text())["variables"]
    assert asked["tags"] == [{"key": "restsrc/connector", "value": "stripe"}]


def test_a_recipe_is_the_same_connector_at_the_next_start(demo: Demo) -> None:
    file = demo.folder / "stripe" / "connectors" / "stripe.json"
    demo.start("succeeds", recipe="stripe", exit_after_first_run=True)
    first = file.read_text()
    old = json.dumps({**json.loads(first), "created_at": "2026-01-01T00:00:00Z"})
    file.write_text(old)
    demo.start("succeeds", recipe="stripe", exit_after_first_run=True)
    assert json.loads(file.read_text()) == json.loads(old)


def test_an_unknown_recipe_is_told_and_leaves_nothing(demo: Demo) -> None:
    with pytest.raises(UnknownRecipe, match="did you mean stripe"):
        demo.start("succeeds", recipe="strip")
    assert not demo.folder.exists()


@pytest.mark.parametrize(
    ("own", "env_file"), [("", "RESTSRC_DEMO_TOKEN=restsrc-demo-token\n"), ("s3cr3t", None)]
)
def test_the_command_works_in_the_folder_and_an_own_token_is_not_written(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, own: str, env_file: str | None
) -> None:
    monkeypatch.setenv("RESTSRC_DEMO_TOKEN", own)
    demo.start("succeeds", exit_after_first_run=True)
    file = demo.folder / ".env"
    assert (file.read_text() if file.exists() else None) == env_file


def test_only_runs_of_this_start_are_asked_for(demo: Demo) -> None:
    before = time.time()
    demo.start("succeeds", exit_after_first_run=True)
    variables = json.loads((demo.folder / "asked.json").read_text())["variables"]
    assert variables["tags"] == [{"key": "restsrc/connector", "value": "demo_shop"}]
    assert before - 2 < variables["createdAfter"] < time.time()


def test_a_second_start_keeps_the_connector_and_the_port(demo: Demo) -> None:
    demo.start("succeeds", exit_after_first_run=True)
    connector = demo.folder / "connectors" / "demo_shop.json"
    first = connector.read_text()
    demo.start("succeeds", exit_after_first_run=True)
    assert connector.read_text() == first


def test_a_failed_first_run_is_named_with_its_page_and_the_log(demo: Demo) -> None:
    assert demo.start("fails", exit_after_first_run=True) == 1
    assert f"The first run failed in 2.5 s: http://127.0.0.1:{demo.port}/runs/first" in demo.text
    assert "dagster.log" in demo.text


def test_a_location_that_does_not_load_is_told_with_the_reason(demo: Demo) -> None:
    assert demo.start("broken", exit_after_first_run=True) == 1
    assert "does not load: ModuleNotFoundError: no module" in demo.text


def test_a_first_run_that_never_ends_is_not_waited_for_for_ever(demo: Demo) -> None:
    assert demo.start("waits", exit_after_first_run=True, first_run_timeout_seconds=0.1) == 1
    assert "No run has ended" in demo.text


def test_dagster_that_dies_shows_the_end_of_its_log(demo: Demo) -> None:
    assert demo.start("dies") == 1
    assert "dagster ended by itself, exit code 1" in demo.text
    assert "  fake dagster cannot go on" in demo.lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_its_kin_stop_everything(demo: Demo, number: int) -> None:
    demo.interrupt("The next one comes", number)
    assert demo.start("succeeds") == 0
    assert demo.lines[-2].startswith("Stopping")
    assert not any(alive(pid) for pid in demo.state["pids"])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_does_not_wait_for_the_deaf(demo: Demo) -> None:
    def on_line(line: str) -> None:
        if line.startswith("The UI is up"):
            os.kill(os.getpid(), signal.SIGINT)
        if line.startswith("Stopping"):
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()

    demo.on_line = on_line
    began = time.monotonic()
    assert demo.start("deaf") == 0
    assert time.monotonic() - began < run.STOP_PATIENCE_SECONDS
    assert not any(alive(pid) for pid in demo.state["pids"])


def test_a_port_in_use_is_told_before_anything_starts(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", demo.port)):
        assert demo.start("succeeds") == 1
    assert demo.lines == [
        f"Port {demo.port} is in use: choose another with --port, such as --port {demo.port + 1}."
    ]
    assert not demo.folder.exists()


def test_a_demonstration_in_the_same_folder_is_told(demo: Demo) -> None:
    with DemoFolder(demo.folder).held():
        assert demo.start("succeeds") == 1
    assert "already runs" in demo.text
