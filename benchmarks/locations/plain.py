"""As many assets, checks, jobs and schedules as a location of connectors, in Dagster's own words.

Nothing is said of them but their names: it is what Dagster takes for so many of them, whoever makes
them. `PLAIN_CONNECTORS` and `PLAIN_RESOURCES` say how many there are.
"""

import os
from collections.abc import Iterator
from typing import Any

import dagster as dg

CHECKS = ("delivery", "column_schema_change")
CRONS = ("*/10 * * * *", "3-59/15 * * * *", "7 * * * *", "30 */6 * * *", "15 4 * * *")
"""Of schedules in turn; none is due often."""


def build(name: str, resources: int) -> dg.AssetsDefinition:
    keys = [dg.AssetKey([name, f"resource_{number}"]) for number in range(resources)]
    checks = [dg.AssetCheckSpec(check, asset=key) for key in keys for check in CHECKS]

    @dg.multi_asset(
        name=f"{name}__load",
        specs=[dg.AssetSpec(key) for key in keys],
        check_specs=checks,
        can_subset=True,
    )
    def assets(context: dg.AssetExecutionContext) -> Iterator[Any]:
        for key in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=key)

    return assets


def schedule_of(job_name: str, number: int) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"{job_name}_schedule",
        job_name=job_name,
        cron_schedule=CRONS[number % len(CRONS)],
        default_status=dg.DefaultScheduleStatus.RUNNING,
        execution_fn=lambda _: dg.SkipReason("not due"),
    )


def idle_sensor(name: str) -> dg.SensorDefinition:
    @dg.sensor(
        name=name,
        job_name="connector_0000_sync",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def sensor() -> dg.SkipReason:
        return dg.SkipReason("nothing to do")

    return sensor


def build_definitions(connectors: int, resources: int) -> dg.Definitions:
    names = [f"connector_{number:04}" for number in range(connectors)]
    assets = [build(name, resources) for name in names]
    jobs = [
        dg.define_asset_job(
            f"{name}_sync",
            dg.AssetSelection.assets(*one.keys),
            executor_def=dg.in_process_executor,
        )
        for name, one in zip(names, assets, strict=True)
    ]
    schedules = [schedule_of(f"{name}_sync", number) for number, name in enumerate(names)]
    sensors = [idle_sensor("first_sensor"), idle_sensor("second_sensor")]
    return dg.Definitions(assets=assets, jobs=jobs, schedules=schedules, sensors=sensors)


@dg.definitions
def defs() -> dg.Definitions:
    return build_definitions(
        int(os.environ["PLAIN_CONNECTORS"]), int(os.environ["PLAIN_RESOURCES"])
    )
