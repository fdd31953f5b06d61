"""What was seen of one resource of an API."""

from dataclasses import dataclass, field
from typing import Any

from dlt.common import jsonpath

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.extract.conform.seen_tables import SeenTable
from restsrc_dagster.extract.paging.answer import Answer
from restsrc_dagster.extract.paging.kinds import is_single
from restsrc_dagster.json_types import Json


@dataclass(frozen=True, kw_only=True)
class RequestSeen:
    """One request and its answer; address and body without secrets."""

    method: str
    url: str
    body: str
    status: int
    seconds: float
    size: int


@dataclass(kw_only=True)
class Sample:
    """What was seen of one resource.

    `records` are as they would be loaded, after the processing steps; `seen` is how many the API
    gave. `paginator` is dlt's, `paginator_configured` whether the configuration chose it. `more` is
    whether the API has further pages, None where the read ended before that was known. `total` is
    what the API announces; of a child there is one for each parent, of a range one for each window,
    so none is told. `first` is the first
    answer. `error` says why the read ended early, if it did.
    """

    resource: Resource
    requests: list[RequestSeen] = field(default_factory=list)
    records: list[Json] = field(default_factory=list)
    seen: int = 0
    pages: int = 0
    paginator: Any = None
    more: bool | None = None
    total: int | None = None
    first: Answer | None = None
    nothing_at: str = ""
    """Where the paginator has looked in vain for a next page, in the first answer."""
    error: RestsrcError | None = None
    is_silence: bool = False
    """Whether the error is that nobody answered."""
    left_out: int = 0
    """Records without the cursor, which the API gives only where it is sent no start."""
    older: str = ""
    """What is to be said of records before the `initial_value` that was sent."""
    below_cursor: tuple[str, str] | None = None
    """(resource, its cursor), of the nearest one above this that is read by a cursor."""
    paginator_configured: bool = False
    rechecks: bool = False
    """Whether a run reads windows like these again."""
    is_unverified: bool = False
    """Whether nobody can tell of a list like this, read by a cursor, that it has moved."""
    newest_windows: int = 0
    """Of a list in windows, how many are read at most: the newest."""
    tables: list[SeenTable] = field(default_factory=list)
    """What a load of these records would make, where they have come as far as that."""
    is_enough: bool = False
    """Whether no further page is wanted."""
    redact: Redactor = field(default_factory=Redactor)

    @property
    def has_list(self) -> bool:
        """Whether the first answer has something where the file says that the records are."""
        selector = self.resource.endpoint.get("data_selector")
        if selector is None or self.first is None:
            return False
        return bool(jsonpath.find_values(selector, self.first.response.json()))

    @property
    def list_path(self) -> str | None:
        """Where the records were found, as `data_selector` names it; None if they are no list."""
        return self.first.list_path() if self.first is not None else None

    @property
    def is_guessed(self) -> bool:
        """Whether one page is read because no sign of a further one was found in it."""
        return not self.paginator_configured and self._is_single

    @property
    def is_single_by_choice(self) -> bool:
        """Whether one page is read because the configuration says so."""
        return self.paginator_configured and self._is_single

    @property
    def _is_single(self) -> bool:
        return self.paginator is not None and is_single(self.paginator)
