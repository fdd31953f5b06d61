"""Which resources may be committed while they are still being read.

A long first load is then not all or nothing: after a kill, the next run goes on where the last
commit was. That asks for an order in which nothing can be passed over: records in the order of a
cursor that the request has, windows of a range, or pages with numbers, of records with a key. Or
for lists of which each stands by itself: those of the parents of a child.
"""

from typing import Literal

from restsrc_dagster.connector.resources.jobs import below_jobs, job_creators
from restsrc_dagster.connector.resources.resources import Resources

Chunking = Literal["cursor", "window", "page", "parents"]


def chunking(resources: Resources, name: str) -> Chunking | None:
    """How the resource `name` is read in chunks, with all that hangs on it; None if it is not.

    By the window where the file says that a range is read in slices; by the cursor where
    `row_order` is `asc`; else by the page where its number is known and a key makes a row that
    comes again no second one. A child is read parent by parent where it goes through a list of
    values, or is read in windows.
    """
    if resources.is_list(name):
        return None
    resource = resources[name]
    if resource.parents:
        return "parents" if _is_read_by_parents(resources, name) else None
    family = [name, *resources.descendants(name)]
    loaded = [other for other in family if resources[other].selected]
    if any(not _adds_up(resources, other) for other in loaded):
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


def chunked_with(resources: Resources, name: str) -> str | None:
    """The resource in whose chunks another one is committed, itself or one above it."""
    family = (name, *resources.ancestors(name))
    return next((one for one in family if chunking(resources, one) is not None), None)


def _is_read_by_parents(resources: Resources, name: str) -> bool:
    """Whether a chunk ends between two parents of `name`: the lists that take longest, if there
    are several above each other."""
    if not _stands_by_parents(resources, name):
        return False
    if name in resources.windows:
        return True
    below = resources.descendants(name)
    if any(one in resources.windows and _stands_by_parents(resources, one) for one in below):
        return False
    return not any(_stands_by_parents(resources, one) for one in resources.ancestors(name))


def _stands_by_parents(resources: Resources, name: str) -> bool:
    """Whether the rows of some parents can be committed before those of others.

    What is above is read whole with the first of them, so no cursor may be there, which would move
    then, and no rows that are appended, which would be there twice after a kill.
    """
    if resources.is_list(name):
        return False
    above = [one for one in resources.ancestors(name) if not resources.is_list(one)]
    is_one = name in resources.windows or resources[name].lists or not above
    if not is_one or not resources[name].parents:
        return False
    if any(resources[one].incremental is not None or _piles_up(resources, one) for one in above):
        return False
    if above and chunking(resources, resources.top(name)) is not None:
        return False
    family = [name, *resources.descendants(name)]
    jobs = {*below_jobs(resources, resources.waiting), *job_creators(resources, resources.waiting)}
    if jobs.intersection([*above, *family]) or resources.shared & {*family}:
        return False
    return all(
        _adds_up(resources, one)
        and (resources.disposition(one) == "merge" or _comes_once(resources, one, name))
        for one in family
        if resources[one].selected
    )


def _piles_up(resources: Resources, name: str) -> bool:
    """Whether a load of the same records makes further rows of them."""
    resource = resources[name]
    if not resource.selected:
        return False
    return resources.disposition(name) == "append" or resource.merges_without_key


def _comes_once(resources: Resources, name: str, top: str) -> bool:
    """Whether rows of `name` that are appended come once, though a parent of `top` is asked twice:
    by a cursor of each parent, its own or that of the rows that it hangs on."""
    if resources.disposition(name) != "append":
        return False
    if (incremental := resources[name].incremental) is None:
        return name != top and _comes_once(resources, str(resources[name].parent), top)
    keeps_all = incremental.get("on_cursor_value_missing", "raise") == "include"
    return incremental.get("end_value") is None and not keeps_all


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
