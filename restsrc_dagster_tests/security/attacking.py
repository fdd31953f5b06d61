"""One load of a connector whose resources an adversary answers, and what it led to."""

import resource
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.security.fuzzing import Drawn
from restsrc_dagster_tests.security.sentences import is_sentence
from restsrc_dagster_tests.security.wire import Wire, answer
from restsrc_dagster_tests.support.connectors import connector, items

LONGEST_SECONDS = 60
MOST_GROWTH_MB = 500
PAGINATORS = (
    "auto",
    {"type": "json_link", "next_url_path": "next"},
    {"type": "cursor", "cursor_path": "next", "cursor_param": "after"},
    {"type": "offset", "limit": 2, "total_path": None},
)
SINCE = {"cursor_path": "at", "initial_value": "2024-01-01", "on_cursor_value_missing": "include"}
HTTP = {"max_pages": 5, "max_request_seconds": 2, "timeout_seconds": 1, "max_wait_seconds": 0}
INNOCENT = [1, 2, 3]


def attack(answers: Sequence[Drawn]) -> list[str]:
    """What was wrong with a load of these; nothing, if all is as it should be."""
    began, before = time.monotonic(), _megabytes()
    well = answer({"data": [{"id": one} for one in INNOCENT]})
    sent = {f"/hostile_{number}": one.content for number, one in enumerate(answers)}
    with TemporaryDirectory() as folder, Wire({**sent, "/innocent": well}) as wire:
        resources = [_resource(number, one) for number, one in enumerate(answers)]
        acme = connector("acme", wire.url, [*resources, items("innocent")], http=HTTP)
        settings = Settings(data_dir=Path(folder), progress_seconds=3600)
        order = LoadRequest(selection=frozenset(acme.resources))
        try:
            report = load(acme, order, settings=settings, environment={})
        except Exception as error:
            return [f"the whole load failed: {type(error).__name__}: {error}"]
        with duckdb.connect(str(Path(folder, "restsrc_acme.duckdb"))) as database:
            wrong = list(_wrong(answers, {n: str(e) for n, e in report.failed.items()}, database))
    if (took := time.monotonic() - began) > LONGEST_SECONDS:
        wrong.append(f"it took {took:.0f} s")
    if (grown := _megabytes() - before) > MOST_GROWTH_MB:
        wrong.append(f"it took {grown} MB")
    return wrong


def _resource(number: int, drawn: Drawn) -> dict:
    paginator = "single_page" if drawn.ids else PAGINATORS[number % len(PAGINATORS)]
    more = {"incremental": SINCE} if number % 3 == 1 and not drawn.ids else {}
    return items(f"hostile_{number}", paginator=paginator, **more)


def _wrong(answers: Sequence[Drawn], failed: dict[str, str], database: duckdb.DuckDBPyConnection):
    for name, told in failed.items():
        if not is_sentence(name, told):
            yield f"no sentence: {told!r}"
    expected = {f"hostile_{n}": sorted(one.ids) for n, one in enumerate(answers) if one.ids}
    for name, ids in {**expected, "innocent": INNOCENT}.items():
        if name in failed:
            yield f"{name} is well, and failed: {failed[name]!r}"
            continue
        found = database.execute(f"SELECT id FROM acme.{name} ORDER BY id").fetchall()
        if [one for (one,) in found] != ids:
            yield f"{name} has {found}, and should have {ids}"


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
