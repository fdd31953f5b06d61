"""From a resource of a connector to the asset that Dagster shows."""

from dataclasses import dataclass

import dagster as dg

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resource import Resource
from restsrc_dagster.orchestrate.names import asset_key


@dataclass(frozen=True)
class ResourceProps:
    """What a translator sees of one resource. `destination` is dlt's name of it."""

    connector: Connector
    resource: Resource
    destination: str


class ConnectorTranslator:
    """Override `get_asset_spec` to show the assets in another way.

    Example:
        .. code-block:: python

            class Owned(ConnectorTranslator):
                def get_asset_spec(self, props: ResourceProps) -> dg.AssetSpec:
                    spec = super().get_asset_spec(props)
                    return spec.merge_attributes(owners=["team:ingestion"])

            defs = build_definitions("connectors", translator=Owned())
    """

    def get_asset_spec(self, props: ResourceProps) -> dg.AssetSpec:
        """The asset of one resource. Its key may be changed, but must stay one of its own."""
        connector, resource = props.connector, props.resource
        disposition = connector.resources.write_disposition(resource.name)
        parent = connector.resources.loaded_parent(resource.name)
        return dg.AssetSpec(
            key=asset_key(connector.name, resource.name),
            deps=[asset_key(connector.name, parent)] if parent else [],
            group_name=connector.name,
            kinds={"dlt", props.destination},
            owners=connector.owners,
            tags=connector.tags,
            description=_description(connector, resource),
            metadata={
                "write_disposition": dg.MetadataValue.json(disposition)
                if isinstance(disposition, dict)
                else disposition,
                "schedule": connector.schedule.describe(connector.created_at),
                **({"cursor_path": resource.cursor_path} if resource.cursor_path else {}),
            },
        )


def _description(connector: Connector, resource: Resource) -> str:
    """`customers of acme: what is new by updated_at, merged on id.`, and what to know of it."""
    kind = connector.resources.disposition(resource.name)
    reads = f"what is new by `{resource.cursor_path}`" if resource.cursor_path else "all of it"
    if resource.parent:
        reads += f", for each of {resource.parent}"
    keys = resource.primary_key
    on = f" on {', '.join([keys] if isinstance(keys, str) else map(str, keys))}" if keys else ""
    stored = {"append": "appended", "merge": f"merged{on}", "replace": "replacing the table"}
    lines = [connector.description] if connector.description else []
    lines.append(
        f"`{resource.name}` of {connector.name}: {reads}, {stored.get(str(kind), kind)}. "
        f"Read {connector.schedule.describe(connector.created_at)}."
    )
    lines += [
        f"Warning `{lint.code}`: {lint.message}."
        for lint in connector.lints
        if resource.name in lint.resources
    ]
    return "\n\n".join(lines)
