"""How long an answer is waited for, as a whole: a time-out is only that of the next sign of life.

An answer that gives a byte every few seconds, or `100 Continue` again and again, never ends. What
is received is counted here, where it leaves the socket: the head and what is between the chunks of
a body as well. A line is not read into memory without end.
"""

import http.client
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from restsrc_dagster.errors import ApiUnavailable, ReadError
from restsrc_dagster.extract.response.limits import MB, SECONDS_A_MB, too_large

LARGEST_HEAD = 8 * MB
"""Python takes 100 headers of 64 kB; of `100 Continue` there may be any number before."""
LONGEST_LINE = 1 << 16
_AROUND = 2
"""So many bytes are received at most for each of the body: each chunk has a size before it."""


class Patience:
    """With one request.

    Args:
        seconds: until the last byte, beside those for the megabytes that have come.
        most_bytes: of the body.
    """

    def __init__(self, seconds: float, most_bytes: float) -> None:
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._most_received = _AROUND * most_bytes + LONGEST_LINE
        self._began = time.monotonic()
        self._received = self._of_head = 0
        self.in_head = False
        self.responses: list[http.client.HTTPResponse] = []
        """What is received: urllib3 forgets one whose head it refuses, and its socket with it."""

    @contextmanager
    def head(self) -> Iterator[None]:
        """What is received within is no part of the body."""
        self.in_head = True
        try:
            yield
        finally:
            self.in_head, self._of_head = False, self._received

    def received(self, count: int) -> None:
        """Count bytes that have come; raises ReadError or ApiUnavailable where it is enough."""
        self._received += count
        if self.in_head and self._received > LARGEST_HEAD:
            raise ReadError(f"an answer begins with more than {LARGEST_HEAD // MB} MB of headers")
        if not self.in_head and self._received - self._of_head > self._most_received:
            raise too_large(self._most_bytes)
        allowed = self._seconds + self._received / MB * SECONDS_A_MB
        if time.monotonic() - self._began > allowed:
            raise ApiUnavailable(
                f"an answer was not over after {allowed:,.0f} seconds, in which {self._received:,} "
                f"bytes came: http.max_request_seconds allows {self._seconds:g}, and "
                f"{SECONDS_A_MB} more for each megabyte"
            )


_current = threading.local()


@contextmanager
def patience(seconds: float, most_bytes: float) -> Iterator[None]:
    """What this thread receives within is received with this patience; what fails is closed."""
    one = _current.patience = Patience(seconds, most_bytes)
    try:
        yield
    except BaseException:
        for response in one.responses:
            response.close()
        raise
    finally:
        one.responses.clear()
        _current.patience = None


class PatientResponse(http.client.HTTPResponse):
    """An answer that is received with the patience of the thread that asks for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience: Patience | None = getattr(_current, "patience", None)
        if self._patience is not None:
            self._patience.responses.append(self)
            self.fp = _Lines(_Received(self.fp.detach(), self._patience))

    def begin(self) -> None:
        """Read the head."""
        if self._patience is None:
            return super().begin()
        with self._patience.head():
            return super().begin()


class _Received(io.RawIOBase):
    """What comes from a socket, counted."""

    def __init__(self, raw: io.RawIOBase, patience: Patience) -> None:
        self._raw = raw
        self._patience = patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count: int | None = self._raw.readinto(buffer)
        self._patience.received(count or 0)
        return count

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Lines(io.BufferedReader):
    """Of which no line is longer than a header may be; urllib3 reads the sizes of chunks so."""

    def readline(self, size: int | None = -1, /) -> bytes:
        return super().readline(LONGEST_LINE if size is None or size < 0 else size)
