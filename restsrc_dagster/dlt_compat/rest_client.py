"""How dlt's REST client joins a path to the URL of an API, and where it looks for records."""

from dlt.sources.helpers.rest_client.detector import RECORD_KEY_PATTERNS, find_response_page_data
from dlt.sources.helpers.rest_client.utils import join_url

__all__ = ["RECORD_KEY_PATTERNS", "find_response_page_data", "join_url"]
