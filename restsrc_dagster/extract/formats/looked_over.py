"""What the first and the last bytes of an answer show, before anything of it is used."""

from dataclasses import dataclass

import requests

from restsrc_dagster.connector.resources.format import Compression
from restsrc_dagster.extract.formats.packed import Counted, unpacked
from restsrc_dagster.extract.response import sizes
from restsrc_dagster.extract.response.body import LOOKED_AT
from restsrc_dagster.extract.response.body_file import is_in_file, open_body

_TAIL = 1 << 10


@dataclass(frozen=True)
class Seen:
    """What was seen of an answer, unpacked.

    Args:
        begins: its first bytes.
        size: how many bytes there are.
        ends: its last bytes.
        content: all of them, where they are few and of one file; else None.
        files: how many files are packed in it.
    """

    begins: bytes
    size: int
    ends: bytes
    content: bytes | None
    files: int = 1


def look_over(response: requests.Response, packed: Compression, counted: Counted) -> Seen:
    """Read an answer to its end.

    What is packed is unpacked to its end before anything of it is used: if its end is missing,
    it is asked for again, and no row is there twice.

    Raises:
        Broken: it cannot be unpacked.
        TooLarge: it is more than may be counted.
    """
    if packed == "none" and not is_in_file(response):
        content = response.content
        return Seen(content[:LOOKED_AT], len(content), content[-_TAIL:], content)
    begins, size, ends, files = b"", 0, b"", 0
    kept: list[bytes] = []
    with open_body(response) as body:
        for stream in unpacked(body, packed, counted):
            files += 1
            while piece := stream.read(sizes.CHUNK):
                begins, size, ends = begins or piece, size + len(piece), ends[-_TAIL:] + piece
                if size <= sizes.AT_ONCE:
                    kept.append(piece)
    few = b"".join(kept) if size <= sizes.AT_ONCE and files == 1 else None
    return Seen(begins[:LOOKED_AT], size, ends[-_TAIL:], few, files)
