"""The hints of columns on their way to dlt."""

from copy import deepcopy
from typing import Any

from dlt.common.normalizers.naming import NamingConvention

from restsrc_dagster.connector.resources.columns import with_merged_columns
from restsrc_dagster.connector.resources.resource import Resource, expanded


def put_columns_apart(config: dict[str, Any]) -> None:
    """Give each resource the columns of `resource_defaults` as its own, as dlt would merge them.

    dlt writes what one resource says of a column into the defaults themselves (`merge_column`),
    and it would hold for the resources behind that one, too: a key for one would be one for all.
    """
    defaults = config.get("resource_defaults") or {}
    if not defaults.get("columns"):
        return
    apart = {"columns": defaults.pop("columns")}
    config["resources"] = [
        {**deepcopy(apart), **with_merged_columns(expanded(item), apart)}
        for item in config["resources"]
    ]


def hints_by_table(
    resource: Resource, root: str, naming: NamingConvention
) -> dict[str, dict[str, Any]]:
    """What the person says of a resource's table, `root`, and of those nested in it, as dlt spells
    them."""
    nested = {
        naming.shorten_fragments(root, naming.normalize_table_identifier(name)): hints
        for name, hints in resource.nested_hints.items()
    }
    return {root: resource.hints | {"columns": resource.columns}, **nested}
