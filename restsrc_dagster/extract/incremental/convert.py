"""`convert`: what becomes of a cursor's value where it is sent.

What is kept and compared stays as the API wrote it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from restsrc_dagster.connector.time.conversion import conversion, instant_of
from restsrc_dagster.errors import ReadError

LONGEST_VALUE = 40


class CursorConverter:
    """A cursor's value as it is sent; None, which is no value, stays None."""

    def __init__(self, cursor: Mapping[str, Any]) -> None:
        self._format: str = cursor["convert"]
        self._convert = conversion(self._format)
        self._cursor_path = cursor.get("cursor_path")
        self._end = cursor.get("end_value")
        self._shrinks = cursor.get("last_value_func") == "min"

    def __call__(self, value: Any, *, is_end: bool | None = None) -> int | str | None:
        """As it is sent; `is_end` says whether it is the end of a range, which is rounded up.

        Raises:
            ReadError: the value is no point in time.
        """
        if value is None:
            return None
        instant = instant_of(value)
        if instant is None:
            raise ReadError(
                f"the cursor {self._cursor_path} has the value {_shown(value)}, which is no point "
                f"in time that convert ({self._format}) could send"
            )
        if is_end is None:
            is_end = value == self._end
        return self._convert(instant, is_end != self._shrinks)


def converter(incremental: Mapping[str, Any]) -> Callable[..., Any]:
    """From a cursor's value to what is sent: as the API wrote it, where no format is named."""
    return (
        CursorConverter(incremental)
        if incremental.get("convert") is not None
        else lambda value, **_: value
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
