"""Telling a running Dagster that there is a new connector."""

from typing import Any

import requests

from restsrc_dagster.orchestrate.names import INITIAL_RUN_SENSOR, job_name

_LOCATIONS = """
query Locations { repositoriesOrError { ... on RepositoryConnection {
  nodes { location { name } sensors { name } jobs { name } } } } }
"""
_RELOAD = """
mutation Reload($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) {
  __typename ... on WorkspaceLocationEntry { locationOrLoadError { __typename } } } }
"""
SECONDS_TO_ANSWER = 5
SECONDS_TO_RELOAD = 120


def reload_locations(url: str, connector: str, *, is_new: bool = True) -> str:
    """Reload every code location there that runs connectors; says in a line what came of it.

    `is_new` says whether its first run is still to come.
    """
    begins = "the first run starts" if is_new else "its next run reads them"
    try:
        for name in _locations_with(url, "sensors", INITIAL_RUN_SENSOR):
            asked = _ask(url, _RELOAD, SECONDS_TO_RELOAD, name=name)
            state = asked["reloadRepositoryLocation"].get("locationOrLoadError") or {}
            if state.get("__typename") != "RepositoryLocation":
                return f"Dagster at {url} cannot load {name}: see its Deployment page"
        if not _locations_with(url, "jobs", job_name(connector)):
            return (
                f"Dagster at {url} does not read this folder of connectors; {begins} when one does"
            )
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return f"no Dagster answers at {url}: {begins} when one loads the file"
    then = "its first run starts within seconds" if is_new else begins
    return f"Dagster at {url} has loaded it; {then}"


def _locations_with(url: str, kind: str, wanted: str) -> list[str]:
    nodes = _ask(url, _LOCATIONS, SECONDS_TO_ANSWER)["repositoriesOrError"]["nodes"]
    having = (node for node in nodes if any(item["name"] == wanted for item in node[kind]))
    return sorted({str(node["location"]["name"]) for node in having})


def _ask(url: str, query: str, timeout: float, **variables: str) -> Any:
    asked = {"query": query, "variables": variables}
    response = requests.post(f"{url.rstrip('/')}/graphql", json=asked, timeout=timeout)
    response.raise_for_status()
    return response.json()["data"]
