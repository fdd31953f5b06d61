"""Where a configuration has an auth: at the client, and at each endpoint that has its own."""

from collections.abc import Iterator, Mapping
from typing import Any


def holders(configuration: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, client or endpoint): what may have an auth."""
    yield "configuration.client", configuration["client"]
    items = [("resource_defaults", configuration.get("resource_defaults") or {})]
    items += [(f"resources[{n}]", item) for n, item in enumerate(configuration["resources"])]
    for place, item in items:
        endpoint = item.get("endpoint") if isinstance(item, dict) else None
        if isinstance(endpoint, dict):
            yield f"configuration.{place}.endpoint", endpoint


def auths(configuration: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, auth) of the client and of every endpoint that has one."""
    for place, holder in holders(configuration):
        if isinstance(auth := holder.get("auth"), dict):
            yield f"{place}.auth", auth
