"""What a load did, resource by resource."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dlt.common.schema.typing import TColumnSchema

from restsrc_dagster.connector.resources.resources import WriteDisposition
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.visible import visible
from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.stats.traffic import Traffic
from restsrc_dagster.extract.stats.waits import Wait
from restsrc_dagster.load.columns.row_by_row import Reasons
from restsrc_dagster.load.progress import Phase
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster.load.tables.schema_changes import SchemaChanges


@dataclass(frozen=True, kw_only=True)
class ResourceReport:
    """One resource of one load.

    `table` is `dataset.table` as the destination spells it. `rows_in_table` is None where the
    destination cannot count, or has no such table yet. `columns` are dlt's. `cursor_began` is the
    value with which the cursor began when it was first used. `read` is what the
    API gave and announced; `rows_before` is known where rows are replaced; `changes` are those of
    the tables. `rows_deleted` is how many went whose records are deleted, None where nobody looks.
    `row_by_row` says how many records of its table did not go by the column, by reason.
    """

    resource: str
    table: str
    write_disposition: WriteDisposition
    rows_loaded: int
    rows_in_table: int | None
    columns: Mapping[str, TColumnSchema]
    nested_rows: Mapping[str, int]
    traffic: Traffic
    cursor_began: Any = None
    cursor_before: Any = None
    cursor_after: Any = None
    read: PageStats = field(default_factory=PageStats)
    rows_before: int | None = None
    changes: SchemaChanges = field(default_factory=SchemaChanges)
    row_by_row: Reasons = field(default_factory=dict)
    rows_deleted: int | None = None
    redact: Redactor = field(default_factory=Redactor, repr=False)
    """Takes secrets out of what the API has written into warnings and cursors."""

    def after(self, before: "ResourceReport") -> "ResourceReport":
        """Both of two chunks; the later one's stats and traffic are of both already."""
        tables = [*before.nested_rows, *self.nested_rows]
        return replace(
            self,
            rows_loaded=before.rows_loaded + self.rows_loaded,
            nested_rows={
                table: before.nested_rows.get(table, 0) + self.nested_rows.get(table, 0)
                for table in tables
            },
            cursor_before=before.cursor_before,
            rows_before=before.rows_before,
            row_by_row=Counter(before.row_by_row) + Counter(self.row_by_row),
        )

    @property
    def warnings(self) -> list[str]:
        """What a person should look at, although the load went well; each in one line, without
        secrets."""
        return [visible(self.redact(one)) for one in self._warnings()]

    def _warnings(self) -> list[str]:
        found = list(self.read.warnings)
        if self.missing:
            different = self.read.records - self.missing + self.read.missing
            cure = "; the cursor moves on all the same: full_refresh reads them again"
            found.append(
                f"the API announces {self.read.announced} records and gave {different}"
                f"{cure if self.cursor_after is not None else ''}"
            )
        if self.read.cut_off:
            found.append(
                f"{self.read.cut_off} lists ended with an answer that response_actions ignores, "
                "though a further page was expected: records may be missing"
            )
        if self.read.gone:
            found.append(
                f"{self.read.gone} of the parents that were listed answered 404 or 410 when their "
                "records were requested: they have none"
            )
        if self.rows_before and self.rows_in_table == 0:
            found.append(
                f"the list of the API is empty: the {self.rows_before} rows that the table had "
                "are gone"
            )
        found += [told for told in (self.read.told_of_full, self.read.told_of_older) if told]
        found += self._of_repeats()
        if self.discarded:
            found.append(f"{self.discarded} records were discarded by schema_contract")
        return found + self.changes.warnings

    @property
    def missing(self) -> int:
        """How many of the announced records were not given, or only others in their place."""
        read = self.read
        if read.announced is None:
            return 0
        replaced = read.ambiguous if self.write_disposition == "merge" else 0
        return read.missing + read.repeated + replaced

    def _of_repeats(self) -> Iterator[str]:
        read = self.read
        if read.repeated:
            slipped = ", or the pages that the API links to overlap"
            if read.counts_pages:
                slipped = "; as pages are asked for by numbers, others may have been passed over"
            yield (
                f"{read.repeated} records came twice, and were loaded once: the list moved while "
                f"it was read{slipped}"
            )
        if read.ambiguous:
            merges = self.write_disposition == "merge"
            stays = ", and the last one of each key stays" if merges else ""
            yield (
                f"{read.ambiguous} records have the primary key of another one, and differ from "
                f"it: the key does not tell records apart{stays}"
            )
        if read.across_parents:
            yield (
                f"{read.across_parents} records have the primary key of a record of another parent,"
                f" and differ from it: {read.key_of_child}"
            )
        elif read.moved:
            yield (
                f"the primary key {quoted(str(read.moved[0]))} was that of a record of another "
                f"parent in a run before, and {len(read.moved)} such records have taken the place "
                f"of others: unless they move from parent to parent, {read.key_of_child}"
            )

    @property
    def discarded(self) -> int:
        """Records of which dlt made no row."""
        return max(self.read.handed_on - self.rows_loaded, 0)


@dataclass(frozen=True, kw_only=True)
class LoadReport:
    """A whole load.

    `resources` were loaded; `failed` were not, and their cursors stand still, for the reason that
    each of them gives: its own, or that of what it hangs on. `also_loaded` were not asked for, but
    had to be loaded too. `late` are new below a cursor that had moved, and were read for every
    parent. `began_at` is when it began, in UTC. `between` is the range that was read again, if it
    was one. `instead` says, by resource, how what cannot be merged is written. `removed_rows` were
    the remains of a broken load. `seconds_waited` are those of the clock in which at least one
    request waited.
    """

    connector: str
    destination: str
    dataset: str
    resources: Mapping[str, ResourceReport]
    failed: Mapping[str, RestsrcError]
    also_loaded: frozenset[str]
    refreshed: frozenset[str]
    late: frozenset[str]
    began_at: datetime
    between: Between | None
    instead: Mapping[str, str]
    removed_rows: int
    seconds: float
    seconds_by_phase: Mapping[Phase, float]
    seconds_waited: Mapping[Wait, float]
