"""What a materialization says about the rows it delivered."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.connector.visible import visible, without_markup
from restsrc_dagster.extract.progress import counted
from restsrc_dagster.extract.stats.waits import Wait
from restsrc_dagster.load.columns.row_by_row import NEW_TABLE
from restsrc_dagster.load.progress import Phase
from restsrc_dagster.load.report import LoadReport, ResourceReport
from restsrc_dagster.orchestrate.names import iso
from restsrc_dagster.orchestrate.storage import Storage

LONGEST_TEXT = 500
"""Characters of what an API has written."""
WORTH_TELLING = 0.05
"""Seconds; below that nobody has waited."""
REASONS_TOLD = 5


def materialization_metadata(
    connector: Connector, load: LoadReport, report: ResourceReport, storage: Storage
) -> dict[str, Any]:
    """Metadata of one asset, from the load's report; Dagster plots its numbers.

    What belongs to the run alone: what the asset is, its definition says.
    """
    metadata: dict[str, Any] = {
        "rows_loaded": report.rows_loaded,
        "rows_per_second": round(report.rows_loaded / load.seconds, 1),
        "requests": report.traffic.requests,
        "pages": report.traffic.pages,
        "bytes_received": report.traffic.bytes_received,
        "seconds": round(load.seconds, 3),
        "seconds_waiting_for_api": round(report.traffic.seconds, 3),
        **_seconds_of_the_run(load),
        "restsrc/created_at": iso(connector.created_at),
        "dagster/table_name": ".".join(filter(None, (storage.database, report.table))),
    }
    if report.traffic.retries:
        metadata["retries"] = report.traffic.retries
    if report.read.not_ahead and report.traffic.pages > 1:
        metadata["not_prefetched_because"] = _shown(report.read.not_ahead, report.redact)
    if report.read.announced is not None:
        metadata["records_announced"] = report.read.announced
        metadata["records_missing"] = report.missing
    if report.rows_in_table is not None:
        metadata["dagster/row_count"] = report.rows_in_table
    if report.rows_deleted is not None:
        metadata["rows_deleted"] = report.rows_deleted
    if report.cursor_before is not None or report.cursor_after is not None:
        metadata["cursor_before"] = _cursor(report.cursor_before, report.redact)
        metadata["cursor_after"] = _cursor(report.cursor_after, report.redact)
    if report.columns:
        metadata["dagster/column_schema"] = _table_schema(report.columns)
    if report.nested_rows:
        metadata["nested_tables"] = dict(report.nested_rows)
    if report.changes.new_columns:
        metadata["new_columns"] = list(report.changes.new_columns)
    if report.changes.variants:
        metadata["variant_columns"] = [variant.name for variant in report.changes.variants]
    if report.changes.discarded:
        metadata["discarded_columns"] = list(report.changes.discarded)
    # The record that makes a table is no news.
    row_by_row = {why: count for why, count in report.row_by_row.items() if why != NEW_TABLE}
    if row_by_row:
        metadata["records_row_by_row"] = sum(row_by_row.values())
        metadata["row_by_row_because"] = _shown(_reasons(row_by_row), report.redact)
    return {**metadata, **_of_the_lists(report), **_left_out(report), **_of_the_order(load, report)}


def _of_the_lists(report: ResourceReport) -> dict[str, int]:
    """Of those whose pages have numbers; nothing where none may have moved."""
    figures = {
        "windows_read_again": report.read.read_again,
        "pages_unverified": report.read.unverified.total(),
    }
    return {name: count for name, count in figures.items() if count}


def _left_out(report: ResourceReport) -> dict[str, int]:
    """Records that came, and of which no row was made; nothing where there are none."""
    records = {
        "records_repeated": report.read.repeated,
        "records_older_than_start": report.read.older,
        "records_discarded": report.discarded,
    }
    return {name: count for name, count in records.items() if count}


def _of_the_order(load: LoadReport, report: ResourceReport) -> dict[str, Any]:
    """What the run was to do but read what is new."""
    metadata: dict[str, Any] = {}
    if report.resource in load.instead:
        metadata["not_merged"] = load.instead[report.resource]
    if report.resource in load.refreshed:
        metadata["full_refresh"] = True
    if load.between is not None:
        metadata["range_from"] = iso(load.between.start)
        metadata["range_to"] = iso(load.between.end)
    if load.removed_rows:
        metadata["rows_of_a_broken_load_removed"] = load.removed_rows
    return metadata


def _seconds_of_the_run(load: LoadReport) -> dict[str, float]:
    """By the clock, over all resources; waiting is a part of reading, or goes on beside it, and
    is left out where there was none."""
    phases, waited = load.seconds_by_phase, load.seconds_waited
    seconds = {
        "seconds_reading": phases[Phase.READING],
        "seconds_normalizing": phases[Phase.NORMALIZING],
        "seconds_loading": phases[Phase.LOADING],
    }
    waiting = {
        "seconds_waiting_for_destination": phases[Phase.LOCK] + phases[Phase.DESTINATION_DOWN],
        "seconds_waiting_for_rate_limits": waited[Wait.RATE_LIMIT],
        "seconds_waiting_for_own_rate": waited[Wait.BUDGET],
        "seconds_waiting_for_retries": waited[Wait.RETRY],
        "seconds_waiting_for_readiness": waited[Wait.READY],
    }
    rounded = {name: round(value, 3) for name, value in waiting.items()}
    return {
        **{name: round(value, 3) for name, value in seconds.items()},
        **{name: value for name, value in rounded.items() if value >= WORTH_TELLING},
    }


def _reasons(records: Mapping[str, int]) -> str:
    """The reasons that concern most records, and of how many each is, where there are several."""
    ordered = sorted(records, key=lambda reason: (-records[reason], reason))
    if len(ordered) == 1:
        return ordered[0]
    first = [
        f"{reason} ({counted(records[reason], 'record')})" for reason in ordered[:REASONS_TOLD]
    ]
    more = [f"{len(ordered) - REASONS_TOLD} more"] if len(ordered) > REASONS_TOLD else []
    return "; ".join(first + more)


def _cursor(value: Any, redact: Redactor) -> Any:
    """As it is shown: an API may give a secret as the cursor, and a text of any length."""
    if value is None or isinstance(value, (int, float)):
        return "none" if value is None else value
    return _shown(str(value), redact)


def _shown(text: str, redact: Redactor) -> str:
    text = without_markup(visible(redact(text)))
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _table_schema(columns: Mapping[str, Any]) -> dg.TableSchema:
    """dlt's columns as Dagster's; dlt's live schema is only read."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=str(column.get("data_type", "unknown")),
                description=column.get("description"),
                constraints=dg.TableColumnConstraints(
                    nullable=bool(column.get("nullable", True)),
                    unique=bool(column.get("unique", False)),
                    other=[key for key in ("primary_key", "merge_key") if column.get(key)],
                ),
            )
            for name, column in columns.items()
        ]
    )
