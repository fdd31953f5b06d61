"""Records before the start that was sent: the API gave them all the same, and they are left out,
which somebody has to hear of.

An API may filter by another time than the cursor, such as the one at which it has got a record, or
not at all.
"""

from collections.abc import Callable, Mapping, Sequence
from math import floor
from typing import Any

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.syntax.placeholders import endpoint_placeholders
from restsrc_dagster.connector.syntax.references import blank
from restsrc_dagster.connector.time.conversion import seconds_since_1970
from restsrc_dagster.connector.time.lag import is_date
from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.incremental.convert import converter
from restsrc_dagster.extract.incremental.cursor import IncrementalCursor

MOVING = ("start_value", "last_value")


class OlderThanSent:
    """Counts them, of one resource.

    Args:
        cursor: whose values are compared.
        incremental: dlt's configuration of the cursor.
        sent_as: where a request has the start, such as `since`.
        moves: whether what is sent moves with the cursor; else it is the initial value.
        tell: called with how many more there are, and with what is to be said of them.
    """

    def __init__(
        self,
        cursor: IncrementalCursor,
        incremental: Mapping[str, Any],
        *,
        sent_as: str,
        moves: bool,
        tell: Callable[[int, str], None],
    ) -> None:
        self._cursor = cursor
        self._incremental = incremental
        self._convert = converter(incremental)
        self._sent_as = sent_as
        self._moves = moves
        self._tell = tell

    @classmethod
    def of(
        cls, resource: Resource, cursor: IncrementalCursor, tell: Callable[[int, str], None]
    ) -> "OlderThanSent | None":
        """That of a resource; None where its requests have no start."""
        found = sent_start(resource)
        if resource.incremental is None or found is None:
            return None
        return cls(cursor, resource.incremental, sent_as=found[0], moves=found[1], tell=tell)

    def look(self, values: Sequence[Any], start: Any) -> None:
        """Look at the cursors of a page, all of which were learned, None where a record has none.

        `start` is where the list begins, None for the beginning of all.
        """
        start = start if self._moves else self._cursor.initial
        known = [value for value in values if value is not None] if None in values else values
        if start is None or not known:
            return
        order, compared = self._cursor.order, self._cursor.comparison
        keys, low = order.keys(known), order.key(start)
        is_from = compared.is_from(included=True)
        if is_from(compared.bounds(keys)[0], low):
            return
        older = [
            value
            for value, key in zip(known, keys, strict=True)
            if not is_from(key, low) and self._is_sent_apart(value, start)
        ]
        if older:
            self._tell(len(older), self._in_words(older[0], start))

    def before_window(self, values: Mapping[int, Any], start: Any, most: int) -> set[int]:
        """The positions of those that lie before the window in whose answer they came, which begins
        at `start`; they are left out, as no more than `most` rows are remembered."""
        known = {n: value for n, value in values.items() if value is not None}
        low, is_from = self._cursor.order.key(start), self._cursor.comparison.is_from(included=True)
        keys = self._cursor.order.keys([*known.values()])
        early = {n for n, key in zip(known, keys, strict=True) if not is_from(key, low)}
        if early:
            path = self._cursor.path
            self._tell(
                len(early),
                f"older than the window in whose answer they came ({path} from "
                f"{quoted(str(start))}), such as {quoted(str(known[min(early)]))}, and left out: "
                f"more than {most:,} rows came since, so that nobody knows whether they were "
                f"loaded. The API filters by another field than {path}: name that one as "
                "cursor_path; or name a primary_key",
            )
        return early

    def _is_sent_apart(self, value: Any, start: Any) -> bool:
        """Whether the API can tell a value from the start by what it is sent.

        `convert` may be coarser than the cursor; and many an API takes no fractions of seconds.
        """
        if self._cursor.order.kind == "time" and isinstance(value, str):
            seconds = [seconds_since_1970(one) for one in (value, start)]
            if None not in seconds and len({floor(one or 0) for one in seconds}) == 1:
                return False
        try:
            return bool(self._convert(value, is_end=False) != self._convert(start, is_end=False))
        except (ReadError, ValueError, OverflowError):  # it is none that could be sent
            return True

    def _in_words(self, example: Any, start: Any) -> str:
        path, is_time = self._cursor.path, self._cursor.order.kind == "time"
        if is_time:
            what = "older" if self._cursor.grows else "newer"
        else:
            what = "less" if self._cursor.grows else "greater"
        by = f"another {'time' if is_time else 'field'} than {path}"
        return (
            f"{what} than the start that was sent as {self._sent_as} ({path} "
            f"{quoted(str(start))}), such as {quoted(str(example))}, and left out: the API filters "
            f"by {by}, or does not heed {self._sent_as}. {self._cure(start, is_time=is_time)}; if "
            f"the API filters by another field, name that one as cursor_path"
            f"{self._if_by_days(example, start)}; if it does not filter, do not send the start"
        )

    def _cure(self, start: Any, *, is_time: bool) -> str:
        cursor = self._cursor
        earlier = ("earlier" if cursor.grows else "later") if is_time else "another"
        if cursor.end is not None:
            return f"If they are wanted, let the range begin with {earlier} value"
        if not self._moves or start == cursor.initial:
            an = "an " if earlier == "earlier" else "a " if earlier == "later" else ""
            return f"If they are wanted, write {an}{earlier} initial_value"
        if cursor.order.kind == "text":
            return "If records come late, name a cursor that is a time or a number"
        unit = ("in days" if is_date(start) else "in seconds") if is_time else "in its units"
        longer = " longer" if self._incremental.get("lag") else ""
        return f"If records come late, give the cursor a{longer} lag ({unit})"

    def _if_by_days(self, example: Any, start: Any) -> str:
        if is_date(start) or self._incremental.get("convert") or not isinstance(start, str):
            return ""
        days = {str(one).strip()[: len("2024-01-31")] for one in (example, start)}
        is_one_day = len(days) == 1 and is_date(*days)
        return '; if it filters by whole days, write "convert": "date"' if is_one_day else ""


def sent_start(resource: Resource) -> tuple[str, bool] | None:
    """Where the requests of a resource have the start, and whether it moves with the cursor; None
    where they have none."""
    incremental = resource.incremental or {}
    params: Mapping[str, Any] = resource.endpoint.get("params") or {}
    moving = [name for name, value in params.items() if value is resource.incremental]
    moving += [incremental["start_param"]] if incremental.get("start_param") else []
    fixed: list[str] = []
    for found in endpoint_placeholders(blank(resource.endpoint)):
        if found.incremental_value in MOVING:
            moving.append(found.path.removeprefix("params."))
        elif found.incremental_value == "initial_value":
            fixed.append(found.path.removeprefix("params."))
    if moving:
        return moving[0], True
    return (fixed[0], False) if fixed else None
