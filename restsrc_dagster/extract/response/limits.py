"""How much of an answer is taken, and for how long: an API that means no good gives without end."""

from dataclasses import dataclass

from restsrc_dagster.connector.http import Http
from restsrc_dagster.errors import ReadError

MB = 1_000_000
IN_MEMORY_MB = 100
"""As Python's objects an answer is some ten times as much, and thirty times at worst."""
IN_PIECES_MB = 10_000
"""Of an answer that waits in a file, or is unpacked as it is read."""
BYTES_OF_A_LIST, BYTES_OF_A_VALUE = 20, 5
"""Of JSON, on average, at least; tables have some fifteen bytes for each value."""
SECONDS = 600
SECONDS_A_MB = 5
"""What more each megabyte may take: 200 kB a second, by which 2 GB take less than three hours."""


@dataclass(frozen=True)
class AnswerLimits:
    """Bytes and seconds of one answer.

    Args:
        in_memory: bytes of one that is read at once, or of one piece of another; unpacked.
        in_pieces: bytes of one that is read in pieces; unpacked.
        seconds: of one request until the last byte is there, beside those for its megabytes.
    """

    in_memory: float = IN_MEMORY_MB * MB
    in_pieces: float = IN_PIECES_MB * MB
    seconds: float = SECONDS

    @classmethod
    def of(cls, http: Http, timeout: float) -> "AnswerLimits":
        """What the file says, or else what is said above; `timeout` is that of each sign of life,
        in seconds."""
        said = None if http.max_response_mb is None else http.max_response_mb * MB
        return cls(
            in_memory=said or IN_MEMORY_MB * MB,
            in_pieces=said or IN_PIECES_MB * MB,
            seconds=http.max_request_seconds or max(SECONDS, 2 * timeout),
        )

    def refuse_many_values(self, content: bytes) -> None:
        """Raises ReadError where JSON that is read at once has so many values that they, and not
        its bytes, fill the memory: `[],[],` is 25 times as much there."""
        if len(content) * BYTES_OF_A_LIST <= self.in_memory:
            return
        lists, commas = content.count(b"[") + content.count(b"{"), content.count(b",")
        if lists * BYTES_OF_A_LIST > self.in_memory or commas * BYTES_OF_A_VALUE > self.in_memory:
            raise ReadError(
                f"an answer has {lists:,} lists and objects, and {commas:,} values or more, which "
                f"are too many for http.max_response_mb ({self.in_memory / MB:g}): one list for "
                f"each {BYTES_OF_A_LIST} bytes of it are read, and one value for each "
                f"{BYTES_OF_A_VALUE}; ask for smaller pages, or raise the limit"
            )

    def of_body(self, *, in_pieces: bool) -> float:
        """The most bytes of a body."""
        return self.in_pieces if in_pieces else self.in_memory


def too_large(most: float, what: str = "an answer") -> ReadError:
    """What to say of more bytes than these, packed or unpacked."""
    return ReadError(
        f"{what} is larger than http.max_response_mb ({most / MB:g}); ask for smaller pages, or "
        "raise the limit"
    )
