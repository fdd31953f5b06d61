"""The project's code location, as it is when its connectors have been there for long."""

from datetime import timedelta

from restsrc_dagster.definitions import defs
from restsrc_dagster.orchestrate import build

build.NEW_FOR = timedelta(0)

__all__ = ["defs"]
