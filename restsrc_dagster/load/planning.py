"""The plan of the next load, made beside whatever is going: nothing is read of the API, and nothing
is written to the destination."""

import os
from collections.abc import Mapping
from dataclasses import replace

from restsrc_dagster.connector.files.environment import in_environment
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.extract.failures.explain import explaining_failures
from restsrc_dagster.load.destinations.looking import looking
from restsrc_dagster.load.destinations.readiness import opened
from restsrc_dagster.load.destinations.working_folder import working_folder
from restsrc_dagster.load.load import DLT_SETTINGS
from restsrc_dagster.load.plan.known import known_at
from restsrc_dagster.load.plan.make import make_plan
from restsrc_dagster.load.plan.plan import LoadPlan
from restsrc_dagster.load.state.value_lists import digests_of, missing
from restsrc_dagster.load.tables.old_hints import forget_old_hints
from restsrc_dagster.permitted import permitted
from restsrc_dagster.settings import Settings


def plan_load(
    connector: Connector,
    *,
    selection: frozenset[str],
    refresh: frozenset[str] = frozenset(),
    settings: Settings,
    environment: Mapping[str, str] = os.environ,
) -> LoadPlan:
    """What a load of `selection` would do now, `refresh` read into emptied tables.

    Waits for no load. One that is going may change what is found; one that would begin meanwhile
    waits for a moment where they share a DuckDB file.

    Raises:
        MissingVariable: of what is needed to plan, such as a window's size.
        RestsrcError: the destination lacks something, is away, or is locked by a load that writes
            to it; or it cannot do what the file says. In words for the person.
    """
    allowed = permitted(connector, settings, environment)
    settings, environment = allowed.settings, allowed.environment
    with DLT_SETTINGS, explaining_failures(connector, environment), working_folder() as folder:
        connector = in_environment(connector, environment)
        pipeline, fit = opened(connector, settings, environment, folder)
        with looking(pipeline) as is_there:
            if is_there:
                pipeline.sync_destination()
            known = known_at(pipeline, connector.name, fit.connector.resources)
            known = known if is_there else replace(known, late_jobs=list)
            forget_old_hints(known.schema, fit.connector.resources)
            values = fit.connector.resources.values_by_name
            return make_plan(
                fit,
                known,
                selection=selection,
                refresh=refresh,
                lists=digests_of(values, environment),
                absent=missing(values, environment),
            )
