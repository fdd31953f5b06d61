"""The order of the steps that each page runs through, as dlt has it when it begins to read."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest
from dlt.extract.incremental import Incremental, IncrementalResourceWrapper
from dlt.extract.items_transform import ItemTransform, MetricsItem
from dlt.extract.source import DltSource

import restsrc_dagster.extract
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.extract.assembly import STEPS
from restsrc_dagster.extract.chunks.chunk import Bound
from restsrc_dagster.extract.chunks.chunks import Chunks
from restsrc_dagster.extract.failures.isolation import CircuitBreaker, Isolation
from restsrc_dagster.extract.options import ReadOptions
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster.extract.step_order import StepOrder
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items
from restsrc_dagster_tests.support.packages import PAGE

KEY = {"primary_key": "id"}
SINCE = {"cursor_path": "at", "start_param": "since"}
NUMBERED = {"type": "offset", "limit": 10, "total_path": None}
FROZEN = {"schema_contract": {"data_type": "freeze"}}
FILTER = {"processing_steps": [{"filter": "id"}]}
PATHS = ("/a", "/a/1/b", "/b/1/c")
FIRST = "PageAtHand PageChecks PrefetchStep"

B = items("b", path="a/{resources.a.id}/b")
C = items("c", path="b/{resources.b.id}/c")
BY_CURSOR = items("a", incremental=SINCE)
BY_PAGE = items("a", paginator=NUMBERED)
BOTH = items("a", incremental=SINCE, paginator=NUMBERED)
CHILD = f"BindParents requests {FIRST}"
ALONE = "IsolateFailures"
WITH_CHILDREN = "TagWithPage IsolateFailures ForkPipe"
SHAPES = {
    "a flat list": (
        [items("a")],
        {"a": f"requests {FIRST} RecordConformer {ALONE}"},
    ),
    "a cursor": (
        [BY_CURSOR],
        {"a": f"requests {FIRST} CursorStep RecordConformer {ALONE}"},
    ),
    "all in one": (
        [{**BY_CURSOR, **FILTER, **FROZEN}],
        {"a": f"requests {FIRST} ProcessingSteps CursorStep RecordConformer CheckContract {ALONE}"},
    ),
    "chunks": (
        [{**BY_PAGE, **KEY, **FILTER, "write_disposition": "merge"}],
        {"a": f"requests {FIRST} ChunkByPage ProcessingSteps RecordConformer {ALONE}"},
    ),
    "a family": (
        [{**BOTH, **KEY}, {**B, **FILTER}, {**C, **FROZEN}],
        {
            "a": f"requests {FIRST} ChunkByPage CursorStep RecordConformer {WITH_CHILDREN}",
            "b": f"{CHILD} ProcessingSteps ParentsWithoutChildren RecordConformer {WITH_CHILDREN}",
            "c": f"{CHILD} ParentsWithoutChildren RecordConformer CheckContract {ALONE}",
        },
    ),
    "a child's own cursor": (
        [items("a"), {**B, "endpoint": {**B["endpoint"], "incremental": SINCE}}],
        {
            "a": f"requests {FIRST} RecordConformer {WITH_CHILDREN}",
            "b": f"{CHILD} CursorStep RecordConformer {ALONE}",
        },
    ),
    "a list for its children": (
        [{**BOTH, **KEY, "selected": False}, {**B, **KEY}],
        {
            "a": f"requests {FIRST} ChunkByPage IndexKeys CursorStep {WITH_CHILDREN}",
            "b": f"{CHILD} RecordConformer {ALONE}",
        },
    ),
}


def one_page(asked: Asked) -> Any:
    is_first = asked.params.get("offset", "0") == "0"
    return {"data": [{"id": 1, "at": "2026-01-01"}] if is_first else []}


class BindsFirst(ItemTransform[Any, Any]):
    """Notes the steps of a resource before any of them is bound, which may put another in place."""

    placement_affinity = -2

    def __init__(self, found: dict[str, str]) -> None:
        super().__init__(lambda item: item)
        self._found = found

    def bind(self, pipe: Any) -> ItemTransform[Any, Any]:
        names = [shown(step) for step in pipe.steps if step is not self]
        self._found.setdefault(pipe.name, " ".join(filter(None, names)))
        return self

    def __call__(self, item: Any, meta: Any = None) -> Any:
        return item


def shown(step: Any) -> str:
    if isinstance(step, IncrementalResourceWrapper):
        step = step.incremental
        return type(step).__name__ if step is not None else ""
    return type(step).__name__ if isinstance(step, ItemTransform) else "requests"


def steps_of(source: DltSource) -> dict[str, str]:
    """The names of each resource's steps in the order in which it is read."""
    found: dict[str, str] = {}
    for resource in source.resources.values():
        resource.add_step(BindsFirst(found))
    list(source)
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_a_load_runs_each_page_through_these_steps(api: Api, shape: str) -> None:
    resources, expected = SHAPES[shape]
    api.routes.update(dict.fromkeys(PATHS, one_page))
    acme = connector("acme", api.url, resources)
    chunks = Chunks(acme, frozenset(acme.resources), Bound(records=10**6, seconds=600), {})
    isolation = Isolation(acme.resources, Redactor(), silence=CircuitBreaker(), failed={})
    with open_reading(acme, {}, ReadOptions(isolation=isolation, chunks=chunks)) as reading:
        assert steps_of(reading.source) == expected
    assert isolation.stopped == {}


def test_a_step_stands_where_it_belongs_whenever_it_is_added(api: Api) -> None:
    api.routes.update(dict.fromkeys(PATHS, one_page))
    with open_reading(connector("acme", api.url, [items("a")]), {}) as reading:
        resource = reading.source.resources["a"]
        for order in (StepOrder.CONFORM, StepOrder.SAMPLE_RECORDS, StepOrder.SAMPLE_PAGES):
            resource.add_step(placed(order))
        assert steps_of(reading.source) == {
            "a": f"requests SAMPLE_PAGES {FIRST} SAMPLE_RECORDS RecordConformer CONFORM"
        }


def placed(order: StepOrder) -> ItemTransform[Any, Any]:
    kind = type(order.name, (MetricsItem,), {"placement_affinity": order})
    return kind(lambda *_: None)


def subclasses(kind: type, package: str) -> Iterator[type]:
    for one in kind.__subclasses__():
        if one.__module__.split(".")[0] == package:
            yield one
        yield from subclasses(one, package)


def all_of_ours() -> dict[type, StepOrder | None]:
    """Each class of a step, and its place; None where it takes the place of another step."""
    for module in pkgutil.walk_packages(
        restsrc_dagster.extract.__path__, "restsrc_dagster.extract."
    ):
        importlib.import_module(module.name)
    ours = subclasses(ItemTransform, "restsrc_dagster")
    return {one: vars(one).get("placement_affinity") for one in ours}


def test_dlts_own_steps_are_where_they_were() -> None:
    places = {one.placement_affinity for one in subclasses(ItemTransform, "dlt")}
    assert places == {0, 0.9, 1, 1.1, 2}
    assert places.intersection(StepOrder) == {StepOrder.CURSOR}
    assert Incremental.placement_affinity == StepOrder.CURSOR


def test_each_place_has_one_step() -> None:
    ours = {one: place for one, place in all_of_ours().items() if place is not None}
    assert sorted(ours.values()) == sorted(StepOrder)


def test_no_two_steps_have_one_name() -> None:
    names = [one.__name__ for one in all_of_ours()]
    assert sorted(names) == sorted(set(names))


def test_the_factories_stand_in_the_order_of_their_steps() -> None:
    made = {place: get_args(get_type_hints(factory)["return"]) for place, factory in STEPS.items()}
    assert list(made) == sorted(made)
    assert [step.placement_affinity for (step,) in made.values()] == list(made)
    only_sampled = {step for step in StepOrder if step.name.startswith("SAMPLE_")}
    assert set(StepOrder) - set(made) == only_sampled


def test_the_documentation_lists_the_steps_in_their_order() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (-?[\d.]+) \| (\w+|\*dlt\*) \| `(\w+)` \|", page, re.MULTILINE)
    listed = [(float(number), place, step) for number, place, step in rows]
    ours = [
        (float(place), place.name, step.__name__)
        for step, place in all_of_ours().items()
        if place is not None
    ]
    assert [row for row in listed if row[1] != "*dlt*"] == sorted(ours)
    assert [row[0] for row in listed if row[1] == "*dlt*"] == [0, 0.9, 1.1, 2]
    assert listed == sorted(listed)
