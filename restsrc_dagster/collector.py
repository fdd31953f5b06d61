"""Python's collector of garbage, kept from work in which it finds nothing.

It looks for cycles whenever thousands of new things are there. Imports and decoded records bring
many more, none of which is garbage: it was a quarter of the time that dlt's import takes.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from restsrc_dagster.process_wide import ProcessWide

RARELY = 50_000
"""New things after which a process looks for cycles that has much, and keeps it."""


def look_rarely() -> None:
    """From now on, this process looks for cycles after `RARELY` new things, not after hundreds.

    For one that loads definitions: there are millions of things, which it keeps, and what Dagster
    makes of them is as much again. With hundreds of connectors, looking was a third of a reload.
    What is garbage waits a while longer, a few MB of it. A process that looks less often already,
    or not at all, goes on as it does.
    """
    often, *rest = gc.get_threshold()
    if 0 < often < RARELY:
        gc.set_threshold(RARELY, *rest)


@contextmanager
def without_collecting() -> Iterator[None]:
    """Nothing is looked at meanwhile; afterwards it is as it was."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def without_looking_back() -> ProcessWide:
    """What is there already is not looked at meanwhile.

    In a process that has imported Dagster and dlt a single look at all takes a tenth of a second,
    which is a third of a small load. A process that has frozen something itself stays so.
    """
    return _FROZEN


def freeze_for_good() -> None:
    """What this process has, it keeps, and what it forks leaves it alone: not a page of it is
    copied for being looked at."""
    global _is_frozen
    gc.collect()
    gc.freeze()
    _is_frozen = True


def _freeze() -> None:
    global _is_ours
    # The count itself looks at each thing that is frozen.
    _is_ours = not (_is_frozen or gc.get_freeze_count())
    if _is_ours:
        gc.freeze()


def _unfreeze() -> None:
    if _is_ours:
        gc.unfreeze()


_is_ours = _is_frozen = False
_FROZEN = ProcessWide(_freeze, _unfreeze)
