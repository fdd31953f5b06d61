"""How rows that are loaded meet the rows that are there."""

import string
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from restsrc_dagster.connector.configuration.part import Choice, Name, Part, config_error
from restsrc_dagster.connector.time.iso import parse_time

Strategy = Literal["delete-insert", "scd2", "upsert", "insert-only", "cdc"]
CONDITION_PLACEHOLDERS = ("table", "staging_table")


def _condition(text: str) -> str:
    try:
        used = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        raise config_error("has a single brace; write literal braces twice, {{ and }}") from None
    if any(name not in CONDITION_PLACEHOLDERS for name in used):
        raise config_error("may name {table} and {staging_table} only; write literal braces twice")
    return text


def _time(value: str | float) -> str | float:
    if isinstance(value, str) and "${" not in value:
        try:
            parse_time(value)
        except ValueError:
            raise config_error("is not a time such as 2026-11-23T10:03:00Z") from None
    return value


Condition = Annotated[str, AfterValidator(_condition)]
Time = Annotated[str | int | float, AfterValidator(_time)]


class Disposition(Part):
    """Append to what is there, replace it, or load nothing."""

    disposition: Literal["append", "replace", "skip"]


class Merge(Part):
    """Rows with the same key take the place of those that are there."""

    disposition: Literal["merge"]
    strategy: Strategy = Field(
        "delete-insert", description="How; the destination's own way if nothing is given."
    )


class _Filtered(Part):
    disposition: Literal["merge"]
    source_filter: Condition = Field(
        default_factory=str, description="SQL condition: which of the loaded rows take part."
    )


class _Scoped(_Filtered):
    destination_scope: Condition = Field(
        default_factory=str, description="SQL condition: which rows at the destination may go."
    )


class _Versioned(Part):
    skip_unchanged_rows: bool = Field(False, description="Leave rows alone that are the same.")
    row_version_column_name: Name = Field(
        default_factory=str, description="The column that changes when a record does."
    )


class DeleteInsert(_Scoped):
    """Delete the rows with the same key, then insert."""

    strategy: Literal["delete-insert"]
    deduplicated: bool = Field(False, description="The loaded rows hold no key twice.")


class Scd2(_Scoped):
    """Keep the history: a row is retired, not replaced."""

    strategy: Literal["scd2"]
    validity_column_names: list[Name] = Field(
        default=["_dlt_valid_from", "_dlt_valid_to"],
        min_length=2,
        max_length=2,
        description="The columns that say from when to when a row was valid.",
    )
    active_record_timestamp: Time | None = Field(
        None, description="The end of rows that are valid still; null for none."
    )
    boundary_timestamp: Time | None = Field(
        None, description="When rows of this load begin; null for the time of the load."
    )
    row_version_column_name: Name = Field(
        default_factory=str, description="The column that changes when a record does."
    )


class Upsert(_Filtered, _Versioned):
    """Update rows with the same primary key, insert the others."""

    strategy: Literal["upsert"]


class Cdc(_Scoped, _Versioned):
    """Apply a stream of changes."""

    strategy: Literal["cdc"]


MERGES: dict[str, type[Part]] = {
    "delete-insert": DeleteInsert,
    "scd2": Scd2,
    "upsert": Upsert,
    "cdc": Cdc,
}


def _tag(value: Any) -> str | None:
    if isinstance(value, str):
        return "<name>"
    if not isinstance(value, dict) or value.get("disposition") not in DISPOSITIONS:
        return None
    if value["disposition"] != "merge":
        return "<plain>"
    strategy = value.get("strategy")
    return f"<{strategy}>" if isinstance(strategy, str) and strategy in MERGES else "<merge>"


DISPOSITIONS = ("append", "replace", "merge", "skip")
WriteDisposition = Annotated[
    Annotated[Literal["append", "replace", "merge", "skip"], Tag("<name>")]
    | Annotated[Disposition, Tag("<plain>")]
    | Annotated[Merge, Tag("<merge>")]
    | Annotated[DeleteInsert, Tag("<delete-insert>")]
    | Annotated[Scd2, Tag("<scd2>")]
    | Annotated[Upsert, Tag("<upsert>")]
    | Annotated[Cdc, Tag("<cdc>")],
    Discriminator(_tag),
    Choice(
        expected="a disposition or an object with one",
        key="disposition",
        allowed=DISPOSITIONS,
    ),
]

Disposition.elsewhere = dict.fromkeys(
    ["strategy", *(key for part in MERGES.values() for key in part.model_fields)],
    "a merge",
)
Merge.elsewhere = {
    key: f"a merge with the strategy {' or '.join(names)}"
    for key, names in {
        key: [name for name, part in MERGES.items() if key in part.model_fields]
        for part in MERGES.values()
        for key in part.model_fields
    }.items()
}
for _part in MERGES.values():
    _part.elsewhere = Merge.elsewhere
