"""A token that is signed here, and sent as it is."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from math import floor
from typing import Any

import requests
from dlt.common.configuration import configspec
from dlt.common.typing import TSecretStrValue

from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.extract.auth.shared_token import SharedToken
from restsrc_dagster.extract.auth.signed import REQUIRED
from restsrc_dagster.extract.auth.tokens import Token

MADE_BEFORE = 30
"""Seconds by which a token is dated back: an API whose clock is a little late refuses what comes
from its future."""


@configspec
class SignedToken(SharedToken):
    """A JSON Web Token of `claims`, with the times that it is good for."""

    key: TSecretStrValue = REQUIRED
    algorithm: str = "HS256"
    key_encoding: str = "text"
    claims: dict[str, Any] | None = None
    token_headers: dict[str, Any] | None = None
    expires_in: int = 300
    name: str = "Authorization"
    prefix: str = "Bearer "

    def prepare(self) -> None:
        """Raises RestsrcError: the key cannot be read, or does not do for the algorithm."""
        self.obtain()

    def put(self, request: requests.PreparedRequest, token: str) -> None:
        request.headers[self.name] = f"{self.prefix}{token}"

    def obtain(self) -> Token:
        """Sign one; raises RestsrcError where the key does not do for the algorithm."""
        now = floor(self.at_hand.clock.now())
        life = {"iat": now - MADE_BEFORE, "exp": now - MADE_BEFORE + self.expires_in}
        claims = {**life, **(self.claims or {})}
        text = signed(claims, self._secret, self.algorithm, self.token_headers)
        return Token.living(text, max(self.expires_in - MADE_BEFORE, self.expires_in // 2))

    @property
    def _secret(self) -> Any:
        if not self.algorithm.startswith("HS"):
            return loaded(str(self.key), None)
        try:
            match self.key_encoding:
                case "base64":
                    return b64decode(str(self.key), validate=True)
                case "hex":
                    return bytes.fromhex(str(self.key))
        except (ValueError, binascii.Error):
            raise RestsrcError(f"the auth jwt: key is not {self.key_encoding}") from None
        return str(self.key)


def signed(
    claims: Mapping[str, Any], key: Any, algorithm: str, headers: Mapping[str, Any] | None
) -> str:
    """A JSON Web Token; raises RestsrcError where the key does not do for the algorithm."""
    import jwt

    try:
        return jwt.encode(dict(claims), key, algorithm=algorithm, headers=dict(headers or {}))
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise RestsrcError(
            f"a token cannot be signed with the key by {algorithm} ({type(error).__name__}): it "
            "wants a key of its kind"
        ) from None


def loaded(text: str, passphrase: str | None) -> Any:
    """A private key as PEM, whose line breaks may have been written as \\n.

    Raises:
        RestsrcError: it cannot be read.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = text.replace("\\n", "\n").strip() + "\n"
    try:
        return load_pem_private_key(pem.encode(), passphrase.encode() if passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        what = "its passphrase" if isinstance(error, TypeError) else "a whole key"
        raise RestsrcError(
            "the private key of the auth cannot be read: it is PEM, from -----BEGIN … to "
            f"-----END …-----, with \\n or line breaks in between; it lacks {what}"
        ) from None
