"""Jobs: one request creates what others wait for, and then fetch."""

from collections.abc import Mapping, Set

from restsrc_dagster.connector.resources.resources import Resources


def job_creators(resources: Resources, waiting: Set[str]) -> Mapping[str, frozenset[str]]:
    """The resources that wait for a job, by the one that creates it.

    That is the nearest one above that sends a POST, or the waiting one itself, if only that does:
    of GraphQL, both do.

    Args:
        resources: of the connector.
        waiting: names of those that have a `wait_until`.
    """
    found: dict[str, set[str]] = {}
    for name in resources:
        if name in waiting:
            chain = [*resources.ancestors(name), name]
            creator = next((one for one in chain if _is_post(resources, one)), None)
            if creator is not None:
                found.setdefault(creator, set()).add(name)
    return {creator: frozenset(waiters) for creator, waiters in found.items()}


def jobs_of(resources: Resources, waiting: Set[str]) -> frozenset[str]:
    """The resources whose records are jobs: what creates them, and what waits for them, where
    something else is fetched for that."""
    named = waiting | job_creators(resources, waiting).keys()
    return frozenset(name for name in named if resources.children(name))


def is_known_early(resources: Resources, name: str) -> bool:
    """Whether all requests of a resource are known before any other resource is read.

    Of windows they are not: how many of them a run comes through shows on the way.
    """
    above = resources.ancestors(name)
    return name not in resources.windows and all(map(resources.is_list, above))


def late_creators_below_cursors(resources: Resources, waiting: Set[str]) -> frozenset[str]:
    """What creates jobs on the way, for records of a parent that is read by a cursor."""
    return frozenset(
        name
        for name in job_creators(resources, waiting)
        if not is_known_early(resources, name) and resources.below_incremental(name)
    )


def below_jobs(resources: Resources, waiting: Set[str]) -> frozenset[str]:
    """The resources that wait for a job, and those that are read for what it gave."""
    return frozenset(waiting).union(*(resources.descendants(name) for name in waiting))


def _is_post(resources: Resources, name: str) -> bool:
    if resources.is_list(name):
        return False
    return str(resources[name].endpoint.get("method") or "GET").upper() == "POST"
