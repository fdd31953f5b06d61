"""An `end_param` that no request would send."""

from collections.abc import Iterator, Sequence
from typing import Any

from restsrc_dagster.connector.resources.ranges import why_no_range
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources


def has_unsent_end(resource: Resource, *, in_windows: bool, in_partitions: bool) -> bool:
    """Whether a run has no end to send, though the resource names the param of one."""
    incremental = resource.incremental or {}
    if not incremental.get("end_param") or incremental.get("end_value") is not None:
        return False
    return not in_windows and (resource.parent is not None or not in_partitions)


def ends_problems(
    resources: Resources, written: Sequence[Any], *, in_partitions: bool
) -> Iterator[tuple[str, str]]:
    """(place, message) of each end that is never sent: not by a run, and of a resource of which no
    range is read again by hand.

    One that the defaults name is a mistake if no resource sends it. `written` are the resources as
    they stand in the file.
    """
    inherited: list[str | None] = []
    for position, name in enumerate(resources):
        resource = resources[name]
        if not (resource.incremental or {}).get("end_param"):
            continue
        why = None
        if has_unsent_end(
            resource, in_windows=name in resources.windows, in_partitions=in_partitions
        ):
            why = why_no_range(resources, name, top=True)
        message = why and _message(name, resource, why)
        if not _is_own(written[position]):
            inherited.append(message)
        elif message:
            yield f"configuration.resources[{position}].endpoint.incremental.end_param", message
    if inherited and all(inherited):
        yield "configuration.resource_defaults.endpoint.incremental.end_param", str(inherited[0])


def _message(name: str, resource: Resource, why: str) -> str:
    param = (resource.incremental or {})["end_param"]
    window = (
        ""
        if resource.parent is not None
        else f', or read in slices up to now: "reading": {{"{name}": {{"window": {{"size": '
        f'"31 days"}}}}}}'
    )
    return (
        f"{param} is never sent: a run has no end, and a range is not read again, as {name} "
        f"{why}. Give an end_value{window}; else take end_param out"
    )


def _is_own(item: Any) -> bool:
    endpoint = item.get("endpoint") if isinstance(item, dict) else None
    return isinstance(endpoint, dict) and "incremental" in endpoint
