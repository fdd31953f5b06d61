"""Building a source without an environment and without a request: would dlt take it?"""

from collections import defaultdict

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.secrets import Redactor, literal_secrets
from restsrc_dagster.extract.source import open_reading

LONGEST_MESSAGE = 600
STAND_IN = "http://reference.invalid"


def dlt_refusal(connector: Connector) -> str | None:
    """Why dlt refuses the configuration, in its own words, shortened; None if it takes it.

    References stand for themselves: no environment variable is read, so none can be shown.
    """
    try:
        open_reading(connector, defaultdict(lambda: STAND_IN))
    except Exception as error:
        if list(literal_secrets(connector)):
            redact = Redactor.of(connector, connector.configuration, {})
            return redact(_shown(error))
        return _shown(error)
    return None


def _shown(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}"
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…"
