"""The field of a record that was probably meant, where nothing is at the path that was named."""

from collections.abc import Iterator, Mapping
from typing import Any

from restsrc_dagster.connector.wording import nearest
from restsrc_dagster.extract.records.field import plain, walked
from restsrc_dagster.extract.records.infer import cursor_candidates, names_a_change
from restsrc_dagster.json_types import Json

_DEEPEST = 3


def meant_cursor(path: str, record: Json) -> str | None:
    """A path with a value in `record`: one with the same word, wherever that is (`updatedAt`,
    `attributes.updated_at` for `updated_at`), or with a similar one, or the time of a change; what
    is beside the field that was named comes first."""
    above, _, name = path.rpartition(".")
    holder = walked(record, above.split(".") if above else ())
    if isinstance(holder, dict) and name in holder:  # it is null
        return None
    known = dict(_values(record))
    beside = [one for one in known if one.rpartition(".")[0] == above]
    for paths in (beside, list(known)):
        word = plain(name)
        same = (one for one in paths if plain(one.rpartition(".")[2]) == word)
        if found := next(same, None):
            return found
    for paths in (beside, list(known)):
        by_name = {one.rpartition(".")[2]: one for one in reversed(paths)}
        if similar := nearest(name, by_name):
            return by_name[similar]
    changes = [one for one in cursor_candidates([record]) if names_a_change(one)]
    return next((one for one in changes if one in beside), next(iter(changes), None))


def _values(record: Json, above: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    """(path, value) of each value that is neither null nor an object or a list, the outermost
    first."""
    if not isinstance(record, Mapping):
        return
    inner = []
    for name, value in record.items():
        if not str(name).replace("-", "_").isidentifier():
            continue
        path = f"{above}.{name}" if above else str(name)
        if isinstance(value, dict):
            inner.append((path, value))
        elif value is not None and not isinstance(value, list):
            yield path, value
    for path, value in inner if depth < _DEEPEST else ():
        yield from _values(value, path, depth + 1)
