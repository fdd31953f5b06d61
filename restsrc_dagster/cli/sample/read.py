"""Reading a little of a connector, as the deployment allows it."""

import os
from collections.abc import Callable, Iterator

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster.extract.sample.sample import Sample
from restsrc_dagster.load.destinations.abilities import capabilities_by_name
from restsrc_dagster.load.tokens import tokens_beside_loads
from restsrc_dagster.permitted import permitted
from restsrc_dagster.settings import Settings


def samples_of(
    connector: Connector,
    names: list[str],
    *,
    limit: int = 100,
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[Sample]:
    """Read up to `limit` records of each of these resources, as the deployment allows it."""
    kind = connector.destination_type(Settings.from_environment().destination)
    allowed = permitted(connector, Settings.from_environment(), os.environ)
    with tokens_beside_loads(connector, allowed.settings, os.environ) as tokens:
        yield from read_samples(
            connector,
            allowed.environment,
            resources=names,
            limit=limit,
            tokens=tokens,
            hosts=allowed.hosts,
            capabilities=capabilities_by_name(kind),
            progress=progress,
        )
