"""Which kind of fault a wrong world shows, by what is left of it when it has been made smaller.

The rules were written for the code of before, so that a table can be made of what is found there. A
world that fits none is named by its symptom and by what is not plain in it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from restsrc_dagster_tests.worlds.finding import Finding
from restsrc_dagster_tests.worlds.honest import is_numbered
from restsrc_dagster_tests.worlds.meaning import below_cursor, slots
from restsrc_dagster_tests.worlds.world import Cursor, World

LOSES = frozenset({"lost", "stale", "nested", "foreign"})
DOUBLES = frozenset({"doubled", "stays"})
STOPS = frozenset({"words", "raised", "others"})
VERSIONS = ("version", "old version")


@dataclass(frozen=True)
class Case:
    """One wrong world, with what a rule asks for at hand."""

    world: World
    finding: Finding

    @property
    def what(self) -> str:
        return self.finding.what

    @property
    def loses(self) -> bool:
        return self.what in LOSES

    @property
    def doubles(self) -> bool:
        return self.what in DOUBLES

    @property
    def stops(self) -> bool:
        return self.what in STOPS

    @property
    def cursor(self) -> Cursor | None:
        """Of the table that is wrong; of the parents where there is none."""
        one = self.world.resources.get(self.finding.table or "p")
        return one.cursor if one else None

    @property
    def parents(self) -> Cursor:
        """The cursor of the parents, or a plain one."""
        return self.world.p.cursor or Cursor()

    @property
    def numbered(self) -> bool:
        return is_numbered(self.world.api)

    @property
    def chunks(self) -> bool:
        return bool(self.world.how.commit or (self.world.twin and self.world.twin.commit))

    @property
    def refreshes(self) -> bool:
        """In the very run after which it was found."""
        runs = self.world.runs[self.finding.run : self.finding.run + 1]
        return any(run.refresh or run.edit.startswith("key") for run in runs)

    @property
    def faults(self) -> set[str]:
        return {fault.what for run in self.world.runs for fault in run.faults}

    @property
    def broken_off(self) -> bool:
        return bool(self.faults) or any(run.kill for run in self.world.runs)

    @property
    def moves(self) -> bool:
        return any(run.middle for run in self.world.runs)

    @property
    def is_child(self) -> bool:
        return self.finding.table in ("c", "g")

    @property
    def loses_below_a_childs_cursor(self) -> bool:
        chain = {"c": ("c",), "g": ("g", "c")}.get(self.finding.table, ())
        own = [one.cursor for n in chain if (one := self.world.resources.get(n))]
        return any(own) and self.what in ("lost", "stale")


Rule = Callable[[Case], bool]


def _of_faults(case: Case) -> str | None:
    if case.what != "words" and case.faults & {"202", "not ready", "empty 202"}:
        return "a 202 is taken for a page"
    if case.faults & {"error", "failure"} and (case.loses or case.doubles):
        return "an error with status 200 is taken for a page"
    return None


RULES: tuple[tuple[str, Rule], ...] = (
    ("a last page that names itself", lambda c: c.what == "red" and "circles" in c.finding.seen),
    (
        "texts of several lengths are refused",
        lambda c: c.what == "red" and "several lengths" in c.finding.seen,
    ),
    ("null of a parent is sent as None", lambda c: c.what == "green"),
    ("true in params is sent as True", lambda c: c.world.api.flag and c.loses),
    (
        "lag on a cursor that dlt takes for text",
        lambda c: c.parents.lag > 0 and c.stops and not c.world.has("odd"),
    ),
    (
        "end_value with chunks bricks the resource",
        lambda c: c.stops and "NoneType" in c.finding.seen,
    ),
    (
        "one odd value stops the connector",
        lambda c: c.stops and (c.world.has("odd") or c.world.api.ids == "wide"),
    ),
    (
        "a field of include_from_parent that a parent lacks",
        lambda c: bool(c.world.c and c.world.c.included) and c.what == "words",
    ),
    ("a failing resource keeps nothing", lambda c: c.what == "kept nothing"),
    (
        "keys of defaults, by a column",
        lambda c: c.world.p.key == "default hint" and (c.doubles or c.loses),
    ),
    (
        "refresh of a child drops its parent",
        lambda c: c.refreshes and c.finding.table in ("p", "c") and c.loses,
    ),
    ("merge_key in chunks", lambda c: c.world.p.merge_key and c.chunks and c.finding.run == 0),
    ("merge_key below a cursor", lambda c: c.world.p.merge_key and bool(c.world.p.cursor)),
    ("a server that caps the page", lambda c: bool(c.world.api.cap) and c.loses),
    (
        "a total of -1 or 0 ends the list",
        lambda c: c.world.api.total in ("minus", "zero") and c.loses,
    ),
    (
        "a late row of one parent is passed over",
        lambda c: c.loses_below_a_childs_cursor and c.world.has("late kid") and c.finding.run > 0,
    ),
    ("the cursor of a child moves within a run", lambda c: c.loses_below_a_childs_cursor),
    (
        "end_value is compared by its letters",
        lambda c: c.parents.end is not None and (c.loses or c.doubles),
    ),
    (
        "a far future number moves the cursor",
        lambda c: c.world.has("ahead") and c.parents.kind.startswith("epoch") and c.loses,
    ),
    ("a future time moves the cursor", lambda c: c.world.has("ahead") and c.loses),
    (
        "a cursor /Date(…)/ is taken for a text",
        lambda c: c.parents.kind == "net" and c.finding.table == "p" and c.loses,
    ),
    ("row_order is believed", lambda c: bool(c.parents.order) and c.loses and not c.moves),
    (
        "a key that is unique only within its parent",
        lambda c: (
            c.is_child
            and c.what in ("untold", "lost", "stale")
            and any(one.numbered_within for one in c.world.resources.values())
        ),
    ),
    (
        "an unselected parent in chunks",
        lambda c: not c.world.p.selected and c.chunks and c.loses,
    ),
    (
        "resumed by page, and stale",
        lambda c: (
            c.loses and c.numbered and c.chunks and c.broken_off and not c.world.has(*VERSIONS)
        ),
    ),
    (
        "chunks by page: an older version wins",
        lambda c: (
            c.what == "stale" and c.numbered and c.chunks and c.world.has(*VERSIONS, "null version")
        ),
    ),
    (
        "PostgreSQL: a version without a cursor wins",
        lambda c: c.what == "stale" and c.world.has("null version") and c.world.how.postgres,
    ),
    (
        "newest by the letters",
        lambda c: (
            c.what == "stale" and c.cursor is not None and c.world.has(*VERSIONS) and not c.moves
        ),
    ),
    (
        "a list that slides under numbered pages",
        lambda c: c.moves and c.numbered and c.loses and c.world.api.order != "id",
    ),
    ("the cursor passes what changed meanwhile", lambda c: c.moves and c.loses),
    (
        "a dedup_sort on a field that no record has is not told",
        lambda c: c.what == "untold" and c.world.p.sorted,
    ),
    ("repeated keys are not told", lambda c: c.what == "untold"),
    (
        "equal rows at the very cursor",
        lambda c: c.world.has("equal") and not c.world.p.key and c.loses,
    ),
    (
        "what comes of repeated keys depends on the pages",
        lambda c: (
            c.world.has("repeat", *VERSIONS)
            and not c.is_child
            and (c.doubles or c.loses or c.what == "unlike")
        ),
    ),
    ("keys of a row in another order", lambda c: c.world.has("turn") and c.doubles),
    ("children of a parent that comes twice", lambda c: c.is_child and c.what == "doubled"),
    ("grandchildren of a child that vanished", lambda c: c.finding.table == "g" and c.doubles),
)


def kind_of(world: World, finding: Finding) -> str:
    case = Case(world, finding)
    if name := _of_faults(case):
        return name
    for name, holds in RULES:
        if holds(case):
            return name
    return f"? {finding.what} {finding.table}: {', '.join(sorted(traits(world))) or 'plain'}"


def traits(world: World) -> set[str]:
    """What is not plain in a world, in words."""
    found: set[str] = set()
    for name, one in world.resources.items():
        content = one.to_json()
        found |= {f"{name}.{key}" for key in content}
        found |= {f"{name}.cursor.{key}" for key in content.get("cursor", ())}
        found.add(f"{name}:{slots(world, name)}")
        found |= {f"deletes {one.deletes}"} if one.deletes else set()
        if name != "p" and below_cursor(world, name):
            found.add(f"{name} below a cursor")
    found |= {f"api.{key}={value}" for key, value in world.api.to_json().items()}
    found |= {f"how.{key}" for key in world.how.to_json()}
    found |= {f"login {world.how.login}"} if world.how.login else set()
    found |= {f"event {event[0]}" for event in world.events}
    for run in world.runs:
        found |= {f"run.{key}" for key in run.to_json() if key not in ("news", "kill_at")}
        found |= {f"fault {fault.what}" for fault in run.faults}
        found |= {f"kill {run.kill}"} if run.kill else set()
    in_windows = (one.cursor and one.cursor.window for one in (world.c, world.g) if one)
    if world.how.commit and (world.p.values or any(in_windows)):
        found.add("parents in chunks")
    if world.how.commit and world.p.values and world.c and world.c.deletes.startswith("missing"):
        found.add("missing in turn")
    if world.p.cursor and world.p.cursor.window and is_numbered(world.api):
        found |= {"windows that move"} if any(run.middle for run in world.runs) else set()
    found |= {"partitions", f"every {world.partitions.every}"} if world.partitions else set()
    return found | ({"twin"} if world.twin else set())
