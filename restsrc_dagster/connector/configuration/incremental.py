"""Reading only what is new: a cursor in the records, and how it is sent to the API."""

from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator
from typing_extensions import Self

from restsrc_dagster.connector.configuration.part import JsonPath, Name, Part, config_error
from restsrc_dagster.connector.time.conversion import FORMATS, conversion, seconds_since_1970
from restsrc_dagster.connector.time.instants import seconds_of

CursorValue = str | int | float


def _format(text: str) -> str:
    try:
        conversion(text)
    except ValueError as error:
        raise config_error(str(error)) from None
    return text


Format = Annotated[
    str,
    Field(min_length=1),
    AfterValidator(_format),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(FORMATS)},
                {"type": "string", "pattern": "^[^{}]*%[^{}]*$"},
                {"type": "string", "pattern": "^(date|iso8601)@.+$"},
            ]
        }
    ),
]
"""What `convert` names instead of dlt's Python function."""


class _Cursor(Part):
    """What both forms have: dlt's own incremental arguments."""

    cursor_path: JsonPath = Field(description="Where a record has its cursor, such as updated_at.")
    initial_value: CursorValue | None = Field(
        None,
        description="Where the first run begins; of the same type as the cursor. An API that is "
        "sent a start leaves records without that field out, from the first run on: leave it away, "
        "and name on_cursor_value_missing, if there are some.",
    )
    end_value: CursorValue | None = Field(None, description="Where reading ends; for backfills.")
    last_value_func: Literal["min", "max"] = Field(
        "max", description="Whether the cursor grows or shrinks from run to run."
    )
    primary_key: str | list[str] | None = Field(
        None, description="What tells records with the same cursor apart; [] for nothing."
    )
    row_order: Literal["asc", "desc"] | None = Field(
        None, description="How the API sorts by the cursor; with it, reading can stop early."
    )
    allow_external_schedulers: bool | None = Field(
        None, description="Whether a scheduler's interval may set the range."
    )
    lag: float | None = Field(
        None,
        description="How far back each run begins again: seconds; days, where initial_value (or "
        "the cursor, without one) is a date; units of the cursor, where it is a number.",
    )
    on_cursor_value_missing: Literal["raise", "include", "exclude"] = Field(
        "raise", description="What happens to records without a cursor."
    )
    range_start: Literal["open", "closed"] = Field(
        "closed", description="Whether the start itself is read: closed for yes."
    )
    range_end: Literal["open", "closed"] = Field(
        "open", description="Whether the end itself is read: closed for yes."
    )
    convert: Format | None = Field(
        None,
        description="How the cursor is sent: epoch_seconds, epoch_milliseconds, iso8601, date, or "
        "a pattern such as %Y-%m-%dT%H:%M, in UTC or in a zone: date@Europe/Berlin. What is kept "
        "and compared stays as the API wrote it.",
    )

    @model_validator(mode="after")
    def _convertible(self) -> Self:
        if self.convert is not None:
            for key in ("initial_value", "end_value"):
                value = getattr(self, key)
                if not _readable(value):
                    raise config_error("is no point in time, which convert needs", at=key)
            if self.initial_value is not None and self.initial_value == self.end_value:
                raise config_error(
                    "is also the initial_value; convert cannot tell them apart", at="end_value"
                )
        return self


class Incremental(_Cursor):
    """The cursor of an endpoint. Send it by start_param, or as {incremental.start_value}."""

    start_param: Name | None = Field(None, description="The query parameter of the start.")
    end_param: Name | None = Field(None, description="The query parameter of the end.")

    @model_validator(mode="after")
    def _range(self) -> Self:
        start, end = self.initial_value, self.end_value
        if end is None:
            return self
        if start is None:
            raise config_error("needs an initial_value", at="end_value")
        if isinstance(start, str) != isinstance(end, str):
            raise config_error("is not of the same type as initial_value", at="end_value")
        if "${" not in f"{start}{end}":
            (mine, low), (others, high) = _meaning(start), _meaning(end)
            if mine != others:
                raise config_error(f"is {others}, and initial_value {mine}", at="end_value")
            if low != high and (low > high) == (self.last_value_func == "max"):
                word = "below" if self.last_value_func == "max" else "above"
                raise config_error(f"is {word} initial_value", at="end_value")
        return self


class IncrementalParam(_Cursor):
    """A query parameter that takes the cursor: the short form of `start_param`."""

    type: Literal["incremental"]

    @model_validator(mode="after")
    def _no_end(self) -> Self:
        if self.end_value is not None:
            raise config_error("belongs in endpoint.incremental, with start_param", at="end_value")
        return self


def _meaning(value: Any) -> tuple[str, Any]:
    """What a value is, and what it is compared by."""
    if not isinstance(value, str):
        return "a number", value
    if (seconds := seconds_of(value)) is not None:
        return "a time", seconds
    try:
        return "a number as text", Fraction(value) if value.isascii() else Fraction("")
    except (ValueError, ZeroDivisionError):
        return "a text", value


def _readable(value: Any) -> bool:
    if value is None or (isinstance(value, str) and "${" in value):
        return True
    return seconds_since_1970(value) is not None


_SENT = "endpoint.incremental; here the parameter itself is the start"
IncrementalParam.elsewhere = {"start_param": _SENT, "end_param": _SENT}
