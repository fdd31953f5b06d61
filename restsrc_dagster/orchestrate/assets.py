"""One multi-asset per connector: its resources, loaded together in one op and one process."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import dagster as dg

from restsrc_dagster.collector import without_collecting
from restsrc_dagster.connector.lines import lines_of_resources
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import Problem, RestsrcError, TryLater
from restsrc_dagster.orchestrate.checks import (
    check_specs,
    loaded_too,
    of_a_load,
    of_the_file,
    problems_in_words,
    refused_changes,
    told_again,
)
from restsrc_dagster.orchestrate.names import CONNECTOR_FILE_CHECK, op_name, pool_name
from restsrc_dagster.orchestrate.storage import storage_of
from restsrc_dagster.orchestrate.translator import ConnectorTranslator, ResourceProps
from restsrc_dagster.orchestrate.unfinished import already_materialized
from restsrc_dagster.settings import Settings

RETRY_AFTER = (30, 120)
"""Seconds before a run tries again by itself, for what may go well later."""
CONFIG_SCHEMA = {
    "full_refresh": dg.Field(
        dg.ScalarUnion(scalar_type=dg.Bool, non_scalar_schema=dg.Array(dg.String)),
        default_value=False,
        description="true reads everything again into emptied tables; a list names the resources.",
    ),
    "from": dg.Field(
        dg.String,
        is_required=False,
        description="Reads a range again and merges it, moving no cursor: from this day "
        "(2026-01-01) or instant (2026-01-01T06:00:00Z) on. Resources without a cursor are left "
        "as they are.",
    ),
    "to": dg.Field(
        dg.String,
        is_required=False,
        description="The last day of that range, or the instant before which it ends; by default "
        "now.",
    ),
}


Load = Callable[[], Iterator[Any]]
"""Loads what a run has selected, and gives Dagster's results."""
Execute = Callable[[dg.AssetExecutionContext, Load], Iterator[Any]]


def build_connector_assets(
    connector: Connector,
    *,
    settings: Settings,
    translator: ConnectorTranslator | None = None,
    file: Path | None = None,
    problems: Sequence[Problem] = (),
    is_fresh_by_schedule: bool = True,
    execute: Execute | None = None,
) -> dg.AssetsDefinition:
    """The assets of a connector, from its file alone: dlt is not imported before a run.

    Args:
        connector: its resources become assets.
        settings: where it loads to.
        translator: gives the assets another look.
        file: where a person reads the connector; None where that is nowhere.
        problems: why nothing can be loaded. The assets tell it, and their runs fail with it.
        is_fresh_by_schedule: false if the schedule is not known, and no asset can be overdue.
        execute: what runs a load; by default the load itself.
    """
    specs = _specs(connector, settings, translator or ConnectorTranslator(), file)
    if problems:
        specs = {name: _not_in_order(spec, problems) for name, spec in specs.items()}
    if not is_fresh_by_schedule:
        specs = {
            name: spec.replace_attributes(freshness_policy=None) for name, spec in specs.items()
        }
    by_key = {spec.key: name for name, spec in specs.items()}
    # Named outputs: those made from keys fail for resources such as `a/b`, `a b` or `é`.
    outs = {f"resource_{position}": spec for position, spec in enumerate(specs.values())}
    upstream = {name: {dep.asset_key for dep in spec.deps} for name, spec in outs.items()}

    @dg.multi_asset(
        name=op_name(connector.name),
        outs={
            name: dg.AssetOut.from_spec(_without_deps(spec), is_required=False)
            for name, spec in outs.items()
        },
        check_specs=check_specs(
            connector, [spec.key for spec in outs.values()], broken=bool(problems)
        ),
        deps=sorted(set().union(*upstream.values()) - set(by_key)),
        internal_asset_deps=upstream,
        can_subset=True,
        config_schema=CONFIG_SCHEMA,
        pool=pool_name(connector.name),
        description=connector.description,
    )
    def connector_assets(context: dg.AssetExecutionContext) -> Iterator[Any]:
        checks = context.selected_asset_check_keys
        if context.retry_number == 0:
            yield from of_the_file(checks, problems)
        if problems:
            yield from told_again(context.instance, _of_loads(checks))
            raise dg.Failure(description="\n".join(map(str, problems)), allow_retries=False)
        selection = frozenset(by_key[key] for key in context.selected_asset_keys)
        load = partial(
            materialize_connector,
            context,
            connector,
            settings=settings,
            selection=selection,
            keys={name: key for key, name in by_key.items()},
        )
        yield from execute(context, load) if execute else load()

    return connector_assets


def _not_in_order(spec: dg.AssetSpec, problems: Sequence[Problem]) -> dg.AssetSpec:
    """The asset of a connector that cannot be read: it tells why, and nothing that may be wrong."""
    gone = ("schedule", "created_at", "cursor_path", "write_disposition")
    return spec.replace_attributes(
        description=problems_in_words(problems),
        metadata={key: value for key, value in spec.metadata.items() if key not in gone},
    )


def _specs(
    connector: Connector, settings: Settings, translator: ConnectorTranslator, file: Path | None
) -> dict[str, dg.AssetSpec]:
    """The assets by the names of their resources."""
    storage = storage_of(connector, settings)
    with catch_warnings():
        # References to code are beta: an upgrade that moves them fails a test, and tells nobody.
        simplefilter("ignore", dg.BetaWarning)
        sources = _sources(connector, file)
        return {
            name: translator.get_asset_spec(
                ResourceProps(connector, resource, storage.kind, storage, sources.get(name))
            )
            for name, resource in connector.resources.items()
            if resource.selected
        }


def _sources(connector: Connector, file: Path | None) -> Mapping[str, dg.LocalFileCodeReference]:
    """Where each resource stands in the file."""
    if file is None:
        return {}
    written = connector.configuration["resources"]
    try:
        lines = lines_of_resources(file.read_text(encoding="utf-8-sig"), written)
    except OSError:  # it was there a moment ago
        return {}
    label = f"Connector file {file.name}"
    return {
        name: dg.LocalFileCodeReference(
            file_path=str(file.absolute()), line_number=line, label=label
        )
        for name, line in zip(connector.resources, lines, strict=False)
    }


def _without_deps(spec: dg.AssetSpec) -> dg.AssetSpec:
    """An output takes none; most resources have none, and a copy of each costs a sixth of all."""
    return spec.replace_attributes(deps=[]) if spec.deps else spec


def materialize_connector(
    context: dg.AssetExecutionContext,
    connector: Connector,
    *,
    settings: Settings,
    selection: frozenset[str],
    keys: Mapping[str, dg.AssetKey],
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Load the selected resources, and say what each of them got; then, what failed.

    Raises:
        dagster.Failure: a sentence for each resource that failed; the causes stay behind.
        dagster.RetryRequested: what failed may go well later; only that is loaded again then.
    """
    with without_collecting():
        from restsrc_dagster.load.load import Order, load
        from restsrc_dagster.orchestrate.metadata import materialization_metadata
        from restsrc_dagster.orchestrate.one_load import refuse_second_load
        from restsrc_dagster.orchestrate.range_config import between_of

    done = already_materialized(context.instance, context.run, again=context.retry_number > 0)
    checks = _of_loads(context.selected_asset_check_keys)
    if context.retry_number == 0:
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
    try:
        config = context.op_execution_context.op_config
        refresh = _to_refresh(config["full_refresh"], left, connector)
        between = between_of(config, now=datetime.now(UTC))
        report = load(
            connector,
            Order(
                selection=left,
                refresh=frozenset(name for name in refresh if keys.get(name) not in done),
                between=between,
                holder=f"run {context.run.run_id}",
            ),
            settings=settings,
            unlocked=lambda: refuse_second_load(context.instance, context.run, connector.name),
            tell=lambda line: context.log.info(f"{connector.name}: {line}"),
        )
    except RestsrcError as error:
        red = _red(context, [error])
        raise red from red.__cause__
    if report.removed_rows:
        context.log.warning(
            f"{connector.name}: removed {report.removed_rows} rows that a broken load had left"
        )
    for name in sorted(report.late):
        context.log.info(
            f"{connector.name}/{name} is new here: it was read for every record of "
            f"{connector.resources[name].parent}, also for those that were read before"
        )
    storage = storage_of(connector, settings)
    # Dagster wants parents before children, whatever the order of the file or of the load.
    depth = {name: len(connector.resources.ancestors(name)) for name in report.resources}
    for name, resource in sorted(report.resources.items(), key=lambda item: depth[item[0]]):
        if name not in keys:
            continue
        metadata = materialization_metadata(connector, report, resource, storage)
        for warning in resource.warnings:
            context.log.warning(f"{connector.name}/{name}: {warning}")
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
    failed = [*report.failed.values(), *refused_changes(connector, report.resources.values())]
    if failed:
        red = _red(context, failed)
        raise red from red.__cause__


def _of_loads(checks: Iterable[dg.AssetCheckKey]) -> list[dg.AssetCheckKey]:
    """Those that a load gives a result for, and no look at the file."""
    return [check for check in checks if check.name != CONNECTOR_FILE_CHECK]


def _red(context: dg.AssetExecutionContext, errors: list[RestsrcError]) -> Exception:
    """The end of a step in which something failed: it tries again if all of it may go well later.

    What was yielded before stays: Dagster has materialized it. The pause before another try is
    waited out here: Dagster's own, between two tries of a step, hears of no termination.
    """
    reasons = "\n".join(map(str, errors))
    failure = dg.Failure(description=reasons, allow_retries=False)
    may_help = all(isinstance(error, TryLater) for error in errors)
    if not may_help or context.retry_number >= len(RETRY_AFTER):
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
    if unknown := sorted(set(full_refresh) - set(connector.resources)):
        raise RestsrcError(
            f"full_refresh: {', '.join(unknown)} is not a resource of {connector.name}; known are "
            f"{', '.join(connector.resources)}"
        )
    return frozenset(full_refresh)
