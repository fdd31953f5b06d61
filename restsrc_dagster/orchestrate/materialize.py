"""What a run of a connector does: it loads what was selected, and tells what became of it."""

import time
from collections.abc import Iterator, Mapping, Set
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import dagster as dg

from restsrc_dagster.collector import without_collecting
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.env_file import read_env_file_again
from restsrc_dagster.errors import RestsrcError, TryLater
from restsrc_dagster.orchestrate.checks import (
    ColumnsChanged,
    loaded_too,
    of_a_load,
    of_loads,
    refused_before,
    refused_changes,
    told_again,
)
from restsrc_dagster.orchestrate.instance import tell_what_is_missing
from restsrc_dagster.orchestrate.storage import storage_of
from restsrc_dagster.orchestrate.unfinished import already_materialized
from restsrc_dagster.settings import Settings

if TYPE_CHECKING:  # a run alone imports dlt
    from restsrc_dagster.load.load import LoadRequest
    from restsrc_dagster.load.report import LoadReport

RETRY_AFTER = (30, 120)
"""Seconds before a run tries again by itself, for what may go well later."""

Result = dg.MaterializeResult[Any] | dg.AssetCheckResult


def materialize_connector(
    context: dg.AssetExecutionContext,
    connector: Connector,
    *,
    settings: Settings,
    selection: frozenset[str],
    keys: Mapping[str, dg.AssetKey],
) -> Iterator[Result]:
    """Load the selected resources, and say what each of them got; then, what failed.

    Raises:
        dagster.Failure: a sentence for each resource that failed; the causes stay behind.
        dagster.RetryRequested: what failed may go well later; only that is loaded again then.
    """
    read_env_file_again()
    with without_collecting():
        from restsrc_dagster.load.load import load
        from restsrc_dagster.orchestrate.one_load import refuse_second_load

    done = already_materialized(context.instance, context.run, again=context.retry_number > 0)
    checks = of_loads(context.selected_asset_check_keys)
    if context.retry_number == 0:
        tell_what_is_missing(context, connector.name, settings=settings)
        known = done | (set(keys.values()) - context.selected_asset_keys)
        yield from told_again(
            context.instance, [check for check in checks if check.asset_key in known]
        )
    left = frozenset(name for name in selection if keys[name] not in done)
    if skipped := sorted(selection - left):
        context.log.info(
            f"{connector.name}: {', '.join(skipped)} went well before, and what failed is loaded"
        )
    if not left:
        return
    failed: list[RestsrcError] = []
    if context.retry_number:
        failed += refused_before(context.instance, context.run.run_id, connector)
    orders: list[LoadRequest] = []
    try:
        orders += _orders(context, connector, left, {name for name in keys if keys[name] in done})
    except RestsrcError as error:
        failed.append(error)
    for order in orders:
        try:
            report = load(
                connector,
                order,
                settings=settings,
                unlocked=lambda: refuse_second_load(context.instance, context.run, connector.name),
                on_message=lambda line: context.log.info(f"{connector.name}: {line}"),
            )
        except RestsrcError as error:
            failed.append(error)
        else:
            yield from _results(context, connector, report, settings, selection, keys)
            failed += report.failed.values()
            failed += refused_changes(connector, report.resources.values())
    if failed:
        red = _red(context, failed)
        raise red from red.__cause__


def _orders(
    context: dg.AssetExecutionContext, connector: Connector, left: frozenset[str], done: Set[str]
) -> "Iterator[LoadRequest]":
    """What is to be loaded of `left`; what is `done` is not refreshed once more.

    A run for partitions reads these of what has some, and all else as any run does.

    Raises:
        RestsrcError: the run's config cannot be followed.
    """
    from restsrc_dagster.load.load import LoadRequest
    from restsrc_dagster.orchestrate.partitions import range_of_partitions
    from restsrc_dagster.orchestrate.range_config import between_of

    config = context.op_execution_context.op_config
    holder = f"run {context.run.run_id}"
    refresh = _to_refresh(config["full_refresh"], left, connector)
    between = between_of(config, now=datetime.now(timezone.utc))
    of_partitions = left & connector.partitioned
    window = range_of_partitions(context, connector.partitions, config) if of_partitions else None
    if window is not None:
        yield LoadRequest(selection=of_partitions, between=window, holder=holder)
        left -= of_partitions
    if left:
        yield LoadRequest(
            selection=left,
            refresh=refresh - done,
            between=between,
            allow_deletes=_known("allow_deletes", config["allow_deletes"], connector),
            holder=holder,
        )


def _results(
    context: dg.AssetExecutionContext,
    connector: Connector,
    report: "LoadReport",
    settings: Settings,
    selection: frozenset[str],
    keys: Mapping[str, dg.AssetKey],
) -> Iterator[Result]:
    """Tell of one load: in the log, and in materializations and checks."""
    from restsrc_dagster.orchestrate.metadata import materialization_metadata
    from restsrc_dagster.orchestrate.partitions import emptied, filled

    checks = of_loads(context.selected_asset_check_keys)
    if report.removed_rows:
        context.log.warning(
            f"{connector.name}: removed {report.removed_rows} rows that a broken load had left"
        )
    for name in sorted(report.late):
        context.log.info(
            f"{connector.name}/{name} is new here, or values of a list are: it was read for every "
            f"record of {connector.resources[name].parent}, also for those that were read before"
        )
    storage = storage_of(connector, settings)
    # Dagster wants parents before children, whatever the order of the file or of the load.
    depth = {name: len(connector.resources.ancestors(name)) for name in report.resources}
    for name, resource in sorted(report.resources.items(), key=lambda item: depth[item[0]]):
        if name not in keys:
            continue
        if gone := emptied(context, connector, report, keys[name], name):
            resource.read.warn(
                f"{len(gone)} partitions that a backfill had filled, {gone[0]} to {gone[-1]}, are "
                "empty now, as the table was read anew from its initial_value; Dagster shows them "
                "as filled still: fill them again"
            )
        metadata = materialization_metadata(connector, report, resource, storage)
        for warning in resource.warnings:
            context.log.warning(f"{connector.name}/{name}: {warning}")
        for partition in filled(context, connector, report, keys[name], name):
            context.log_event(partition)
        if name in selection:
            context.log.info(
                f"{connector.name}/{name}: {resource.rows_loaded} rows loaded by "
                f"{resource.traffic.requests} requests, {resource.write_disposition}, "
                f"{metadata['rows_per_second']:g} rows/s"
            )
            yield dg.MaterializeResult(asset_key=keys[name], metadata=metadata)
            own = [check for check in checks if check.asset_key == keys[name]]
            yield from of_a_load(connector, own, resource)
        else:
            context.log.info(
                f"{connector.name}/{name} was not selected, but loaded too: its rows and the "
                "selected ones hang on one cursor"
            )
            context.log_event(dg.AssetMaterialization(asset_key=keys[name], metadata=metadata))
            for one in loaded_too(connector, keys[name], resource):
                context.log_event(one)


def _red(context: dg.AssetExecutionContext, errors: list[RestsrcError]) -> Exception:
    """The end of a step in which something failed: it tries again if all of it may go well later,
    but columns that have changed, which are told in the end.

    What was yielded before stays: Dagster has materialized it. The pause before another try is
    waited out here: Dagster's own, between two tries of a step, hears of no termination.
    """
    reasons = "\n".join(map(str, errors))
    failure = dg.Failure(description=reasons, allow_retries=False)
    may_help = [error for error in errors if isinstance(error, TryLater)]
    final = [error for error in errors if not isinstance(error, (TryLater, ColumnsChanged))]
    if final or not may_help or context.retry_number >= len(RETRY_AFTER):
        return failure
    pause = RETRY_AFTER[context.retry_number]
    context.log.warning(f"{reasons}; tried again in {pause} s")
    time.sleep(pause)
    again = dg.RetryRequested(max_retries=len(RETRY_AFTER))
    again.__cause__ = failure  # what the page of the step shows
    return again


def _to_refresh(
    full_refresh: bool | list[str], selection: frozenset[str], connector: Connector
) -> frozenset[str]:
    if isinstance(full_refresh, bool):
        return selection if full_refresh else frozenset()
    return _known("full_refresh", full_refresh, connector)


def _known(key: str, names: list[str], connector: Connector) -> frozenset[str]:
    if unknown := sorted(set(names) - set(connector.resources)):
        raise RestsrcError(
            f"{key}: {', '.join(unknown)} is not a resource of {connector.name}; known are "
            f"{', '.join(connector.resources)}"
        )
    return frozenset(names)
