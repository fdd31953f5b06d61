"""The tokens of a load: each is obtained once, for whoever needs it in whichever thread or pass."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from time import time

from restsrc_dagster.extract.auth.kept import TokenKeeper

LONGEST_MARGIN = 30
"""Seconds before its end from which a token is not used: requests take theirs, clocks differ."""


@dataclass(frozen=True)
class Token:
    """A token, and until when it may be used, in seconds since 1970."""

    text: str = field(repr=False)
    until: float = inf

    @classmethod
    def living(cls, text: str, seconds: float | None) -> "Token":
        """One that lives so many seconds from now; None for as long as nobody refuses it."""
        if seconds is None:
            return cls(text)
        return cls(text, time() + seconds - min(LONGEST_MARGIN, seconds // 10))

    @property
    def is_old(self) -> bool:
        return time() >= self.until


Obtain = Callable[[Token | None], Token]
"""Gives another token than the one that is good no more, if there was one."""


class HeldToken:
    """The token of one auth. Whoever wants a new one holds the lock while it is obtained."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: Token | None = None

    def get(self, obtain: Obtain) -> Token:
        """The token at hand, or a new one if there is none or it is old."""
        with self._lock:
            if self._token is None or self._token.is_old:
                self._token = obtain(self._token)
            return self._token

    def instead_of(self, refused: Token | None, obtain: Obtain) -> Token:
        """Another one than `refused`: that which somebody else has obtained meanwhile, or a new
        one."""
        with self._lock:
            if self._token is None or self._token is refused or self._token.is_old:
                self._token = obtain(self._token)
            return self._token


class Tokens:
    """Those of one load.

    Args:
        keeper: keeps those that must outlive it; None where there is no place for them.
    """

    def __init__(self, keeper: TokenKeeper | None = None) -> None:
        self.keeper = keeper
        self._lock = threading.Lock()
        self._held: dict[str, HeldToken] = {}

    def held(self, key: str) -> HeldToken:
        """That of the auth which `key` names."""
        with self._lock:
            return self._held.setdefault(key, HeldToken())
