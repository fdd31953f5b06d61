"""The cursor of a record as the API writes it, and the API's own clock."""

from typing import Any

from restsrc_dagster_tests.worlds.cursors import KINDS, Kind
from restsrc_dagster_tests.worlds.world import Cursor, World

FALLS_FROM = 60
"""Where `min` begins: a record of tick 3 has the cursor of tick 57."""


def spelled(cursor: Cursor, tick: int, style: int) -> Any:
    """The cursor of a record; one that falls is counted down."""
    return KINDS[cursor.kind].spell(FALLS_FROM - tick if cursor.falls else tick, style)


def clock_of(world: World, tick: int) -> Any:
    """What the API's clock says at a tick: no cursor of a record is later, but by a wrong clock."""
    cursors = [one.cursor for one in world.resources.values() if one.cursor]
    kinds: list[Kind] = [KINDS[cursor.kind] for cursor in cursors] or [KINDS["iso"]]
    falls = FALLS_FROM if any(cursor.falls for cursor in cursors) else 0
    return max(kind.clock(tick + falls) for kind in kinds)
