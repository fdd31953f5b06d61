"""What `response.json()` is of an answer that was read: at once, or so that it is in pieces.

Of what has nothing but records, the body is the list of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import requests

from restsrc_dagster.extract.response.decode import Decoded


class Document(Protocol):
    """An answer that is read in pieces."""

    @property
    def body(self) -> Any:
        """What stands beside its records, as far as it is read; the last piece in their place."""

    def pieces(self) -> Iterator[list[Any]]:
        """Its records; raises ReadError or ApiUnavailable where it breaks off."""


@dataclass(frozen=True, slots=True)
class Whole:
    """`response.json`: what was read at once.

    Attributes:
        records: where the format says which they are.
        refusal: why there are none, in an answer that may only be looked at.
        size: bytes of it, unpacked; 0 for those that came.
    """

    body: Decoded
    records: list[Any] | None = None
    refusal: Exception | None = None
    size: int = 0

    def __call__(self, **_: Any) -> Any:
        return self.body.value


class InPieces:
    """`response.json` of a large answer.

    Args:
        open_document: opens it at its start.
    """

    def __init__(self, open_document: Callable[[], Document]) -> None:
        self._open = open_document
        self._document: Document | None = None

    def __call__(self, **_: Any) -> Any:
        return [] if self._document is None else self._document.body

    def pieces(self) -> Iterator[list[Any]]:
        """Its records, from the first one."""
        self._document = self._open()
        yield from self._document.pieces()


def records_of(response: requests.Response) -> list[Any] | None:
    """The records of an answer whose format says which they are; None of any other.

    Raises:
        ReadError: it is in another format than its records should be.
    """
    taken = response.json
    if not isinstance(taken, Whole):
        return None
    if taken.refusal is not None:
        raise taken.refusal
    return taken.records


def weight_of(response: requests.Response) -> int:
    """Bytes of an answer that are in memory, or were, before it was read at once."""
    taken = response.json
    return max(len(response.content), taken.size if isinstance(taken, Whole) else 0)


def body_of(response: requests.Response) -> Any:
    """The body; in place of lines, one object is it."""
    body, taken = response.json(), response.json
    is_lines = isinstance(taken, Whole) and taken.records is not None and taken.records is body
    return body[0] if is_lines and len(body) == 1 and isinstance(body[0], dict) else body


def is_in_pieces(response: requests.Response) -> bool:
    """Whether an answer is too large to be read at once."""
    return isinstance(response.json, InPieces)


def pieces_of(response: requests.Response) -> Iterator[list[Any]] | None:
    """The records of an answer that is read in pieces; None of any other."""
    return response.json.pieces() if isinstance(response.json, InPieces) else None


def is_plain(response: requests.Response) -> bool:
    """Whether no value of the body needs a closer look; False where that was not found out."""
    return isinstance(response.json, Whole) and response.json.body.is_plain


def note_read_as(response: requests.Response, kind: str, packed: str) -> None:
    """Say of an answer what it was read as: `CSV`, packed by `gzip`, or `none`."""
    words = kind if packed == "none" else f"{kind}, {packed}"
    response.restsrc_read_as = words  # type: ignore[attr-defined]


def read_as(response: requests.Response) -> str:
    """`CSV, gzip, in pieces`: what an answer was read as; of plain JSON nothing."""
    words = str(getattr(response, "restsrc_read_as", ""))
    in_pieces = ", in pieces" if words and is_in_pieces(response) else ""
    return "" if words == "JSON" and not in_pieces else words + in_pieces
