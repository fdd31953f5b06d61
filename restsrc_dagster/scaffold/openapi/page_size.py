"""How many records a page may have."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from restsrc_dagster.scaffold.openapi.operation import Field
from restsrc_dagster.scaffold.openapi.vocabulary import POSSIBLE_SIZES, SIZES

LARGEST = 1000
ASSUMED = 100
_TOLD = (
    re.compile(r"\bmax(?:imum)?\b[^\d.]{0,25}(\d+)", re.IGNORECASE),
    re.compile(r"\bup to (\d+)", re.IGNORECASE),
    re.compile(r"\bbetween 1 and (\d+)", re.IGNORECASE),
    re.compile(r"\b1 ?(?:-|to) ?(\d+)", re.IGNORECASE),
)


@dataclass(frozen=True)
class PageSize:
    """The parameter `field`, and what the document says of it."""

    field: Field
    maximum: int | None
    default: int | None
    certain: bool
    """Whether its name can mean nothing else."""

    @property
    def step(self) -> int:
        """A number of records that the API gives, for paginators that count with it."""
        return self.maximum or self.default or ASSUMED


def page_size(fields: Sequence[Field]) -> PageSize | None:
    """The parameter of the page's size."""
    for names in (SIZES, POSSIBLE_SIZES):
        for item in fields:
            counts = not item.schema.types.isdisjoint({"integer", "number"})
            certain = names is SIZES
            if item.known_as & names and (counts or (certain and item.schema.may_be("string"))):
                return PageSize(item, _maximum(item), _default(item), certain)
    return None


def _maximum(item: Field) -> int | None:
    largest = _largest(item)
    return min(largest, LARGEST) if largest else None


def _default(item: Field) -> int | None:
    default = item.schema.keywords.get("default")
    if isinstance(default, int) and not isinstance(default, bool) and default > 0:
        return min(default, LARGEST)
    return None


def _largest(item: Field) -> int | None:
    maximum = item.schema.keywords.get("maximum")
    if isinstance(maximum, (int, float)) and maximum >= 1:
        return int(maximum)
    choices = [choice for choice in item.schema.choices if isinstance(choice, int)]
    if choices:
        return max(choices)
    for pattern in _TOLD:
        if (match := pattern.search(item.description)) and int(match[1]) > 0:
            return int(match[1])
    return None
