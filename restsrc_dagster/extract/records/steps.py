"""The processing steps of a resource, run on each page where dlt would run its own.

After the check of the selector, before the cursor and before any child (`StepOrder`). Not dlt's
`add_filter` and `add_map`, which see one record and one step at a time: what a step has lost shows
only at the end of all of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.connector.resources.needs import RequiredField
from restsrc_dagster.connector.wording import kind_of
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.records.expressions import is_true, searcher
from restsrc_dagster.extract.records.masking import FieldMasker
from restsrc_dagster.extract.step_order import StepOrder
from restsrc_dagster.json_types import Json

Step = Callable[[Any], Iterable[Any]]
"""From a record to the records that take its place."""


class ProcessingSteps(ItemTransform[Any, Any]):
    """Runs the steps, in order; a page of which nothing is left is an empty one.

    Args:
        steps: as they stand in the configuration, the salt resolved.
        needs: fields that must not get lost on the way.
        copied: fields of the parent's record, which a map takes over though it names them not.
    """

    placement_affinity = StepOrder.PROCESS

    def __init__(
        self,
        steps: Sequence[Mapping[str, Any]],
        needs: Iterable[RequiredField] = (),
        copied: Iterable[str] = (),
    ) -> None:
        super().__init__(lambda item: item)
        now = datetime.now(timezone.utc)
        self._steps = [
            _step(step, f"processing_steps[{position}]", frozenset(copied), now)
            for position, step in enumerate(steps)
        ]
        maps = any(key != "filter" for step in steps for key in step)
        self._needs = {need.path: need for need in needs}.values() if maps else ()

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The page after all steps; raises ReadError, without any value of a record."""
        records = item if isinstance(item, list) else [item]
        return [made for record in records for made in self._run(record)]

    def _run(self, record: Json) -> list[Any]:
        made = [record]
        for step in self._steps:
            made = [result for one in made for result in step(one)]
        for need in self._needs:
            for result in made:
                if _is_lost(need, result, record):
                    raise ReadError(
                        f"the processing_steps drop {need.name}, {need.role}; keep it under this "
                        "name"
                    )
        return made


def _step(step: Mapping[str, Any], place: str, copied: frozenset[str], now: datetime) -> Step:
    ((key, value),) = step.items()
    place = f"{place}.{key}"
    if isinstance(value, Mapping) and key == "map":
        hidden = FieldMasker(value)
        return lambda record: [hidden(record)]
    kept: tuple[str, ...] = ()
    if isinstance(value, Mapping):
        value, kept, place = value["list"], tuple(value.get("keep", ())), f"{place}.list"
    search = searcher(value, place, now)
    match key:
        case "filter":
            return lambda record: [record] if is_true(search(record)) else []
        case "map":
            return lambda record: [_object(search(record), record, copied, place)]
        case "yield_map":
            return lambda record: [
                _object(_kept(result, record, kept, place), record, copied, place)
                for result in _list(search(record), place)
            ]
        case _:
            raise ValueError(f"{place}: is no step")


def _object(result: Any, record: Json, copied: frozenset[str], place: str) -> dict[str, Any]:
    if not isinstance(result, dict):
        raise ReadError(f"{place}: gives {kind_of(result)} instead of a record, which is an object")
    kept = {name: record[name] for name in copied if name in record}
    return {**kept, **result}


def _list(result: Any, place: str) -> list[Any]:
    if result is None:
        return []
    if not isinstance(result, list):
        raise ReadError(f"{place}: gives {kind_of(result)} instead of a list of records")
    return result


def _kept(result: Any, record: Json, names: tuple[str, ...], place: str) -> Any:
    """With fields of the record that it comes from; a field of its own would be lost."""
    if not names or not isinstance(result, dict) or not isinstance(record, dict):
        return result
    for name in names:
        if name in result and result[name] != record.get(name):
            raise ReadError(
                f"{place}: gives a field {name} of its own, which keep would overwrite; rename one "
                f"of them with a map, or write spread(list, {{outer_{name}: {name}}})"
            )
    return {**result, **{name: record.get(name) for name in names}}


def _is_lost(need: RequiredField, made: Any, record: Json) -> bool:
    """Whether a record has it and what was made of the record has not."""
    return not _has(need, made) and _has(need, record)


def _has(need: RequiredField, record: Json) -> bool:
    value = record
    for name in need.path:
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return value is not None or not need.filled
