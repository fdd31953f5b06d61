"""Resources that came later than the cursor above them.

A child below an incremental parent is read for the parents that are new. A child that is added,
or renamed, when the parent's cursor has long moved on would never get the older parents' records.
So the state remembers which resources were read before, and a late one is read once for every
parent, in a pass of its own: the ancestors are only read, from the beginning, and their cursors
are put back. The committed state carries the cursors to put back, so that a kill loses nothing.
"""

from collections.abc import Iterable, Mapping, Set
from copy import deepcopy
from types import MappingProxyType
from typing import Any

from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.load.state.value_lists import Digests, gone_through, grown

READ_KEY = "restsrc_read"
BELOW_KEY = "restsrc_below"
VALUES_KEY = "restsrc_values"
RESTORE_KEY = "restsrc_cursors"
NO_LISTS: Digests = MappingProxyType({})


def added_below_cursor(
    state: Mapping[str, Any],
    resources: Resources,
    selection: Iterable[str],
    lists: Digests = NO_LISTS,
) -> dict[str, str]:
    """Those of `selection` that were never loaded, or for other parents, or by fewer values of a
    list, below a cursor that has moved; and why, by the source's state.

    What is read for its children only has no rows that could be missing.
    """
    known = state.get(READ_KEY)
    if known is None:
        return {}
    below, values = state.get(BELOW_KEY, {}), state.get(VALUES_KEY, {})
    found = {}
    for name in selection:
        if not resources[name].selected:
            continue
        above = list(resources.ancestors(name))
        moved = next((one for one in above if _cursors(state, one)), None)
        if moved is None:
            continue
        if name not in known:
            found[name] = f"it is new below {moved}, whose cursor has moved"
        elif below.get(name, above) != above:
            found[name] = f"it was read below {' of '.join(below[name]) or 'nothing'} so far"
        elif more := grown(values.get(name, {}), gone_through(resources, name, lists)):
            found[name] = f"values.{more} has values by which it was not read so far"
    return found


def known_resources(state: Mapping[str, Any], resources: Resources) -> frozenset[str]:
    """Those that were ever read, by the source's state."""
    if (known := state.get(READ_KEY)) is not None:
        return frozenset(known)
    # A state from before there was this memory.
    return frozenset(resources) if _has_cursor(state) else frozenset()


class History:
    """What the state of one connector's pipeline remembers of its resources; `lists` are the values
    of its lists as they are now."""

    def __init__(
        self, pipeline: Pipeline, source: str, resources: Resources, lists: Digests = NO_LISTS
    ) -> None:
        self._lists = lists
        self._pipeline = pipeline
        self._source = source
        self._resources = resources

    def known(self) -> frozenset[str]:
        """Those that were ever read."""
        return known_resources(self._state(self._pipeline.state), self._resources)

    def remember(self, state: dict[str, Any], known: Set[str], read: Set[str]) -> None:
        """Note in `state` what was `known` and what is `read` now, and below what.

        Forgotten is what a cursor may pass meanwhile: a resource that is read for its children
        only, and a child that the connector no longer has. The cursor of any other resource that
        it no longer has stands still until it is put back.
        """
        below: dict[str, list[str]] = state.get(BELOW_KEY, {})
        loaded = {name for name, one in self._resources.items() if one.selected}
        gone = {name for name in known - self._resources.keys() if below.get(name) == []}
        names = (known | read) & (loaded | gone)
        below |= {name: list(self._resources.ancestors(name)) for name in read & names}
        state[READ_KEY] = sorted(names)
        state[BELOW_KEY] = {name: below[name] for name in sorted(names & below.keys())}
        values: dict[str, Any] = state.pop(VALUES_KEY, {})
        for name in read & names:
            values[name] = gone_through(self._resources, name, self._lists)
        if kept := {name: values[name] for name in sorted(names & values.keys()) if values[name]}:
            state[VALUES_KEY] = kept

    def begin_again(self, added: Iterable[str]) -> None:
        """Set the cursors above `added` back to the beginning, and keep them to restore them."""
        names = frozenset(added)
        with self._pipeline.managed_state() as whole:
            state = self._state(whole, create=True)
            above = {one for name in names for one in self._resources.ancestors(name)} - names
            state[RESTORE_KEY] = {
                name: deepcopy(cursors)
                for name in sorted(above)
                if (cursors := _cursors(state, name))
            }
            for name in state[RESTORE_KEY]:
                del state["resources"][name]["incremental"]

    def restore_cursors(self) -> None:
        """Undo `begin_again`, be it of a run before: the next commit has the cursors again."""
        with self._pipeline.managed_state() as whole:
            state = self._state(whole)
            for name, cursors in state.pop(RESTORE_KEY, {}).items():
                state.setdefault("resources", {}).setdefault(name, {})["incremental"] = cursors

    def _state(self, whole: Any, *, create: bool = False) -> dict[str, Any]:
        sources: dict[str, dict[str, Any]] = (
            whole.setdefault("sources", {}) if create else (whole.get("sources", {}))
        )
        return sources.setdefault(self._source, {}) if create else sources.get(self._source, {})


def _cursors(state: Mapping[str, Any], resource: str) -> dict[str, Any]:
    cursors: dict[str, Any] = state.get("resources", {}).get(resource, {}).get("incremental", {})
    return cursors


def _has_cursor(state: Mapping[str, Any]) -> bool:
    return any(_cursors(state, name) for name in state.get("resources", {}))
