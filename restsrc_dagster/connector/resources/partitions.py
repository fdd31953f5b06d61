"""`partitions`: the periods of time by which Dagster shows and fills what a list has."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta, timezone
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from restsrc_dagster.connector.file_part import FilePart
from restsrc_dagster.connector.resources.ranges import why_no_range
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.resources.values import ValueList
from restsrc_dagster.connector.time.iso import parse_date

Every = Literal["hour", "day", "week", "month"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = 0


class Partitions(FilePart):
    """Which periods there are. All times are UTC; weeks begin on Monday."""

    every: Every = Field(description="The length of a partition: hour, day, week or month.")
    first: str = Field(alias="from", description="The day of the first one, such as 2025-01-01.")

    @field_validator("first")
    @classmethod
    def _begins_one(cls, text: str, info: ValidationInfo) -> str:
        try:
            day = parse_date(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text:
            raise ValueError(f"{text!r} is not a day, such as 2025-01-01")
        every = info.data.get("every")
        if every == "week" and day.weekday() != MONDAY:
            monday = day - timedelta(days=day.weekday())
            raise ValueError(f"{text!r} is no Monday, on which weeks begin; write {monday}")
        if every == "month" and day.day != 1:
            raise ValueError(f"{text!r} is no first of a month; write {day.replace(day=1)}")
        return text

    @property
    def start(self) -> datetime:
        return datetime.combine(parse_date(self.first), time(), tzinfo=timezone.utc)


def partitioned(resources: Resources) -> frozenset[str]:
    """The resources that have partitions: those with an end in their request, and what hangs on
    them."""
    tops = {name for name in resources if has_end_param(resources, name)}
    return frozenset(name for name in resources if resources.top(name) in tops)


def has_end_param(resources: Resources, name: str) -> bool:
    """Whether a request of the resource can say where the range ends."""
    resource = resources[name]
    return resource.parent is None and bool((resource.incremental or {}).get("end_param"))


def partitions_problems(
    configuration: Mapping[str, Any], values: Mapping[str, ValueList]
) -> Iterator[tuple[str, str]]:
    """(place, message) of resources that cannot be read by partitions."""
    try:
        resources = Resources(configuration, values=values)
    except Exception:  # what is wrong with them is told elsewhere
        return
    chosen = partitioned(resources)
    if not chosen:
        has_child = any((one.incremental or {}).get("end_param") for one in resources.values())
        which = "no resource without a parent or a list of values" if has_child else "no resource"
        yield (
            "partitions",
            f"{which} has an end in its request: name the parameter of it as "
            "endpoint.incremental.end_param, beside start_param",
        )
    for name in sorted(chosen):
        if why := why_no_range(resources, name, top=resources[name].parent is None):
            yield "partitions", f"{name} {why}"
