"""An end that no request would send is a mistake; one that a range by hand sends, a warning."""

from typing import Any

import pytest

from restsrc_dagster.connector.lint import lint
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster_tests.support.connectors import connector, items

CURSOR = {
    "cursor_path": "at", "initial_value": "2024-01-01T00:00:00Z",
    "start_param": "since", "end_param": "until",
}  # fmt: skip
APPENDED = {"primary_key": "id", "write_disposition": "append"}
REPLACED = {"write_disposition": "replace"}
KEYED = {"primary_key": "id"}
WINDOW = {"reading": {"items": {"window": {"size": "31 days"}}}}
PARTITIONS = {"partitions": {"every": "day", "from": "2025-01-01"}}
OWN = "configuration.resources[0].endpoint.incremental.end_param"
DEFAULTS = "configuration.resource_defaults.endpoint.incremental.end_param"


def codes(resources: list[Any], defaults: Any = None, **keys: Any) -> list[str]:
    made = connector(resources=resources, **keys) if defaults is None else None
    if made is None:
        configuration = {
            "client": {"base_url": "http://127.0.0.1:9", "paginator": "single_page"},
            "resources": resources,
            "resource_defaults": {"endpoint": {"incremental": defaults}},
        }
        made = connector(**{"configuration": configuration, **keys})
    return [found.code for found in lint(made) if found.code == "end-not-sent"]


def own(hints: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**items(incremental={**CURSOR, **more}), **hints}


@pytest.mark.parametrize("hints", [KEYED, {}], ids=["merged", "replaced by ranges"])
def test_a_range_that_is_read_by_hand_sends_an_end(hints: dict[str, Any]) -> None:
    assert codes([own(hints)]) == ["end-not-sent"]
    assert codes([own(hints)], **WINDOW) == []
    assert codes([own(hints, end_value="2025-01-01T00:00:00Z")]) == []
    assert codes([own(hints)], **PARTITIONS) == []


@pytest.mark.parametrize(
    "resources",
    [
        [own(APPENDED)],
        [own(KEYED, last_value_func="min")],
        [own({**KEYED, "write_disposition": {"disposition": "merge", "strategy": "insert-only"}})],
    ],
    ids=["appended", "falling", "inserted only"],
)
def test_an_end_that_nothing_sends_names_both_cures(resources: list[Any]) -> None:
    with pytest.raises(ConnectorError) as raised:
        codes(resources)
    assert f"{OWN}: until is never sent: a run has no end" in str(raised.value)
    assert 'Give an end_value, or read in slices up to now: "reading": {"items"' in str(
        raised.value
    )


def test_a_childs_end_is_never_sent() -> None:
    child = items("notes", path="items/{resources.items.id}/notes", incremental=CURSOR)
    with pytest.raises(ConnectorError) as raised:
        codes([own(KEYED), {**child, **KEYED}])
    assert "[1].endpoint.incremental.end_param: until is never sent" in str(raised.value)
    assert "Give an end_value; else take end_param out" in str(raised.value)


def test_of_the_defaults_one_resource_that_sends_it_is_enough() -> None:
    falling = {**CURSOR, "last_value_func": "min"}
    assert codes([{"name": "items", **KEYED}, {"name": "log", **APPENDED}], CURSOR) == [
        "end-not-sent", "end-not-sent",
    ]  # fmt: skip
    with pytest.raises(ConnectorError, match=r"until is never sent") as raised:
        codes([{"name": "items", **KEYED}], falling)
    assert DEFAULTS in str(raised.value)
