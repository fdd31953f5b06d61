"""What the documentation says that the tables hold, after each run.

A table is looked at in parts that have nothing to do with each other, its slots: the versions of
one key, the children of one parent, one appended version, or all of it where it is replaced. A
slot has the contents that are right. After a run in which nothing was amiss that is one; after one
that was killed, or failed, or read while records changed, what may have been seen counts as well.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

from restsrc_dagster_tests.worlds.cursors import KINDS
from restsrc_dagster_tests.worlds.loading import Ended
from restsrc_dagster_tests.worlds.shop import Row, Shop, View
from restsrc_dagster_tests.worlds.spelling import spelled
from restsrc_dagster_tests.worlds.stretches import DAY, Stretch
from restsrc_dagster_tests.worlds.world import Cursor, Resource, World

Rows = tuple[int, ...]
"""Versions in a slot, sorted; one that is there twice stands twice."""
Slot = Any
NOTHING: Rows = ()


@dataclass
class Table:
    """Slots with what is right in them; `members` are all versions that ever belonged to one."""

    right: dict[Slot, set[Rows]] = field(default_factory=dict)
    members: dict[Slot, set[int]] = field(default_factory=dict)
    ambiguous: dict[Slot, set[int]] = field(default_factory=dict)
    """Of keys that do not tell records apart: which versions have one. It has to be told."""
    to_tell: set[Slot] = field(default_factory=set)
    """Those of them that a run has read for sure."""
    known: bool = True
    kind: str = ""
    """What its slots are: a table of another kind begins anew."""

    def put(self, slot: Slot, rows: Iterable[int], *, sure: bool) -> None:
        content = tuple(sorted(rows))
        self.members.setdefault(slot, set()).update(content)
        if sure:
            self.right[slot] = {content}
        else:
            self.right.setdefault(slot, {NOTHING}).add(content)

    def may_be_empty(self) -> None:
        for contents in self.right.values():
            contents.add(NOTHING)


class Meaning:
    """The tables of one world; runs are told one after the other."""

    def __init__(self, world: World, shop: Shop) -> None:
        self.world = world
        self.shop = shop
        self.tables = {name: Table() for name, one in world.resources.items() if one.selected}
        self._children: dict[str, set[str]] = {}
        """Of each parent's value, the children that it had when it was last read."""

    def edited(self, world: World) -> None:
        """The file is another one from now on."""
        self.world = world
        for name, one in world.resources.items():
            if one.selected:
                self.tables.setdefault(name, Table())

    def read(self, moments: list[View], ended: Ended, names: Collection[str]) -> None:
        """A run has ended: what is `good` was loaded, the rest of `names` perhaps, or in part."""
        good, unsure = ended.good, ended.unsure & {*names}
        for name in self.tables:
            if name not in good | unsure:
                continue
            sure = name in good - unsure and len(moments) == 1
            # An older version than the table has may be all that a stretch has of a record.
            sure = sure and not (ended.stretch and self.world.has("version", "old version"))
            kind, before = slots(self.world, name), self.tables[name].kind
            is_another = before not in ("", kind)
            anew = name in ended.refreshed or is_another
            if anew and (sure or (is_another and name in ended.in_part)):
                self.tables[name] = Table()
            elif anew:
                self.tables[name].may_be_empty()
            self.tables[name].kind = self.tables[name].kind or kind
            for view in moments:
                if ended.stretch and name == "p":
                    self._replaced(view, ended.stretch)
                self._seen(name, view, sure=sure, stretch=ended.stretch)

    def _replaced(self, view: View, stretch: Stretch) -> None:
        """Of a stretch without a key, rows that are not there any more may be gone."""
        cursor = self.world.p.cursor
        if cursor is not None and slots(self.world, "p") == "append":
            listed = self._listed(view)
            for v, contents in self.tables["p"].right.items():
                if stretch.has(cursor, self.shop.ever[v]):
                    contents.add((v,) * min(listed[v], *map(len, contents)))

    def read_again(self, view: View, stretch: Stretch) -> None:
        """A range of `p`, as the list has it in `view`: without a key, rows that are not there any
        more may be gone; what came before the cursor began may be there."""
        if self.world.p.cursor and self.world.p.cursor.begin:
            for name in self.tables:
                self._seen(name, view, sure=False, stretch=stretch)
        if "p" in self.tables and slots(self.world, "p") == "append":
            listed = self._listed(view)
            for v, contents in self.tables["p"].right.items():
                contents.add((v,) * min(listed[v], *map(len, contents)))

    def _listed(self, view: View) -> Counter[int]:
        """How often each version is."""
        lists = self.delivered("p", view, _whatever)
        return Counter(row.v for rows in lists.values() for row in rows)

    def _seen(self, name: str, view: View, *, sure: bool, stretch: Stretch | None) -> None:
        table, resource = self.tables[name], self.world.resources[name]
        lists = self.delivered(name, view, partial(self.comes_with, stretch))
        rows = [row for listed in lists.values() for row in listed]
        kind = slots(self.world, name)
        table.known = kind != "all" or sure
        match kind:
            case "all":
                table.put("all", self._once(resource, rows), sure=sure)
                self._note_ambiguous(table, name, rows, newest=False, sure=sure)
            case "key":
                dated = resource.cursor is not None
                self._note_ambiguous(table, name, rows, newest=dated, sure=sure)
                for key, versions in self._by_key(name, rows).items():
                    table.put(key, _kept(resource, self._newest(resource, versions)), sure=sure)
                    table.members[key].update(row.v for row in versions)
                    if not sure:
                        for row in versions:
                            table.put(key, _kept(resource, row), sure=False)
                self._may_be_removed(name, table, {self._key(name, row) for row in rows})
            case "group":
                self._note_ambiguous(table, name, rows, newest=False, sure=sure)
                for day, contents in self._days(name, rows).items():
                    for number, versions in enumerate(contents):
                        table.put(day, versions, sure=sure and not number)
            case "append":
                self._append(table, resource, rows, sure=sure)
            case "owner":
                self._replace_children(name, lists, sure=sure)

    def _may_be_removed(self, name: str, table: Table, listed: set[Slot]) -> None:
        """What a list has no more, or another one has told of; `deleting` knows what has to be."""
        resource = self.world.resources[name]
        if resource.deletes in ("missing removed", "told removed"):
            told = {key for _, key, _ in self.shop.told[name]} if "told" in resource.deletes else ()
            for key, contents in table.right.items():
                if key not in listed or key in told:
                    contents.add(NOTHING)

    def _append(self, table: Table, resource: Resource, rows: list[Row], *, sure: bool) -> None:
        """A version is there once, or once more with each run where no cursor passes it."""
        cursor = resource.cursor
        for v, times in Counter(row.v for row in rows).items():
            times = 1 if resource.key else times
            unseen = self.shop.ever[v].at is None
            if cursor is None or cursor.end is not None or unseen:
                before = table.right.get(v, {NOTHING})
                after = {content + (v,) * times for content in before}
                table.right[v] = after if sure else before | after
                table.members.setdefault(v, set()).add(v)
                continue
            before = [len(content) for content in table.right.get(v, {NOTHING})]
            fewest, most = max(times if sure else 0, min(before)), max(times, *before)
            table.right[v] = {(v,) * some for some in range(fewest, most + 1)}
            table.members[v] = {v}

    def _replace_children(self, name: str, lists: Mapping[str, list[Row]], *, sure: bool) -> None:
        """What hangs on a parent that was read again takes the place of what hung on it."""
        table = self.tables[name]
        for owner, rows in lists.items():
            # Rows of a value that is listed no more stay with a parent that is not read again.
            is_whole = sure and not self.world.resources[name].unlisted
            table.put(owner, (row.v for row in rows), sure=is_whole)
            if name == "c":
                now = {str(row.key) for row in rows}
                for gone in self._children.get(owner, set()) - now:
                    self._lose_children_of(gone, sure=is_whole)
                before = set() if sure else self._children.get(owner, set())
                self._children[owner] = now | before

    def _lose_children_of(self, child: str, *, sure: bool) -> None:
        if "g" not in self.tables or slots(self.world, "g") != "owner":
            return
        table = self.tables["g"]
        if child in table.right:
            table.put(child, NOTHING, sure=sure)

    # -- what a resource delivers --

    def delivered(
        self, name: str, view: View, comes: Callable[[Row], bool] | None = None
    ) -> dict[str, list[Row]]:
        """Records that a first run would load, by what they hang on; `p` hangs on nothing.

        Or only those of `p` that another run is given, by `comes`, and what hangs on these.
        """
        resource, comes = self.world.resources[name], comes or self._comes_first
        if name == "p":
            return {"": [row for row in view.parents if self._passes(resource, row) and comes(row)]}
        above = "p" if name == "c" else "c"
        found: dict[str, list[Row]] = {}
        for rows in self.delivered(above, view, comes).values():
            for parent in rows:
                owner = self.shop.value_of(parent) if above == "p" else str(parent.key)
                if owner is not None:
                    listed = view.below[name].get(owner, ())
                    found[owner] = [row for row in listed if self._passes(resource, row)]
        return found

    def _passes(self, resource: Resource, row: Row) -> bool:
        if resource.values and row.key % resource.values not in resource.listed:
            return False
        if resource.steps == "filter" and not row.keep:
            return False
        if resource.steps.startswith("lines") and not row.lines:
            return False
        cursor = resource.cursor
        if cursor is None:
            return True
        if row.at is None:
            return cursor.missing == "include"
        return cursor.end is None or _is_before(cursor, row.at, cursor.end)

    def in_force(self, name: str, view: View) -> set[int]:
        """The versions that tables would have of a view: of each key, the newest one."""
        lists = self.delivered(name, view, _whatever)
        rows = [row for listed in lists.values() for row in listed]
        if slots(self.world, name) != "key":
            return {row.v for row in rows}
        resource = self.world.resources[name]
        return {self._newest(resource, some).v for some in self._by_key(name, rows).values()}

    def _comes_first(self, row: Row) -> bool:
        cursor = self.world.p.cursor
        return cursor is None or row.at is None or row.at >= cursor.begin

    def comes_with(self, stretch: Stretch | None, row: Row) -> bool:
        """Whether a record comes when a stretch is asked for; those without a cursor always do."""
        cursor = self.world.p.cursor
        if stretch is None:
            return self._comes_first(row)
        if cursor is None or row.at is None:
            return True
        if KINDS[cursor.kind].tick == DAY:
            stretch = stretch.in_days()
        passed_over = self.world.api.filter == "exclusive" and stretch.begins_with(cursor, row)
        return stretch.has(cursor, row) and not passed_over

    def _once(self, resource: Resource, rows: list[Row]) -> list[int]:
        """With a key, a record that comes again is loaded once."""
        versions = [row.v for row in rows]
        if resource.steps.startswith("lines"):
            return [line for row in rows for line in row.lines]
        return list(dict.fromkeys(versions)) if resource.key else versions

    def _days(self, name: str, rows: list[Row]) -> dict[Slot, list[list[int]]]:
        """What each day may hold: with a key, one of its versions, as no cursor tells which."""
        days: dict[Slot, list[Row]] = {}
        for row in rows:
            days.setdefault(row.day, []).append(row)
        if not self.world.resources[name].key:
            return {day: [[row.v for row in listed]] for day, listed in days.items()}
        return {
            day: list(map(list, product(*map(_versions, self._by_key(name, listed).values()))))
            for day, listed in days.items()
        }

    def _by_key(self, name: str, rows: list[Row]) -> dict[Slot, list[Row]]:
        found: dict[Slot, list[Row]] = {}
        for row in rows:
            found.setdefault(self._key(name, row), []).append(row)
        return found

    def _key(self, name: str, row: Row) -> Slot:
        resource = self.world.resources[name]
        if name == "p":
            return (row.key, row.kind) if resource.key == "composite" else row.key
        number = row.within if resource.numbered_within else row.key
        return (row.owner, number) if resource.key == "composite" else number

    def _newest(self, resource: Resource, versions: list[Row]) -> Row:
        """By the cursor, and what has none is the oldest; without one, the last that was listed."""
        if resource.cursor is None:
            return max(versions, key=lambda row: row.v)
        return max(versions, key=lambda row: (row.at is not None, row.at or 0, row.v))

    def _note_ambiguous(
        self, table: Table, name: str, rows: list[Row], *, newest: bool, sure: bool
    ) -> None:
        """Several versions of one key, of which no cursor says which is the newest."""
        if not self.world.resources[name].key:
            return
        for key, versions in self._by_key(name, rows).items():
            different = {row.v for row in versions}
            several = len({row.key for row in versions}) > 1
            if len(different) > 1 and (several or not newest):
                table.ambiguous.setdefault(key, set()).update(different)
                table.to_tell |= {key} if sure else set()


def _whatever(_: Row) -> bool:
    return True


def _kept(resource: Resource, row: Row) -> list[int]:
    """What is in the table of a record: nothing, where it says that it is deleted, and goes."""
    return [] if row.dead and resource.deletes == "when removed" else [row.v]


def _versions(rows: list[Row]) -> list[int]:
    return list(dict.fromkeys(row.v for row in rows))


def slots(world: World, name: str) -> str:
    """Which parts of a table have nothing to do with each other."""
    resource = world.resources[name]
    disposition = resource.disposition
    if disposition == "replace":
        return "all"
    if disposition == "append" or (not disposition and not resource.key and resource.cursor):
        return "append"
    if resource.merge_key:
        return "group" if resource.cursor is None else "key"
    if resource.key:
        return "key"
    return "owner" if name != "p" and below_cursor(world, name) else "all"


def below_cursor(world: World, name: str) -> bool:
    above = {"p": (), "c": ("p",), "g": ("p", "c")}[name]
    return any(world.resources[one].cursor is not None for one in above)


def _is_before(cursor: Cursor, tick: int, end: int) -> bool:
    """Whether a record comes before the end of the range, by what both mean."""
    kind = KINDS[cursor.kind]
    own = kind.read(str(spelled(cursor, tick, 0)))
    last = kind.read(str(spelled(cursor, end, 0)))
    return bool(own > last) if cursor.falls else bool(own < last)
