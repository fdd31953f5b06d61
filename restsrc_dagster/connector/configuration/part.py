"""What all parts of a configuration share: strictness, and the few kinds of text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field
from pydantic_core import PydanticCustomError

from restsrc_dagster.connector.configuration.jsonpath import jsonpath_error


class Part(BaseModel):
    """An object of the configuration. It only checks; dlt gets what the person wrote."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    elsewhere: ClassVar[dict[str, str]] = {}
    """Where keys belong that people write here by mistake."""


def _jsonpath(text: str) -> str:
    if error := jsonpath_error(text):
        raise PydanticCustomError("config_error", "is not a JSONPath: {error}", {"error": error})
    return text


Name = Annotated[str, Field(min_length=1)]
"""Text that cannot be empty."""
JsonPath = Annotated[str, Field(min_length=1), AfterValidator(_jsonpath)]
"""Where something is in a record or an answer: `data.items`, `$`, `['@odata.nextLink']`."""


def shape(value: Any) -> str | None:
    """The tag of a union whose members differ by JSON type."""
    match value:
        case str():
            return "<text>"
        case dict() | BaseModel():  # as it is written, and as it is read
            return "<object>"
        case list():
            return "<list>"
        case _:
            return None


@dataclass(frozen=True)
class StandIn:
    """Beside a text of a certain form: one that stands for a `${NAME}` until a run knows it."""

    text: str


@dataclass(frozen=True)
class Choice:
    """Beside a union's Discriminator: what is told where no member fits."""

    expected: str
    key: str | None = None
    """The key that chooses among objects, and what it may say."""
    allowed: tuple[str, ...] = ()
    register: str = ""
    """dlt's function that makes further ones known, where there is one."""
    registered: Callable[[], tuple[str, ...]] = tuple
    """Those that it has made known."""


BY_SHAPE = Discriminator(shape)
"""Chooses a union's member by JSON type alone."""


def config_error(message: str, **context: Any) -> PydanticCustomError:
    """A problem in its own words; `at` names the key that it is about."""
    return PydanticCustomError("config_error", "{message}", {"message": message, **context})


def excludes(*pairs: tuple[str, str]) -> dict[str, Any]:
    """JSON Schema: of each pair one key at most has a value."""
    return {
        "allOf": [
            {
                "not": {
                    "required": [one, other],
                    "properties": {key: {"not": {"type": "null"}} for key in (one, other)},
                }
            }
            for one, other in pairs
        ]
    }


def not_both(part: Part, one: str, other: str) -> None:
    """Of two options that mean the same, one at most is given."""
    if getattr(part, one) is not None and getattr(part, other) is not None:
        raise config_error(f"and {other} exclude each other; remove one", at=one)
