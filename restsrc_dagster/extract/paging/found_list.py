"""The list that is taken for the records where nobody has named one, and the one beside it."""

from collections.abc import Iterator, Sequence

from restsrc_dagster.extract.paging.answer import written
from restsrc_dagster.json_types import Json

_DEEPEST = 3


def list_of_objects(body: Json, page: Sequence[Json]) -> str | None:
    """Where an answer has a list of objects, if what was taken for its records is a list of texts
    or numbers, such as SCIM's `schemas`; None if the records may be those."""
    if not page or any(isinstance(one, (dict, list)) for one in page):
        return None
    return next(_lists_of_objects(body), None)


def _lists_of_objects(body: Json, above: tuple[str, ...] = ()) -> Iterator[str]:
    for key, value in body.items() if isinstance(body, dict) else ():
        path = (*above, str(key))
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield written(path)
        elif isinstance(value, dict) and len(path) < _DEEPEST:
            yield from _lists_of_objects(value, path)
