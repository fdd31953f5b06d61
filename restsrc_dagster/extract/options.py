"""How a connector is read."""

from collections.abc import Callable, Set
from dataclasses import dataclass, field

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.extract.auth.tokens import Tokens
from restsrc_dagster.extract.chunks.chunks import Chunks
from restsrc_dagster.extract.failures.isolation import Isolation
from restsrc_dagster.extract.http.kept_answers import KeptAnswers
from restsrc_dagster.extract.parents.backlog import Backlog
from restsrc_dagster.extract.reading import Reading
from restsrc_dagster.extract.records.column_limit import ColumnLimit
from restsrc_dagster.extract.stats.waits import Waits
from restsrc_dagster.policy.hosts import HostRules


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How one reading goes; by default it reads everything to its end, and fails with the first
    resource that does.

    Args:
        selection: names of the resources to read; None for all.
        redact: takes secrets out of messages; by default those of the connector's configuration.
        isolation: stops and notes resources that fail, while the others are read on.
        chunks: end the reading early of what can be committed in between.
        before: the reading that this one goes on with; its stats and traffic are kept.
        backlog: counts the parents that wait for their children.
        column_limit: how many columns a table of the destination holds.
        on_message: gets a line for the person when the API is waited for.
        waits: what requests wait for.
        prefetch: whether a request may be sent before the records in front of it are processed.
        tokens: those of the load, where it reads in several parts, or keeps some.
        newest_windows: of a range that is read in windows, only so many, the newest first; None
            for all.
        kept: answers that are not asked for again; None where none is kept.
        only_ask: names of resources whose first requests are sent, and whose pages are not read.
        hosts: which hosts may be reached at all.
        hurried: whether somebody sits before it: an API that is down is not waited for.
    """

    selection: Set[str] | None = None
    redact: Redactor | None = None
    isolation: Isolation | None = None
    chunks: Chunks | None = None
    before: Reading | None = None
    backlog: Backlog | None = None
    column_limit: ColumnLimit | None = None
    on_message: Callable[[str], None] = lambda _: None
    waits: Waits | None = None
    prefetch: bool = True
    tokens: Tokens | None = None
    newest_windows: int | None = None
    kept: KeptAnswers | None = None
    only_ask: Set[str] = frozenset()
    hosts: HostRules = field(default_factory=HostRules)
    hurried: bool = False


READ_EVERYTHING = ReadOptions()
