"""A value that is changed in `.env` counts in the next run below `dagster dev`, and only there.

`end_to_end/test_dagster_dev.py` sees it in a real one.
"""

import os
from pathlib import Path

import pytest

from restsrc_dagster.env_file import read_env_file_again


@pytest.mark.parametrize(
    ("dagster", "token"),
    [
        ({"DAGSTER_IS_DEV_CLI": "1"}, "new"),
        ({}, "old"),
        ({"DAGSTER_IS_DEV_CLI": "1", "DAGSTER_PROJECT_ENV_FILE_PATHS": "{}"}, "old"),
    ],
)
def test_it_is_read_again(
    dagster: dict[str, str], token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ})
    for name in ("DAGSTER_IS_DEV_CLI", "DAGSTER_PROJECT_ENV_FILE_PATHS"):
        os.environ.pop(name, None)
    os.environ.update(dagster, ACME_TOKEN="old", ACME_SHOP="north")
    monkeypatch.chdir(tmp_path)
    read_env_file_again()
    assert os.environ["ACME_TOKEN"] == "old", "there is no file"
    (tmp_path / ".env").write_text("ACME_TOKEN=new\nACME_SHOP=\n", encoding="utf-8")
    read_env_file_again()
    assert (os.environ["ACME_TOKEN"], os.environ["ACME_SHOP"]) == (token, "north")
