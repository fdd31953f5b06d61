"""Which of two values of a cursor comes later, in the direction in which it moves."""

from collections.abc import Callable, Sequence
from operator import ge, gt, le, lt
from typing import Any

from restsrc_dagster.extract.incremental.cursor_order import CursorOrder

Follows = Callable[[Any, Any], bool]


class CursorComparison:
    """Compares values, or the keys that `order` gives for them; all of them were learned.

    Attributes:
        order: how values compare, whatever the direction.
        grows: whether later values are the greater ones.
    """

    def __init__(self, order: CursorOrder, *, grows: bool) -> None:
        self.order = order
        self.grows = grows

    def is_later(self, one: Any, other: Any) -> bool:
        """Whether a value comes after another one."""
        mine, others = self.order.key(one), self.order.key(other)
        return bool(mine > others if self.grows else mine < others)

    def later(self, one: Any, other: Any) -> Any:
        """The later of two values, the first of equal ones; None is before all."""
        if one is None or other is None:
            return one if other is None else other
        return other if self.is_later(other, one) else one

    def farthest(self, values: Sequence[Any]) -> Any:
        """The value that the others do not pass; None of none."""
        keys = self.order.keys(values)
        pick = max if self.grows else min
        if keys is values:
            return pick(values, default=None)
        return pick(values, key=self.order.key, default=None)

    def bounds(self, keys: Sequence[Any]) -> tuple[Any, Any]:
        """The first and the last of keys."""
        least, most = min(keys), max(keys)
        return (least, most) if self.grows else (most, least)

    def is_from(self, *, included: bool) -> Follows:
        """Whether a key is behind another one; or there, if that is `included`."""
        return _follows(up=self.grows, included=included)

    def is_to(self, *, included: bool) -> Follows:
        """Whether a key is before another one; or there, if that is `included`."""
        return _follows(up=not self.grows, included=included)


def _follows(*, up: bool, included: bool) -> Follows:
    if up:
        return ge if included else gt
    return le if included else lt
