"""What is asked of the API for one resource, and where the records are in its answer."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator
from typing_extensions import Self

from restsrc_dagster.connector.configuration.auth import Auth
from restsrc_dagster.connector.configuration.incremental import Incremental, IncrementalParam
from restsrc_dagster.connector.configuration.paginators import Paginator
from restsrc_dagster.connector.configuration.part import Choice, JsonPath, Name, Part, config_error
from restsrc_dagster.connector.syntax.expression import expression_error
from restsrc_dagster.connector.syntax.response_actions import action_of, expression_of


class ResolveParam(Part):
    """A parameter of the path that takes a field of each parent record."""

    type: Literal["resolve"]
    resource: Name = Field(description="The parent resource.")
    field: JsonPath = Field(description="Where its records have the value.")


def _param_tag(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "<value>"
    kind = value.get("type")
    return f"<{kind}>" if kind in ("resolve", "incremental") else None


_Value = Annotated[Any, WithJsonSchema({"not": {"type": "object"}})]
Param = Annotated[
    Annotated[_Value, Tag("<value>")]
    | Annotated[ResolveParam, Tag("<resolve>")]
    | Annotated[IncrementalParam, Tag("<incremental>")],
    Discriminator(_param_tag),
    Choice(
        expected="a value, or an object with a type",
        key="type",
        allowed=("resolve", "incremental"),
    ),
]


def _action(text: str) -> str:
    try:
        action_of(text)
    except ValueError as error:
        raise config_error(str(error)) from None
    return text


ActionText = Annotated[str, AfterValidator(_action)]


class ResponseAction(Part):
    """What is done about an answer, by its status or its content."""

    status_code: int | None = Field(None, ge=100, le=599, description="The answer's status.")
    content: Name | None = Field(
        None,
        description="Text that the answer holds; or jmespath: and an expression over its body.",
    )
    action: ActionText = Field(
        description="What to do: ignore ends the list there, and is no failure; retry sends the "
        "request again, as often as one that failed; fail, or fail: and a message, fails."
    )

    @model_validator(mode="after")
    def _condition(self) -> Self:
        if self.status_code is None and self.content is None:
            raise config_error("applies to no answer; give a status_code, a content, or both")
        expression = expression_of(self.content or "")
        if expression is not None and (error := expression_error(expression)):
            raise config_error(error, at="content")
        return self


class Endpoint(Part):
    """One endpoint of the API."""

    path: str = Field(
        default_factory=str,
        description="Below base_url; {resources.<name>.<field>} stands for a parent's field. "
        "The resource's name if nothing is given.",
    )
    method: Literal["GET", "POST"] = Field("GET", description="How the API is asked.")
    params: dict[str, Param] = Field(
        default_factory=dict, description="The query: values, lists, or what binds a value."
    )
    json_body: dict[str, Any] = Field(
        default_factory=dict, alias="json", description="A body, as JSON."
    )
    data: Any = Field(None, description="A body as form fields or as text, instead of json.")
    headers: dict[str, str | None] | None = Field(
        None, description="Headers of these requests, beside the client's."
    )
    auth: Auth | None = Field(None, description="Instead of the client's; null for none.")
    paginator: Paginator | None = Field(None, description="Instead of the client's.")
    data_selector: JsonPath | None = Field(
        None, description="Where the records are in the answer; guessed if nothing is given."
    )
    response_actions: list[ResponseAction] | None = Field(
        None,
        description="What is done about an answer, such as a 404 that says that there is nothing.",
    )
    incremental: Incremental | None = Field(None, description="The cursor: only new records.")
