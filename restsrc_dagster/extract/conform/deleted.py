"""Records that tell of deletions: of themselves, or of records of another resource."""

from datetime import datetime, timezone
from hashlib import blake2b
from typing import Any

from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.connector.resources.deletes import DELETED_AT
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.records.expressions import predicate
from restsrc_dagster.extract.records.field import sorted_bytes_of
from restsrc_dagster.extract.step_order import StepOrder


class NoteDeletions(ItemTransform[Any, Any]):
    """Notes what each record says is deleted, with a digest of the whole record.

    Args:
        key: the field of a record that has the primary key of what is deleted.
        stats: gets them.
    """

    placement_affinity = StepOrder.NOTE_DELETIONS

    def __init__(self, key: str, stats: PageStats) -> None:
        super().__init__(lambda item: item)
        self._key = key
        self._stats = stats

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The page; raises ReadError where a record names nothing."""
        for record in item if isinstance(item, list) else [item]:
            value = record.get(self._key) if isinstance(record, dict) else None
            if value is None or isinstance(value, (dict, list)):
                raise ReadError(
                    f"a record that tells of a deletion has no {self._key}: name the field with "
                    "the primary key of what is deleted, as deletes.key"
                )
            digest = blake2b(sorted_bytes_of(record), digest_size=8).hexdigest()
            self._stats.deletions[digest] = value
        return item


class MarkDeleted(ItemTransform[Any, Any]):
    """Writes into each record when it was seen as deleted, or null.

    Args:
        when: JMESPath over a record.
        resource: whose records they are.
        stats: counts those that are.
    """

    placement_affinity = StepOrder.MARK_DELETED

    def __init__(self, when: str, resource: str, stats: PageStats) -> None:
        super().__init__(lambda item: item)
        self._is_deleted = predicate(when, f"reading.{resource}.deletes.when")
        self._stats = stats
        self._now = datetime.now(timezone.utc).isoformat()

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The page, changed in place; raises ReadError where the condition fails."""
        for record in item if isinstance(item, list) else [item]:
            if isinstance(record, dict):
                is_deleted = self._is_deleted(record)
                record[DELETED_AT] = self._now if is_deleted else None
                self._stats.told_deleted += is_deleted
        return item
