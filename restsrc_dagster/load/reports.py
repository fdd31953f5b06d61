"""Making the report of what was loaded, from the pipeline and the reading."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any

from dlt.common.schema import Schema
from dlt.common.schema.utils import get_root_table
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.reading import Reading
from restsrc_dagster.load.columns.row_by_row import Reasons
from restsrc_dagster.load.destinations.destination import count_rows
from restsrc_dagster.load.report import ResourceReport
from restsrc_dagster.load.state.pipeline_state import cursor_of, resource_states
from restsrc_dagster.load.tables.empty_columns import Unfilled
from restsrc_dagster.load.tables.schema_changes import Columns, schema_changes


class Reports:
    """What one load knows of its tables."""

    def __init__(self, pipeline: Pipeline, connector: Connector) -> None:
        self._pipeline = pipeline
        self._connector = connector
        self.unfilled = Unfilled(pipeline, connector.resources)
        self._handed_on: dict[str, int] = {}

    def cursors(self, names: Iterable[str], value: str = "last_value") -> dict[str, Any]:
        """The cursors of resources now, or another value of theirs; None where there is none."""
        states = resource_states(self._pipeline, self._connector.name)
        resources = self._connector.resources
        return {name: cursor_of(states, resources[name], value) for name in names}

    def of(
        self,
        schema: Schema,
        selection: frozenset[str],
        reading: Reading,
        row_counts: Mapping[str, int],
        before: Mapping[str, Any],
        rows_before: Mapping[str, int],
        rows_now: Mapping[str, int],
        row_by_row: Mapping[str, Reasons],
    ) -> dict[str, ResourceReport]:
        """What was committed just now, by resource; `row_counts` are dlt's, by table, and
        so are the reasons of what went `row_by_row`.

        `before` are the cursors, `rows_before` and `rows_now` the rows in the tables.
        """
        resources = self._connector.resources
        tables, cursors = self.tables(schema, selection), self.cursors(selection)
        began = self.cursors(selection, "initial_value")
        loaded = self._loaded(tables, reading.pages, row_counts)
        reports = {}
        for name, table in tables.items():
            nested = {
                other: rows
                for other, rows in row_counts.items()
                if other in schema.tables
                and get_root_table(schema.tables, other)["name"] == table != other
            }
            reports[name] = ResourceReport(
                resource=name,
                table=f"{self._pipeline.dataset_name}.{table}",
                write_disposition=resources.write_disposition(name),
                rows_loaded=loaded[name],
                rows_in_table=rows_now.get(name),
                columns=schema.get_table_columns(table) if table in schema.tables else {},
                nested_rows=nested,
                traffic=replace(reading.traffic(name)),
                cursor_began=began[name],
                cursor_before=before[name],
                cursor_after=cursors[name],
                read=copy(reading.pages[name]),  # what a further reading counts may be dropped
                rows_before=rows_before.get(name),
                row_by_row=row_by_row.get(table, {}),
                redact=reading.redact,
            )
        return reports

    def _loaded(
        self,
        tables: Mapping[str, str],
        pages: Mapping[str, PageStats],
        row_counts: Mapping[str, int],
    ) -> dict[str, int]:
        """Rows by resource; of one table that several write into, what each has handed on.

        What of that was discarded is taken from the first of them.
        """
        now = {name: pages[name].handed_on for name in tables}
        new = {name: count - self._handed_on.get(name, 0) for name, count in now.items()}
        self._handed_on |= now
        found: dict[str, int] = {}
        for table in dict.fromkeys(tables.values()):
            first, *others = (name for name in tables if tables[name] == table)
            found |= {name: new[name] for name in others}
            found[first] = row_counts.get(table, 0) - sum(new[name] for name in others)
        return found

    def with_changes(
        self, reports: Mapping[str, ResourceReport], columns_before: Columns
    ) -> dict[str, ResourceReport]:
        """The reports, and what has become of their tables since `columns_before`."""
        if not reports:
            return {}
        resources, schema = self._connector.resources, self._pipeline.default_schema
        self.unfilled.tell(schema, reports, {name: one.read for name, one in reports.items()})
        tables = self.tables(schema, reports.keys())
        return {
            name: replace(
                report,
                changes=replace(
                    schema_changes(
                        schema, tables[name], resources[name], columns_before, report.read.columns
                    ),
                    emptied=report.read.emptied,
                ),
            )
            for name, report in reports.items()
        }

    def tables(self, schema: Schema, selection: Iterable[str]) -> dict[str, str]:
        """Table by resource, in the order of the file."""
        resources, chosen = self._connector.resources, frozenset(selection)
        return {
            name: schema.naming.normalize_tables_path(resources[name].table_name)
            for name in resources
            if name in chosen
        }

    def count(self, schema: Schema | None, selection: Iterable[str]) -> dict[str, int]:
        """Rows in the tables that are there, by resource."""
        if schema is None:
            return {}
        tables = self.tables(schema, selection)
        known = {name: table for name, table in tables.items() if table in schema.tables}
        return count_rows(self._pipeline, known) if known else {}

    def count_replaced(self, schema: Schema | None, selection: Iterable[str]) -> dict[str, int]:
        """Rows in those of them that will be replaced."""
        resources = self._connector.resources
        return self.count(
            schema,
            (name for name in selection if resources.write_disposition(name) == "replace"),
        )
