"""A table that is not merged, as its destination cannot: nobody takes it for one that is."""

from dataclasses import replace
from pathlib import Path

import dagster as dg

from restsrc_dagster.orchestrate.assets import build_connector_assets
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector, items

TOLD = (
    "is appended, as filesystem cannot merge it: a record that has changed is one more row, and "
    "the newest one of a key counts"
)
NEW = items(incremental={"cursor_path": "at", "start_param": "since"}) | {"primary_key": "id"}


def test_it_is_told_by_the_asset_and_by_each_materialization(
    api: Api, settings: Settings, tmp_path: Path
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "at": "2024-01-01"}]}
    bucket = {"type": "filesystem", "bucket_url": tmp_path.as_uri()}
    chosen = replace(settings, where_merge_is_impossible="append")
    assets = build_connector_assets(
        connector("acme", api.url, [NEW], destination=bucket), settings=chosen
    )
    (spec,) = assets.specs
    assert spec.metadata["write_disposition"] == "append"
    assert f"It {TOLD}." in str(spec.description)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([assets], instance=instance)
    (event,) = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["not_merged"].value == TOLD
    assert metadata["rows_loaded"].value == 1


def test_warnings_are_about_what_the_person_wrote(settings: Settings) -> None:
    notes = items("notes", path="items/{resources.items.id}/notes")
    bucket = {"type": "filesystem", "bucket_url": "file:///x"}
    acme = connector(resources=[NEW, notes], destination=bucket)
    chosen = replace(settings, where_merge_is_impossible="append")
    for spec in build_connector_assets(acme, settings=chosen).specs:
        assert "It is appended, " in str(spec.description)
        assert "Warning" not in str(spec.description)
