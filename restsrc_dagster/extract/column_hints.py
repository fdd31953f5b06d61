"""The hints of columns on their way to dlt."""

from copy import deepcopy
from typing import Any

from restsrc_dagster.connector.columns import with_merged_columns
from restsrc_dagster.connector.resources import expanded


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
