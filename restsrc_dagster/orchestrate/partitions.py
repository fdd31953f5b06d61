"""Partitions of a connector's assets: which a run is to read again, and which it has filled."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.partitions import MONDAY, Every, Partitions
from restsrc_dagster.connector.resources.ranges import limit_of_pages, replaces_range
from restsrc_dagster.connector.time.conversion import seconds_since_1970
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.orchestrate.names import CREATED_AT_TAG, iso

if TYPE_CHECKING:  # a run alone imports dlt
    from restsrc_dagster.load.ranges.ranges import Between
    from restsrc_dagster.load.report import LoadReport

SUNDAY_IS_FIRST = 1
"""Dagster counts the days of a week from Sunday."""
_DEFINITIONS: Mapping[Every, Any] = {
    "hour": dg.HourlyPartitionsDefinition,
    "day": dg.DailyPartitionsDefinition,
    "week": partial(dg.WeeklyPartitionsDefinition, day_offset=MONDAY + SUNDAY_IS_FIRST),
    "month": dg.MonthlyPartitionsDefinition,
}


def partitions_definition(
    partitions: Partitions | None,
) -> dg.TimeWindowPartitionsDefinition | None:
    """Dagster's partitions; the newest is the last that is over."""
    if partitions is None:
        return None
    definition: dg.TimeWindowPartitionsDefinition = _DEFINITIONS[partitions.every](
        start_date=partitions.start
    )
    return definition


def range_of_partitions(
    context: dg.AssetExecutionContext, partitions: Partitions | None, config: Mapping[str, Any]
) -> "Between | None":
    """The range of the partitions that a run is for; None if it is for none.

    Raises:
        RestsrcError: its config asks for something else.
    """
    from restsrc_dagster.load.ranges.ranges import Between

    definition = partitions_definition(partitions)
    if definition is None:
        return None
    if context.has_partition_key:
        first = last = context.partition_key
    elif context.has_partition_key_range:
        keys = context.partition_key_range
        first, last = keys.start, keys.end
    else:
        return None
    if config["full_refresh"] or "from" in config or "to" in config:
        raise RestsrcError(
            "a run for partitions reads these again: it takes no full_refresh, from or to; launch "
            "one without partitions for it"
        )
    return Between(
        definition.time_window_for_partition_key(first).start,
        definition.time_window_for_partition_key(last).end,
        may_be_cut=False,
    )


def filled(
    context: dg.AssetExecutionContext,
    connector: Connector,
    report: "LoadReport",
    key: dg.AssetKey,
    name: str,
) -> Iterator[dg.AssetMaterialization]:
    """The partitions of a resource of which all is there since a run that was for none of them.

    Those that were over when it began, from where its cursor has ever begun: once, and again where
    rows have come behind the cursor of the run before.
    """
    definition = partitions_definition(connector.partitions)
    if definition is None or name not in connector.partitioned or _is_for_partitions(context):
        return
    top = connector.resources.top(name)
    read = report.resources.get(top)
    if read is None or _may_be_incomplete(connector, report, {top, name}):
        return
    first = definition.start
    if report.between is not None:
        begin, end, news = report.between.start, report.between.end, report.between.start
        if replaces_range(connector.resources, top):
            end = min(end, _instant(read.cursor_after) or begin)
    else:
        begin, end = _instant(read.cursor_began) or first, _end(connector, report, {top, name})
        news = _instant(read.cursor_before) or begin
        if top in report.refreshed:
            news = begin
        elif not report.resources[name].rows_loaded:
            news = end
    known = context.instance.get_materialized_partitions(key)
    window = dg.TimeWindow(max(begin, first), max(end, first))
    for partition in definition.get_partition_keys_in_time_window(window):
        one = definition.time_window_for_partition_key(partition)
        is_whole = one.start >= begin and one.end <= end
        if is_whole and (partition not in known or one.end > news):
            yield dg.AssetMaterialization(
                asset_key=key,
                partition=partition,
                metadata={CREATED_AT_TAG: iso(connector.created_at)},
                description="All of it is there since this run.",
            )


def emptied(
    context: dg.AssetExecutionContext,
    connector: Connector,
    report: "LoadReport",
    key: dg.AssetKey,
    name: str,
) -> Sequence[str]:
    """The partitions of a resource that was read from its beginning, which lie before that, and
    which Dagster shows as filled: of these, no mark can be taken back."""
    definition = partitions_definition(connector.partitions)
    top = connector.resources.top(name)
    if top in report.refreshed:
        began = _instant(report.resources[top].cursor_began)
    else:  # it was read for what hangs on it, from where the file begins
        began = _instant((connector.resources[top].incremental or {}).get("initial_value"))
    if definition is None or began is None or name not in report.refreshed:
        return ()
    window = dg.TimeWindow(definition.start, max(began, definition.start))
    known = context.instance.get_materialized_partitions(key)
    keys = definition.get_partition_keys_in_time_window(window)
    return [one for one in keys if one in known and _start(definition, one) < began]


def _start(definition: dg.TimeWindowPartitionsDefinition, key: str) -> datetime:
    return definition.time_window_for_partition_key(key).start


def _end(connector: Connector, report: "LoadReport", names: Set[str]) -> datetime:
    """Up to where a run has read: to when it began, if no window ends before."""
    windows, began = connector.resources.windows, report.began_at
    ends = (windows[name].reads_to(began.timestamp()) for name in names & windows.keys())
    return min([began, *(datetime.fromtimestamp(float(end), timezone.utc) for end in ends)])


def _may_be_incomplete(connector: Connector, report: "LoadReport", names: Set[str]) -> bool:
    """Whether a list may have ended before the API's, though its run went well."""
    read = [report.resources[name] for name in names if name in report.resources]
    limited = any(limit_of_pages(connector.resources, name) for name in names)
    return limited or any(one.read.cut_off or one.missing for one in read)


def _is_for_partitions(context: dg.AssetExecutionContext) -> bool:
    return bool(context.has_partition_key or context.has_partition_key_range)


def _instant(cursor: Any) -> datetime | None:
    """The time that a cursor tells; None where it is none."""
    seconds = None if cursor is None else seconds_since_1970(cursor)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(float(seconds), timezone.utc)
    except (OverflowError, ValueError, OSError):
        return None
