"""Making the report of what was loaded, from the pipeline and the reading."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.extract.source import Reading
from restsrc_dagster.load.report import ResourceReport, count_rows, cursor_of
from restsrc_dagster.load.schema_changes import Columns, schema_changes


class Reports:
    """What one load knows of its tables."""

    def __init__(self, pipeline: Pipeline, connector: Connector) -> None:
        self._pipeline = pipeline
        self._connector = connector

    def cursor(self, name: str) -> Any:
        """The cursor of a resource now; None where there is none."""
        return cursor_of(self._pipeline, self._connector.name, self._connector.resources[name])

    def of(
        self,
        selection: frozenset[str],
        reading: Reading,
        row_counts: Mapping[str, int],
        before: Mapping[str, Any],
        rows_before: Mapping[str, int],
    ) -> dict[str, ResourceReport]:
        """What was committed just now, by resource; `row_counts` are dlt's, by table."""
        resources, schema = self._connector.resources, self._pipeline.default_schema
        tables = self.tables(selection)
        in_table = self.count(selection)
        reports = {}
        for name, table in tables.items():
            nested = {
                other: rows
                for other, rows in row_counts.items()
                if other in schema.tables and _root(schema.tables, other) == table != other
            }
            reports[name] = ResourceReport(
                resource=name,
                table=f"{self._pipeline.dataset_name}.{table}",
                write_disposition=resources.write_disposition(name),
                rows_loaded=row_counts.get(table, 0),
                rows_in_table=in_table.get(name),
                columns=schema.get_table_columns(table) if table in schema.tables else {},
                nested_rows=nested,
                traffic=replace(reading.traffic(name)),
                cursor_before=before[name],
                cursor_after=self.cursor(name),
                read=reading.pages[name],
                rows_before=rows_before.get(name),
            )
        return reports

    def with_changes(
        self, reports: Mapping[str, ResourceReport], columns_before: Columns
    ) -> dict[str, ResourceReport]:
        """The reports, and what has become of their tables since `columns_before`."""
        resources, schema = self._connector.resources, self._pipeline.default_schema
        tables = self.tables(frozenset(reports))
        return {
            name: replace(
                report,
                changes=schema_changes(
                    schema, tables[name], resources[name], columns_before, report.read.columns
                ),
            )
            for name, report in reports.items()
        }

    def tables(self, selection: frozenset[str]) -> dict[str, str]:
        """Table by resource, in the order of the file."""
        resources, naming = self._connector.resources, self._pipeline.default_schema.naming
        return {
            name: naming.normalize_table_identifier(resources[name].table_name)
            for name in resources
            if name in selection
        }

    def count(self, selection: frozenset[str], *, only_replaced: bool = False) -> dict[str, int]:
        """Rows in the tables that are there."""
        if not self._pipeline.default_schema_name:
            return {}
        resources, schema = self._connector.resources, self._pipeline.default_schema
        known = {
            name: table
            for name, table in self.tables(selection).items()
            if table in schema.tables
            and (not only_replaced or resources.write_disposition(name) == "replace")
        }
        return count_rows(self._pipeline, known) if known else {}


def _root(tables: Mapping[str, Any], name: str) -> str:
    while parent := tables[name].get("parent"):
        name = parent
    return name
