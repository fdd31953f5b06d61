"""What the terminal of a demonstration shows, for who sees it for the first time."""

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

from restsrc_dagster.demo.folder import DemoFolder
from restsrc_dagster.demo.shown import Shown


def introduction(place: DemoFolder, shown: Shown, *, port: int) -> list[str]:
    """The lines before the first run: what is there, what to look at, what to try."""
    database, query = short(place.database), shown.query
    code = f"import duckdb; print(duckdb.connect({database!r}, read_only=True).sql({query!r}))"
    quoted = shlex.quote(code) if set(code) & set('"$`\\!') else f'"{code}"'  # easier to read
    pages = {
        "/asset-groups": "the lineage; a click on an asset opens its page",
        f"/assets/{shown.connector}/{shown.asset}": "its rows, columns and checks; Plots: all runs",
        "/runs": "each run, and in it, line by line, what it did",
        "/automation": "the schedule, and the sensors beside it",
    }
    return [
        f"The restsrc demonstration: {shown.title}, Dagster around them.",
        "",
        f"  UI         http://127.0.0.1:{port}   (in some seconds)",
        f"  API        {shown.api}",
        f"  Connector  {short(place.connector_file)}",
        f"  Data       {database}",
        f"  Log        {short(place.log)}",
        "",
        "Look, in the UI. The first run starts by itself, and then one every minute:",
        *_columns((f"http://127.0.0.1:{port}{path}", what) for path, what in pages.items()),
        "",
        "Look at the data, between two runs:",
        f"  {shlex.quote(short(Path(sys.executable)))} -c {quoted}",
        "",
        "Try, in another terminal:" if shown.to_try else "Try:",
        *_columns(
            [
                *shown.to_try,
                (f"edit {short(place.connector_file)}", "then, in the UI, Reload definitions"),
                ("Ctrl-C here, then the same command", "it goes on where it was"),
            ]
        ),
        "",
        "Ctrl-C stops everything.",
    ]


def _columns(lines: Iterable[tuple[str, str]]) -> list[str]:
    rows = list(lines)
    width = max(len(first) for first, _ in rows)
    return [f"  {first:{width}}  {second}" for first, second in rows]


def short(path: Path) -> str:
    """As short as it is from where the person stands."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
