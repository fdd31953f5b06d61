"""From a resource of a connector to the asset that Dagster shows."""

from dataclasses import dataclass

import dagster as dg

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources import Resource
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
    disposition = connector.resources.write_disposition(resource.name)
    kind = disposition.get("disposition", "") if isinstance(disposition, dict) else disposition
    delivers = f"new by `{resource.cursor_path}`" if resource.cursor_path else "read in full"
    if resource.parent:
        delivers += f", for each record of {resource.parent}"
    lines = [connector.description] if connector.description else []
    return "\n\n".join([*lines, f"`{resource.name}` of {connector.name}: {delivers}, {kind}."])
