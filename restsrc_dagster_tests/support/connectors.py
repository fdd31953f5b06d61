"""Connectors for tests, from the few keys that a test is about."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.model import Connector

CREATED_AT = "2026-11-23T10:03:00Z"


def content(
    url: str = "http://127.0.0.1:9",
    resources: list[Any] | None = None,
    *,
    client: Mapping[str, Any] | None = None,
    **keys: Any,
) -> dict[str, Any]:
    """The content of a connector file: one resource `items` every 10 minutes unless told."""
    return {
        "created_at": CREATED_AT,
        "schedule": {"mode": "minutes", "interval": 10},
        "configuration": {
            "client": {"base_url": url, "paginator": "single_page", **(client or {})},
            "resources": resources if resources is not None else [items()],
        },
        **keys,
    }


def items(name: str = "items", **endpoint: Any) -> dict[str, Any]:
    return {"name": name, "endpoint": {"path": name, "data_selector": "data", **endpoint}}


def connector(name: str = "acme", *args: Any, **keys: Any) -> Connector:
    return check_content(name, content(*args, **keys), file=f"connectors/{name}.json")


def write(folder: Path, name: str, *args: Any, **keys: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content(*args, **keys)), encoding="utf-8")
    return path
