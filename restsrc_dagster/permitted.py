"""What a connector may do, by the settings of the deployment: asked when definitions load, by
`restsrc validate`, and once more as each run begins."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from restsrc_dagster.connector.files.environment import in_environment
from restsrc_dagster.connector.files.folder import connector_paths
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import Problem, SettingsError
from restsrc_dagster.policy.file import again
from restsrc_dagster.policy.hosts import HostRules
from restsrc_dagster.policy.refusals import refusals, refuse
from restsrc_dagster.policy.variables import ReadableVariables, own_prefix
from restsrc_dagster.settings import Settings


@dataclass(frozen=True)
class Permitted:
    """What one reading of a connector goes by: settings with the policy as it is now, the variables
    that it may read, and the hosts that it may reach."""

    settings: Settings
    environment: Mapping[str, str]
    hosts: HostRules


def permitted(
    connector: Connector, settings: Settings, environment: Mapping[str, str]
) -> Permitted:
    """What a run may use.

    Raises:
        SettingsError: the policy cannot be read any more, or is wrong.
        PolicyRefused: the file does what it may not, and what.
        WrongVariable: a variable holds what its place does not take.
    """
    settings = replace(settings, policy=again(settings.policy))
    others = names_beside(settings) if settings.policy else ()
    refuse(_found(connector, settings, others), connector)
    readable = ReadableVariables(settings.policy, connector.name, others).of(environment)
    if settings.policy is not None and connector.later is not None:  # paths in variables
        known = in_environment(connector, readable, as_far_as_set=True)
        refuse(_found(known, settings, others), connector)
    return Permitted(settings, readable, HostRules(settings.policy))


def refused(
    connector: Connector, settings: Settings, file: str, others: Iterable[str] | None = None
) -> list[Problem]:
    """Everything that a file may not do, as far as it tells without a run.

    Args:
        file: where a person reads it.
        others: names of other connectors; by default those of the folder.
    """
    beside = names_beside(settings) if others is None and settings.policy else others or ()
    return [Problem(file, *found) for found in _found(connector, settings, beside)]


def own_variable(settings: Settings, connector: str, name: str) -> str:
    """The name of a variable that a connector may read, in place of one that it may not: of
    ACME_TOKEN, RESTSRC_ACME_TOKEN."""
    if name in ReadableVariables(settings.policy, connector, names_beside(settings)):
        return name
    return own_prefix(connector) + name.removeprefix(f"{connector.upper()}_")


def names_beside(settings: Settings) -> list[str]:
    """The names of the connectors in the deployment's folder."""
    try:
        return [path.stem for path in connector_paths(settings.connectors_dir)]
    except SettingsError:  # there are none in files
        return []


def refuse_arguments(
    connector: Connector, settings: Settings, arguments: Mapping[str, object]
) -> None:
    """The same of a destination whose variables are known; raises PolicyRefused."""
    others = names_beside(settings) if settings.policy else ()
    refuse(_found(connector, settings, others, arguments), connector)


def _found(
    connector: Connector,
    settings: Settings,
    others: Iterable[str],
    arguments: Mapping[str, object] | None = None,
) -> list[tuple[str, str]]:
    return refusals(
        connector,
        settings.policy,
        destination=settings.destination,
        data_dir=settings.folder_of_files(),
        others=others,
        arguments=arguments,
        environment=os.environ,
    )
