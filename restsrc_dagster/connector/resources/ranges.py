"""Which resources may be read again for a range of their cursor, and what becomes of their rows."""

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources

STRATEGIES = (None, "delete-insert", "upsert")
"""Those by which a row that is read again takes the place of what was there."""


def why_no_range(resources: Resources, name: str, *, top: bool) -> str:
    """Why reading a range again would not make its table right; empty if it would.

    `top` is the one whose cursor has the range; others hang on it.
    """
    resource = resources[name]
    incremental = resource.incremental or {}
    again = "read it again as a whole, with full_refresh"
    if resource.parent and incremental:
        return (
            f"has a cursor of its own below {resource.parent}, of which no range is read; {again}"
        )
    if incremental.get("end_value") is not None:
        return "has an end_value, up to which each run reads everything again"
    if incremental.get("last_value_func", "max") != "max":
        return f"has a cursor that falls; {again}"
    if not resource.selected:
        return ""
    if top and replaces_range(resources, name):
        return _why_not_replaced(resources, resource, again)
    if resources.disposition(name) != "merge" or resources.strategy(name) not in STRATEGIES:
        return (
            f"is not merged, and rows that are read again would be there twice, or not at all;"
            f" name a primary_key, or {again}"
        )
    if top and not resource.has_primary_key:
        return f"has no primary_key, by which rows that are read again are found; {again}"
    deciding = {"hard_delete", "dedup_sort"}
    if named := sorted({hint for one in resource.columns.values() for hint in deciding & {*one}}):
        return (
            f"has {' and '.join(named)} in columns, so that its list has several versions of a "
            f"record, and the newest of the range may be an older one; {again}"
        )
    return ""


def replaces_range(resources: Resources, name: str) -> bool:
    """Whether the rows of the range are deleted, and those that are read put in their place: of a
    table that is appended to, by a cursor, and has no key."""
    resource = resources[name]
    return (
        resource.selected
        and resource.parent is None
        and resource.incremental is not None
        and resources.disposition(name) == "append"
        and not resource.has_primary_key
    )


def limit_of_pages(resources: Resources, name: str) -> str | None:
    """The key of the paginator by which a list ends though the API has more; None if there is none.

    What `http` limits fails the run.
    """
    key = resources.paginator_kind(name).maximum
    return key if key and resources.named_paginator(name).get(key) is not None else None


def _why_not_replaced(resources: Resources, resource: Resource, again: str) -> str:
    if (resource.incremental or {}).get("lag"):
        return f"has a lag, within which each run reads again, and no primary_key; {again}"
    if (resource.incremental or {}).get("on_cursor_value_missing") == "include":
        return f"has records without a cursor, which would be there twice; {again}"
    if limit := limit_of_pages(resources, resource.name):
        return (
            f"has no primary_key, and {limit}, by which its list may end before the range; {again}"
        )
    if others := sorted(resources.beside(resource.name)):
        return (
            f"has no primary_key, and shares its table with {', '.join(others)}: which rows of the "
            f"range are its own is not known; {again}"
        )
    return ""
