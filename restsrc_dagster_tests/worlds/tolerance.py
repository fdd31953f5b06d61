"""What may or must fail in a world, and what has to be kept when it does."""

from collections.abc import Collection
from functools import partial

from restsrc_dagster_tests.worlds.meaning import Meaning, slots
from restsrc_dagster_tests.worlds.shop import View
from restsrc_dagster_tests.worlds.stretches import Stretch
from restsrc_dagster_tests.worlds.world import Fault, Run, World

LAGGING = frozenset({"iso", "spellings", "halves", "epoch", "epoch ms", "sequence"})
"""Kinds of cursors that a lag can be taken from beyond doubt."""
PERMANENT_ERRORS = frozenset({"400", "poison"})


def must_fail(
    meaning: Meaning,
    name: str,
    view: View,
    *,
    excused: Collection[int] = (),
    stretch: Stretch | None = None,
) -> str:
    """Why a resource cannot be right, or a stretch of it; empty where it can. Of records that are
    `excused`, a run has told that they may be missing."""
    world = meaning.world
    if name == "c" and world.c is not None and world.c.by == "k" and not world.c.omits:
        parents = meaning.delivered("p", view, partial(meaning.comes_with, stretch))[""]
        if any(row.k is None and row.v not in excused for row in parents):
            return "a parent has no value for what is bound to it, and the run is green"
    return ""


def may_fail(world: World, name: str) -> str:
    """Why a resource of this world may be red although nothing is wrong; empty where it may not."""
    for reason, holds in _REASONS:
        if holds(world):
            return reason
    del name
    return ""


def must_not_fail(world: World, run: Run, name: str) -> bool:
    """Whether this is nothing that a resource may be refused for: a last page that names itself,
    texts of several lengths that the API gives in their order."""
    cursor = world.p.cursor
    plain = world.api.end == "self" or (cursor is not None and cursor.kind == "lengths")
    if world.how.size == 1 and world.has("equal", "repeat"):  # the same page comes twice
        return False
    if run.kill or may_fail(world, name):
        return False
    if run.faults:  # which are retried, as the file says
        return name == "p" and all(_is_retried(world, fault) for fault in run.faults)
    return plain and name == "p"


def _is_retried(world: World, fault: Fault) -> bool:
    return fault.what == "rule" and world.resources[fault.of].rules.startswith(("retry", "wait"))


def may_refuse(world: World, why: str) -> bool:
    """Whether this is a reason to refuse partitions: without a key, those that are not behind the
    cursor; with one, none but that it is not known how a cursor is written."""
    cursor = world.p.cursor
    if slots(world, "p") == "append":
        told_apart = cursor is not None and cursor.kind not in TEXTS
        words = REPLACES_NOT if told_apart else (*REPLACES_NOT, "that tells times apart")
        return any(some in why for some in words)
    return cursor is not None and not cursor.starts and "it is not known how" in why


def may_fail_again(world: World, text: str) -> bool:
    """Whether partitions may fail for this: without a key, nothing is replaced where not all came;
    and what hangs on an older version is not taken."""
    if "nothing of the range is replaced" in text:
        return slots(world, "p") == "append"
    return world.has("version", "old version") and "in a version of after it" in text


TEXTS = frozenset({"net", "mail"})
"""Kinds of which a table has texts that do not sort as the times do."""
REPLACES_NOT = (
    "nothing was loaded yet",
    "partitions reach behind that",
    "is not behind the beginning of the range",
    "it is not known how",
)


def safe_to_keep(world: World, run: Run) -> bool:
    """Whether what comes before a page that always fails can be committed without a loss."""
    p, cursor = world.p, world.p.cursor
    faults = [one for one in run.faults if one.of == "p" and one.what in PERMANENT_ERRORS]
    if _null_cursor(world) or p.values:  # what is read by a list is committed in one piece
        return False
    if world.has("repeat") and world.how.size == 1:  # a page that comes twice fails before it
        return False
    if not faults or faults[0].nth < 3 or world.c is not None or p.steps or p.merge_key:
        return False
    if cursor and (cursor.end is not None or cursor.lag or cursor.falls or cursor.window):
        return False
    by_cursor = cursor is not None and cursor.order == "asc" and cursor.sent != "none"
    if world.api.paginator in ("page_number", "offset") and not by_cursor:
        return slots(world, "p") == "key" and not world.api.cap
    return bool(
        cursor
        and by_cursor
        and world.api.order == "asc"  # else it is told, with the cure
        and cursor.missing == "raise"
        and slots(world, "p") != "all"
        and len({record.at for record in world.records}) == len(world.records)
    )


def _is_order_wrong(world: World) -> bool:
    cursor = world.p.cursor
    if cursor is None or not cursor.order:
        return False
    odd = world.api.pinned or world.has(
        "ahead", "null", "null version", "old version", "version", "repeat"
    )
    return odd or world.api.order != cursor.order


_REASONS = (
    ("a null is bound", lambda world: _binds_null(world)),
    ("a record has no cursor", lambda world: _null_cursor(world)),
    ("the order is not what it is said to be", _is_order_wrong),
    ("most parents may be gone", lambda world: world.has("ghost")),
    ("the server caps the page", lambda world: bool(world.api.cap)),
    ("an empty list deletes nothing", lambda world: _deletes(world)),
    ("odd values", lambda world: world.has("odd")),
    ("ahead, and the range is open", lambda world: _is_open(world) and world.has("ahead")),
    ("upsert of a key that is no key", lambda world: _upserts(world)),
    ("a lag on a cursor that is text", lambda world: _lags(world)),
)


def _deletes(world: World) -> bool:
    return any(one.deletes.startswith("missing") for one in world.resources.values())


def _binds_null(world: World) -> bool:
    return world.c is not None and world.c.by == "k" and not world.c.omits and _null_k(world)


def _null_k(world: World) -> bool:
    return world.has("null k") or any(record.k is None for record in world.records)


def _null_cursor(world: World) -> bool:
    cursor = world.p.cursor
    some = world.has("null", "null version") or any(record.at is None for record in world.records)
    return cursor is not None and cursor.missing == "raise" and some


def _lags(world: World) -> bool:
    cursors = [one.cursor for one in world.resources.values() if one.cursor]
    return any(cursor.lag > 0 and cursor.kind not in LAGGING for cursor in cursors)


def _is_open(world: World) -> bool:
    return world.p.cursor is not None and world.p.cursor.open


def _upserts(world: World) -> bool:
    return any(one.disposition == "upsert" for one in world.resources.values())
