"""dlt's incremental step, bound to a resource."""

from pathlib import Path
from typing import Any

import dlt
from dlt.extract.incremental import Incremental

from restsrc_dagster.dlt_compat.incremental import BoundIncremental


class Step(BoundIncremental[Any]):
    bound_to: Any = None

    def bind(self, pipe: Any) -> Any:
        super().bind(pipe)
        self.bound_to = pipe
        return self

    def __call__(self, item: Any, meta: Any = None) -> Any:
        self.kept["last_value"] = item["at"]
        if item["at"] == 2:
            self.close_pipe()
        return item


def test_its_state_and_its_pipe(tmp_path: Path) -> None:
    """dlt keeps both as `_cached_state` and `_bound_pipe`, and the state for the next load."""
    pipeline = dlt.pipeline("acme", destination="duckdb", pipelines_dir=str(tmp_path))
    step = Step("at", 1)
    assert step.kept is step._cached_state is None

    @dlt.resource(name="items")
    def items() -> Any:
        yield from ({"at": at} for at in range(1, 100))

    resource = items()
    resource.set_incremental(step)
    pipeline.extract(resource)
    assert step._bound_pipe is step.bound_to
    assert step.kept["last_value"] == 2, "the pipe was closed"
    kept = pipeline.state["sources"]["acme"]["resources"]["items"]["incremental"]["at"]
    assert kept == step.kept


def test_what_is_resolved_is_not_compared() -> None:
    """dlt refuses a range that ends before it begins, unless it takes the step as resolved."""
    step = Step("at", "9", end_value="10")
    assert not step.is_resolved()
    step.take_as_resolved()
    assert step.is_resolved()
    assert step.__is_resolved__


def test_the_type_of_its_values_is_found() -> None:
    """By the base class of the step's class, which must be generic."""
    assert Step("at", 1).get_incremental_value_type() is int
    assert Incremental("at", 1).get_incremental_value_type() is int
