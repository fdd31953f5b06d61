"""When the lists that say what is missing were last read whole, as dlt's state keeps it.

A list of several pages may let a record pass by while it is read, so two readings of it in a row
have to lack a record. Of a child each parent's list is one by itself, and a parent whose cursor has
not moved is not read again: what its list lacks has to be known until it was dealt with.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from restsrc_dagster.extract.parents.binding import Key
from restsrc_dagster.extract.records.field import sorted_bytes_of

STATE_KEY = "restsrc_listed"


class ListedBelow:
    """The lists below the parents of one child, in one load.

    Args:
        kept: what the load before has made `to_state`; what an earlier release has kept says
            nothing of parents.

    Attributes:
        open: parents whose lists were read, and what is missing below them was not dealt with: with
            the time before which a row has to be loaded to be missing.
    """

    def __init__(self, kept: Any) -> None:
        kept = kept if isinstance(kept, Mapping) else {}
        self._before = {one: at for at, some in kept.get("last", {}).items() for one in some}
        self._left = {tuple(key): at for at, some in kept.get("open", {}).items() for key in some}
        self._last, self.open = dict(self._before), dict(self._left)

    def read(self, parents: Mapping[Key, int], at: str) -> None:
        """Lists were read whole, of so many pages below each parent, by the load that began `at`, a
        load id of none of its packages."""
        for key, pages in parents.items():
            parent = blake2b(sorted_bytes_of(list(key)), digest_size=6).hexdigest()
            missing_before = at
            if pages > 1:
                missing_before = self._before.get(parent, "")
                self._last[parent] = at
            else:
                self._last.pop(parent, None)
            self.open.pop(key, None)
            if missing_before:
                self.open[key] = missing_before

    def forget(self) -> None:
        """They were not read whole after all."""
        self._last, self.open = dict(self._before), dict(self._left)

    def deal(self) -> None:
        """What is missing below all of them was dealt with."""
        self.open, self._left = {}, {}

    def to_state(self, *, keeps_open: bool) -> dict[str, Any]:
        """By times, which many have in common."""
        last: dict[str, list[str]] = {}
        for parent, at in self._last.items():
            last.setdefault(at, []).append(parent)
        opened: dict[str, list[list[Any]]] = {}
        for key, at in self.open.items() if keeps_open else ():
            opened.setdefault(at, []).append(list(key))
        return {"last": last, "open": opened}
