"""Requests to hosts that are followed, and may not get the credentials.

A header of any name may hold one, and so may a cookie, the query and a body: nothing of the
connector's own goes there but what every client sends.
"""

from urllib.parse import unquote

import requests

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import OriginRefused
from restsrc_dagster.extract.response.url_redaction import redacted_url

HARMLESS = ("Accept", "Accept-Encoding", "User-Agent", "Connection")


def as_linked(request: requests.Request) -> requests.Request:
    """The request with the query that the API wrote into its link, and nothing put into it."""
    return requests.Request(
        request.method,
        request.url,
        headers=request.headers,
        json=request.json,
        data=request.data,
        hooks=request.hooks,
    )


def take_credentials_out(request: requests.PreparedRequest, redact: Redactor) -> None:
    """Leave the address and harmless headers: for this request, and where it is redirected to.

    Raises:
        OriginRefused: what is left holds a secret, or the request has a body, which may.
    """
    url = request.url or ""
    where = f"the API points to {redacted_url(url)}, which http.anonymous_hosts names"
    if request.body or request.method not in ("GET", "HEAD"):
        raise OriginRefused(
            f"{where}; only a GET without a body is sent there, and this is a {request.method}"
        )
    if any(redact.knows(form) for form in (url, unquote(url))):
        raise OriginRefused(
            f"{where}, and the link holds a secret of the connector, or the value of one of its "
            "${…} references; if that host may get it, name it in http.allowed_hosts instead"
        )
    headers = request.headers
    for name in list(headers):
        if name.title() not in HARMLESS or redact.knows(str(headers[name])):
            del headers[name]
