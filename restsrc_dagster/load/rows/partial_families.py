"""What becomes of children that replace the ones before, where a family is left in the middle.

The next run reads the parents again of which not all children were read; until then, what the
table has of them stays as it is.
"""

from collections.abc import Iterable

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.parents.binding import Key
from restsrc_dagster.extract.records.field import sorted_bytes_of, walked
from restsrc_dagster.load.rows.extracted_rows import ExtractedRows


def leave_out(
    name: str, resources: Resources, parents: Iterable[Key], stats: PageStats, rows: ExtractedRows
) -> None:
    """Take out of `rows`, those of the resource, what is of one of `parents`; count it."""
    paths = [path.split(".") for path in resources.replaced_by(name).values()]
    left = {sorted_bytes_of(list(parent)) for parent in parents}
    dropped: set[int] = set()
    ordinal = 0
    for records in rows:
        for record in records:
            if sorted_bytes_of([walked(record, names) for names in paths]) in left:
                dropped.add(ordinal)
            ordinal += 1
    if dropped:
        stats.handed_on -= len(dropped)
        rows.remove(dropped)
