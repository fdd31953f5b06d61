"""What signs the requests, by the kind of auth that a configuration names."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import requests
from dlt.common.configuration import configspec
from dlt.sources.helpers.rest_client.auth import AuthConfigBase

from restsrc_dagster.connector.configuration.auth import DEFAULT, OURS, is_registered_auth
from restsrc_dagster.connector.wording import unknown_key
from restsrc_dagster.dlt_compat.auth_types import accept, register_auth
from restsrc_dagster.dlt_compat.rest_api import get_auth_class
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.extract.auth.aws_sigv4 import AwsSigV4
from restsrc_dagster.extract.auth.client_credentials import RenewableOAuth2
from restsrc_dagster.extract.auth.context import AuthContext
from restsrc_dagster.extract.auth.http_digest import Digest
from restsrc_dagster.extract.auth.jwt import SignedToken
from restsrc_dagster.extract.auth.oauth1 import OAuth1
from restsrc_dagster.extract.auth.oauth2_jwt import ServiceAccount
from restsrc_dagster.extract.auth.refresh_token import RefreshToken
from restsrc_dagster.extract.auth.session_token import SessionToken
from restsrc_dagster.extract.auth.signed import Signing
from restsrc_dagster.extract.auth.token_request import Password

CLASSES: Mapping[str, type[AuthConfigBase] | None] = {
    "bearer": None,
    "api_key": None,
    "http_basic": None,
    "oauth2_client_credentials": RenewableOAuth2,
    "oauth2_refresh_token": RefreshToken,
    "oauth2_password": Password,
    "oauth2_jwt": ServiceAccount,
    "jwt": SignedToken,
    "session_token": SessionToken,
    "http_digest": Digest,
    "oauth1": OAuth1,
    "aws_sigv4": AwsSigV4,
}
"""By kind, the class that signs in place of dlt's; None where that does."""


def register() -> None:
    """Let dlt know the kinds that it lacks: a configuration with one is then valid for it, too.

    A connector needs it not: dlt gets what `signer` makes.
    """
    for kind in OURS:
        if signs := CLASSES[kind.name]:
            register_auth(kind.name, signs)
            accept(kind.name, kind.model.model_fields)


@configspec
class RegisteredAuth(AuthConfigBase):
    """An auth of a class that a person has registered: called for one request at a time.

    Requests are prepared side by side, which such a class need not know.
    """

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._sign: Callable[[requests.PreparedRequest], requests.PreparedRequest]

    @classmethod
    def around(cls, auth: AuthConfigBase) -> "RegisteredAuth":
        """The auth that calls `auth`."""
        made = cls().resolve()
        made._sign = auth
        return made

    def __deepcopy__(self, memo: Any) -> "RegisteredAuth":
        """The same: dlt copies a configuration to validate it."""
        return self

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request, signed; raises what the class raises."""
        with self._lock:
            return self._sign(request)


def signer(auth: Mapping[str, Any], context: AuthContext) -> Any:
    """What dlt gets for `auth`.

    Raises:
        RestsrcError: a registered class does not take what it is given, or needs more.
    """
    options = {key: value for key, value in auth.items() if key != "type"}
    name = auth.get("type", DEFAULT)
    if is_registered_auth(auth):
        return RegisteredAuth.around(_registered(name, options, context.session))
    if (ours := CLASSES[name]) is None:
        return auth
    made = ours.from_init_value({**options, "context": context})
    if isinstance(made, Signing):
        context.signers.append(made)
    return made


def _registered(
    name: str, options: dict[str, Any], token_session: requests.Session
) -> AuthConfigBase:
    """As dlt makes it of a configuration.

    But dlt passes over an option that it does not know, and looks for one that is missing in the
    environment, where the secret of another API may have that name.
    """
    made_by = get_auth_class(name)
    fields = made_by.get_resolvable_fields()
    for key in options:
        if key not in fields:
            raise RestsrcError(f"the auth {name}: {key}: {unknown_key(key, fields)}")
    own = {"session": token_session} if "session" in made_by.__dataclass_fields__ else {}
    made = made_by.from_init_value({**options, **own})
    if made.is_partial():
        missing = [key for key in fields if getattr(made, key, None) is None]
        raise RestsrcError(f"the auth {name} needs more, of {', '.join(missing)}")
    if not made.is_resolved():
        made.resolve()  # which has failed, and now says why
    return made
