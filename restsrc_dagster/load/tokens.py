"""The tokens of who reads an API without loading it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from restsrc_dagster.connector.files.environment import in_environment
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.extract.auth.tokens import Tokens
from restsrc_dagster.load.destinations.kept_tokens import keeper_of
from restsrc_dagster.load.destinations.readiness import opened
from restsrc_dagster.load.destinations.working_folder import working_folder
from restsrc_dagster.permitted import permitted
from restsrc_dagster.settings import Settings


@contextmanager
def tokens_beside_loads(
    connector: Connector, settings: Settings, environment: Mapping[str, str]
) -> Iterator[Tokens]:
    """Those of one read. A token that rotates is taken from where loads keep theirs, and the next
    one is kept there.

    Raises:
        MissingVariable: a `${NAME}` of the destination is not set.
        SettingsError: there is no place to keep them.
        PolicyRefused: the connector does what it may not.
    """
    allowed = permitted(connector, settings, environment)
    settings, environment = allowed.settings, allowed.environment
    if not connector.rotates_tokens:
        yield Tokens()
        return
    with working_folder() as folder:
        connector = in_environment(connector, environment)
        pipeline, _ = opened(connector, settings, environment, folder)
        yield Tokens(keeper_of(connector, pipeline, settings))
