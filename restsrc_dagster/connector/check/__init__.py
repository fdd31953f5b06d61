"""What a configuration must have before anything can be built from it.

names       names of resources, and of the tables that come of them
endpoint    placeholders and params
resource    one resource, its keys and its steps
whole       all of it: first what the models say of each part, then what shows between the parts
"""

from restsrc_dagster.connector.check.names import names_of_resources, resource_name
from restsrc_dagster.connector.check.whole import (
    MOST_ANCESTORS,
    MOST_RESOURCES,
    check_configuration,
)

__all__ = [
    "MOST_ANCESTORS",
    "MOST_RESOURCES",
    "check_configuration",
    "names_of_resources",
    "resource_name",
]
