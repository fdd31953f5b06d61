"""An address as it may be shown: whom was asked for which page, and nothing else of a query."""

import re
from urllib.parse import parse_qsl, urlsplit

from restsrc_dagster.connector.time.instants import seconds_of

_SHORT_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
HIDDEN = "…"


def redacted_url(url: str) -> str:
    """`https://api.acme.com/items?page=3&since=2024-01-31&q=…`.

    Of a query, short numbers and times are shown: any other value may be a secret, whatever its
    key is called. Userinfo and fragment are left out.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return HIDDEN
    redacted = "&".join(f"{key}={_value(value)}" for key, value in query)
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}{'?' if redacted else ''}{redacted}"


def _value(text: str) -> str:
    harmless = not text or _SHORT_NUMBER.fullmatch(text) or seconds_of(text) is not None
    return text if harmless else HIDDEN
