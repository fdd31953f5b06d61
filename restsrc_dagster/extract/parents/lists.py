"""Lists of values as parents: nothing is requested for them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dlt
from dlt.extract.resource import DltResource

from restsrc_dagster.connector.resources.values import ValueList
from restsrc_dagster.errors import MissingVariable

AT_ONCE = 100
"""Values that are handed to the children together."""

Records = Sequence[dict[str, Any]]


class ListsOfValues:
    """The lists of a connector, as records, in one reading.

    Args:
        lists: of the file, by name.
        environment: where their variables are.
    """

    def __init__(self, lists: Mapping[str, ValueList], environment: Mapping[str, str]) -> None:
        self._lists = lists
        self._environment = environment
        self._found: dict[str, Records | MissingVariable] = {}

    def records(self, name: str) -> Records:
        """The values of a list; raises MissingVariable."""
        if name not in self._found:
            try:
                self._found[name] = self._lists[name].records(self._environment)
            except MissingVariable as error:
                self._found[name] = error
        found = self._found[name]
        if isinstance(found, MissingVariable):
            raise found
        return found

    def problem(self, names: Sequence[str]) -> MissingVariable | None:
        """Why one of some lists is not there; None if all are."""
        for name in names:
            try:
                self.records(name)
            except MissingVariable as error:
                return error
        return None

    def resource(self, name: str) -> DltResource:
        """A list that is a parent, as dlt's resource: its records are read for the children."""

        def pages() -> Iterator[list[dict[str, Any]]]:
            records = self.records(name)
            for start in range(0, len(records), AT_ONCE):
                yield [dict(record) for record in records[start : start + AT_ONCE]]

        made: DltResource = dlt.resource(pages, name=name, selected=False)
        return made
