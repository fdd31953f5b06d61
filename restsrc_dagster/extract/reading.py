"""A source that is ready to be read, and what is known of its way to the API."""

from collections.abc import Mapping
from dataclasses import dataclass

from dlt.extract.source import DltSource
from typing_extensions import Self

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.extract.auth.context import AuthContext
from restsrc_dagster.extract.conform.conformer import RecordConformer
from restsrc_dagster.extract.http.session import Sessions
from restsrc_dagster.extract.incremental.step import CursorStep
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.extract.parents.binding import Key
from restsrc_dagster.extract.parents.childless import ParentsWithoutChildren
from restsrc_dagster.extract.parents.family import FamilyPages
from restsrc_dagster.extract.stats.traffic import Traffic


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A source ready to be read, and what is known of its way to the API.

    A context manager: its connections and threads are closed at the end.
    """

    source: DltSource
    resources: Resources
    sessions: Sessions
    redact: Redactor
    pages: Mapping[str, PageStats]
    childless: Mapping[str, ParentsWithoutChildren]
    asked: Mapping[str, dict[str, str]]
    families: Mapping[str, FamilyPages]
    cursors: Mapping[str, CursorStep]
    surprises: Mapping[str, RecordConformer]
    auths: AuthContext

    def traffic(self, resource: str) -> Traffic:
        """Requests and pages of one resource so far."""
        return self.sessions.adapter.metrics.traffic.get(resource, Traffic())

    def read_in_part(self, resource: str) -> list[Key]:
        """The parents of replaced children of which not all was read that is below them."""
        chain = [resource, *self.resources.ancestors(resource)]
        return self.families[chain[-1]].in_part(chain[:-1])

    def __enter__(self) -> Self:
        """Raises RestsrcError: a key, a certificate or a package is missing."""
        try:
            self.sessions.adapter.connecting.open()
            self.auths.prepare()
        except BaseException:
            self.sessions.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.sessions.close()
