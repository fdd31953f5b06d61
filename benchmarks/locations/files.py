"""Connector files of a location."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

NAME = "connector_0007"
"""The one whose resource the API really has, where one is to be run."""

ITEMS = {
    "name": "items",
    "primary_key": "id",
    "endpoint": {
        "path": "new",
        "data_selector": "data",
        "incremental": {
            "cursor_path": "updated_at",
            "initial_value": "1970-01-01T00:00:00Z",
            "start_param": "since",
        },
    },
}


def write_connectors(folder: Path, count: int, resources: int, **schedule: Any) -> None:
    folder.mkdir()
    for number in range(count):
        content = _connector(f"api{number}.example.com", resources)
        content["schedule"] = schedule or {"mode": "minutes", "interval": 10}
        _write(folder / f"connector_{number:04}.json", content)


MIXTURE: tuple[dict[str, Any], ...] = (
    *({"mode": "hours", "interval": 1, "offset": offset} for offset in (5, 20, 35, 50)),
    *({"mode": "hours", "interval": 6, "offset": offset} for offset in (10, 100, 190)),
    *({"mode": "days", "interval": 1, "offset": offset} for offset in (30, 280, 390, 1_100)),
    {"mode": "days", "interval": 1, "offset": 375, "timezone": "Europe/Berlin"},
    *({"mode": "days", "interval": interval, "offset": 200} for interval in (3, 7)),
    *({"mode": "minutes", "interval": interval} for interval in (30, 60)),
    {"mode": "hours", "interval": 5, "offset": 15},
    *({"mode": "minutes", "interval": interval} for interval in (50, 77)),
)
"""Schedules as they come; the last three no cron string can say."""


def write_mixture(folder: Path, count: int, resources: int, *, created_at: datetime) -> None:
    """Connectors that differ in their schedules; the first slot of none is sooner than in half an
    hour, but for those that are at a time of the clock."""
    folder.mkdir()
    for number in range(count):
        content = _connector(f"api{number}.example.com", resources)
        content["created_at"] = f"{created_at:%Y-%m-%dT%H:%M:%SZ}"
        content["schedule"] = MIXTURE[number % len(MIXTURE)]
        _write(folder / f"connector_{number:04}.json", content)


def write_due_every_minute(folder: Path, count: int, url: str, created_at: datetime) -> None:
    """`count` connectors, each of which has a single resource of the API at `url`."""
    folder.mkdir()
    for number in range(count):
        content = _connector("", 0)
        content["created_at"] = f"{created_at:%Y-%m-%dT%H:%M:%SZ}"
        content["schedule"] = {"mode": "minutes", "interval": 1}
        content["configuration"]["client"]["base_url"] = url
        content["configuration"]["resources"] = [ITEMS]
        _write(folder / f"connector_{number:04}.json", content)


def write_with_one_to_run(folder: Path, count: int, resources: int, url: str) -> None:
    """`count` connectors, one of which has a single resource of the API at `url`."""
    write_connectors(folder, count, resources)
    if count <= int(NAME[-4:]):
        min(folder.glob("*.json")).unlink()
    content = _connector("", 0)
    content["configuration"]["client"]["base_url"] = url
    content["configuration"]["resources"] = [ITEMS]
    _write(folder / f"{NAME}.json", content)


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")


def _connector(host: str, resources: int) -> dict[str, Any]:
    return {
        "description": "What a benchmark's connector brings",
        "created_at": "2026-11-23T10:03:00Z",
        "schedule": {"mode": "minutes", "interval": 10},
        "configuration": {
            "client": {
                "base_url": f"https://{host}/v1",
                "auth": {"type": "bearer", "token": "${TOKEN}"},
                "paginator": {"type": "json_link", "next_url_path": "paging.next"},
            },
            "resources": [_resource(position) for position in range(resources)],
        },
    }


def _resource(position: int) -> dict[str, Any]:
    """A mix: the first has a cursor, the second is its child, the others are plain."""
    endpoint: dict[str, Any] = {
        "path": f"things/{position}",
        "data_selector": "data",
        "params": {"per_page": 100},
    }
    if position == 0:
        endpoint["incremental"] = {"cursor_path": "updated_at", "initial_value": "1970-01-01"}
    if position == 1:
        endpoint["path"] = "things/{resources.resource_0.id}/parts"
    return {"name": f"resource_{position}", "endpoint": endpoint}
