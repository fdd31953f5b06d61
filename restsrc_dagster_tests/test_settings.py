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
