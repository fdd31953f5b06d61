"""The order of the steps that each page of a resource runs through.

dlt keeps the steps of a resource sorted by their `placement_affinity`, in whatever order they are
added. Its own are at these places (dlt/extract/items_transform.py, incremental/, pipe.py):

    0    the function that requests pages (ours, `paging.list_reader`); `MapItem`, `FilterItem` and
         `MetricsItem`
    0.9  `ValidateItem`
    1    `Incremental`
    1.1  `LimitItem`
    2    `ForkPipe`, which hands the records to the children

Steps at one place would keep the order in which they were added, so each of ours has a place of its
own. Only the cursor stands where dlt's does: it is dlt's `Incremental`, subclassed.
"""

from enum import Enum, unique


@unique
class StepOrder(float, Enum):
    """What `placement_affinity` is for each step; docs/architecture.md lists the steps."""

    BIND_PARENTS = -1
    """A child's parents, before anything is requested for them."""
    SAMPLE_PAGES = 0.05
    """Pages as the API gave them; `restsrc test` only, as all SAMPLE_…."""
    TRACK_PAGE = 0.1
    """Before all steps that ask which page is being processed."""
    CHECK_PAGE = 0.2
    """Before the answer is used: it may be no page at all."""
    PREFETCH = 0.3
    """After the check: what follows a page that was refused is not requested."""
    CHUNK_BY_PAGE = 0.5
    """Pages as the API gave them, by their numbers."""
    PROCESS = 0.6
    """The person's own steps; behind them a page is a plain list."""
    INDEX_KEYS = 0.7
    """Before the cursor, which leaves out records that are not new."""
    SAMPLE_RECORDS = 0.8
    """What the person's steps leave, before the cursor leaves any of it out."""
    CURSOR = 1
    """What is new; what comes later sees nothing else."""
    TRACK_CHILDLESS = 1.15
    """After everything that may leave out the last row of a parent."""
    NOTE_DELETIONS = 1.16
    """Of what is new, what says that others are deleted."""
    MARK_DELETED = 1.17
    """Of what is new, what says of itself that it is deleted."""
    CONFORM = 1.2
    """The last step that changes a record or gives hints."""
    CHECK_CONTRACT = 1.3
    """Records as they would be written."""
    SAMPLE_TABLES = 1.4
    """Records as they would be written, for `restsrc test` only, whose reading ends here."""
    TAG_WITH_PAGE = 1.85
    """The list that is handed to the children, which must not be replaced any more."""
    ISOLATE = 1.9
    """After all other steps are bound, as it wraps each of them."""
