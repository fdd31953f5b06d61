"""Rows of several resources that are merged into one table: a field of their key tells whose.

If it did not, a row of one would replace that of another with the same key, in silence. So each
resource has a field of the key that is the same in all its records, and another one in those of
the others; what it is stands in dlt's state of the resource.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import dlt

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.records.tables import Fields
from restsrc_dagster.json_types import Json

STATE_KEY = "restsrc_whose"


class Whose:
    """Looks at the keys of one resource.

    Args:
        name: of the resource.
        others: the names of those that write into the same table.
        keys: the columns of the primary key.
    """

    def __init__(self, name: str, others: Iterable[str], keys: Sequence[str]) -> None:
        self._name = name
        self._others = sorted(others)
        self._keys = frozenset(keys)

    def look(self, records: Sequence[Json], fields: Fields) -> None:
        """Raises ReadError where the records cannot be told from those of another resource."""
        if not records:
            return
        state = dlt.current.resource_state(self._name)
        keys = (self._key(record, fields) for record in records)
        own: dict[str, Any] = state.get(STATE_KEY) or next(keys)
        for key in keys:
            if any(key.get(column) != value for column, value in own.items()):
                own = {column: value for column, value in own.items() if key.get(column) == value}
        state[STATE_KEY] = own
        for other in self._others:
            theirs = self._of(other)
            if theirs is not None and not any(
                column in theirs and theirs[column] != value for column, value in own.items()
            ):
                names = ", ".join(sorted(self._keys))
                raise ReadError(
                    f"{other!r} is merged into the same table, and no field of the key ({names}) "
                    f"tells whose a row is: one with the same key would replace it. Name a field "
                    f"in primary_key that is the same in all records of {self._name!r} and another "
                    f"one in those of {other!r}, such as one made by processing_steps; or give "
                    "each a table of its own, and unite them in a view"
                )

    def _key(self, record: Json, fields: Fields) -> dict[str, Any]:
        columns = fields.columns(record)
        return {column: value for column, _, value in columns if column in self._keys}

    def _of(self, name: str) -> Any:
        states = dlt.current.source_state().get("resources", {})
        return states.get(name, {}).get(STATE_KEY)
