"""What dlt takes, the models take: every key of every form, and nothing is changed by checking."""

from copy import deepcopy
from typing import Any

import pytest

from restsrc_dagster.connector.configuration import Configuration
from restsrc_dagster.connector.configuration.part import Part
from restsrc_dagster_tests.connector.configuration.tables import VALID, problems, validate_with_dlt
from restsrc_dagster_tests.connector.configuration.test_parity import parts


@pytest.mark.parametrize("name", VALID)
def test_both_take_it(name: str) -> None:
    assert problems(VALID[name]) == []
    assert validate_with_dlt(VALID[name]) is None


@pytest.mark.parametrize("name", VALID)
def test_nothing_is_changed_by_checking(name: str) -> None:
    before = deepcopy(VALID[name])
    problems(VALID[name])
    assert VALID[name] == before


def written(value: Any) -> set[tuple[type[Part], str]]:
    """(model, key) of every key that was written below `value`."""
    found: set[tuple[type[Part], str]] = set()
    if isinstance(value, Part):
        found |= {(type(value), key) for key in value.model_fields_set}
        value = [getattr(value, key) for key in type(value).model_fields]
    items = value.values() if isinstance(value, dict) else value
    for item in items if isinstance(items, (list, type({}.values()))) else []:
        found |= written(item)
    return found


def test_every_key_of_every_model_occurs() -> None:
    occurring: set[tuple[type[Part], str]] = set()
    for configuration in VALID.values():
        occurring |= written(Configuration.model_validate(configuration))
    every = {(part, key) for part in parts() for key in part.model_fields}
    assert every - occurring == set(), (
        "VALID in connector/configuration/tables.py wants a configuration with these keys"
    )
    assert len(VALID) >= 60
