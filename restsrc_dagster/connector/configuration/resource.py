"""One resource: what is asked, and what is known of its table."""

from typing import Annotated

from pydantic import Field, Tag

from restsrc_dagster.connector.configuration.endpoint import Endpoint
from restsrc_dagster.connector.configuration.hints import NestedHints, TableHints
from restsrc_dagster.connector.configuration.part import BY_SHAPE, Choice, Name
from restsrc_dagster.connector.configuration.steps import Step


class ResourceDefaults(TableHints):
    """What holds for every resource that does not say otherwise."""

    endpoint: Endpoint = Field(
        default_factory=Endpoint,
        description="params and json are merged by key, everything else is replaced.",
    )
    include_from_parent: list[Name] | None = Field(
        None, description="Fields of the parent record to copy, as _<parent>_<field>."
    )
    table_name: Name | None = Field(None, description="The table; else the resource's name.")
    nested_hints: dict[str, NestedHints] | None = Field(
        None, description="Hints of nested tables, by the name of the list in a record."
    )
    max_table_nesting: int | None = Field(
        None, ge=0, description="How deep lists become tables of their own; below, they are JSON."
    )
    selected: bool = Field(True, description="false: read for its children, but not loaded.")
    parallelized: bool | None = Field(None, description="Read beside the other resources.")
    processing_steps: list[Step] = Field(
        default_factory=list,
        description="What is done to each record before the cursor looks at it, in this order. A "
        "resource's own list replaces that of resource_defaults.",
    )


PathOrEndpoint = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[Endpoint, Tag("<object>")],
    BY_SHAPE,
    Choice("an object or a path"),
]


class ResourceModel(ResourceDefaults):
    """One resource, which becomes one table."""

    name: Name = Field(description="The resource's name, unlike that of any other.")
    endpoint: PathOrEndpoint = Field(  # type: ignore[assignment]  # the defaults take no path
        default_factory=Endpoint, description="What is asked: an object, or only the path."
    )


NameOrResource = Annotated[
    Annotated[Name, Tag("<text>")] | Annotated[ResourceModel, Tag("<object>")],
    BY_SHAPE,
    Choice("an object or the name of a resource"),
]

_BESIDE = "the resource, beside endpoint"
Endpoint.elsewhere = dict.fromkeys(ResourceModel.model_fields, _BESIDE)
ResourceDefaults.elsewhere = {
    field.alias or name: "endpoint" for name, field in Endpoint.model_fields.items()
} | {"name": "each resource"}
