"""The keys of a list that is read for its children alone.

A record of it that comes again tells that the list has moved, and that others, with their children,
may have been passed over (`load/rows/slipped_pages.py`). Of a list that is loaded, `Keys` notes
the same.
"""

from collections.abc import Callable, Sequence
from typing import Any

from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.extract.records.dedup import always, hashes_of
from restsrc_dagster.extract.records.field import FieldReader
from restsrc_dagster.extract.records.key_index import KeyIndex
from restsrc_dagster.extract.step_order import StepOrder


class IndexKeys(ItemTransform[Any, Any]):
    """Notes the primary keys of records, with their cursors, of the pages for which `notes` holds;
    the records pass."""

    placement_affinity = StepOrder.INDEX_KEYS

    def __init__(
        self,
        key: Sequence[str],
        cursor: FieldReader,
        index: KeyIndex,
        notes: Callable[[], bool] = always,
    ) -> None:
        super().__init__(lambda item: item)
        self._key = [FieldReader(name) for name in key]
        self._cursor = cursor
        self._index = index
        self._notes = notes

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        if not self._notes():
            return item
        records = [record for record in (item if isinstance(item, list) else [item]) if record]
        keys = [tuple(field.get(record) for field in self._key) for record in records]
        whole = [position for position, key in enumerate(keys) if None not in key]
        hashes = hashes_of([keys[position] for position in whole])
        self._index.add(hashes)
        values = [self._cursor.get(records[position]) for position in whole]
        self._index.note_values(hashes, values)
        return item
