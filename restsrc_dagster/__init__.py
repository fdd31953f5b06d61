"""Any REST API in Dagster, from a declarative configuration and a schedule.

From the bottom up; no folder imports from one that stands below it:

    connector     what a person writes: a connector file, checked
    policy        what the connectors of a deployment may do
    dlt_compat    what is used of dlt and is not its public interface
    extract       reading an API
    load          loading a connector: read it, normalize it, commit it to a destination
    orchestrate   a connector in Dagster: assets, checks, schedule, sensors, launcher
    scaffold      what writes a first configuration
    recipes       complete connectors of well-known APIs
    demo          the demonstration
    cli           the command `restsrc`

The ways in: `definitions` is the code location, `component` the components of a Dagster project.
What several of them use: `settings` and `permitted` (what a deployment says and allows),
`env_file`, `errors`, `json_types`, `process_wide` (what is changed for the whole process) and
`collector` (Python's, of garbage).
"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restsrc_dagster.component import RestApiConnector, RestApiConnectorFolder
    from restsrc_dagster.orchestrate.build import build_definitions
    from restsrc_dagster.orchestrate.dlt_translator import ConnectorDltTranslator
    from restsrc_dagster.orchestrate.translator import ConnectorTranslator, ResourceProps

__all__ = [
    "ConnectorDltTranslator",
    "ConnectorTranslator",
    "ResourceProps",
    "RestApiConnector",
    "RestApiConnectorFolder",
    "build_definitions",
]

_HOMES = {
    "ConnectorDltTranslator": "restsrc_dagster.orchestrate.dlt_translator",
    "ConnectorTranslator": "restsrc_dagster.orchestrate.translator",
    "ResourceProps": "restsrc_dagster.orchestrate.translator",
    "RestApiConnector": "restsrc_dagster.component",
    "RestApiConnectorFolder": "restsrc_dagster.component",
    "build_definitions": "restsrc_dagster.orchestrate.build",
}


def __getattr__(name: str) -> Any:
    """Import on first use: `restsrc validate` needs no Dagster, definitions need no dlt."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


if "dlt.sources.rest_api" in sys.modules:
    # Whoever reads by dlt alone can use the kinds of auth that dlt lacks.
    from restsrc_dagster.extract.auth.kinds import register

    register()


def __dir__() -> list[str]:
    """What `dg` looks through for components, too."""
    return sorted({*globals(), *__all__})
