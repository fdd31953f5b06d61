"""Runs of a world's connector under Dagster, which keeps which partitions are filled."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import dagster as dg
from typing_extensions import Self

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.load import load as loads
from restsrc_dagster.load.load import LoadRequest
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.orchestrate import materialize
from restsrc_dagster.orchestrate.assets import build_connector_assets
from restsrc_dagster.orchestrate.names import asset_key, op_name
from restsrc_dagster.settings import Settings

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
MOST = 5000
"""Marks of one asset."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a run is launched for: partitions by their keys, or what its config says."""

    selection: frozenset[str]
    partitions: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tags(self) -> dict[str, str]:
        match self.partitions:
            case ():
                return {}
            case (key,):
                return {"dagster/partition": key}
        first, *_, last = self.partitions
        named = "dagster/asset_partition_range"
        return {f"{named}_start": first, f"{named}_end": last}


@dataclass
class Loads:
    """What became of the loads of one run, and why the run is red if no load is to blame."""

    reports: list[tuple[LoadRequest, LoadReport]] = field(default_factory=list)
    errors: list[tuple[LoadRequest, BaseException]] = field(default_factory=list)
    beside: str = ""


class Deployment:
    """One code location with one connector, and its instance; a context manager."""

    def __init__(self) -> None:
        self._instance = dg.DagsterInstance.ephemeral()
        self._seen: dict[dg.AssetKey, int] = {}

    def __enter__(self) -> Self:
        self._instance.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._instance.__exit__(*raised)

    def run(
        self, connector: Connector, wanted: Wanted, settings: Settings, *, clock: datetime
    ) -> Loads:
        """One run, by a `clock` that shows what the API's does.

        Raises:
            BaseException: what ends the process.
        """
        done = Loads()
        with _watched(done, clock):
            result = dg.materialize(
                [build_connector_assets(connector, settings=settings)],
                selection=[asset_key(connector.name, name) for name in sorted(wanted.selection)],
                instance=self._instance,
                run_config={
                    "ops": {op_name(connector.name): {"config": dict(wanted.config)}},
                    **QUIET,
                },
                tags=wanted.tags,
                raise_on_error=False,
            )
        for _, error in done.errors:
            if not isinstance(error, Exception):  # Dagster makes a red run of it
                raise error
        to_blame = done.errors or any(report.failed for _, report in done.reports)
        if not (result.success or to_blame):
            failures = result.filter_events(lambda event: event.is_step_failure)
            errors = [one.step_failure_data.error for one in failures]
            done.beside = "; ".join(one.message for one in errors if one) or "red"
        return done

    def filled(self, connector: Connector, name: str) -> set[str]:
        """The partitions of a resource that Dagster shows as filled."""
        return self._instance.get_materialized_partitions(asset_key(connector.name, name))

    def newly_filled(self, connector: Connector, name: str) -> set[str]:
        """Those that were marked since this was asked before."""
        key = asset_key(connector.name, name)
        records = self._instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=key, after_storage_id=self._seen.get(key)), limit=MOST
        ).records
        self._seen[key] = max((one.storage_id for one in records), default=self._seen.get(key, 0))
        return {one.partition_key for one in records if one.partition_key is not None}


@contextmanager
def _watched(done: Loads, clock: datetime) -> Iterator[None]:
    """Loads are noted; a run that may go well later is not tried again, but red at once."""
    load, pauses = loads.load, materialize.RETRY_AFTER

    def watched(connector: Connector, order: LoadRequest, **keys: Any) -> LoadReport:
        try:
            report = replace(load(connector, order, **keys), began_at=clock)
        except BaseException as error:
            done.errors.append((order, error))
            raise
        done.reports.append((order, report))
        return report

    loads.load, materialize.RETRY_AFTER = watched, ()  # type: ignore[assignment]
    try:
        yield
    finally:
        loads.load, materialize.RETRY_AFTER = load, pauses
