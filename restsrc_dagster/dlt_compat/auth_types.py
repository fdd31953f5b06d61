"""What dlt takes for the configuration of an auth.

`register_auth` makes the class of a kind known, and its name. But dlt validates a configuration by
the TypedDicts of its own kinds, so that an object with any other option is refused: what is
registered there could only be configured by a name alone, or in Python.
"""

from collections.abc import Iterable
from typing import Any, Literal, TypedDict, Union

from dlt.sources.rest_api.config_setup import register_auth
from dlt.sources.rest_api.typing import ClientConfig, Endpoint

__all__ = ["HOLDERS", "accept", "register_auth"]

HOLDERS = (ClientConfig, Endpoint)


def accept(name: str, options: Iterable[str]) -> None:
    """Let dlt take an object of that `type` with any of `options` for an auth.

    What their values may be is not looked at.
    """
    fields: dict[str, Any] = dict.fromkeys(options, Any)
    config = TypedDict(name, {**fields, "type": Literal[name]}, total=False)  # type: ignore[misc]
    for holder in HOLDERS:
        known = holder.__annotations__["auth"]
        holder.__annotations__["auth"] = Union[known, config]  # noqa: UP007 - made while running
