"""One multi-asset per connector: its resources, loaded together in one op and one process."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import Problem
from restsrc_dagster.orchestrate.checks import (
    check_specs,
    of_loads,
    of_the_file,
    problems_in_words,
    told_again,
)
from restsrc_dagster.orchestrate.materialize import materialize_connector
from restsrc_dagster.orchestrate.names import op_name, pool_name
from restsrc_dagster.orchestrate.specs import asset_specs
from restsrc_dagster.orchestrate.translator import ConnectorTranslator
from restsrc_dagster.settings import Settings

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
    "allow_deletes": dg.Field(
        dg.Array(dg.String),
        default_value=[],
        description="Resources of which more rows may be missing, this once, than their deletes "
        "allow.",
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
    specs = asset_specs(connector, settings, translator or ConnectorTranslator(), file)
    if problems:
        specs = {name: _not_in_order(spec, problems) for name, spec in specs.items()}
    if not is_fresh_by_schedule:
        specs = {
            name: spec.replace_attributes(freshness_policy=None) for name, spec in specs.items()
        }
    by_key = {spec.key: name for name, spec in specs.items()}
    # Named outputs: those made from keys fail for resources such as `a/b`, `a b` or `é`.
    outs = {f"resource_{position}": spec for position, spec in enumerate(specs.values())}
    upstream = {
        name: {dep.asset_key for dep in spec.deps if not connector.partitioned}
        for name, spec in outs.items()
    }

    @dg.multi_asset(
        name=op_name(connector.name),
        outs={
            name: dg.AssetOut.from_spec(_of_an_output(spec), is_required=False)
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
        backfill_policy=dg.BackfillPolicy.single_run() if connector.partitioned else None,
    )
    def connector_assets(context: dg.AssetExecutionContext) -> Iterator[Any]:
        checks = context.selected_asset_check_keys
        if context.retry_number == 0:
            yield from of_the_file(checks, problems)
        if problems:
            yield from told_again(context.instance, of_loads(checks))
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

    if not connector.partitioned:
        return connector_assets
    return _in_partitions(connector_assets, specs.values())


def _not_in_order(spec: dg.AssetSpec, problems: Sequence[Problem]) -> dg.AssetSpec:
    """The asset of a connector that cannot be read: it tells why, and nothing that may be wrong."""
    gone = ("schedule", "created_at", "cursor_path", "write_disposition")
    return spec.replace_attributes(
        description=problems_in_words(problems),
        metadata={key: value for key, value in spec.metadata.items() if key not in gone},
    )


def _of_an_output(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Without what outputs do not take; most have none of it, and a copy of each costs a sixth of
    all."""
    if not (spec.deps or spec.partitions_def):
        return spec
    return spec.replace_attributes(deps=[], partitions_def=None)


def _in_partitions(
    assets: dg.AssetsDefinition, specs: Iterable[dg.AssetSpec]
) -> dg.AssetsDefinition:
    """The assets with the partitions of their specs: the outputs of an op have one kind, or none.

    What they depend on is added here, too: as an input of the op, what has partitions fails each
    run that is for none of them (dagster `data_version_cache.py`, `partition_key_range`).
    """
    by_key = {spec.key: spec for spec in specs}
    return assets.map_asset_specs(
        lambda spec: spec.replace_attributes(
            partitions_def=by_key[spec.key].partitions_def, deps=by_key[spec.key].deps
        )
    )
