"""Files as a destination: no database, so no lock, no counting, no deleting."""

from pathlib import Path

import pytest

from restsrc_dagster.errors import SettingsError
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector, items


def test_rows_go_to_files_once(api: Api, settings: Settings, tmp_path: Path) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "at": "2024-01-01"}]}
    bucket = tmp_path / "bucket"
    acme = connector(
        "acme",
        api.url,
        [items(incremental={"cursor_path": "at", "initial_value": "2023-01-01"})],
        destination={"type": "filesystem", "bucket_url": bucket.as_uri()},
    )
    asked = []
    for rows in (1, 0):
        report = load(
            acme,
            LoadRequest(selection=frozenset({"items"})),
            settings=settings,
            environment={},
            unlocked=lambda: asked.append(1),
        )
        assert report.resources["items"].rows_loaded == rows
        assert report.resources["items"].rows_in_table is None
    assert len(asked) == 2, "the caller is asked whether another load is going"
    assert len(list((bucket / "acme" / "items").iterdir())) == 1


def test_what_cannot_be_merged_is_refused_before_it_is_read(
    api: Api, settings: Settings, tmp_path: Path
) -> None:
    acme = connector(
        "acme",
        api.url,
        [{**items(), "primary_key": "id"}],
        destination={"type": "filesystem", "bucket_url": (tmp_path / "bucket").as_uri()},
    )
    told = "^acme/items: is to be merged, which filesystem cannot do without a table format; set "
    with pytest.raises(SettingsError, match=told):
        load(acme, LoadRequest(selection=frozenset({"items"})), settings=settings, environment={})
    assert api.asked == []
