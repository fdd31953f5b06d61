"""From a resource of a connector to the asset that Dagster shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import dagster as dg

from restsrc_dagster.connector.lint import Lint
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.orchestrate.names import asset_key, iso
from restsrc_dagster.orchestrate.partitions import partitions_definition
from restsrc_dagster.orchestrate.storage import Storage


@dataclass(frozen=True)
class ResourceProps:
    """What a translator sees of one resource.

    `destination` is dlt's name of it, `storage` says where the rows are, and `source` where the
    person wrote the resource down, None where it stands in no file. `instead` says how it is
    written where it is to be merged, and the destination cannot. `lints` are the warnings about it.
    """

    connector: Connector
    resource: Resource
    destination: str
    storage: Storage | None = None
    source: dg.LocalFileCodeReference | None = None
    instead: str | None = None
    lints: Sequence[Lint] = ()


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
            freshness_policy=_freshness(connector),
            partitions_def=partitions_definition(connector.partitions)
            if resource.name in connector.partitioned
            else None,
            description=_description(props),
            metadata={
                "write_disposition": dg.MetadataValue.json(disposition)
                if isinstance(disposition, dict)
                else disposition,
                "schedule": connector.schedule.describe(connector.created_at),
                "created_at": iso(connector.created_at),
                **({"cursor_path": resource.cursor_path} if resource.cursor_path else {}),
                **_of_table(props),
                **_of_source(props),
            },
        )


def _freshness(connector: Connector) -> dg.FreshnessPolicy:
    """Overdue when the run of a slot has not come to its end; failed when the next one is due, too.

    A run may take as long as its period, up to an hour, and the queue five minutes.
    """
    period = connector.slots.period
    late = min(period, timedelta(hours=1)) + timedelta(minutes=5)
    return dg.FreshnessPolicy.time_window(fail_window=2 * period + late, warn_window=period + late)


def _of_table(props: ResourceProps) -> dict[str, Any]:
    """Dagster's own places: what it shows under *Storage*, *URI* and *Columns*."""
    metadata: dict[str, Any] = {}
    resource, storage = props.resource, props.storage
    if storage is not None:
        metadata["dagster/storage_kind"] = storage.kind
        metadata["dagster/table_name"] = storage.table_name(resource.table_name)
        if uri := storage.table_uri(resource.table_name):
            metadata["dagster/uri"] = uri
    described = [
        dg.TableColumn(
            name=table_identifier(name),
            type=str(hints.get("data_type", "unknown")),
            description=hints["description"],
        )
        for name, hints in resource.columns.items()
        if hints.get("description")
    ]
    if described:
        metadata["dagster/column_schema"] = dg.TableSchema(columns=described)
    return metadata


def _of_source(props: ResourceProps) -> dict[str, Any]:
    """The button that opens the connector file at the resource."""
    if props.source is None:
        return {}
    references = dg.CodeReferencesMetadataValue(code_references=[props.source])
    return {"dagster/code_references": references}


def _description(props: ResourceProps) -> str:
    """`customers of acme: what is new by updated_at, merged on id.`, and what to know of it."""
    connector, resource = props.connector, props.resource
    kind = connector.resources.disposition(resource.name)
    reads = f"what is new by `{resource.cursor_path}`" if resource.cursor_path else "all of it"
    if window := connector.resources.windows.get(resource.name):
        size = connector.said_at(f"reading.{resource.name}.window.size") or window.size
        reads += f" in windows of {size}"
    if resource.name in connector.waiting:
        reads += " when it is ready"
    if named := connector.format_in_words(resource.name):
        reads += f" as {named}"
    if resource.parent:
        asked_by = [resource.parent, *resource.lists]
        reads += f", for each of {' and of '.join(map(connector.resources.described, asked_by))}"
    keys = resource.primary_key
    on = f" on {', '.join([keys] if isinstance(keys, str) else map(str, keys))}" if keys else ""
    stored = {"append": "appended", "merge": f"merged{on}", "replace": "replacing the table"}
    lines = [
        f"`{resource.name}` of {connector.name}: {reads}, {stored.get(str(kind), kind)}. "
        f"Read {connector.schedule.describe(connector.created_at)}."
    ]
    lines += [connector.description] if connector.description else []
    lines += [f"It {props.instead}."] if props.instead else []
    if said := connector.deletes.get(resource.name):
        lines.append(f"{said.described[0].upper()}{said.described[1:]}.")
    lines += [f"Warning `{lint.code}`: {lint.message}." for lint in props.lints]
    return "\n\n".join(lines)
