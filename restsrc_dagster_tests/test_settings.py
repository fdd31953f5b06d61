"""The deployment's settings, from the environment."""

import pytest

from restsrc_dagster.errors import SettingsError
from restsrc_dagster.settings import Settings


def test_when_a_long_list_is_committed() -> None:
    usual = Settings.from_environment({})
    assert (usual.commit_after_seconds, usual.commit_after_records) == (120, 500_000)
    own = Settings.from_environment(
        {"RESTSRC_COMMIT_AFTER_SECONDS": "7.5", "RESTSRC_COMMIT_AFTER_RECORDS": "1000"}
    )
    assert (own.commit_after_seconds, own.commit_after_records) == (7.5, 1000)


@pytest.mark.parametrize("text", ["soon", "0", "-3", "nan"])
def test_what_is_no_such_number_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"RESTSRC_COMMIT_AFTER_SECONDS .* at least 1"):
        Settings.from_environment({"RESTSRC_COMMIT_AFTER_SECONDS": text})


def test_how_tables_are_written() -> None:
    usual = Settings.from_environment({})
    assert (usual.table_format, usual.where_merge_is_impossible) == (None, "refuse")
    own = Settings.from_environment(
        {"RESTSRC_TABLE_FORMAT": "delta", "RESTSRC_WHERE_MERGE_IS_IMPOSSIBLE": "append"}
    )
    assert (own.table_format, own.where_merge_is_impossible) == ("delta", "append")


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("RESTSRC_TABLE_FORMAT", "delta, iceberg, hive, native"),
        ("RESTSRC_WHERE_MERGE_IS_IMPOSSIBLE", "refuse, append, replace"),
    ],
)
def test_another_word_is_refused(name: str, allowed: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is 'parquet'; it takes {allowed}$"):
        Settings.from_environment({name: "parquet"})
