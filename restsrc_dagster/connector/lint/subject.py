"""One resource as the rules look at it: with where each of its keys stands in the file."""

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from restsrc_dagster.connector.configuration.paginators import paginator_kind
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.resource import Resource, expanded
from restsrc_dagster.connector.resources.resources import WriteDisposition
from restsrc_dagster.connector.syntax.placeholders import Placeholder, endpoint_placeholders
from restsrc_dagster.connector.syntax.references import blank

_PLACEHOLDER = re.compile(r"\{[a-zA-Z0-9.\-_]+\}")


class Subject:
    """A resource of a connector, its defaults merged in, and its place in the file."""

    def __init__(self, connector: Connector, position: int) -> None:
        configuration = connector.configuration
        self.connector = connector
        self.resources = connector.resources
        self._own = expanded(configuration["resources"][position])
        if isinstance(path := self._own.get("endpoint"), str):
            self._own["endpoint"] = {"path": path}
        self._defaults = configuration.get("resource_defaults") or {}
        self._position = position
        self.name: str = self._own["name"]
        self.resource: Resource = self.resources[self.name]
        self.endpoint = self.resource.endpoint

    def place(self, *keys: str) -> str:
        """The path in the file of a key of this resource, which may stand in the defaults.

        Of a key that stands nowhere, the path of what would hold it.
        """
        for end in range(len(keys), 0, -1):
            for root, holder in (
                (f"resources[{self._position}]", self._own),
                ("resource_defaults", self._defaults),
            ):
                if _has(holder, keys[:end]):
                    return ".".join(["configuration", root, *keys[:end]])
        return f"configuration.resources[{self._position}]"

    @cached_property
    def disposition(self) -> str:
        """`append`, `merge`, `replace` or `skip`, be it by default."""
        return _kind(self.resources.write_disposition(self.name))

    @property
    def named_disposition(self) -> str | None:
        """The disposition that the person wrote."""
        return self.disposition if self.resources.named_disposition(self.name) else None

    @property
    def strategy(self) -> str | None:
        """The strategy of a merge, where one is named."""
        return self.resources.strategy(self.name)

    @cached_property
    def cursor(self) -> Mapping[str, Any] | None:
        """The cursor that bounds what is loaded.

        None with `replace`, too: dlt forgets the cursor of a table that it replaces
        (`reset_resource_state` in its extract).
        """
        return None if self.disposition == "replace" else self.resource.incremental

    @cached_property
    def below_cursor(self) -> bool:
        """Whether a run reads only some of the parents."""
        return any(
            self.resources[parent].incremental is not None
            and _kind(self.resources.write_disposition(parent)) != "replace"
            for parent in self.resources.ancestors(self.name)
        )

    @cached_property
    def cursor_param(self) -> str | None:
        """The query parameter that takes the cursor as it moves."""
        if incremental := self.endpoint.get("incremental"):
            param: str | None = incremental.get("start_param")
            return param
        return self._param_of_cursor

    @cached_property
    def _param_of_cursor(self) -> str | None:
        params = self.endpoint.get("params") or {}
        return next(
            (key for key, value in params.items() if value is self.resource.incremental), None
        )

    def cursor_place(self, *keys: str) -> str:
        """The path of a key of the cursor, in either of its forms."""
        if self.endpoint.get("incremental"):
            return self.place("endpoint", "incremental", *keys)
        return self.place("endpoint", "params", self._param_of_cursor or "", *keys)

    @cached_property
    def cursor_placeholders(self) -> list[Placeholder]:
        """Where the request takes a value of the cursor."""
        if not self.resource.incremental:
            return []
        found = endpoint_placeholders(blank(self.endpoint))
        return [placeholder for placeholder in found if placeholder.incremental_value]

    @cached_property
    def last_placeholder(self) -> str | None:
        """The placeholder in the last part of the path, the query included.

        By it dlt takes the path for that of one record, and reads a single page
        (`single_entity_path`).
        """
        found = _PLACEHOLDER.search(PurePosixPath(self.endpoint["path"]).name)
        return found[0] if found else None

    @cached_property
    def paginator(self) -> tuple[Mapping[str, Any], str]:
        """The paginator that applies, with its type, and its place; `auto` where none is named."""
        own = self.endpoint.get("paginator")
        if own is None and self.last_placeholder:
            return {"type": "single_page"}, self.place("endpoint", "path")
        if own is None or _typed(own)["type"] == "auto":  # dlt then asks the client
            named = self.connector.configuration["client"].get("paginator")
            if named is not None:
                return _typed(named), "configuration.client.paginator"
        if own is None:
            return {"type": "auto"}, "configuration.client"
        return _typed(own), self.place("endpoint", "paginator")

    @property
    def has_pages(self) -> bool:
        """Whether there may be more than one page."""
        return paginator_kind(self.paginator[0]).next_page != "none"


def _kind(disposition: WriteDisposition) -> str:
    named = disposition.get("disposition") if isinstance(disposition, dict) else disposition
    return str(named)


def _typed(paginator: str | Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": paginator} if isinstance(paginator, str) else paginator


def _has(holder: Any, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if not isinstance(holder, dict) or key not in holder:
            return False
        holder = holder[key]
    return True
