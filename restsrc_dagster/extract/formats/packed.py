"""What is packed in an answer, file by file: by the person's word, or by the first bytes.

An address or a header says how something was packed before it was sent, and maybe unpacked on the
way; the first bytes say how it came.
"""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from math import inf
from typing import Any, BinaryIO

import pyarrow as pa

from restsrc_dagster.connector.resources.format import Compression
from restsrc_dagster.extract.formats.broken import Broken, TooLarge

MAGIC: dict[bytes, Compression] = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # of no file
    b"\x28\xb5\x2f\xfd": "zstd",
}
BUFFER = 1 << 18
MOST_FILES = 10_000
_LONGEST_NAME = 1000
"""Bytes in which a zip names a file, and says where it is."""
_LONGEST_END = (1 << 16) + 22
"""Of a zip: how many files it has, and a comment."""


def compression_of(begins: bytes) -> Compression:
    """How bytes are packed."""
    return next((kind for magic, kind in MAGIC.items() if begins.startswith(magic)), "none")


def unpacked(body: BinaryIO, kind: Compression, counted: "Counted") -> Iterator[BinaryIO]:
    """The files in a body, each to be read before the next one; one, if that is not a zip.

    Args:
        counted: counts the bytes of all of them, unpacked.

    Raises:
        Broken: it is not packed so, or not to its end; also while a file is read.
        TooLarge: it has more bytes; while a file is read.
    """
    if kind == "none":
        yield counted.reader(body)
    elif kind == "gzip":
        with gzip.GzipFile(fileobj=body) as file:
            yield counted.reader(file)
    elif kind == "zstd":
        with pa.CompressedInputStream(pa.PythonFile(body, mode="r"), "zstd") as stream:
            yield counted.reader(stream)
    else:
        yield from _members(body, counted)


def _members(body: BinaryIO, counted: "Counted") -> Iterator[BinaryIO]:
    if _says_too_many(body):
        raise Broken(f"is a zip of more than {MOST_FILES:,} files")
    try:
        archive = zipfile.ZipFile(body)
    except zipfile.BadZipFile:
        raise Broken("is packed as zip, and ends too early", is_cut=True) from None
    with archive:
        for member in archive.infolist():
            if member.is_dir() or member.filename.startswith("__MACOSX/"):
                continue
            if member.flag_bits & 1:
                raise Broken(f"is a zip in which {member.filename!r} has a password")
            try:
                file = archive.open(member)
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                raise Broken(f"is a zip of which {member.filename!r} is unreadable: {error}") from (
                    None
                )
            with file:
                yield counted.reader(file)


def _says_too_many(body: BinaryIO) -> bool:
    """Whether a zip names more files than are read: Python reads all their names at once."""
    at = max(0, body.seek(0, io.SEEK_END) - _LONGEST_END)
    body.seek(at)
    ends = body.read(_LONGEST_END)
    body.seek(0)
    found = ends.rfind(b"PK\x05\x06")
    if found < 0 or len(ends) < found + 16:
        return False
    files, size = struct.unpack_from("<HI", ends, found + 10)
    return bool(files > MOST_FILES or size > MOST_FILES * _LONGEST_NAME)


class Counted:
    """The bytes of all files of a body, as they are read.

    Args:
        most: of all of them.
        most_held: of those that are read before any are used up.
    """

    def __init__(self, most: float, most_held: float = inf) -> None:
        self._most = most
        self._most_held = most_held
        self._read = 0
        self._held = 0

    def used_up(self) -> None:
        """What was read is held no more."""
        self._held = 0

    def add(self, count: int) -> None:
        """So many more were read; raises TooLarge."""
        self._read += count
        self._held += count
        if self._read > self._most:
            raise TooLarge(self._most)
        if self._held > self._most_held:
            raise TooLarge(self._most_held, "a record of an answer, or what is beside its records,")

    def reader(self, file: Any) -> BinaryIO:
        return io.BufferedReader(_Unpacking(file.read, self), BUFFER)


class _Unpacking(io.RawIOBase):
    """Reads a packed file, and says of what is broken what it is."""

    def __init__(self, read: Callable[[int], bytes], counted: Counted) -> None:
        self._read = read
        self._counted = counted

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            found = self._read(len(buffer))
        except EOFError:
            raise Broken("is packed, and ends too early", is_cut=True) from None
        except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, pa.ArrowException, OSError) as e:
            if isinstance(e, OSError) and e.errno is not None:
                raise
            is_cut = "truncated" in str(e).lower()
            told = "ends too early" if is_cut else f"cannot be unpacked: {e}"
            raise Broken(f"is packed, and {told}", is_cut=is_cut) from None
        self._counted.add(len(found))
        buffer[: len(found)] = found
        return len(found)
