"""Values of the API as the columns of a table hold them, to be compared with what is there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dlt.common.schema import Schema

from restsrc_dagster.extract.conform.type_fit import Misfit, coercion
from restsrc_dagster.extract.parents.binding import Key


def comparable(
    keys: Iterable[Key], names: Sequence[str], columns: Mapping[str, Any], schema: Schema
) -> Iterator[Key]:
    """The keys, of the types of their columns; no row has one that the columns cannot hold.

    A database breaks off a statement in which a text is compared with a column of numbers.
    """
    coerce = coercion(schema.data_item_normalizer)
    types = [columns[name]["data_type"] for name in names]
    for key in keys:
        try:
            yield tuple(
                value if value is None else coerce(kind, value)
                for kind, value in zip(types, key, strict=True)
            )
        except Misfit:
            continue
