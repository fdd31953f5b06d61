"""`reading`: how a resource is read, where dlt's schema has no word for it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from restsrc_dagster.connector.configuration.part import Name, StandIn
from restsrc_dagster.connector.configuration.steps import Expression
from restsrc_dagster.connector.file_part import FilePart
from restsrc_dagster.connector.resources.deletes import SaidDeletes, deletes_problems
from restsrc_dagster.connector.resources.format import Compression, Format, format_problems
from restsrc_dagster.connector.resources.graph import NO_VALUES
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.resources.values import ValueList
from restsrc_dagster.connector.resources.window import Window, window_problems
from restsrc_dagster.connector.time.span import pause
from restsrc_dagster.connector.wording import nearest


def _pause(text: str) -> str:
    pause(text)
    return text


PauseText = Annotated[str, AfterValidator(_pause), StandIn("1 minute")]
OF_WAITING = ("failed_if", "every", "at_most", "resume_within")
"""Keys that say nothing without `wait_until`."""


class ResourceReading(FilePart):
    """How one resource is read."""

    cursor: Literal["per_parent", "shared"] = Field(
        "per_parent",
        description="Of a child with a cursor of its own: whether each parent has one, or all "
        "share one, and what comes late behind it is passed over.",
    )
    nulls: Literal["fail", "omit"] = Field(
        "fail",
        description="Of a child: what becomes of a param, a header or a key of the body whose "
        "bound field is null in a parent's record: the resource fails, or it is not sent.",
    )
    last_page: Expression | None = Field(
        None,
        description="JMESPath over an answer, {body, headers, records, url, page}, with the names "
        "of headers in lower case and pages counted from 1; the page for which it holds is the "
        "last of its list. A next token that stays the same is then no error.",
    )
    window: Window | None = Field(
        None,
        description="The range from the cursor to now is read in slices, side by side, each "
        "committed with its cursor.",
    )
    first_page_only: list[Name] = Field(
        default_factory=list,
        description="Params that only the first request of a list sends.",
    )
    wait_until: Expression | None = Field(
        None,
        description="JMESPath over an answer, {body, headers, status_code, url}, with the names of "
        "headers in lower case; the fields of a body that is an object may be named without body. "
        "in front. The same is asked for again until it holds.",
    )
    failed_if: Expression | None = Field(
        None,
        description="JMESPath over the same; where it holds, what is waited for has failed, and "
        "the resource fails at once.",
    )
    every: PauseText | None = Field(
        None,
        description="The pause between two such requests, such as 10 seconds, or longer where the "
        "API says so; by default short at first, and longer each time.",
    )
    at_most: PauseText = Field(
        "30 minutes", description="The longest that is waited before the resource fails."
    )
    resume_within: PauseText | None = Field(
        "1 hour",
        description="How long after a job was created a further run takes it up, where one was "
        "stopped while it waited; null creates another one.",
    )
    format: Format | None = Field(
        None,
        description="What an answer is: json, jsonl, csv, text, or an object with a type and its "
        "options, as xml needs them; by default what its Content-Type says, else JSON.",
    )
    compression: Compression | None = Field(
        None,
        description="How an answer is packed: gzip, zip (each file in it), zstd, none; by default "
        "what its first bytes say.",
    )
    deletes: SaidDeletes | None = Field(
        None,
        description="missing, or an object that says how deletions are told, and whether their "
        "rows are marked or removed; by default they stay as they are.",
    )


def reading_problems(
    reading: Mapping[str, Any],
    configuration: Mapping[str, Any],
    values: Mapping[str, ValueList] = NO_VALUES,
) -> Iterator[tuple[str, str]]:
    """(place, message) of what does not fit the resources; its shape is checked by the model."""
    try:
        resources = Resources(configuration, values=values)
    except Exception:  # what is wrong with them is told elsewhere
        return
    yield from _told_twice(reading)
    waiting = {
        name
        for name, said in reading.items()
        if isinstance(said, Mapping) and said.get("wait_until") and name in resources
    }
    for name, said in reading.items():
        place = f"reading.{name}"
        if name not in resources or resources.is_list(name):
            meant = nearest(name, resources)
            cure = f"did you mean {meant}?" if meant else f"known are {', '.join(resources)}"
            yield place, f"{name!r} is not a resource; {cure}"
            continue
        resource = resources[name]
        has_cursor = resource.parent is not None and resource.incremental is not None
        if isinstance(said, Mapping) and "cursor" in said and not has_cursor:
            yield f"{place}.cursor", f"{name!r} is no child with a cursor of its own; remove it"
        if isinstance(said, Mapping) and "nulls" in said and resource.parent is None:
            yield f"{place}.nulls", f"{name!r} takes no field of a parent; remove it"
        if isinstance(said, Mapping):
            for key, message in _paging_problems(said, name, resources):
                yield f"{place}.{key}", message
            if said.get("deletes") is not None:
                for message in deletes_problems(name, said["deletes"], resources, waiting):
                    yield f"{place}.deletes", message
            for key, message in (*_waiting_problems(said), *format_problems(said, name, resources)):
                yield f"{place}.{key}", message
            if isinstance(said.get("window"), Mapping):
                for message in window_problems(resource):
                    yield f"{place}.window", message


def _told_twice(reading: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Resources whose records are to be deletions of several others."""
    tells: dict[str, str] = {}
    for name, said in reading.items():
        deletes = said.get("deletes") if isinstance(said, Mapping) else None
        told = deletes.get("resource") if isinstance(deletes, Mapping) else None
        if isinstance(told, str) and tells.setdefault(told, name) != name:
            yield (
                f"reading.{name}.deletes.resource",
                f"{told!r} lists the deletions of {tells[told]!r}: name a resource for each",
            )


def _waiting_problems(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(key, message) of what says how long is waited, and not for what."""
    for key in OF_WAITING:
        if key in said and not said.get("wait_until"):
            yield key, "is about waiting: name what is waited for as wait_until beside it"


def _paging_problems(
    said: Mapping[str, Any], name: str, resources: Resources
) -> Iterator[tuple[str, str]]:
    """(key, message) of what says how a list goes on."""
    keys = [key for key in ("last_page", "first_page_only") if said.get(key)]
    if resources.paginator_kind(name).next_page == "none":
        for key in keys:
            yield key, f"{name!r} has the paginator single_page: there is no further page"
    resource = resources[name]
    ends = map((resource.incremental or {}).get, ("start_param", "end_param"))
    params = [*(resource.endpoint.get("params") or ()), *filter(None, ends)]
    listed = said.get("first_page_only")
    for param in listed if isinstance(listed, list) else ():
        if isinstance(param, str) and param not in params:
            meant = nearest(param, params)
            cure = f"did you mean {meant}?" if meant else f"it has {', '.join(params) or 'none'}"
            yield "first_page_only", f"{param!r} is no param of {name!r}; {cure}"
