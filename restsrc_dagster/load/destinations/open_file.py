"""A DuckDB file that is opened once for what follows at once.

Opening takes longer than most of what is asked of the file, and while it is open, DuckDB lets
nobody else in: between its uses it stays open for a moment only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from types import TracebackType

from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline
from typing_extensions import Self

from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.destinations.profile import profile_of

LINGER_SECONDS = 0.5


class OpenFile:
    """The file of a pipeline's destination; of other destinations, nothing.

    It is closed `LINGER_SECONDS` after a use, and when the context ends: in the meantime others
    can read it, however long an API takes.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._lock = Lock()
        self._lingering: SqlClientBase[object] | None = None
        self._timer: Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    @contextmanager
    def used(self) -> Iterator[None]:
        """It is open meanwhile. Whatever hinders that is left to who asks the database."""
        opened = self._opened()
        try:
            yield
        finally:
            if opened is not None:
                self._linger(opened)

    def _opened(self) -> SqlClientBase[object] | None:
        if not profile_of(self._pipeline.destination).is_one_connection:
            return None
        database = database_client(self._pipeline)
        if database is None:
            return None
        try:
            database.open_connection()
        except Exception:  # told to who asks it
            return None
        self._close()  # what lingers: another has it open now
        return database

    def _linger(self, opened: SqlClientBase[object]) -> None:
        self._close()
        with self._lock:
            self._lingering = opened
            self._timer = Timer(LINGER_SECONDS, self._close)
            self._timer.daemon = True
            self._timer.start()

    def _close(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            lingering, self._timer, self._lingering = self._lingering, None, None
            if lingering is not None:
                lingering.close_connection()
