"""`restsrc demo`: the whole product at work, in a folder of its own."""

import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from textwrap import shorten

from restsrc_dagster.demo.api import DEFAULT_TOKEN, DemoApi
from restsrc_dagster.demo.folder import CONNECTOR, TOKEN_VARIABLE, DemoError, DemoFolder
from restsrc_dagster.demo.known import show_recipe
from restsrc_dagster.demo.process import POLL_SECONDS, DagsterProcess, StopRequests, last_lines
from restsrc_dagster.demo.screen import introduction, short
from restsrc_dagster.demo.shop import Shop, utc_now
from restsrc_dagster.demo.shown import Shown
from restsrc_dagster.demo.trials import Trials
from restsrc_dagster.demo.webserver import RunEnd, Webserver
from restsrc_dagster.recipes.recipe import read_recipe
from restsrc_dagster.settings import default_dagster_yaml

Echo = Callable[[str], None]

STOP_PATIENCE_SECONDS = 15
LOOK_EVERY_SECONDS = 1.0


def run_demo(
    *,
    folder: Path = Path(".restsrc-demo"),
    recipe: str | None = None,
    port: int = 3000,
    echo: Echo = print,
    exit_after_first_run: bool = False,
    first_run_timeout_seconds: float = 300,
    dagster_command: Sequence[str] = (sys.executable, "-m", "dagster"),
) -> int:
    """Runs the demonstration until Ctrl-C or SIGTERM and returns the exit code.

    With `recipe` it is that of a known API, in a folder of that name within `folder`; raises
    UnknownRecipe.
    `port` is the UI's. 0: stopped on request, or, with `exit_after_first_run`, the first run
    succeeded. 1: it could not start, dagster ended by itself, or, with `exit_after_first_run`, the
    first run failed or did not end in time. What was started is stopped before this returns. Call
    it from the main thread: signals reach no other.
    """
    if sys.platform == "win32":
        echo("restsrc demo needs Linux or macOS; on Windows it runs inside WSL.")
        return 1
    if problem := _port_problem(port):
        echo(problem)
        return 1
    place = _place(folder.resolve(), recipe)
    try:
        with ExitStack() as stack:
            stops = stack.enter_context(StopRequests())
            stack.enter_context(place.held())
            shown = _show(place, stack, recipe)
            started_at = datetime.now(timezone.utc) - timedelta(seconds=1)
            arguments = f"dev -w workspace.yaml -p {port} -h 127.0.0.1".split()
            dagster = DagsterProcess(
                [*dagster_command, *arguments],
                cwd=place.path,
                env=_environment(place, shown),
                log=place.log,
            )
            try:
                for line in introduction(place, shown, port=port):
                    echo(line)
                watch = _RunWatch(dagster, stops, place, Webserver(port), echo)
                first_run_succeeded = watch.first_run(started_at, first_run_timeout_seconds)
                shown.later()
                if not exit_after_first_run:
                    watch.until_stopped()
                elif first_run_succeeded is not True and not stops.count:
                    return 1
                return 1 if watch.dagster_ended else 0
            finally:
                asked = stops.count
                try:
                    echo(f"Stopping; a run that is going gets {STOP_PATIENCE_SECONDS} s to end ...")
                finally:  # the terminal may be gone
                    dagster.stop(
                        patience_seconds=STOP_PATIENCE_SECONDS, hurry=lambda: stops.count > asked
                    )
                echo(f"Stopped. {short(place.path)} keeps the data; delete it to begin afresh.")
    except DemoError as error:
        echo(str(error))
        return 1


class _RunWatch:
    """What the terminal says while dagster runs."""

    def __init__(
        self,
        dagster: DagsterProcess,
        stops: StopRequests,
        place: DemoFolder,
        webserver: Webserver,
        echo: Echo,
    ) -> None:
        self._dagster, self._stops, self._place = dagster, stops, place
        self._webserver, self._echo = webserver, echo
        self.dagster_ended = False

    def first_run(self, started_at: datetime, timeout_seconds: float) -> bool | None:
        """Whether the first run of this start succeeded; None if it did not end in time."""
        began, up = time.monotonic(), False
        while self._pause(LOOK_EVERY_SECONDS):
            glimpse = self._webserver.look(connector=self._place.connector, since=started_at)
            waited = time.monotonic() - began
            if glimpse and not up:
                up = True
                self._echo(f"The UI is up after {waited:.0f} s; the first run comes next.")
            if glimpse and glimpse.load_error:
                reason = shorten(glimpse.load_error.strip().splitlines()[-1], 200)
                self._echo(
                    f"The code location does not load: {reason} (log: {short(self._place.log)})"
                )
                return None
            if glimpse and glimpse.first_run:
                self._report(glimpse.first_run)
                return glimpse.first_run.succeeded
            if waited > timeout_seconds:
                self._echo(
                    f"No run has ended within {timeout_seconds:.0f} s;"
                    f" {self._webserver.url}/runs and {short(self._place.log)} may tell why."
                )
                return None
        return None

    def until_stopped(self) -> None:
        """Returns on a stop request or when dagster ends."""
        while self._pause(LOOK_EVERY_SECONDS):
            pass

    def _pause(self, seconds: float) -> bool:
        """Waits; False as soon as there is nothing more to wait for."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._stops.count or self.dagster_ended:
                return False
            if self._dagster.exit_code is not None:
                self.dagster_ended = True
                self._echo(
                    f"dagster ended by itself, exit code {self._dagster.exit_code}."
                    f" The end of {short(self._place.log)}:"
                )
                for line in last_lines(self._place.log):
                    self._echo(f"  {line}")
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _report(self, run: RunEnd) -> None:
        took = f" in {run.seconds:.1f} s" if run.seconds is not None else ""
        if run.succeeded:
            rows = ", ".join(f"{table} {count:,}" for table, count in sorted(run.rows.items()))
            self._echo(f"The first run succeeded{took}; rows in the tables: {rows or 'none'}.")
            self._echo("The next one comes within a minute and brings what has changed by then.")
        else:
            self._echo(
                f"The first run {run.outcome}{took}: {self._webserver.url}/runs/{run.run_id}"
                f" (log: {short(self._place.log)})"
            )


def start_api(place: DemoFolder, stack: ExitStack) -> DemoApi:
    """The API at its old port if that is free, and the folder's files that depend on it."""
    now = utc_now()
    opened_at, last_port = place.recall(now=now)
    shop, token = Shop(opened_at=opened_at), os.environ.get(TOKEN_VARIABLE) or DEFAULT_TOKEN
    trials = Trials(place.field_since, on_field=place.remember_field, clock=utc_now)
    try:
        api = stack.enter_context(DemoApi(shop, port=last_port, token=token, trials=trials))
    except OSError:
        api = stack.enter_context(DemoApi(shop, token=token, trials=trials))
    place.remember(opened_at=opened_at, api_port=api.port)
    place.write_dagster_files(default_dagster_yaml())
    if token == DEFAULT_TOKEN:
        place.write_env_file({TOKEN_VARIABLE: token})
    place.write_connector(api.base_url, now=now)
    return api


def _place(folder: Path, recipe: str | None) -> DemoFolder:
    if recipe is None:
        return DemoFolder(folder)
    read_recipe(recipe)
    return DemoFolder(folder / recipe, recipe)


def _show(place: DemoFolder, stack: ExitStack, recipe: str | None) -> Shown:
    if recipe is not None:
        yaml = default_dagster_yaml()
        return show_recipe(recipe, place, stack, now=utc_now(), dagster_yaml=yaml)
    api = start_api(place, stack)
    own_token = os.environ.get(TOKEN_VARIABLE)
    token = f"in ${TOKEN_VARIABLE}" if own_token else DEFAULT_TOKEN
    columns = "name, company, plan, status, updated_at"
    table = f"{CONNECTOR}.customers"
    return Shown(
        title="a shop's API, its connector",
        connector=CONNECTOR,
        asset="customers",
        api=f"{api.base_url}/customers   (bearer token: {token})",
        query=f"select {columns} from {table} order by updated_at desc limit 5",
        environment={TOKEN_VARIABLE: own_token or DEFAULT_TOKEN},
        to_try=_trials(api.base_url.removesuffix("/v1")),
    )


def _trials(api: str) -> list[tuple[str, str]]:
    post = f"curl -X POST {api}"
    return [
        (f"{post}/break", "the API is down: the next run says so, and tries again"),
        (f"{post}/mend", "it is up: what has changed meanwhile arrives, once"),
        (f"{post}/add-field", "customers get a field: a new column, which a check tells"),
    ]


def _environment(place: DemoFolder, shown: Shown) -> dict[str, str]:
    foreign = {"DAGSTER_HOME", "RESTSRC_DESTINATION"}  # the folder's own dagster.yaml, and DuckDB
    env = {name: value for name, value in os.environ.items() if name not in foreign}
    unproxied = [env[name] for name in ("NO_PROXY", "no_proxy") if env.get(name)]
    no_proxy = ",".join([*unproxied, "127.0.0.1"])
    return env | {
        "RESTSRC_CONNECTORS_DIR": str(place.connectors),
        "RESTSRC_DATA_DIR": str(place.data),
        **shown.environment,
        "DAGSTER_DISABLE_TELEMETRY": "1",  # dagster/_core/telemetry_upload.py: nothing is sent
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def _port_problem(port: int) -> str | None:
    """Why the UI cannot have this port, and what to do."""
    if not 1 <= port <= 65535:
        return f"Port {port} is not one of 1 to 65535: choose another with --port."
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return f"Port {port} is in use: choose another with --port, such as --port {port + 1}."
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return f"Port {port} cannot be had ({error.strerror}): choose another with --port."
    return None
