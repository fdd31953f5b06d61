"""Whatever happens at an API, between and during runs: after a quiet one the tables are right."""

from collections import Counter
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from dlt.load.load import Load
from dlt.pipeline.pipeline import Pipeline
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.shop_model import QUERIES, RESOURCES, ShopModel
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector

HAPPENINGS = st.tuples(
    st.sampled_from(["log", "join", "change", "flag", "order", "forget"]), st.integers(0, 9)
)
DISTURBANCES = st.one_of(
    st.none(),
    st.tuples(st.sampled_from(["fails", "changes"]), st.integers(1, 6)),
    st.tuples(st.sampled_from(["normalize", "load", "complete_package"]), st.integers(1, 3)),
)
STEPS = st.lists(st.tuples(st.lists(HAPPENINGS, max_size=4), DISTURBANCES), min_size=1, max_size=5)
OWNERS = {"normalize": Pipeline, "load": Pipeline, "complete_package": Load}


class Killed(BaseException):
    """As if the process ended here."""


def run(model: ShopModel, folder: Path, disturbance: Any, commit_after: int) -> bool:
    """Whether the run was a quiet one: nothing happened on its way."""
    acme = connector("acme", model.api.url, RESOURCES)
    order = LoadRequest(selection=frozenset(acme.resources))
    model.requests, model.on_request = 0, None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
        patch.setattr("restsrc_dagster.extract.chunks.chunks.LARGEST_TAIL", 1.0)
        if disturbance:
            disturb(model, patch, *disturbance)
        with suppress(Exception, Killed):
            settings = Settings(data_dir=folder, commit_after_records=commit_after)
            load(acme, order, settings=settings, environment={})
            return disturbance is None
    return False


def disturb(model: ShopModel, patch: pytest.MonkeyPatch, kind: str, when: int) -> None:
    if kind in OWNERS:
        original, times = getattr(OWNERS[kind], kind), count(1)

        def dying(*args: Any, **keys: Any) -> Any:
            if next(times) == when:
                raise Killed
            return original(*args, **keys)

        patch.setattr(OWNERS[kind], kind, dying)
        return

    def on_request(number: int) -> None:
        if number == when and kind == "fails":
            raise ConnectionError
        if number == when:
            for what in ("log", "join", "change", "flag", "order"):
                model.happen(what, when)

    model.on_request = on_request


def tables(folder: Path) -> dict[str, list[Any]]:
    """What is in the tables; a table that is not there is empty."""
    found: dict[str, list[Any]] = {}
    with duckdb.connect(folder / "restsrc_acme.duckdb", read_only=True) as database:
        for name, query in QUERIES.items():
            try:
                rows = database.execute(query.format("acme")).fetchall()
            except duckdb.CatalogException:
                rows = []
            found[name] = sorted(row[0] if len(row) == 1 else row for row in rows)
    return found


@pytest.mark.parametrize("commit_after", [1000, 2], ids=["at once", "in parts"])
@settings(
    max_examples=1,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(STEPS)
@example(
    [([("log", 1), ("join", 1), ("join", 0)], None), ([("change", 1)], ("load", 1)), ([], None)]
)
@example([([("log", 0)] * 3, None), ([("log", 0), ("forget", 1)], ("complete_package", 1))])
@example([([("join", 1)] * 4, ("changes", 3)), ([], ("fails", 2)), ([("change", 2)], None)])
def test_after_a_quiet_run_the_tables_are_the_models(commit_after: int, steps: list[Any]) -> None:
    with Api() as api, TemporaryDirectory() as name:
        model, folder = ShopModel(api), Path(name)
        for happenings, disturbance in [*steps, ([], None)]:
            for what, which in happenings:
                model.happen(what, which)
            if run(model, folder, disturbance, commit_after):
                model.quiet_run_ended()
                found, wanted = tables(folder), model.expected()
                # What vanished from the log before any quiet run may have been seen by another.
                found["log"] = sorted((Counter(found["log"]) - vanished(model)).elements())
                assert found == wanted


def vanished(model: ShopModel) -> Counter[int]:
    """One of each entry that no quiet run has seen: more of one would be a double."""
    return Counter(number for number in range(1000) if number not in model.seen_log)
