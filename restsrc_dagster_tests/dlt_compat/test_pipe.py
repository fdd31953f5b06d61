"""The steps of a pipe can be replaced when dlt binds it, and dlt then calls what is there."""

from collections.abc import Iterator
from typing import Any

import dlt
from dlt.extract.items_transform import ItemTransform, MapItem
from dlt.extract.pipe import ForkPipe, Pipe

from restsrc_dagster.dlt_compat.pipe import replace_steps


class Guard(ItemTransform[Any, Any]):
    """Replaces the steps that dlt is about to call, and notes what they are called with."""

    placement_affinity = 1.9

    def __init__(self) -> None:
        super().__init__(lambda item: item)
        self.seen: list[str] = []

    def bind(self, pipe: Any) -> "Guard":
        replace_steps(pipe, pages=self.pages, step=self.step, but=self)
        assert pipe.steps[-1] is self or isinstance(pipe.steps[-1], ForkPipe)
        return self

    def pages(self, items: Iterator[Any]) -> Iterator[Any]:
        for item in items:
            self.seen.append(f"page {item}")
            yield item

    def step(self, step: Any) -> Any:
        def called(item: Any, meta: Any = None) -> Any:
            self.seen.append(f"step {item}")
            return step(item, meta=meta)

        return called

    def __call__(self, item: Any, meta: Any = None) -> Any:
        return item


def test_dlt_calls_what_was_put_in() -> None:
    guard, below = Guard(), Guard()

    @dlt.resource(name="parents", selected=False)
    def parents() -> Any:
        yield from (1, 2)

    @dlt.transformer(name="children", data_from=parents)
    def children(parent: int) -> Any:
        yield 10 * parent

    whole = parents()
    whole.add_step(MapItem(lambda item: item + 1))
    whole.add_step(guard)
    of = whole | children()
    of.add_step(below)
    assert list(of) == [20, 30]
    assert guard.seen == ["page 1", "step 1", "page 2", "step 2"]
    assert below.seen == ["step 2", "step 3"], "a pipe with a parent has no pages of its own"


def test_the_steps_are_those_that_dlt_has() -> None:
    pipe = Pipe("items", [iter([1])])
    assert pipe.steps is pipe._steps
    assert not pipe.has_parent
