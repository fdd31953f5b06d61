"""Tokens that must outlive a load: of a refresh token that is good for one use only the next is."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class KeptTokens:
    """What is kept of one auth: the refresh token for the next time, and the access token that came
    with it, good until then (seconds since 1970)."""

    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    until: float


class Drawer(Protocol):
    """The place of one auth's tokens, which nobody else opens meanwhile."""

    def read(self) -> KeptTokens | None:
        """What is there; None if nothing is, or of another refresh token in the file."""

    def write(self, tokens: KeptTokens) -> None:
        """Put it there for good, before this returns."""


class TokenKeeper(Protocol):
    """Where the tokens of a connector are kept."""

    def opened(self, name: str, first: str) -> AbstractContextManager[Drawer]:
        """The place of an auth, for one load at a time.

        Args:
            name: of the auth, which stays when its tokens change.
            first: the refresh token that the file has: with another one, what is kept is void.

        Raises:
            RestsrcError: there is no place, or what is there cannot be read.
        """
