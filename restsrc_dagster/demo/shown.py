"""What a demonstration shows: an API that runs, and its connector."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Shown:
    """`later` is called when the first run has ended: something changes at the API."""

    title: str
    connector: str
    asset: str
    """The resource to look at first."""
    api: str
    """Its address, and how one gets in, for a person."""
    query: str
    """SQL that shows some of the data."""
    environment: Mapping[str, str]
    to_try: Sequence[tuple[str, str]] = ()
    """Commands for another terminal, and what comes of each."""
    later: Callable[[], None] = _nothing
