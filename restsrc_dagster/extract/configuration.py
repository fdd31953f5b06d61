"""What dlt gets: the person's configuration, in which Python stands for what JSON cannot say.

Every resource gets an endpoint of its own, its defaults merged in: its placeholders under the names
of what is sent (`binding`, `incremental`), its paginator an object of its own.
"""

from collections.abc import Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any, cast

from dlt.common import jsonpath
from dlt.sources.rest_api.typing import RESTAPIConfig

from restsrc_dagster.connector.configuration.auth import token_urls as auth_urls
from restsrc_dagster.connector.configuration.auth.places import auths as auths_of
from restsrc_dagster.connector.configuration.auth.places import holders
from restsrc_dagster.connector.resources.reading import ResourceReading
from restsrc_dagster.connector.resources.resource import Resource, expanded
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.extract.auth.context import AuthContext, below
from restsrc_dagster.extract.auth.kinds import signer
from restsrc_dagster.extract.chunks.chunk import FirstPage
from restsrc_dagster.extract.conform.column_hints import put_columns_apart
from restsrc_dagster.extract.http.request_values import static
from restsrc_dagster.extract.http.session import Sessions
from restsrc_dagster.extract.incremental.step import cursor_names
from restsrc_dagster.extract.paging.kinds import made_of
from restsrc_dagster.extract.parents.binding import Binding
from restsrc_dagster.extract.parents.bonds import Bonds, Copied
from restsrc_dagster.extract.parents.lists import ListsOfValues
from restsrc_dagster.extract.parents.rewriting import rewritten, with_params_of_cursor

NO_FIRST_PAGES: Mapping[str, FirstPage] = MappingProxyType({})


def bindings(
    resources: Resources, reading: Mapping[str, ResourceReading], lists: ListsOfValues
) -> dict[str, Binding]:
    """How each child is bound to its parent, by its name."""
    return {
        name: Binding(resource, _bonds(resources, name, reading.get(name)), lists.records)
        for name, resource in resources.items()
        if resource.parent is not None
    }


def _bonds(resources: Resources, name: str, said: ResourceReading | None) -> Bonds:
    parent = str(resources[name].parent)
    copied = [
        Copied(column=f"_{parent}_{field}", source=parent, names=names)
        for field, names in resources.copied_from_parent(name).items()
    ]
    copied += [
        Copied(column=column, source=source, names=names)
        for column, (source, names) in resources.copied_from_others(name).items()
    ]
    return Bonds(
        copied=copied,
        replaced_by=list(resources.replaced_by(name)) if resources.replaces_children(name) else (),
        passed_on=resources.passed_on(name),
        omits_nulls=said is not None and said.nulls == "omit",
        of_list=resources.is_list(parent),
    )


def dlt_configuration(
    configuration: Mapping[str, Any],
    resources: Resources,
    sessions: Sessions,
    bound: Mapping[str, Binding],
    lists: ListsOfValues,
    auths: AuthContext,
    first_pages: Mapping[str, FirstPage] = NO_FIRST_PAGES,
) -> RESTAPIConfig:
    """The configuration, what asks and signs, the lists of values, and the default dispositions.

    `resources` are those of `configuration`, which stays as it is; `first_pages` are where numbered
    lists begin that are gone on with. Processing steps are taken out: they are run beside dlt's.
    """
    config = deepcopy(dict(configuration))
    config["client"]["session"] = sessions.api
    for _, holder in holders(config):
        if isinstance(auth := holder.get("auth"), dict):
            holder["auth"] = signer(auth, auths)
    if "paginator" in config["client"]:
        config["client"]["paginator"] = made_of(config["client"]["paginator"])
    put_columns_apart(config)
    with_auths = Resources(config, values=resources.values_by_name)
    config["resources"] = [
        {
            **_with_disposition(item, resources),
            "endpoint": _endpoint(
                with_auths[name], bound.get(name), first_pages.get(name), resources
            ),
        }
        for item in config["resources"]
        for name in (expanded(item)["name"],)
    ]
    for holder in (config.get("resource_defaults"), *config["resources"]):
        if isinstance(holder, dict):
            holder.pop("processing_steps", None)
    if config.get("resource_defaults"):
        config["resource_defaults"].pop("endpoint", None)
        config["resource_defaults"].pop("include_from_parent", None)
    config["resources"] += [lists.resource(name) for name in resources.lists_as_parents]
    return cast("RESTAPIConfig", config)


def token_urls(config: Mapping[str, Any]) -> list[str]:
    """Where tokens come from; a path is one below `base_url`."""
    base_url = config["client"]["base_url"]
    return [below(base_url, url) for _, auth in auths_of(config) for _, url in auth_urls(auth)]


def _endpoint(
    resource: Resource, binding: Binding | None, first: FirstPage | None, resources: Resources
) -> dict[str, Any]:
    endpoint = dict(resource.endpoint)
    if binding is not None:
        endpoint |= binding.endpoint
    elif resource.incremental is not None:
        endpoint = with_params_of_cursor(endpoint, resource.incremental)
        endpoint = rewritten(endpoint, cursor_names)
    endpoint.pop("incremental", None)
    if resource.incremental is not None:
        endpoint["incremental"] = {"cursor_path": resource.incremental["cursor_path"]}
    for key in ("params", "data"):
        if isinstance(endpoint.get(key), dict):
            endpoint[key] = static(endpoint[key])
    if first is not None:
        paginator = dict(resources.named_paginator(resource.name))
        paginator[resources.paginator_kind(resource.name).start] = first.number
        endpoint["paginator"] = paginator
    if "paginator" in endpoint:
        endpoint["paginator"] = made_of(endpoint["paginator"])
    if isinstance(selector := endpoint.get("data_selector"), str):
        endpoint["data_selector"] = _compiled(selector)
    return endpoint


def _compiled(selector: str) -> Any:
    """dlt compiles a text anew for each page, which costs more than it takes to find the page."""
    try:
        return jsonpath.compile_path(selector)
    except Exception:
        return selector  # which dlt refuses in its own words


def _with_disposition(item: str | dict[str, Any], resources: Resources) -> dict[str, Any]:
    made = expanded(item)
    name: str = made["name"]
    resource = resources[name]
    if resources.named_disposition(name) is None:
        made["write_disposition"] = resources.write_disposition(name)
    if resource.parent is not None:
        # dlt would make one list of a record's pages, at which nobody could look page by page;
        # they are asked for side by side as it is.
        made["parallelized"] = False
        made["include_from_parent"] = list(resources.copied_from_parent(name))
    if resources.replaces_children(name):
        columns = resources.replaced_by(name).values()
        made["merge_key"] = [path.replace(".", "__") for path in columns]
    if nested := resource.nested_hints:
        made["nested_hints"] = nested
    return made
