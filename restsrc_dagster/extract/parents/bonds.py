"""What a child takes of what it is asked by, and where that is found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from restsrc_dagster.connector.resources.resource import Link
from restsrc_dagster.extract.records.field import FieldReader, walked
from restsrc_dagster.json_types import Json


@dataclass(frozen=True, kw_only=True)
class Copied:
    """A field that the child's records get: of which resource or list it is, and where in its
    record."""

    column: str
    source: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Bonds:
    """What a child takes of what it is asked by, beside what its requests do.

    Args:
        copied: fields that its records get.
        replaced_by: fields by which the children of a parent are replaced.
        passed_on: fields that what is below the child takes.
        omits_nulls: whether a param, a header or a key of the body is not sent if it is null.
        of_list: whether its parent is a list of values: none of these can be gone meanwhile.
    """

    copied: Sequence[Copied] = ()
    replaced_by: Sequence[Link] = ()
    passed_on: Sequence[Link] = ()
    omits_nulls: bool = False
    of_list: bool = False


NOTHING: Mapping[Link, Any] = MappingProxyType({})


class Known:
    """What is known where a child is asked for: records by their resource or list, and what was
    passed on of those above."""

    __slots__ = ("_passed", "_records")

    def __init__(self, records: Mapping[str, Json], passed: Mapping[Link, Any]) -> None:
        self._records = records
        self._passed = passed

    def all(self, link: Link, field: FieldReader) -> list[Any]:
        """What a record has at a path, all of it."""
        if link[0] in self._records:
            return field.all(self._records[link[0]])
        return [] if (value := self._passed.get(link)) is None else [value]

    def walked(self, source: str, names: Sequence[str]) -> Any:
        """What a record has, name below name; None if there is nothing."""
        if source in self._records:
            return walked(self._records[source], names)
        return self._passed.get((source, ".".join(names)))
