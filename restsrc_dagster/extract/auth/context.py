"""What a class that signs works with, beside its own options."""

from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urljoin

import requests

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.extract.auth.clock import Clock
from restsrc_dagster.extract.auth.tokens import Tokens


class Preparing(Protocol):
    """What can find out what will hinder it."""

    def prepare(self) -> None:
        """Raises RestsrcError where something will."""


@dataclass(frozen=True, kw_only=True)
class AuthContext:
    """Of one reading.

    Args:
        session: asks for tokens; by itself it goes only to where the auths of the file say.
        base_url: below which a login may be.
        redact: learns of tokens, and takes secrets out of messages.
        tokens: those of the load.
        clock: the API's.
        signers: what was made with it.
    """

    session: requests.Session
    base_url: str
    redact: Redactor = field(default_factory=Redactor)
    tokens: Tokens = field(default_factory=Tokens)
    clock: Clock = field(default_factory=Clock)
    signers: list[Preparing] = field(default_factory=list)

    def prepare(self) -> None:
        """Raises RestsrcError: a key cannot be read, or a package is missing."""
        for signer in self.signers:
            signer.prepare()


def below(base_url: str, url: str) -> str:
    """The whole address of where a token is given, which may be a path below `base_url`."""
    return urljoin(f"{base_url.rstrip('/')}/", url if "://" in url else url.lstrip("/"))


def of_dlt_alone() -> AuthContext:
    """For a configuration that dlt reads without a connector: tokens are asked for by dlt's own
    session, and none is kept."""
    from dlt.sources.helpers import requests as of_dlt

    return AuthContext(session=of_dlt.client.session, base_url="")
