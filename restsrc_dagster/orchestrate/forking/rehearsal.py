"""What libraries find out when something is used for the first time, found out before the fork.

A connector that nobody has is checked and defined for Dagster, its pipeline and its source are
made, as a run does it. Nothing is connected, requested or kept.
"""

from datetime import datetime, timezone
from pathlib import Path

import dagster as dg

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.orchestrate.location import build_connector_definitions
from restsrc_dagster.settings import Settings

_CONNECTOR = {
    "created_at": "2026-01-01T00:00:00Z",
    "schedule": {"mode": "minutes", "interval": 10},
    "configuration": {
        "client": {"base_url": "https://api.example.com", "paginator": "auto"},
        "resources": [
            {
                "name": "parents",
                "primary_key": "id",
                "endpoint": {
                    "path": "parents",
                    "data_selector": "data",
                    "params": {"since": "{incremental.start_value}"},
                    "incremental": {
                        "cursor_path": "updated_at",
                        "initial_value": "2026-01-01T00:00:00Z",
                    },
                },
            },
            {"name": "children", "endpoint": {"path": "parents/{resources.parents.id}/children"}},
        ],
    },
}


def rehearse() -> None:
    """Do what needs no instance, no destination that is connected, and no API."""
    connector = check_content("rehearsal", _CONNECTOR, file="rehearsal.json")
    built = build_connector_definitions(
        connector, settings=Settings(data_dir=Path("data")), loaded_at=datetime.now(timezone.utc)
    )
    definitions = dg.Definitions(assets=[built.assets], jobs=[built.job])
    definitions.resolve_job_def(built.job.name)
    # Late: Arrow's allocator must have been told first that it gets no thread.
    from restsrc_dagster.load.rehearsal import rehearse_load

    rehearse_load(connector)
