"""What is packed in an answer, file by file: by the person's word, or by the first bytes.

An address or a header says how something was packed before it was sent, and maybe unpacked on the
way; the first bytes say how it came.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
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


def compression_of(begins: bytes) -> Compression:
    """How bytes are packed."""
    return next((kind for magic, kind in MAGIC.items() if begins.startswith(magic)), "none")


def unpacked(body: BinaryIO, kind: Compression, limit: float | None) -> Iterator[BinaryIO]:
    """The files in a body, each to be read before the next one; one, if that is not a zip.

    Args:
        limit: the most bytes, unpacked, of all of them; None for any number.

    Raises:
        Broken: it is not packed so, or not to its end; also while a file is read.
        TooLarge: it has more bytes; while a file is read.
    """
    counted = _Counted(limit)
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


def _members(body: BinaryIO, counted: "_Counted") -> Iterator[BinaryIO]:
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


class _Counted:
    """The bytes of all files of a body."""

    def __init__(self, limit: float | None) -> None:
        self.left = float("inf") if limit is None else limit

    def reader(self, file: Any) -> BinaryIO:
        return io.BufferedReader(_Unpacking(file.read, self), BUFFER)


class _Unpacking(io.RawIOBase):
    """Reads a packed file, and says of what is broken what it is."""

    def __init__(self, read: Callable[[int], bytes], counted: _Counted) -> None:
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
        self._counted.left -= len(found)
        if self._counted.left < 0:
            raise TooLarge
        buffer[: len(found)] = found
        return len(found)
