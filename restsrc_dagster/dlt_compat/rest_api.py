"""What dlt's `rest_api_source` makes of a configuration, and who requests its pages.

dlt builds the resources: their hints, their parents, their place in the pipe. The function that
requests pages is ours (`extract.paging.list_reader`); what that needs of dlt is here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dlt.extract.resource import DltResource
from dlt.sources.helpers.rest_client.exceptions import IgnoreResponseException
from dlt.sources.rest_api.config_setup import (
    build_resource_dependency_graph,
    create_auth,
    create_paginator,
    expand_placeholders,
    get_auth_class,
    get_paginator_class,
    process_parent_data_item,
)

__all__ = [
    "IgnoreResponseException",
    "create_auth",
    "create_paginator",
    "endpoints",
    "expand_placeholders",
    "get_auth_class",
    "get_paginator_class",
    "process_parent_data_item",
    "read_by",
]


def endpoints(
    configuration: Any,
) -> Mapping[str, tuple[dict[str, Any], list[Any] | None]]:
    """The endpoint of each resource as dlt requests it, by the resource's name.

    Defaults are merged in, params that stand in the path are bound, and the path of one record has
    its selector and paginator. Beside it dlt's `ResolvedParam`s, by which a child is bound to its
    parent; None for a resource without a parent. A resource that is dlt's own object has none.

    Raises:
        ValueError: dlt refuses the configuration.
    """
    defaults: Any = configuration.get("resource_defaults") or {}
    _, resources, bound = build_resource_dependency_graph(defaults, configuration["resources"])
    merged: Mapping[str, Any] = resources
    return {
        name: (dict(one["endpoint"]), bound[name])
        for name, one in merged.items()
        if not isinstance(one, DltResource)
    }


def read_by(resource: DltResource, read: Callable[..., Any]) -> None:
    """Let `read` request the pages of a resource, in place of dlt's function.

    Args:
        resource: one that `rest_api_source` has made.
        read: gives an iterator of pages; called without arguments, or, for a resource with a
            parent, with a page of parents and `meta`.
    """
    resource._pipe.replace_gen(read)
