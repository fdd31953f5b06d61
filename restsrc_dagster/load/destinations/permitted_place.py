"""Where a connector's rows would go in the end, held to where files may name a place.

What dlt has made of a path, a URL and its own settings is looked at, not the file's text.
"""

from typing import Any

from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import PolicyRefused
from restsrc_dagster.load.destinations.destination import local_database
from restsrc_dagster.policy.places import may_be_used, refusal
from restsrc_dagster.settings import Settings


def refuse_place(connector: Connector, pipeline: Pipeline, settings: Settings) -> None:
    """Raises PolicyRefused where the connector's file names a place outside."""
    policy, said = settings.policy, connector.destination.arguments
    if policy is None or not said.keys() & {"credentials", "bucket_url"}:
        return
    place = _place(pipeline)
    if place and not may_be_used(place, settings.folder_of_files(), policy):
        raise PolicyRefused(f"{connector.name}: destination: {refusal(repr(place), policy)}")


def _place(pipeline: Pipeline) -> str | None:
    """A path, or the URL of a bucket; None for a server."""
    config: Any = pipeline.destination_client().config
    if (file := local_database(pipeline)) is not None:
        return str(file)
    bucket = getattr(config, "bucket_url", None)
    return str(bucket) if bucket else None
