"""`convert` as dlt wants it: a function of the cursor's value.

dlt calls it for everything that it sends, with nothing that tells the start from the end, and
never for what it keeps in its state or compares.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from restsrc_dagster.connector.conversion import conversion, seconds_since_1970
from restsrc_dagster.errors import ReadError

LONGEST_VALUE = 40


class Sent:
    """A cursor's value as it is sent; None, which is no value, stays None."""

    def __init__(self, cursor: Mapping[str, Any]) -> None:
        self._format: str = cursor["convert"]
        self._convert = conversion(self._format)
        self._cursor_path = cursor.get("cursor_path")
        self._end = cursor.get("end_value")
        self._shrinks = cursor.get("last_value_func") == "min"

    def __call__(self, value: Any) -> int | str | None:
        """Raises ReadError where the value is no point in time."""
        if value is None:
            return None
        seconds = seconds_since_1970(value)
        if seconds is None:
            raise ReadError(
                f"the cursor {self._cursor_path} has the value {_shown(value)}, which is no point "
                f"in time that convert ({self._format}) could send"
            )
        is_end = value == self._end
        return self._convert(seconds, is_end != self._shrinks)


class SentAsItIs:
    """A cursor's value as the API wrote it.

    dlt takes what it sends for a format string: a brace in it would reach the worker's memory.
    """

    def __init__(self, cursor: Mapping[str, Any]) -> None:
        self._cursor_path = cursor.get("cursor_path")

    def __call__(self, value: Any) -> Any:
        """Raises ReadError where the value has a brace."""
        if isinstance(value, str) and ("{" in value or "}" in value):
            raise ReadError(
                f"the cursor {self._cursor_path} has the value {_shown(value)}: a brace in it "
                "cannot be sent"
            )
        return value


class HeldFast:
    """What is sent first, for the rest of a run: nothing at all in the first one.

    Args:
        named: the format that the person names, if any.
    """

    def __init__(self, named: str | None) -> None:
        self.named = named
        self.convert: Callable[[Any], Any] = lambda value: value
        self._sent: list[Any] = []

    def __call__(self, value: Any) -> Any:
        """The value of the first call, converted."""
        if not self._sent:
            self._sent.append(self.convert(value))
        return self._sent[0]

    def __deepcopy__(self, memo: Any) -> "HeldFast":
        return HeldFast(self.named)


def put_converters(config: Mapping[str, Any]) -> None:
    """Replace the name of a format by the function, in both forms of a cursor.

    Where the person names no key for it, dlt's own deduplication is off: it drops rows that have
    changed, in a time that grows with the square of the rows of one cursor value. `Cursor` does it.
    """
    for cursor in _cursors(config):
        cursor.setdefault("primary_key", [])
        held = cursor.get("convert")
        if isinstance(held, HeldFast):
            held.convert = _converter({**cursor, "convert": held.named})
        else:
            cursor["convert"] = _converter(cursor)


def _converter(cursor: Mapping[str, Any]) -> Callable[[Any], Any]:
    return Sent(cursor) if cursor.get("convert") is not None else SentAsItIs(cursor)


def _cursors(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for holder in (config.get("resource_defaults"), *config["resources"]):
        endpoint = holder.get("endpoint") if isinstance(holder, dict) else None
        if not isinstance(endpoint, dict):
            continue
        params = endpoint.get("params")
        for found in (endpoint.get("incremental"), *(params or {}).values()):
            if isinstance(found, dict) and found.get("type", "incremental") == "incremental":
                yield found


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
