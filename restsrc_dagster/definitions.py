"""The code location: every connector of `RESTSRC_CONNECTORS_DIR`."""

import dagster as dg

from restsrc_dagster.orchestrate.build import build_definitions
from restsrc_dagster.settings import Settings


@dg.definitions
def defs() -> dg.Definitions:
    settings = Settings.from_environment()
    # For runs from the asset graph, too: one process, where the default would start a second.
    return build_definitions(
        settings.connectors_dir, settings=settings, executor=dg.in_process_executor
    )
