"""The same assets for dagster-dlt: for `@dlt_assets` of your own over a connector's source."""

import dagster as dg
from dagster_dlt import DagsterDltTranslator
from dagster_dlt.translator import DltResourceTranslatorData

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.orchestrate.translator import ConnectorTranslator, ResourceProps


class ConnectorDltTranslator(DagsterDltTranslator):
    """dagster-dlt's translator, giving a connector's resources the assets that they have here.

    The connector's own assets are made without it: it wants a built dlt source, which costs 7 ms
    a resource, and dlt's import, in every process that loads the definitions.
    """

    def __init__(self, connector: Connector, translator: ConnectorTranslator | None = None) -> None:
        self._connector = connector
        self._translator = translator or ConnectorTranslator()

    def get_asset_spec(self, data: DltResourceTranslatorData) -> dg.AssetSpec:
        destination = data.destination.destination_name if data.destination else "dlt"
        resource = self._connector.resources[data.resource.name]
        return self._translator.get_asset_spec(
            ResourceProps(self._connector, resource, destination)
        )
