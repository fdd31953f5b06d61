"""dlt tells its collector when it begins to count."""

from pathlib import Path
from typing import Any

import dlt
from dlt.common.runtime.collector_base import Collector

from restsrc_dagster.dlt_compat.collector import StepCollector


class Steps(StepCollector):
    def __init__(self) -> None:
        self.told: list[str] = []

    def update(self, name: str, *args: Any, **keys: Any) -> None:
        pass

    def begin(self, step: str) -> None:
        self.told.append(step.partition(" ")[0])


def test_dlt_begins_each_step(tmp_path: Path) -> None:
    steps = Steps()
    pipeline = dlt.pipeline(
        "acme",
        destination=dlt.destinations.duckdb(str(tmp_path / "acme.duckdb")),
        pipelines_dir=str(tmp_path),
        progress=steps,
    )
    pipeline.run([{"a": 1}], table_name="items")
    assert list(dict.fromkeys(steps.told)) == ["Extract", "Normalize", "Load"]
    assert Collector.__abstractmethods__ == {"update", "_start", "_stop"}
