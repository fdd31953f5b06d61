"""`reading`: how a resource is read, where dlt's schema has no word for it."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.wording import nearest


class ResourceReading(BaseModel):
    """How one resource is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    cursor: Literal["per_parent", "shared"] = Field(
        "per_parent",
        description="Of a child with a cursor of its own: whether each parent has one, or all "
        "share one, and what comes late behind it is passed over.",
    )


def reading_problems(
    reading: Mapping[str, Any], configuration: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """(place, message) of what does not fit the resources; its shape is checked by the model."""
    try:
        resources = Resources(configuration)
    except Exception:  # what is wrong with them is told elsewhere
        return
    for name, said in reading.items():
        place = f"reading.{name}"
        if name not in resources:
            meant = nearest(name, resources)
            cure = f"did you mean {meant}?" if meant else f"known are {', '.join(resources)}"
            yield place, f"{name!r} is not a resource; {cure}"
            continue
        resource = resources[name]
        has_cursor = resource.parent is not None and resource.incremental is not None
        if isinstance(said, Mapping) and "cursor" in said and not has_cursor:
            yield f"{place}.cursor", f"{name!r} is no child with a cursor of its own; remove it"
