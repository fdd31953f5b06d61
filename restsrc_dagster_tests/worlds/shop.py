"""What the API has, and what becomes of it: parents `p`, their children `c`, and theirs, `g`.

Each version of a record has a number of its own, `v`: tables are compared by these. A change is
honest: what has changed has a new place in time, and so has the parent that hangs on a cursor.
"""

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from restsrc_dagster_tests.worlds.world import Event, World

FAR = 1_000_000
"""Ticks into the future; of most kinds, some eight hundred years."""
AHEAD = 20
DAYS = 3


@dataclass(frozen=True, kw_only=True)
class Row:
    """One version of a record; `owner` is the value by which a child hangs on its parent."""

    key: int
    v: int
    at: int | None
    owner: str = ""
    within: int = 0
    k: int | None = 0
    kind: int = 0
    keep: bool = True
    archived: bool = False
    dead: bool = False
    """Whether the record says of itself that it is deleted."""
    lines: tuple[int, ...] = ()
    odd: tuple[str, Any] | None = None

    @property
    def day(self) -> int:
        return self.key % DAYS


@dataclass(frozen=True)
class View:
    """What the API has at one moment: parents, and children by what they hang on."""

    parents: tuple[Row, ...]
    below: MappingProxyType[str, MappingProxyType[str, tuple[Row, ...]]]


@dataclass
class Shop:
    """The API's own records."""

    world: World
    clock: int = 0
    parents: list[Row] = field(default_factory=list)
    below: dict[str, dict[str, list[Row]]] = field(default_factory=lambda: {"c": {}, "g": {}})
    told: dict[str, list[tuple[int, int, int]]] = field(
        default_factory=lambda: {"p": [], "c": [], "g": []}
    )
    """The deletions that another list tells of: a number, the key of the record, and when."""
    gone: list[Row] = field(default_factory=list)
    """Parents that were deleted, and may come back."""
    ghosts: dict[str, int] = field(default_factory=dict)
    """What parents are gone though they are listed, by what their children hang on: with the status
    that these are refused with."""
    turned: bool = False
    """Whether the keys of records come in another order."""
    ever: dict[int, Row] = field(default_factory=dict)
    """All versions that ever were, by their numbers."""
    _keys: int = 0

    def __post_init__(self) -> None:
        for one in self.world.records:
            row = self._new(
                at=one.at,
                k=one.k,
                kind=one.kind,
                keep=one.keep,
                archived=one.archived,
                lines=one.lines,
            )
            self.parents.append(row)
            for at in one.kids:
                kid = self._new_kid(row, at)
                for _ in range(one.grand if kid else 0):
                    self._new_grand(kid, at)
        ticks = [row.at for row in self.ever.values() if row.at is not None]
        self.clock = max(ticks, default=0) + 1

    def view(self) -> View:
        return View(
            tuple(self.parents),
            MappingProxyType(
                {
                    name: MappingProxyType({owner: tuple(rows) for owner, rows in lists.items()})
                    for name, lists in self.below.items()
                }
            ),
        )

    def value_of(self, row: Row) -> str | None:
        """By what the children of a parent hang on it; None where it has no such value."""
        if self.world.c is not None and self.world.c.by == "k":
            return None if row.k is None else str(row.k)
        return str(self.id_of(row))

    def all_below(self, row: Row) -> set[int]:
        """The versions of the children of a parent, and of theirs."""
        kids = self.below["c"].get(self.value_of(row) or "", [])
        grand = [one for kid in kids for one in self.below["g"].get(str(kid.key), [])]
        return {one.v for one in (*kids, *grand)}

    def id_of(self, row: Row) -> Any:
        if row.odd and row.odd[0] == "id":
            return row.odd[1]
        match self.world.api.ids:
            case "text":
                return f"n {row.key}/é"
            case "wide":
                return 10**20 + row.key
        return row.key

    def happen(self, event: Event) -> None:
        word, which, step = event
        self.clock += step
        getattr(self, "_" + word.replace(" ", "_"))(which)

    # -- what may happen; each takes a number by which it chooses --

    def _add(self, which: int) -> None:
        row = self._new(at=self.clock, lines=which % 3, k=self._keys, kind=which % 2)
        self.parents.append(row)
        for _ in range(which % 3):
            self._new_kid(row, self.clock)

    def _change(self, which: int) -> None:
        if self.parents:
            self._renew(which % len(self.parents))

    def _delete(self, which: int) -> None:
        """With all that is listed of the record; or it says itself that it is deleted."""
        position = which % max(len(self.parents), 1)
        if self.parents and self.world.p.deletes.startswith("when"):
            self._renew(position)
            self.parents[position] = self._noted(replace(self.parents[position], dead=True))
            return
        gone = self.parents[position] if self.parents else None
        if gone and (left := [row for row in self.parents if row.key != gone.key]):
            self.parents = left
            self.gone.append(gone)
            self._tell("p", gone)

    def _come_back(self, which: int) -> None:
        """A record that was deleted is there again."""
        if self.gone:
            row = self.gone.pop(which % len(self.gone))
            self.parents.append(self._version_of(row, at=self.clock))

    def _tell(self, name: str, row: Row) -> None:
        self.told[name].append((len(self.told[name]) + 1, row.key, self.clock))

    def listed(self, name: str) -> list[Row]:
        """All records that lists have."""
        return (
            self.parents
            if name == "p"
            else [one for some in self.below[name].values() for one in some]
        )

    def _version(self, which: int) -> None:
        """The record as it is now is listed beside what it was."""
        position = which % max(len(self.parents), 1)
        if self.parents and self.parents[position].at is not None:
            self.parents.append(self.parents[position])
            self._renew(position)

    def _old_version(self, which: int) -> None:
        """What a record was is listed once more; so it had to be there before."""
        if self.parents:
            row = self.parents[which % len(self.parents)]
            if row.at is not None and row.at > 1:
                self.parents.append(self._version_of(row, at=max(1, row.at - 2)))

    def _repeat(self, which: int) -> None:
        """The API gives a record twice."""
        if self.parents:
            self.parents.append(self.parents[which % len(self.parents)])

    def _equal(self, which: int) -> None:
        """One more record that is equal to the newest one in all that it has."""
        newest = [row for row in self.parents if row.at is not None and row.at < self.clock + 1]
        if newest:
            self.parents.append(max(newest, key=lambda row: (row.at, row.v)))

    def _tie(self, which: int) -> None:
        """One more record at the very place of the newest one, as in a batch."""
        ticks = [row.at for row in self.parents if row.at is not None and row.at <= self.clock]
        if ticks:
            self.parents.append(self._new(at=max(ticks), k=self._keys))

    def _turn(self, which: int) -> None:
        self.turned = not self.turned

    def _late(self, which: int) -> None:
        """A record that was written down late, as far back as the file's `lag`."""
        newest = max((row.at for row in self.parents if row.at is not None), default=1)
        lag = self.world.p.cursor.lag if self.world.p.cursor else 0
        self.parents.append(self._new(at=max(1, newest - lag), k=self._keys))

    def _ahead(self, which: int) -> None:
        """By a clock that goes wrong; far, or some days."""
        self.parents.append(self._new(at=self.clock + (AHEAD, FAR)[which % 2], k=self._keys))

    def _null(self, which: int) -> None:
        self.parents.append(self._new(at=None, k=self._keys))

    def _null_version(self, which: int) -> None:
        """A record has changed, and is listed once more, without its cursor."""
        position = which % max(len(self.parents), 1)
        if self.parents and self.parents[position].at is not None:
            row = self._renew(position)
            alike = [one for one in self.parents if one.key == row.key and one.at is None]
            if not alike:
                self.parents.append(self._version_of(row, at=None))

    def _null_k(self, which: int) -> None:
        self.parents.append(self._new(at=self.clock, k=None))

    def _same_k(self, which: int) -> None:
        if self.parents:
            k = self.parents[which % len(self.parents)].k
            self.parents.append(self._new(at=self.clock, k=k))

    def _odd(self, which: int) -> None:
        """Values that do not fit those before."""
        odd = (
            [("id", f"A{self._keys}")],
            [("id", True)],
            [("x", -(2**63)), ("x", 10**35), ("x", "")],
            [("x", 2**70), ("x", 1.5)],
            [("x", 1e300)],
            [("id", None)],
        )[which % 6]
        self.parents += [self._new(at=self.clock, k=self._keys, odd=one) for one in odd]

    def _kid(self, which: int) -> None:
        if self.parents:
            self._new_kid(self._renew(which % len(self.parents), only_below=True), self.clock)

    def _late_kid(self, which: int) -> None:
        """Newer than all that its parent ever had, and older than those of other parents."""
        if self.parents:
            row = self._renew(which % len(self.parents), only_below=True)
            owner = self.value_of(row)
            own = [one.at for one in self.ever.values() if one.owner == owner and one.within]
            at = max((tick for tick in own if tick is not None), default=0) + 1
            self.clock = max(self.clock, at)
            self._new_kid(row, at)

    def _change_kid(self, which: int) -> None:
        if self.parents:
            row = self._renew(which % len(self.parents), only_below=True)
            if kids := self._kids(row):
                position = which % len(kids)
                kids[position] = self._version_of(kids[position], at=self.clock)

    def _lose_kid(self, which: int) -> None:
        if self.parents:
            row = self._renew(which % len(self.parents), only_below=True)
            if kids := self._kids(row):
                self._take(kids, "c", which % len(kids))

    def _ghost(self, which: int) -> None:
        """A parent is gone with its children, and listed all the same."""
        if self.parents:
            row = self._renew(which % len(self.parents), only_below=True)
            owner = self.value_of(row)
            if owner is not None:
                self.below["c"][owner] = []
                self.ghosts[owner] = (404, 410)[which % 2]

    def _grandkid(self, which: int) -> None:
        if self.parents:
            row = self._renew(which % len(self.parents), only_below=True)
            if kids := self._kids(row):
                kids[0] = self._version_of(kids[0], at=self.clock)
                self._new_grand(kids[0], self.clock)

    def _lose_grandkid(self, which: int) -> None:
        if self.parents:
            row = self._renew(which % len(self.parents), only_below=True)
            if kids := self._kids(row):
                kids[0] = self._version_of(kids[0], at=self.clock)
                if grand := self.below["g"].get(str(kids[0].key)):
                    self._take(grand, "g", len(grand) - 1)

    # -- how it is done --

    def _take(self, rows: list[Row], name: str, position: int) -> None:
        """A record goes from below a parent, or says that it is deleted."""
        if self.world.resources[name].deletes.startswith("when"):
            rows[position] = self._noted(
                replace(self._version_of(rows[position], at=self.clock), dead=True)
            )
        else:
            self._tell(name, rows.pop(position))

    def _renew(self, position: int, *, only_below: bool = False) -> Row:
        """A new version of a parent; for the sake of its children, only where it has a cursor."""
        row = self.parents[position]
        if only_below and self.world.p.cursor is None:
            return row
        if sum(other.key == row.key for other in self.parents) > 1:
            self.clock += 1  # of two versions that are listed, one is newer
        self.parents[position] = self._version_of(row, at=self.clock)
        return self.parents[position]

    def _version_of(self, row: Row, at: int | None) -> Row:
        at = None if row.at is None else at
        v = len(self.ever) + 1
        lines = tuple(v * 10 + n for n in range(len(row.lines)))
        return self._noted(replace(row, v=v, at=at, lines=lines, dead=False))

    def _new(self, *, at: int | None, lines: int = 0, **keys: Any) -> Row:
        self._keys += 1
        v = len(self.ever) + 1
        named = tuple(v * 10 + n for n in range(lines))
        return self._noted(Row(key=self._keys, v=v, at=at, lines=named, **keys))

    def _noted(self, row: Row) -> Row:
        self.ever[row.v] = row
        return row

    def _kids(self, row: Row) -> list[Row]:
        owner = self.value_of(row)
        return [] if owner is None else self.below["c"].setdefault(owner, [])

    def _new_kid(self, row: Row, at: int) -> Row | None:
        owner = self.value_of(row)
        if self.world.c is None or owner is None:
            return None
        self.ghosts.pop(owner, None)
        kids = self._kids(row)
        within = max((kid.within for kid in kids), default=0) + 1
        kid = self._new(at=at, owner=owner, within=within)
        kids.append(kid)
        return kid

    def _new_grand(self, kid: Row | None, at: int) -> None:
        if self.world.g is not None and kid is not None:
            owner = str(kid.key)
            self.below["g"].setdefault(owner, []).append(self._new(at=at, owner=owner))


EVENTS = tuple(
    sorted(
        name[1:].replace("_", " ")
        for name in (
            *(
                "_add",
                "_change",
                "_delete",
                "_come_back",
                "_version",
                "_old_version",
                "_repeat",
                "_equal",
            ),
            *(
                "_tie",
                "_turn",
                "_late",
                "_ahead",
                "_null",
                "_null_version",
                "_null_k",
                "_same_k",
                "_odd",
                "_kid",
            ),
            *("_late_kid", "_change_kid", "_lose_kid", "_ghost", "_grandkid", "_lose_grandkid"),
        )
    )
)
