"""dlt's `rest_api_source` configuration as pydantic models, and what is wrong with one."""

from restsrc_dagster.connector.configuration.model import Configuration
from restsrc_dagster.connector.configuration.problems import (
    MOST_TOLD,
    ConfigProblem,
    configuration_problems,
)

__all__ = ["MOST_TOLD", "ConfigProblem", "Configuration", "configuration_problems"]
