"""What a resource says about its tables: keys, columns, contracts."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, Tag, ValidationError, model_validator
from typing_extensions import Self

from restsrc_dagster.connector.abilities import TableFormat
from restsrc_dagster.connector.configuration.dispositions import WriteDisposition
from restsrc_dagster.connector.configuration.part import BY_SHAPE, Choice, Name, Part, config_error

ColumnNames = Annotated[
    Annotated[Name, Tag("<text>")] | Annotated[list[Name], Tag("<list>")],
    BY_SHAPE,
    Choice("a column's name or a list of them"),
]
DataType = Literal[
    "text",
    "double",
    "bool",
    "timestamp",
    "bigint",
    "binary",
    "json",
    "decimal",
    "wei",
    "date",
    "time",
]


class Column(Part):
    """Hints of one column. A destination's own hints begin with `x-`."""

    model_config = ConfigDict(extra="allow")

    name: Name | None = Field(None, description="The column's name, where columns are a list.")
    data_type: DataType | None = Field(None, description="The type, whatever the records hold.")
    nullable: bool | None = Field(None, description="Whether it may be empty.")
    precision: int | None = Field(None, ge=0, description="Digits, bits or characters.")
    scale: int | None = Field(None, ge=0, description="Digits after the point of a decimal.")
    timezone: bool | None = Field(None, description="Whether a timestamp has a time zone.")
    x_normalizer: dict[str, Any] | None = Field(
        None, alias="x-normalizer", description="dlt's own notes."
    )
    description: str | None = Field(None, description="In words.")
    partition: bool | None = Field(None, description="Partition the table by it.")
    cluster: bool | None = Field(None, description="Cluster the table by it.")
    unique: bool | None = Field(None, description="No value comes twice.")
    sort: bool | None = Field(None, description="Sort the table by it.")
    primary_key: bool | None = Field(None, description="Part of the primary key.")
    merge_key: bool | None = Field(None, description="Part of the merge key.")
    row_key: bool | None = Field(None, description="dlt's own key of a row.")
    parent_key: bool | None = Field(None, description="Refers to the parent table's row.")
    root_key: bool | None = Field(None, description="Refers to the root table's row.")
    variant: bool | None = Field(None, description="A column for values of another type.")
    hard_delete: bool | None = Field(None, description="Marks deleted records.")
    dedup_sort: Literal["asc", "desc"] | None = Field(
        None, description="Of records with the same key, the first in this order stays."
    )
    incremental: bool | None = Field(None, description="Holds the cursor.")

    @model_validator(mode="after")
    def _known(self) -> Self:
        unknown = [key for key in self.model_extra or {} if not key.startswith("x-")]
        if unknown:
            raise ValidationError.from_exception_data(
                "Column",
                [{"type": "extra_forbidden", "loc": (key,), "input": None} for key in unknown],
            )
        return self


class ListedColumn(Column):
    """A column in a list, where it needs its name."""

    name: Name = Field(description="The column's name.")


Columns = Annotated[
    Annotated[dict[str, Column], Tag("<object>")] | Annotated[list[ListedColumn], Tag("<list>")],
    BY_SHAPE,
    Choice("an object of columns by name, or a list of them"),
]

Evolution = Literal["evolve", "discard_value", "discard_row", "freeze"]


class ContractParts(Part):
    """What may change, apart for tables, columns and types."""

    tables: Evolution | None = Field(None, description="What happens to a new table.")
    columns: Evolution | None = Field(None, description="What happens to a new column.")
    data_type: Evolution | None = Field(None, description="What happens to a value of a new type.")


SchemaContract = Annotated[
    Annotated[Evolution, Tag("<text>")] | Annotated[ContractParts, Tag("<object>")],
    BY_SHAPE,
    Choice("a mode or an object"),
]


class Reference(Part):
    """A column that refers to another table."""

    referenced_table: Name = Field(description="The other table.")
    columns: list[Name] = Field(min_length=1, description="The columns that refer to it.")
    referenced_columns: list[Name] = Field(
        min_length=1, description="Its columns, in the same order."
    )
    label: str | None = Field(None, description="The relation in a word.")
    cardinality: (
        Literal[
            "zero_to_one",
            "one_to_zero",
            "zero_to_many",
            "many_to_zero",
            "one_to_many",
            "many_to_one",
            "one_to_one",
            "many_to_many",
        ]
        | None
    ) = Field(None, description="How many rows of each.")
    table: Name | None = Field(None, description="This table; known without being said.")

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if len(self.columns) != len(self.referenced_columns):
            raise config_error("has not as many names as columns", at="referenced_columns")
        return self


class TableHints(Part):
    """What can be said of a resource's table, and of tables nested in it."""

    write_disposition: WriteDisposition | None = Field(
        None, description="How rows meet those that are there."
    )
    primary_key: ColumnNames | None = Field(None, description="The columns that tell rows apart.")
    merge_key: ColumnNames | None = Field(
        None, description="The columns whose rows are replaced together."
    )
    columns: Columns | None = Field(None, description="Hints of columns.")
    schema_contract: SchemaContract | None = Field(None, description="What may change by itself.")
    table_format: TableFormat | None = Field(
        None, description="The table's format at the destination."
    )
    file_format: (
        Literal[
            "preferred",
            "jsonl",
            "typed-jsonl",
            "insert_values",
            "parquet",
            "csv",
            "reference",
            "model",
        ]
        | None
    ) = Field(None, description="The format of the files that are loaded.")
    references: list[Reference] | None = Field(None, description="References to other tables.")


class NestedHints(TableHints):
    """Hints of a nested table."""

    parent_table_name: Name | None = Field(None, description="The table that it is nested in.")
