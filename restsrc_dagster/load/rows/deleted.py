"""Rows whose records the API has deleted: marked, or removed, behind the commit of what was read.

Every row has the id of the load that wrote it, which is a time. What a whole list still has is
written by each run, so what a run has not written is missing. Each step may be repeated: a load
that is killed before it leaves it to the next one.
"""

import time
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from dlt.common.destination.exceptions import (
    DestinationTerminalException,
    DestinationUndefinedEntity,
)
from dlt.common.schema import Schema
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.connector.resources.deletes import DELETED_AT, share
from restsrc_dagster.connector.resources.jobs import below_jobs
from restsrc_dagster.errors import ReadError, RestsrcError
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.progress import counted
from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.rows.alive import EVERYTHING, AliveRows, Condition, any_of
from restsrc_dagster.load.rows.comparable import comparable
from restsrc_dagster.load.rows.listed import STATE_KEY, ListedBelow
from restsrc_dagster.load.rows.stale_children import AT_ONCE
from restsrc_dagster.load.state.pipeline_state import column_of
from restsrc_dagster.load.state.recovery import LOAD_ID

TOLD_KEY = "restsrc_deleted"
VALID_TO = "_dlt_valid_to"


@dataclass
class Deletions:
    """Those of one load.

    Args:
        connector: what is loaded.
        pipeline: where to; under the connector's lock.
        began: when the load began, before anything was read: a load id of none of its packages.
        allowed: names of the resources of which any part may go.
        resumed: names of those that go on where another run has left them.

    Attributes:
        counts: rows that went, by resource.
        refused: why rows of a resource were not taken away.
    """

    connector: Connector
    pipeline: Pipeline
    began: float
    allowed: Set[str] = frozenset()
    resumed: Set[str] = frozenset()
    counts: dict[str, int] = field(default_factory=dict)
    refused: dict[str, RestsrcError] = field(default_factory=dict)
    _before: dict[str, str] = field(default_factory=dict)
    _below: dict[str, ListedBelow] = field(default_factory=dict)
    _had_rows: dict[str, bool] = field(default_factory=dict)
    _told: dict[str, Any] = field(default_factory=dict)

    def note(
        self,
        state: dict[str, Any],
        read: Set[str],
        done: Set[str],
        pages: Mapping[str, PageStats],
    ) -> None:
        """Remember in `state`, which is about to be committed, which lists are `read` to their
        ends: of several pages, two in a row say that a record is missing. Of a child that is
        `done`, which further parents may follow, each parent's list counts by itself."""
        listed: dict[str, Any] = dict(state.get(STATE_KEY, {}))
        for name in done & self.connector.deletes.keys():
            if self.connector.deletes[name].by is None:
                continue
            if self._is_of_parents(name):
                listed[name] = self._noted_below(name, listed.get(name), pages[name])
            elif name in read:
                kept = listed.get(name, "")
                self._before.setdefault(name, kept if isinstance(kept, str) else "")
                if not (
                    self._why_not_whole(name, pages[name]) or self._lacks_many(name, pages[name])
                ):
                    listed[name] = str(self.began)
        state.pop(STATE_KEY, None)
        if kept := {name: at for name, at in listed.items() if name in self.connector.deletes}:
            state[STATE_KEY] = kept

    def _noted_below(self, name: str, kept: Any, stats: PageStats) -> dict[str, Any]:
        """What is known of the lists below each parent, with those of this load."""
        below = self._below.setdefault(name, ListedBelow(kept))
        if name not in self._had_rows:
            self._had_rows[name] = self._count(name, EVERYTHING) > 0
        if self._why_not_whole(name, stats):
            below.forget()
        else:
            below.read(stats.parents_read, str(self.began))
        is_read_again = not self.connector.resources.below_incremental(name)
        return below.to_state(keeps_open=self._had_rows[name] and not is_read_again)

    def note_told(
        self, state: dict[str, Any], done: Set[str], pages: Mapping[str, PageStats]
    ) -> None:
        """Remember in `state` what the records of `done` say is deleted: each says it once, however
        often it is read, and a load that is killed before it has done it leaves it to the next."""
        told: dict[str, Any] = dict(state.get(TOLD_KEY, {}))
        for name, said in self.connector.deletes.items():
            if said.resource is None or said.resource not in done:
                continue
            deletions = pages[said.resource].deletions
            seen = set(told.get(name, {}).get("seen", ()))
            if new := {key: None for one, key in deletions.items() if one not in seen}:
                told[name] = self._told[name] = {
                    "seen": sorted(deletions),
                    "keys": list(new),
                    "before": str(time.time()),
                }
        state.pop(TOLD_KEY, None)
        if kept := {name: one for name, one in told.items() if name in self.connector.deletes}:
            state[TOLD_KEY] = kept

    def finish(self, schema: Schema | None, state: Mapping[str, Any]) -> None:
        """What the load before may have been killed before: done twice, it changes nothing."""
        if schema is None:
            return
        said = self.connector.deletes
        for name, told in state.get(TOLD_KEY, {}).items():
            if name in said:
                self._of_told(schema, name, told)
        for name, kept in state.get(STATE_KEY, {}).items():
            if name in said and said[name].by is not None and self._is_of_parents(name):
                below = self._below[name] = ListedBelow(kept)
                self._of_below(schema, name, below)

    def apply(self, schema: Schema, read: Set[str], pages: Mapping[str, PageStats]) -> None:
        """Mark or remove what is deleted, by all that was committed; `read` went to their ends."""
        said = self.connector.deletes
        for name in said:
            if said[name].by is not None and name in read:
                self._of_missing(schema, name, pages[name])
            elif (told := self._told.pop(name, None)) is not None:
                self._of_told(schema, name, told)
            elif said[name].when is not None and name in read:
                self.counts[name] = pages[name].told_deleted

    def _of_missing(self, schema: Schema, name: str, stats: PageStats) -> None:
        if self.connector.resources.strategy(name) == "scd2":
            return  # dlt retires it, and `too_few` has looked before
        lists = stats.parents_asked if self.connector.resources[name].parent is not None else 1
        may_pass_over = stats.pages > lists  # from one page to another that was read already
        if why := self._why_not_whole(name, stats):
            stats.warn(f"what the API lists no more was not looked for: {why}")
        elif self._is_of_parents(name):
            self._of_below(schema, name, self._below[name])
        elif before := self._before.get(name, "") if may_pass_over else str(self.began):
            missing = Condition(f"{LOAD_ID} < %s", (before,))
            is_empty = not stats.handed_on
            self._take_all(schema, name, [(EVERYTHING, missing)], is_empty=is_empty)

    def _of_below(self, schema: Schema, name: str, below: ListedBelow) -> None:
        """What is missing below the parents whose lists were read, by this load or before."""
        if below.open and self._take_all(schema, name, list(self._open(schema, name, below))):
            below.deal()

    def _take_all(
        self,
        schema: Schema,
        name: str,
        among: list[tuple[Condition, Condition]],
        *,
        is_empty: bool | None = None,
    ) -> bool:
        """Take away, of the rows of each first condition, those of the second one; False where they
        are too many. `is_empty` is whether nothing was listed; by default, whether none stays."""
        self.refused.pop(name, None)
        gone = 0
        with self._rows(schema, name) as rows, suppress(DestinationUndefinedEntity):
            if rows is None:
                return True
            there = sum(rows.count(one) for one, _ in among)
            gone = sum(rows.count(one) for _, one in among)
            if is_empty is None:
                is_empty = gone == there and gone > 1
            if gone and (error := self._too_many(name, there, gone, is_empty=is_empty)) is not None:
                self.refused[name] = error
                return False
            for _, one in among if gone else ():
                self._take(rows, name, one)
        self.counts[name] = self.counts.get(name, 0) + gone
        return True

    def _of_told(self, schema: Schema, name: str, told: Mapping[str, Any]) -> None:
        """Rows of the keys that another list names, but those that were loaded after that."""
        [key] = named_by(self.connector.resources[name].hints, "primary_key")
        column = column_of(schema, key)
        before = Condition(f"{LOAD_ID} < %s", (told["before"],))
        gone = 0
        with self._rows(schema, name) as rows, suppress(DestinationUndefinedEntity):
            if rows is None or "data_type" not in rows.columns.get(column, {}):
                return
            keys = comparable([(one,) for one in told["keys"]], [column], rows.columns, schema)
            while some := tuple(one for (one,) in islice(keys, AT_ONCE)):
                marks = ", ".join(["%s"] * len(some))
                these = Condition(f"{rows.named(column)} IN ({marks})", some) & before
                if found := rows.count(these):
                    self._take(rows, name, these)
                gone += found
        self.counts[name] = self.counts.get(name, 0) + gone

    def too_few(self, name: str, stats: PageStats) -> RestsrcError | None:
        """Why a list that scd2 is about to take for all there is may not be it, by its length.

        dlt retires what it lacks in the same commit, so it is asked before that.
        """
        said = self.connector.deletes.get(name)
        if said is None or said.by is None or self.connector.resources.strategy(name) != "scd2":
            return None
        if why := self._why_not_whole(name, stats):
            return ReadError(
                f"{name}: nothing is loaded, as scd2 would retire what did not come: {why}"
            )
        if self.pipeline.default_schema_name is None:
            return None
        there = self._count(name, Condition(f"{VALID_TO} IS NULL"))
        gone = there - stats.handed_on
        is_empty = not stats.handed_on
        return self._too_many(name, there, gone, is_empty=is_empty) if gone > 0 else None

    def _lacks_many(self, name: str, stats: PageStats) -> bool:
        """Whether so few records came that they are no evidence of anything."""
        there = self._count(name, EVERYTHING)
        gone, is_empty = there - stats.handed_on, not stats.handed_on
        return gone > 0 and self._too_many(name, there, gone, is_empty=is_empty) is not None

    def _count(self, name: str, which: Condition) -> int:
        """Rows that are there before the load is committed, and not marked."""
        if self.pipeline.default_schema_name is None:
            return 0
        with (
            self._rows(self.pipeline.default_schema, name, marks=False) as rows,
            suppress(DestinationTerminalException),  # no table, or it gets its column only now
        ):
            return 0 if rows is None else rows.count(which)
        return 0

    def _why_not_whole(self, name: str, stats: PageStats) -> str:
        """Why a list was not read as a whole; "" if it was."""
        if name in self.resumed:
            return "the list goes on where another run was stopped, and was not read from its start"
        if stats.announced is not None and stats.missing:
            return f"the API announced {stats.announced} records and gave {stats.missing} less"
        if stats.repeated:
            return f"{stats.repeated} records came twice, so the list moved while it was read"
        if stats.cut_off or (not stats.pages and self.connector.resources[name].parent is None):
            return "response_actions ignored an answer in the middle of it"
        if stats.full:
            came = counted(stats.full, "list")
            return f"{came} came as one page, which was full: there may be more"
        return ""

    def _is_of_parents(self, name: str) -> bool:
        """Whether each parent's rows are a list of their own; those of a job are all there is."""
        resources = self.connector.resources
        jobs = below_jobs(resources, self.connector.waiting)
        return resources[name].parent is not None and name not in jobs

    def _too_many(self, name: str, there: int, gone: int, *, is_empty: bool) -> RestsrcError | None:
        said = self.connector.deletes[name]
        if name in self.allowed or (not is_empty and gone <= max(1, share(said.at_most) * there)):
            return None
        are = "lists of the API are" if self._is_of_parents(name) else "list of the API is"
        what = (
            f"the {are} empty, and the table has {counted(there, 'row')}"
            if is_empty
            else f"the API lists {gone} of the {there} rows no more, and reading.{name}.deletes."
            f"at_most allows {said.at_most}"
        )
        return ReadError(
            f"{name}: {what}; so none of them is taken for deleted. If they are, run it once with "
            f"allow_deletes: [{name}] in the run's config"
        )

    def _take(self, rows: AliveRows, name: str, which: Condition) -> None:
        if self.connector.deletes[name].then == "remove":
            rows.remove(which)
        else:
            rows.mark(which)

    def _open(
        self, schema: Schema, name: str, below: ListedBelow
    ) -> Iterator[tuple[Condition, Condition]]:
        """The rows below the parents that are open, and those of them that are missing; some
        parents at a time."""
        resource = self.connector.resources[name]
        columns = [column_of(schema, f"_{resource.parent}_{one}") for one in resource.bound_fields]
        with self._rows(schema, name) as rows:
            if rows is None or any("data_type" not in rows.columns.get(one, {}) for one in columns):
                return
            one = " AND ".join(f"{rows.named(column)} = %s" for column in columns)
            described = rows.columns
        opened = iter(below.open.items())
        while some := list(islice(opened, AT_ONCE)):
            there, missing = [], []
            for parent, before in some:
                for key in comparable([parent], columns, described, schema):
                    there.append(Condition(one, key))
                    missing.append(Condition(one, key) & Condition(f"{LOAD_ID} < %s", (before,)))
            if there:
                yield any_of(there), any_of(missing)

    @contextmanager
    def _rows(self, schema: Schema, name: str, *, marks: bool = True) -> Iterator[AliveRows | None]:
        """The rows of a resource in a database; None where there is no table to change."""
        database = database_client(self.pipeline)
        table = schema.naming.normalize_tables_path(self.connector.resources[name].table_name)
        if database is None or table not in schema.tables:
            yield None
            return
        wanted = {LOAD_ID, DELETED_AT} if marks else {LOAD_ID}
        if not wanted <= schema.get_table_columns(table).keys():
            yield None
            return
        with database as client:
            yield AliveRows(client, schema, table)
