"""Parents whose children are still to be read: a list does not run far ahead of its children.

dlt asks for the next page of parents long before the children of the last one are read. What is
read then cannot be committed for as long: a parent's cursor must not outrun its children.
"""

import threading
from collections import Counter
from collections.abc import Iterable


class Backlog:
    """How many parents wait to be asked for the rows of each child, by the child's name.

    Args:
        most: with more of them, no further page of parents is asked for.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, child: str, parents: int) -> None:
        """So many more parents wait, or less."""
        with self._lock:
            self._waiting[child] += parents

    def is_long(self, children: Iterable[str]) -> bool:
        """Whether the parents of some children are not to be read on for now."""
        return any(self._waiting[child] > self._most for child in children)
