"""How many records of a list an answer holds, as the API counts them.

What a `data_selector` finds may be less, where it filters, or more, where it gathers the lists
within the records: an offset goes on by the records of the API.
"""

from typing import Any

from restsrc_dagster.json_types import Json

Container = dict[Any, Any] | list[Any]


def slots(body: Json, page: list[Any]) -> int | None:
    """Of the list in `body` that the records of `page` are from; None where it is not one list."""
    lists = list(_outer_lists(body))
    if not page:
        return None
    if any(one is page for one in lists):
        return len(page)
    first, last = (_holder(lists, record) for record in (page[0], page[-1]))
    return len(first) if first is not None and first is last else None


def _outer_lists(body: Json) -> list[list[Any]]:
    """Those that are in no other one."""
    found: list[list[Any]] = []
    level = [body]
    while level:
        found += [one for one in level if type(one) is list]
        level = [
            value
            for one in level
            if type(one) is dict
            for value in one.values()
            if type(value) in (dict, list)
        ]
    return found


def _holder(lists: list[list[Any]], record: Json) -> list[Any] | None:
    """The list that the record is in, be it within another record."""
    return next((one for one in lists if _has(one, record)), None)


def _has(container: Container, record: Json) -> bool:
    level: list[Container] = [container]
    while level:
        inner = [
            value
            for one in level
            for value in (one.values() if isinstance(one, dict) else one)
            if isinstance(value, (dict, list))
        ]
        if any(one is record for one in inner):
            return True
        level = inner
    return False
