"""What dlt finds out when a pipeline and a source are made for the first time, found out early.

For a process that forks others, which then know it: dlt looks for its plugins, and walks the types
of all its settings.
"""

import logging

from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.dlt_compat.type_hints import TYPES_ONCE
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster.load.destinations.readiness import opened
from restsrc_dagster.load.destinations.working_folder import working_folder
from restsrc_dagster.load.load import DLT_SETTINGS
from restsrc_dagster.settings import Settings

log = logging.getLogger(__name__)


def rehearse_load(connector: Connector) -> None:
    """Make the pipeline and the source of a connector, as a load does; nothing is connected,
    requested or kept."""
    try:
        with DLT_SETTINGS, TYPES_ONCE, working_folder() as folder:
            pipeline, _ = opened(connector, Settings(data_dir=folder), {}, folder)
            with open_reading(connector, {}):
                pipeline.deactivate()
    except Exception as error:  # what is wrong with dlt's settings, each load tells for itself
        log.debug("nothing is rehearsed: %s", error)
    finally:
        # Of each load: where it runs, and the settings in the files that are there.
        container = Container()
        if PluggableRunContext in container:
            del container[PluggableRunContext]
