"""The bytes of an answer as they came: in memory, or in a file if they are many."""

import io
import os
import tempfile
import weakref
from typing import Any, BinaryIO

import requests

from restsrc_dagster.extract.response import sizes

_KEPT = "_restsrc_body"


class BodyFile:
    """The bytes of a large answer, in a file that has no name and is gone with its last reader.

    Attributes:
        size: bytes that were written.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="restsrc_")  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self.size = 0

    def read_into(self, buffer: Any, at: int) -> int:
        """Fill a buffer from a place on; how many bytes that were."""
        return os.preadv(self._file.fileno(), [buffer], at)

    def write(self, piece: bytes) -> None:
        """Add the next bytes; raises OSError where the disk is full."""
        self._file.write(piece)
        self.size += len(piece)

    def reader(self) -> BinaryIO:
        """The bytes from their start; there may be several readers at once."""
        self._file.flush()
        return io.BufferedReader(_Reader(self), sizes.CHUNK)


class _Reader(io.RawIOBase):
    """Reads a file at a place of its own."""

    def __init__(self, file: BodyFile) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = (
            offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._file.size}[whence]
        )
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        read = self._file.read_into(buffer, self._at)
        self._at += read
        return read


def keep_in_file(response: requests.Response, body: BodyFile, beginning: bytes) -> None:
    """Let `body` be that of a response, of which `response.content` is the beginning alone."""
    vars(response)[_KEPT] = body
    response._content = beginning


def is_in_file(response: requests.Response) -> bool:
    """Whether the body of a response was too large for memory."""
    return _KEPT in vars(response)


def body_size(response: requests.Response) -> int:
    """Bytes of the body of a response that was read."""
    kept: BodyFile | None = vars(response).get(_KEPT)
    return len(response.content) if kept is None else kept.size


def open_body(response: requests.Response) -> BinaryIO:
    """The bytes of a response that was read, from their start."""
    kept: BodyFile | None = vars(response).get(_KEPT)
    return io.BytesIO(response.content) if kept is None else kept.reader()
