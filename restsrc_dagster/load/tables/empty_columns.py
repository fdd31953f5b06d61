"""Columns that no record of a load has anything for, though some should.

An API that renames a field, or stops to send it, leaves nulls behind, and the run is green. Most
columns that are empty for once are no news, however: so it is told where the table says that they
were mostly filled, and the load is large enough to rule out chance.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace

from dlt.common.destination.exceptions import DestinationTerminalException
from dlt.common.schema import Schema
from dlt.common.schema.utils import get_nested_tables
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.extract.conform.conformer import hinted_columns
from restsrc_dagster.extract.conform.type_fit import is_dlts
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.tables.schema_changes import Columns

EXPECTED = 10
"""So many rows should have had a value, by the share of those in the table; one in 20,000 times
none has by chance."""
EXPECTED_OF_SOME = 1000
"""Where a run reads only what has changed, and no column is new: new records lack what is filled in
later."""
ROWS_LOOKED_AT = 10_000


@dataclass(frozen=True)
class _Empty:
    """Columns of one table that nothing came for, and the share of its rows that have something."""

    rows: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)


class Unfilled:
    """What one load knows of columns that nothing came for."""

    def __init__(self, pipeline: Pipeline, resources: Resources) -> None:
        self._pipeline = pipeline
        self._resources = resources
        self._empty: dict[tuple[str, str], _Empty] = {}
        self._before: Columns = {}
        self._is_off = False
        self._changed: set[str] = set()

    def begin(self, before: Columns, *, reads_old: bool = False) -> None:
        """The columns of each table before the load; that old records lack some is no news."""
        self._before = before
        self._is_off = reads_old

    def look(
        self,
        schema: Schema,
        names: Set[str],
        pages: Mapping[str, PageStats],
        counts: Mapping[str, int],
    ) -> None:
        """Before a commit: what the tables have where nothing came; `counts` are rows by table."""
        for name in names:
            if self._is_off or self._resources.beside(name):
                continue  # what one never fills another may
            tables = _candidates(schema, self._resources[name])
            if self._has_grown(tables, pages[name].columns, counts):
                self._changed.add(name)
            for table, columns in tables.items():
                rows, came = counts.get(table, 0), pages[name].columns.get(table, set())
                known = self._empty.get((name, table))
                if known is None and rows >= self._least(name):
                    missing = sorted(columns - came)
                    known = _Empty(shares=self._shares(table, missing) if missing else {})
                if known is not None:
                    self._empty[name, table] = replace(known, rows=known.rows + rows)

    def tell(self, schema: Schema, names: Iterable[str], pages: Mapping[str, PageStats]) -> None:
        """When all is read, in the stats of each resource."""
        for name in names:
            resource, stats = self._resources[name], pages[name]
            if not stats.handed_on:
                continue
            for line in self._of_hints(schema, resource, stats):
                stats.warn(line)
            gone = [
                _named(schema, resource, table, column)
                for (of, table), empty in self._empty.items()
                if of == name
                for column, share in empty.shares.items()
                if column not in stats.columns.get(table, ())
                and share * empty.rows >= self._least(name)
            ]
            stats.emptied = tuple(gone)
            if gone:
                stats.warn(
                    f"no record has {', '.join(gone)} any more, which the table has been given so "
                    "far: renamed or removed? The rows have nothing there now"
                )

    def _least(self, name: str) -> int:
        """What comes in the place of something else comes with the run that lacks it."""
        is_plain = self._reads_all(name) or name in self._changed
        return EXPECTED if is_plain else EXPECTED_OF_SOME

    def _has_grown(
        self,
        tables: Mapping[str, Set[str]],
        came: Mapping[str, Set[str]],
        counts: Mapping[str, int],
    ) -> bool:
        """Whether a resource that was loaded before has values for new columns, or a new table."""
        known = tables.keys() & self._before.keys()
        new = tables.keys() - known
        return bool(known) and (
            any(counts.get(table) for table in new)
            or any(came.get(table, set()) - self._before[table] for table in known)
        )

    def _reads_all(self, name: str) -> bool:
        resources = self._resources
        return resources[name].incremental is None and not resources.below_incremental(name)

    def _of_hints(self, schema: Schema, resource: Resource, stats: PageStats) -> Iterator[str]:
        """Of those that say which rows stay."""
        root = schema.naming.normalize_tables_path(resource.table_name)
        for table, columns in hinted_columns(resource, root, schema.naming).items():
            if not stats.fields.get(table):
                continue
            for column, hints in columns.items():
                path = _named(schema, resource, table, column)
                if hints.get("dedup_sort") and column not in stats.columns.get(table, ()):
                    yield (
                        f"columns names dedup_sort for {path!r}, which no record has: which of "
                        "several versions stays is not decided by it"
                    )
                if hints.get("hard_delete") and self._deletes_nothing(
                    schema, resource, table, column, stats
                ):
                    yield (
                        f"columns names hard_delete for {path!r}, which no record has: no row is "
                        "deleted by it"
                    )

    def _deletes_nothing(
        self, schema: Schema, resource: Resource, table: str, column: str, stats: PageStats
    ) -> bool:
        """Many APIs have the field in deleted records alone: that none is there is no news then."""
        if column in stats.fields[table]:
            return False
        stored = schema.tables[table]["columns"].get(column, {})
        only_hinted = "data_type" not in stored or "data_type" in resource.columns.get(column, {})
        if only_hinted or self._reads_all(resource.name):
            return True
        return self._shares(table, [column]).get(column, 0) > 0

    def _shares(self, table: str, columns: list[str]) -> dict[str, float]:
        """Of each column, in how many rows of the table there is something; where it can tell."""
        database = database_client(self._pipeline)
        if database is None:
            return {}
        with database as client:
            names = [client.escape_column_name(column) for column in columns]
            counted = ", ".join(f"COUNT({name})" for name in names)
            rows = (
                f"SELECT {', '.join(names)} FROM {client.make_qualified_table_name(table)} "
                f"LIMIT {ROWS_LOOKED_AT}"
            )
            try:
                found = client.execute_sql(f"SELECT COUNT(*), {counted} FROM ({rows}) AS looked_at")
            except DestinationTerminalException:  # it is there only now, or LIMIT is not known
                return {}
        total, *filled = found[0] if found else [0]
        if not total:
            return {}
        return {
            column: count / total for column, count in zip(columns, filled, strict=True) if count
        }


def _candidates(schema: Schema, resource: Resource) -> dict[str, set[str]]:
    """The columns of each table that the API fills; those with a type of the file's may never."""
    root = schema.naming.normalize_tables_path(resource.table_name)
    if root not in schema.tables:
        return {}
    hinted = hinted_columns(resource, root, schema.naming)
    return {
        str(table["name"]): {
            name
            for name, column in table["columns"].items()
            if "data_type" in column
            and not (column.get("variant") or is_dlts(column))
            and "data_type" not in hinted.get(str(table["name"]), {}).get(name, {})
        }
        for table in get_nested_tables(schema.tables, root)
    }


def _named(schema: Schema, resource: Resource, table: str, column: str) -> str:
    root = schema.naming.normalize_tables_path(resource.table_name)
    path = table.removeprefix(root).removeprefix("__")
    return f"{path}.{column}" if path else column
