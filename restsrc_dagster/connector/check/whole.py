"""What a configuration must have before anything can be built from it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from restsrc_dagster.connector.check.endpoint import check_params_of_defaults
from restsrc_dagster.connector.check.names import check_names, check_tables, resource_name
from restsrc_dagster.connector.check.resource import check_resource, check_steps
from restsrc_dagster.connector.configuration import (
    MOST_TOLD,
    ConfigProblem,
    configuration_problems,
)
from restsrc_dagster.connector.resources.graph import NO_VALUES
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.resources.values import ValueList
from restsrc_dagster.connector.syntax.references import misplaced_references

MOST_RESOURCES = 1000
MOST_ANCESTORS = 20
"""Far more than any API has; all connectors of a folder wait until a file is checked."""
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,10}(?![^/:])")


def check_configuration(
    configuration: Mapping[str, Any], values: Mapping[str, ValueList] = NO_VALUES
) -> list[ConfigProblem]:
    """Every problem found; never a value that may be a secret. `values` are lists beside it.

    First what the models say of each part by itself, then what only shows between the parts. Of
    a part that is no part at all, nothing more is told.
    """
    if found := list(_check_count(configuration.get("resources"))):
        return found
    found = [
        ConfigProblem(place, message)
        for message, place in misplaced_references(dict(configuration))
    ]
    at_places = {problem.path for problem in found}
    shape = configuration_problems(configuration)
    found += [problem for problem in shape if problem.path not in at_places]
    if len(shape) > MOST_TOLD:
        return found  # it is not known of every part whether it is one
    broken = tuple(problem.path for problem in shape if not problem.harmless)
    client = configuration.get("client", {})  # missing, where another key was meant to be it
    if not _at(broken, "client", "client.base_url") and "base_url" in client:
        found += _check_base_url(client["base_url"])
    if _at(broken, "resources") or "resources" not in configuration:
        return found
    names = [resource_name(item) for item in configuration["resources"]]
    found += check_names(names)
    if _below(broken, "resource_defaults"):
        return found
    whole = {
        position: item
        for position, item in enumerate(configuration["resources"])
        if names[position] and not _below(broken, f"resources[{position}]")
    }
    resources = Resources({**configuration, "resources": list(whole.values())}, values=values)
    positions = {names[position]: position for position in whole}
    if too_deep := list(_check_depth(resources, positions)):
        return found + too_deep
    parents = None if None in names else list(dict.fromkeys(filter(None, names)))
    found += check_tables(resources, positions)
    found += check_params_of_defaults(configuration, whole, resources)
    found += check_steps(whole, resources)
    for name, resource in resources.items():
        found += check_resource(f"resources[{positions[name]}]", resource, resources, parents)
    return found


def _check_count(resources: Any) -> Iterator[ConfigProblem]:
    if isinstance(resources, list) and len(resources) > MOST_RESOURCES:
        yield ConfigProblem(
            "resources",
            f"are {len(resources):,}; at most {MOST_RESOURCES:,} work in one file: write several "
            "connectors",
        )


def _check_depth(
    resources: Resources, positions: Mapping[str | None, int]
) -> Iterator[ConfigProblem]:
    """The first of those that are too deep, for all others below it are so for the same reason."""
    for name in resources:
        if len(above := resources.ancestors(name)) > MOST_ANCESTORS:
            yield ConfigProblem(
                f"resources[{positions[name]}]",
                f"{name!r} hangs on {len(above)} resources, each below the next; at most "
                f"{MOST_ANCESTORS} work",
            )
            return


def _at(broken: tuple[str, ...], *paths: str) -> bool:
    return any(path in broken for path in paths)


def _below(broken: tuple[str, ...], path: str) -> bool:
    return any(other == path or other.startswith((f"{path}.", f"{path}[")) for other in broken)


def _check_base_url(url: str) -> Iterator[ConfigProblem]:
    if "${" not in url and not _is_http(url):
        host = _HOST.match(url)
        shown = f"'{host[0]}' " if host else ""
        yield ConfigProblem(
            "client.base_url", f"{shown}must start with http:// or https:// and name a host"
        )


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
