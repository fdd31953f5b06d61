"""A wrong world made smaller: what can be taken away is, as long as it stays wrong in the same way.

hypothesis draws worlds; it would take hundreds of plays to shrink one. As a world is a plain value,
each field can be put back to its default and each element of a list left out, features first.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

from restsrc_dagster_tests.worlds.honest import is_honest, mended
from restsrc_dagster_tests.worlds.world import World, text_of

Json = Any


def smaller(world: World, is_wrong: Callable[[World], bool], *, seconds: float) -> World:
    """The smallest world that was found in so many seconds."""
    deadline, changed = time.monotonic() + seconds, True
    tried: set[str] = set()
    while changed:
        changed = False
        for candidate in _simpler(world.to_json()):
            if time.monotonic() > deadline:
                return world
            if (key := repr(candidate)) in tried:
                continue
            tried.add(key)
            try:
                simpler = mended(World.from_json(candidate))  # without what hung on it
                is_no_larger = len(text_of(simpler)) <= len(text_of(world))
                fits = simpler != world and is_no_larger and is_honest(simpler)
            except (TypeError, AttributeError, ValueError):
                continue  # without what another field needs
            if fits and is_wrong(simpler):
                world, changed = simpler, True
                break
    return world


ORDER = (*("twin", "runs", "other", "partitions", "g", "how", "api", "news", "c", "p", "records"),)
"""What is tried first: what takes most away."""


def _simpler(content: Json) -> Iterator[Json]:
    """Without whole parts, many at once first; without what hangs below; with one part simpler."""
    keys = sorted(content, key=ORDER.index)
    parts = [key for key in keys if key not in ("p", "records")]
    for some in (parts[: len(parts) // 2], parts[len(parts) // 2 :], *([part] for part in parts)):
        yield {name: value for name, value in content.items() if name not in some}
    records = content.get("records", [])
    yield {**content, "records": [{"at": one.get("at", 1)} for one in records]}
    for key in keys:
        for value in _simpler_value(content[key]):
            yield {**content, key: value}


def _simpler_value(value: Json) -> Iterator[Json]:
    """Without one part; then with one part simpler; numbers one less."""
    match value:
        case dict():
            for key in value:
                yield {name: one for name, one in value.items() if name != key}
            for key in value:
                for one in _simpler_value(value[key]):
                    yield {**value, key: one}
        case list():
            if len(value) > 3:
                yield value[: len(value) // 2]
                yield value[len(value) // 2 :]
            for position in reversed(range(len(value))):
                yield value[:position] + value[position + 1 :]
            for position, one in enumerate(value):
                for simpler in _simpler_value(one):
                    yield [*value[:position], simpler, *value[position + 1 :]]
        case bool() | str() | None:
            return
        case int() if value > 1:
            yield 1
            if value > 2:
                yield value - 1
