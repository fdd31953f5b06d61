"""What is done to each record before it is loaded: JMESPath where dlt wants a Python function."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, Tag, model_validator
from typing_extensions import Self

from restsrc_dagster.connector.configuration.part import BY_SHAPE, Choice, Name, Part, config_error
from restsrc_dagster.connector.syntax.expression import expression_error
from restsrc_dagster.connector.syntax.fields import field_path


def _expression(text: str) -> str:
    if error := expression_error(text):
        raise config_error(error)
    return text


def _field(text: str) -> str:
    try:
        field_path(text)
    except ValueError as error:
        raise config_error(str(error)) from None
    return text


Expression = Annotated[str, Field(min_length=1), AfterValidator(_expression)]
"""JMESPath over one record: `status != 'deleted'`, `{id: id, total: amount.value}`."""
FieldText = Annotated[str, Field(min_length=1), AfterValidator(_field)]
"""Where a field is in a record: `email`, `address.street`, `contacts[*].phone`."""


class PersonalData(Part):
    """Fields that are not to be loaded as they are, wherever a record has them."""

    exclude: list[FieldText] = Field(
        default_factory=list, description="Fields to remove, such as contacts[*].phone."
    )
    hash: list[FieldText] = Field(
        default_factory=list,
        description="Fields whose values become SHA-256, the same in every run; null stays null.",
    )
    salt: Name | None = Field(
        None,
        description="Keys the hashes (HMAC), so that nobody finds a value by trying; best as a "
        "${NAME} reference.",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.exclude and not self.hash:
            raise config_error("names no field; give exclude, hash, or both")
        if self.salt is not None and not self.hash:
            raise config_error("is of no use without hash", at="salt")
        return self


ExpressionOrFields = Annotated[
    Annotated[Expression, Tag("<text>")] | Annotated[PersonalData, Tag("<object>")],
    BY_SHAPE,
    Choice("a JMESPath, or an object with exclude and hash"),
]


class ListOfRecords(Part):
    """A list in a record, whose elements take the record's place."""

    elements: Expression = Field(
        alias="list", description="The list of objects, as JMESPath over the record."
    )
    keep: list[Name] = Field(
        default_factory=list, description="Fields of the record that each element gets as well."
    )


ExpressionOrList = Annotated[
    Annotated[Expression, Tag("<text>")] | Annotated[ListOfRecords, Tag("<object>")],
    BY_SHAPE,
    Choice("a JMESPath, or an object with list and keep"),
]


class Step(Part):
    """One step: exactly one of the three."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    filter: Expression = Field(
        default_factory=str,
        description="JMESPath; a record stays if it gives neither false, null, '', [] nor {}.",
    )
    map: ExpressionOrFields = Field(
        default_factory=str,
        description="JMESPath whose result, an object, replaces the record; or an object with "
        "the fields to exclude and to hash.",
    )
    yield_map: ExpressionOrList = Field(
        default_factory=str,
        description="JMESPath whose result, a list of objects, replaces the record; or an object "
        "with that as list, and the fields of the record to keep.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise config_error(
                f"has {len(self.model_fields_set)} of filter, map and yield_map; give one"
            )
        return self
