"""The memory of the boundary: rows that were delivered where the next run begins, or later."""

from collections.abc import Sequence
from typing import Any

from restsrc_dagster.extract.incremental.cursor import IncrementalCursor
from restsrc_dagster.extract.incremental.delivered import Delivered
from restsrc_dagster.json_types import Json


class BoundaryMemory:
    """Of one list.

    Args:
        cursor: of the resource.
        before: what the run before has kept, None for nothing.
        delivered: the rows; None where none are remembered.
        one_behind: remember the rows of the value before the last one, too.

    Attributes:
        behind: the farthest value but one, if that is remembered.
    """

    def __init__(
        self,
        cursor: IncrementalCursor,
        before: Any,
        delivered: Delivered | None,
        *,
        one_behind: bool,
    ) -> None:
        self.delivered = delivered
        self.behind: Any = None
        self._cursor = cursor
        self._comparison = cursor.comparison
        self._before = before
        self._one_behind = one_behind
        self._since = self._first = cursor.whole_second(before)
        """Rows of this value and later ones are remembered; None for all."""

    def move(self, values: Sequence[Any], last: Any, now: Any) -> None:
        """A page has moved the cursor from `last` to `now`, None for nowhere.

        `values` are those of the page that do not lie ahead of the API's clock.
        """
        compared, since = self._comparison, self._since
        if self._one_behind and values:
            self.behind = self._second([*values, last])
        after = compared.later(self._before, self.behind if self._one_behind else now)
        after = self._cursor.whole_second(after)
        self._since = after
        if self.delivered is None or after is None:
            return
        if since is None or compared.is_later(after, since):
            self.delivered.forget(lambda value: compared.is_later(after, value))

    def new(self, records: list[Json], values: list[Any]) -> list[Any]:
        """The records that were not delivered before; those to remember are noted."""
        delivered = self.delivered
        if delivered is None:
            return records
        keys = self._comparison.order.keys(values)
        known = self._known(delivered, records, keys)
        self._note(delivered, records, values, keys)
        return [record for n, record in enumerate(records) if n not in known] if known else records

    def state(self, kept: Any) -> dict[str, Any]:
        """What the state gets of the rows that were delivered at `kept` or later."""
        assert self.delivered is not None  # noqa: S101 - who asks knows
        later = self._comparison.is_later
        ahead = self.delivered.ahead(lambda value: kept is None or later(value, kept))
        beyond = {"ahead": ahead} if ahead else {}
        return {"value": kept, "rows": self.delivered.rows, **beyond}

    def _second(self, values: list[Any]) -> Any:
        """The farthest value but one."""
        compared = self._comparison
        known = [value for value in [*values, self.behind] if value is not None]
        last = compared.farthest(known)
        return compared.farthest([one for one in known if compared.is_later(last, one)])

    def _known(self, delivered: Delivered, records: list[Json], keys: Sequence[Any]) -> set[int]:
        """The positions of rows that were delivered by a run before."""
        if not delivered.knows_any:
            return set()
        if self._first is None:
            return {n for n, record in enumerate(records) if delivered.has(record)}
        is_from = self._comparison.is_from(included=True)
        first = self._comparison.order.key(self._first)
        return {
            n for n, key in enumerate(keys) if is_from(key, first) and delivered.has(records[n])
        }

    def _note(
        self, delivered: Delivered, records: list[Json], values: list[Any], keys: Sequence[Any]
    ) -> None:
        if self._since is None:
            delivered.note(values, records)
            return
        is_from = self._comparison.is_from(included=True)
        least = self._comparison.order.key(self._since)
        if is_from(self._comparison.bounds(keys)[1], least):
            noted = [n for n, key in enumerate(keys) if is_from(key, least)]
            delivered.note([values[n] for n in noted], [records[n] for n in noted])
