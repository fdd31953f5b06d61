"""Which resources may be committed while they are still being read.

A long first load is then not all or nothing: after a kill, the next run goes on where the last
commit was. That asks for an order in which nothing can be passed over: records in the order of a
cursor that the request has, windows of a range, or pages with numbers, of records with a key.
"""

from typing import Literal

from restsrc_dagster.connector.resources.resources import Resources

Chunking = Literal["cursor", "window", "page"]


def chunking(resources: Resources, name: str) -> Chunking | None:
    """How the resource `name` is read in chunks, with all that hangs on it; None if it is not.

    By the window where the file says that a range is read in slices; by the cursor where
    `row_order` is `asc`; else by the page where its number is known and a key makes a row that
    comes again no second one.
    """
    resource = resources[name]
    family = [name, *resources.descendants(name)]
    loaded = [other for other in family if resources[other].selected]
    if resource.parents or any(not _adds_up(resources, other) for other in loaded):
        return None
    # A cursor that moves from chunk to chunk would pass over records of the parents to come.
    if any(resources[other].incremental is not None for other in family[1:]):
        return None
    if name in resources.windows:
        fixed = (resource.incremental or {}).get("end_value") is not None
        return "window" if resource.incremental and not fixed else None
    merged = [other for other in loaded if resources.disposition(other) == "merge"]
    if _is_ascending(resources, name):
        appends = resources.disposition(name) == "append"
        return "cursor" if appends or loaded == merged else None
    if loaded == merged and resources.paginator_kind(name).is_counted:
        return "page"
    return None


def _adds_up(resources: Resources, name: str) -> bool:
    """Whether two loads of one half each make what one load of both makes."""
    if resources.strategy(name) == "scd2":
        return False  # what a load does not bring is retired
    if resources[name].merge_key:
        return False  # a later load deletes what an earlier one brought of the same group
    kind = resources.disposition(name)
    return kind == "append" or (kind == "merge" and not resources[name].merges_without_key)


def _is_ascending(resources: Resources, name: str) -> bool:
    incremental = resources[name].incremental or {}
    return (
        incremental.get("row_order") == "asc"
        and resources[name].sends_cursor
        and incremental.get("last_value_func", "max") == "max"
        and incremental.get("end_value") is None
        and not incremental.get("lag")
        and incremental.get("on_cursor_value_missing", "raise") != "include"
    )
