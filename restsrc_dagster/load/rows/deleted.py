"""Rows whose records the API has deleted: marked, or removed, behind the commit of what was read.

Every row has the id of the load that wrote it, which is a time. What a whole list still has is
written by each run, so what a run has not written is missing. Each step may be repeated: a load
that is killed before it leaves it to the next one.
"""

import time
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from dlt.common.destination.exceptions import (
    DestinationTerminalException,
    DestinationUndefinedEntity,
)
from dlt.common.schema import Schema
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.connector.resources.deletes import DELETED_AT, share
from restsrc_dagster.connector.resources.jobs import below_jobs
from restsrc_dagster.errors import ReadError, RestsrcError
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.progress import counted
from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.rows.comparable import comparable
from restsrc_dagster.load.rows.stale_children import AT_ONCE
from restsrc_dagster.load.state.pipeline_state import column_of
from restsrc_dagster.load.state.recovery import LOAD_ID, remove_orphans

STATE_KEY = "restsrc_listed"
TOLD_KEY = "restsrc_deleted"
VALID_TO = "_dlt_valid_to"


@dataclass(frozen=True)
class Condition:
    """Part of a statement about the rows of a table, and the values in it."""

    text: str
    values: tuple[Any, ...] = ()

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.text}) AND ({other.text})", self.values + other.values)


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
    _told: dict[str, Any] = field(default_factory=dict)

    def note(self, state: dict[str, Any], read: Set[str], pages: Mapping[str, PageStats]) -> None:
        """Remember in `state`, which is about to be committed, which lists are `read` to their
        ends: of numbered pages, two in a row say that a record is missing."""
        listed: dict[str, str] = dict(state.get(STATE_KEY, {}))
        for name in read & self.connector.deletes.keys():
            if self.connector.deletes[name].by is None:
                continue
            self._before.setdefault(name, listed.get(name, ""))
            if not (self._why_not_whole(name, pages[name]) or self._lacks_many(name, pages[name])):
                listed[name] = str(self.began)
        state.pop(STATE_KEY, None)
        if kept := {name: at for name, at in listed.items() if name in self.connector.deletes}:
            state[STATE_KEY] = kept

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
        for name, told in state.get(TOLD_KEY, {}).items():
            if schema is not None and name in self.connector.deletes:
                self._of_told(schema, name, told)

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
        if why := self._why_not_whole(name, stats):
            stats.warn(f"what the API lists no more was not looked for: {why}")
            return
        before = self._before.get(name, "") if self._may_pass_over(name, stats) else str(self.began)
        table = self._table(schema, name)
        if table is None or not before:
            return
        missing = f"{LOAD_ID} < %s"
        with table.client as client:
            rows = _Rows(client, schema, table.name)
            among = [Condition("1 = 1")]
            if self._is_of_parents(name):
                among = list(self._below(schema, table.name, name, stats))
            try:
                there = sum(rows.count(one) for one in among)
                gone = sum(rows.count(one & Condition(missing, (before,))) for one in among)
                if gone and (error := self._too_many(name, there, gone, stats)) is not None:
                    self.refused[name] = error
                    return
                for one in among if gone else ():
                    self._take(rows, name, one & Condition(missing, (before,)))
            except DestinationUndefinedEntity:  # nothing was ever loaded into it
                return
        self.counts[name] = self.counts.get(name, 0) + gone

    def _of_told(self, schema: Schema, name: str, told: Mapping[str, Any]) -> None:
        """Rows of the keys that another list names, but those that were loaded after that."""
        table = self._table(schema, name)
        if table is None:
            return
        [key] = named_by(self.connector.resources[name].hints, "primary_key")
        column, described = column_of(schema, key), schema.get_table_columns(table.name)
        if "data_type" not in described.get(column, {}):
            return
        keys = comparable([(one,) for one in told["keys"]], [column], described, schema)
        before = Condition(f"{LOAD_ID} < %s", (told["before"],))
        gone = 0
        with table.client as client:
            rows = _Rows(client, schema, table.name)
            try:
                while some := tuple(one for (one,) in islice(keys, AT_ONCE)):
                    marks = ", ".join(["%s"] * len(some))
                    named = client.escape_column_name(column)
                    these = Condition(f"{named} IN ({marks})", some) & before
                    if found := rows.count(these):
                        self._take(rows, name, these)
                    gone += found
            except DestinationUndefinedEntity:  # nothing was ever loaded into it
                return
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
        return self._too_many(name, there, gone, stats) if gone > 0 else None

    def _lacks_many(self, name: str, stats: PageStats) -> bool:
        """Whether so few records came that they are no evidence of anything."""
        if self.pipeline.default_schema_name is None or self._is_of_parents(name):
            return False
        there = self._count(name, Condition("1 = 1"))
        gone = there - stats.handed_on
        return gone > 0 and self._too_many(name, there, gone, stats) is not None

    def _count(self, name: str, which: Condition) -> int:
        """Rows that are there before the load is committed, and not marked."""
        schema = self.pipeline.default_schema
        table = self._table(schema, name, marks=False)
        if table is None:
            return 0
        with table.client as client:
            try:
                return _Rows(client, schema, table.name).count(which)
            except DestinationTerminalException:  # no table, or it gets its column only now
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
            return f"{stats.full} lists are one page, which came full: there may be more"
        return ""

    def _is_of_parents(self, name: str) -> bool:
        """Whether each parent's rows are a list of their own; those of a job are all there is."""
        resources = self.connector.resources
        jobs = below_jobs(resources, self.connector.waiting)
        return resources[name].parent is not None and name not in jobs

    def _may_pass_over(self, name: str, stats: PageStats) -> bool:
        """Whether a record may have moved from one page to another that was read already."""
        lists = stats.parents_asked if self.connector.resources[name].parent is not None else 1
        return stats.pages > lists

    def _too_many(self, name: str, there: int, gone: int, stats: PageStats) -> RestsrcError | None:
        said = self.connector.deletes[name]
        is_empty = not stats.handed_on
        if name in self.allowed or (not is_empty and gone <= max(1, share(said.at_most) * there)):
            return None
        what = (
            f"the list of the API is empty, and the table has {counted(there, 'row')}"
            if is_empty
            else f"the API lists {gone} of the {there} rows no more, and reading.{name}.deletes."
            f"at_most allows {said.at_most}"
        )
        return ReadError(
            f"{name}: {what}; so none of them is taken for deleted. If they are, run it once with "
            f"allow_deletes: [{name}] in the run's config"
        )

    def _take(self, rows: "_Rows", name: str, which: Condition) -> None:
        if self.connector.deletes[name].then == "remove":
            rows.remove(which)
        else:
            rows.mark(which)

    def _below(
        self, schema: Schema, table: str, name: str, stats: PageStats
    ) -> Iterator[Condition]:
        """The rows of the parents whose lists were read whole, some parents at a time."""
        resource = self.connector.resources[name]
        columns = [column_of(schema, f"_{resource.parent}_{one}") for one in resource.bound_fields]
        described = schema.get_table_columns(table)
        if any("data_type" not in described.get(one, {}) for one in columns):
            return
        keys = comparable(stats.parents_read, columns, described, schema)
        one = " AND ".join(f"{column} = %s" for column in columns)
        while some := list(islice(keys, AT_ONCE)):
            text = " OR ".join([f"({one})"] * len(some))
            yield Condition(text, tuple(value for key in some for value in key))

    def _table(self, schema: Schema, name: str, *, marks: bool = True) -> "_Table | None":
        """The table of a resource in a database; None where there is none to change."""
        database = database_client(self.pipeline)
        table = schema.naming.normalize_tables_path(self.connector.resources[name].table_name)
        if database is None or table not in schema.tables:
            return None
        columns = schema.get_table_columns(table)
        wanted = {LOAD_ID, DELETED_AT} if marks else {LOAD_ID}
        return _Table(database, table) if wanted <= columns.keys() else None


@dataclass(frozen=True)
class _Table:
    client: SqlClientBase[Any]
    name: str


class _Rows:
    """The rows of a table that are not marked."""

    def __init__(self, client: SqlClientBase[Any], schema: Schema, table: str) -> None:
        self._client, self._schema, self._table = client, schema, table
        self._name = client.make_qualified_table_name(table)
        is_marked = DELETED_AT in schema.get_table_columns(table)
        self._alive = Condition(f"{DELETED_AT} IS NULL" if is_marked else "1 = 1")

    def count(self, which: Condition) -> int:
        one = self._alive & which
        text = f"SELECT COUNT(*) FROM {self._name} WHERE {one.text}"
        found = self._client.execute_sql(text, *one.values)
        return int(found[0][0]) if found else 0

    def mark(self, which: Condition) -> None:
        one = self._alive & which
        text = f"UPDATE {self._name} SET {DELETED_AT} = %s WHERE {one.text}"
        self._client.execute_sql(text, datetime.now(UTC), *one.values)

    def remove(self, which: Condition) -> None:
        """With what is nested in them."""
        one = self._alive & which
        with self._client.begin_transaction():
            self._client.execute_sql(f"DELETE FROM {self._name} WHERE {one.text}", *one.values)
            remove_orphans(self._client, self._schema, self._table)
