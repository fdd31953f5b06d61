"""dlt's `rest_api_source` configuration as pydantic models, and what is wrong with one."""

from restsrc_dagster.connector.configuration.model import Configuration
from restsrc_dagster.connector.configuration.problems import ConfigProblem, configuration_problems

__all__ = ["ConfigProblem", "Configuration", "configuration_problems"]
