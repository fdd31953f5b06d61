"""How requests prove who sends them: dlt's kinds and ours, chosen by `type` alone.

To add a kind is a file beside this one with its options and its `AuthKind`, a line in `AUTHS` here,
and one in `CLASSES` of `extract.auth.kinds`; CONTRIBUTING.md names what else there is to do.
Whoever needs another one registers it with dlt.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from restsrc_dagster.connector.configuration.auth.api_key import API_KEY
from restsrc_dagster.connector.configuration.auth.aws_sigv4 import AWS_SIGV4
from restsrc_dagster.connector.configuration.auth.bearer import BEARER
from restsrc_dagster.connector.configuration.auth.http_basic import HTTP_BASIC
from restsrc_dagster.connector.configuration.auth.http_digest import HTTP_DIGEST
from restsrc_dagster.connector.configuration.auth.jwt import JWT
from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.auth.oauth1 import OAUTH1
from restsrc_dagster.connector.configuration.auth.oauth2_client_credentials import (
    OAUTH2_CLIENT_CREDENTIALS,
)
from restsrc_dagster.connector.configuration.auth.oauth2_jwt import OAUTH2_JWT
from restsrc_dagster.connector.configuration.auth.oauth2_password import OAUTH2_PASSWORD
from restsrc_dagster.connector.configuration.auth.oauth2_refresh_token import OAUTH2_REFRESH_TOKEN
from restsrc_dagster.connector.configuration.auth.session_token import SESSION_TOKEN
from restsrc_dagster.connector.configuration.kind import chosen_by_type
from restsrc_dagster.connector.configuration.part import Part

__all__ = [
    "AUTHS",
    "DEFAULT",
    "NOT_SECRET",
    "OURS",
    "Auth",
    "AuthKind",
    "is_registered_auth",
    "kind_of_scheme",
    "token_urls",
]

OF_DLT = (BEARER, API_KEY, HTTP_BASIC, OAUTH2_CLIENT_CREDENTIALS)
OURS = (
    *(OAUTH2_REFRESH_TOKEN, OAUTH2_PASSWORD, OAUTH2_JWT, JWT, SESSION_TOKEN),
    *(HTTP_DIGEST, OAUTH1, AWS_SIGV4),
)
"""Those that dlt lacks: `extract.auth` registers them with it."""
AUTHS: Mapping[str, AuthKind] = {kind.name: kind for kind in (*OF_DLT, *OURS)}
"""Every kind, by what `type` says; the order is that of the messages."""
DEFAULT = BEARER.name
"""The type of an auth that names none."""
NOT_SECRET = frozenset({"type"}).union(*(kind.public for kind in AUTHS.values()))
"""The options that may be shown, of whichever kind the auth is."""
_ADDRESS = ("http://", "https://")


def kind_of_scheme(scheme: str) -> str | None:
    """The name of the kind that sends `Authorization: <scheme> …`."""
    return next((name for name, kind in AUTHS.items() if kind.scheme == scheme.lower()), None)


def is_registered_auth(auth: Mapping[str, Any]) -> bool:
    """Whether it is of a kind that a person has registered, of which only its class knows more."""
    return auth.get("type", DEFAULT) not in AUTHS


def token_urls(auth: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(option, address) of who gives tokens for it.

    Of a kind that a person has registered, each address that it is given may be one.
    """
    if not is_registered_auth(auth):
        yield from AUTHS[auth.get("type", DEFAULT)].token_urls(auth)
        return
    for option, value in auth.items():
        if isinstance(value, str) and value.startswith(_ADDRESS):
            yield option, value


# Without its secret, dlt would take any token that it finds in the worker's environment: so the
# shorthand that is only a name is refused, and no secret is optional.
if TYPE_CHECKING:
    Auth = Part
else:
    Auth = chosen_by_type(
        {name: kind.model for name, kind in AUTHS.items()},
        "register_auth",
        expected="an object with a type and its secret",
        default=DEFAULT,
    )
