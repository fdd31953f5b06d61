"""`reading.<resource>.window`: a range that is read in slices."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from restsrc_dagster.connector.configuration.part import StandIn
from restsrc_dagster.connector.file_part import FilePart
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.time.conversion import seconds_since_1970
from restsrc_dagster.connector.time.instants import seconds_of
from restsrc_dagster.connector.time.span import Span, span

NOW = "now"
_YEAR_2001 = 1_000_000_000


def _span(text: str) -> str:
    span(text)
    return text


def _end(text: str) -> str:
    if text != NOW and seconds_of(text) is None:
        raise ValueError(f"{text!r} is neither now nor a time such as 2025-01-31T00:00:00Z")
    return text


SpanText = Annotated[str, AfterValidator(_span), StandIn("1 day")]


def window_problems(resource: Resource) -> Iterator[str]:
    """Why the range of a resource cannot be read in slices."""
    incremental = resource.incremental
    if incremental is None:
        yield "needs a cursor: name one as endpoint.incremental, with an initial_value"
        return
    initial = incremental.get("initial_value")
    if initial is None:
        yield "needs an initial_value in endpoint.incremental, where the first window begins"
    elif "${" not in str(initial) and seconds_since_1970(initial) is None:
        yield "needs an initial_value that is a time"
    elif _has_no_unit(initial) and incremental.get("convert") is None:
        yield (
            "cannot tell from this initial_value whether it counts seconds or milliseconds: write "
            "one of 2001 or later, or name convert"
        )
    if not resource.sends_cursor:
        yield (
            "needs a request that says where a window begins: name start_param (and end_param) in "
            "endpoint.incremental, or write {incremental.start_value}"
        )
    if incremental.get("last_value_func", "max") != "max":
        yield "goes from the oldest to the newest: take last_value_func out"
    if incremental.get("row_order") is not None:
        yield "is its own order: take row_order out of endpoint.incremental"
    if incremental.get("range_start") == "open":
        yield "reads what stands at the end of a window with the next one: take range_start out"
    if incremental.get("on_cursor_value_missing") == "include" and not resource.has_primary_key:
        yield (
            "would bring records without the cursor once for each window: name a primary_key, or "
            "write on_cursor_value_missing exclude"
        )


def _has_no_unit(value: Any) -> bool:
    try:
        return abs(float(value)) < _YEAR_2001
    except (TypeError, ValueError):
        return False


class Window(FilePart):
    """The range from the cursor to an end, in slices; of a child, that of each parent."""

    size: SpanText = Field(
        description="The length of a slice, such as 31 days: minutes, hours, days, weeks, months."
    )
    end: Annotated[str, AfterValidator(_end), StandIn(NOW)] = Field(
        NOW, description="Where reading ends: now, or a time such as 2025-01-31T00:00:00Z."
    )
    delay: SpanText | None = Field(
        None, description="What is newer than this is left for the next run, such as 1 hour."
    )
    at_most: int | None = Field(
        None,
        ge=1,
        description="The most records that the API gives of one slice: where more are announced, "
        "or as many come, the slice is halved.",
    )
    recheck: bool = Field(
        True,
        description="Whether a slice that comes on several numbered pages is read again until two "
        "readings agree, unless the API announces how many records it has: one that leaves it "
        "meanwhile takes another one past the page that is read next.",
    )

    @property
    def span(self) -> Span:
        return span(self.size)

    @property
    def delay_seconds(self) -> int:
        return span(self.delay).seconds if self.delay is not None else 0

    def reads_to(self, now: float) -> Fraction:
        """Up to where a run that begins at `now` reads, both in seconds since 1970."""
        latest = Fraction(now) - self.delay_seconds
        said = None if self.end == NOW else seconds_of(self.end)
        return latest if said is None else min(said, latest)
