"""What kinds of paginators and auths have in common: each is chosen by the `type` in a file."""

import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Union, get_args

from pydantic import Discriminator, Tag, WrapValidator

from restsrc_dagster.connector.configuration.part import Choice, Part

Register = Literal["register_paginator", "register_auth"]
_MAPS: dict[Register, str] = {"register_paginator": "PAGINATOR_MAP", "register_auth": "AUTH_MAP"}


def names_of(model: type[Part]) -> tuple[str, ...]:
    """The words in `type` that choose a model."""
    return get_args(model.model_fields["type"].annotation)


def is_registered(name: Any, register: Register, built_in: Mapping[str, Any]) -> bool:
    """Whether `name` is a kind that a person has registered with dlt in this process."""
    return isinstance(name, str) and name in registered(register, built_in)


def registered(register: Register, built_in: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the kinds that were registered with dlt's function of that name.

    Where dlt was not imported nobody has registered any: this does not import it.
    """
    known = getattr(sys.modules.get("dlt.sources.rest_api.config_setup"), _MAPS[register], ())
    return tuple(name for name in known if name not in built_in)


def chosen_by_type(
    models: Mapping[str, type[Part]],
    register: Register,
    *,
    expected: str,
    default: str | None = None,
    as_name: Any = None,
) -> Any:
    """The annotation of a field that holds one of `models`, or a kind that was registered.

    `default` is the type of an object without one; `as_name` checks a text instead of an object.
    """

    def tag(value: Any) -> str | None:
        if as_name is not None and isinstance(value, str):
            return "<name>"
        kind = value.get("type", default) if isinstance(value, dict) else None
        return f"<{kind}>" if isinstance(kind, str) else None

    def or_registered(value: Any, check: Callable[[Any], Any]) -> Any:
        name = value.get("type") if isinstance(value, dict) else as_name and value
        return value if is_registered(name, register, models) else check(value)

    members = [Annotated[model, Tag(f"<{name}>")] for name, model in models.items()]
    if as_name is not None:
        members.insert(0, Annotated[as_name, Tag("<name>")])
    return Annotated[
        Union[tuple(members)],  # noqa: UP007 - made while running
        Discriminator(tag),
        Choice(
            expected=expected,
            key="type",
            allowed=tuple(models),
            register=register,
            registered=lambda: registered(register, models),
        ),
        WrapValidator(or_registered),
    ]
