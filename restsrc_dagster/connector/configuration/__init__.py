"""dlt's `rest_api_source` configuration as pydantic models, and what is wrong with one.

model         the whole of it
resource      one resource: what is asked, and what is known of its table
endpoint      what is asked of the API, and where the records are in its answer
incremental   a cursor, and how it is sent
steps         what is done to each record before it is loaded
hints         keys, columns, contracts
dispositions  how rows that are loaded meet the rows that are there
auth          the kinds of auth, a file each
paginators    the kinds of paginators, a file each
kind          what kinds have in common
part          what all parts share
jsonpath      whether a text is one
problems      from pydantic's errors to what a person should change
other_words   what a key, or a kind, is called elsewhere, and how it is said here
word          what such a word is, and where it may stand
"""

from restsrc_dagster.connector.configuration.model import Configuration
from restsrc_dagster.connector.configuration.problems import (
    MOST_TOLD,
    ConfigProblem,
    configuration_problems,
)

__all__ = ["MOST_TOLD", "ConfigProblem", "Configuration", "configuration_problems"]
