"""The same connectors as dagster-dlt documents it, once for each file.

The source, the pipeline and the assets are built when the code location loads.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import dlt
from dagster_dlt import DagsterDltResource, dlt_assets
from dlt.sources.rest_api import rest_api_source


def build(path: Path, data: Path) -> dg.AssetsDefinition:
    configuration = json.loads(path.read_text(encoding="utf-8"))["configuration"]
    configuration["client"]["auth"]["token"] = "resolved when definitions load"
    database = dlt.destinations.duckdb(str(data / f"eager_{path.stem}.duckdb"))

    @dlt_assets(
        dlt_source=rest_api_source(configuration, name=path.stem),
        dlt_pipeline=dlt.pipeline(path.stem, destination=database, dataset_name=path.stem),
        name=path.stem,
        group_name=path.stem,
    )
    def assets(context: dg.AssetExecutionContext, dlt: DagsterDltResource) -> Iterator[Any]:
        yield from dlt.run(context=context)

    return assets


def build_definitions(folder: Path) -> dg.Definitions:
    data = Path(os.environ["RESTSRC_DATA_DIR"])
    assets = [build(path, data) for path in sorted(folder.glob("*.json"))]
    jobs = [
        dg.define_asset_job(
            f"{one.op.name}_sync",
            dg.AssetSelection.assets(one),
            executor_def=dg.in_process_executor,
        )
        for one in assets
    ]
    schedules = [dg.ScheduleDefinition(job=job, cron_schedule="*/10 * * * *") for job in jobs]
    resources = {"dlt": DagsterDltResource()}
    return dg.Definitions(assets=assets, jobs=jobs, schedules=schedules, resources=resources)


@dg.definitions
def defs() -> dg.Definitions:
    return build_definitions(Path(os.environ["RESTSRC_CONNECTORS_DIR"]))
