"""What is changed for the whole process, and put back when nobody needs it any more."""

from collections.abc import Callable
from threading import Lock


class ProcessWide:
    """A change that is there while at least one user is inside, in whatever thread.

    Args:
        put_in: makes the change, when the first one comes.
        take_out: takes it back, when the last one has gone.
    """

    def __init__(self, put_in: Callable[[], object], take_out: Callable[[], object]) -> None:
        self._put_in = put_in
        self._take_out = take_out
        self._lock = Lock()
        self._users = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._users:
                self._put_in()
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._take_out()
