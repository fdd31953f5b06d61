"""The whole configuration: dlt's `rest_api_source`, as far as a file can hold it."""

from typing import Annotated

from pydantic import Field

from restsrc_dagster.connector.configuration.auth import Auth
from restsrc_dagster.connector.configuration.paginators import Paginator
from restsrc_dagster.connector.configuration.part import Name, Part
from restsrc_dagster.connector.configuration.resource import NameOrResource, ResourceDefaults


class Client(Part):
    """What all requests share."""

    base_url: Name = Field(description="The address of the API, such as https://api.acme.com/v1.")
    headers: dict[str, str] | None = Field(None, description="Headers of every request.")
    auth: Auth | None = Field(
        None,
        description="How requests prove who sends them. A kind that is registered with dlt's "
        "register_auth is taken, too, where it is registered; editors do not know it.",
    )
    paginator: Paginator | None = Field(
        None,
        description="How the next page is found; guessed if nothing is given. A kind that is "
        "registered with dlt's register_paginator is taken, too, where it is registered; editors "
        "do not know it.",
    )


class Configuration(Part):
    """An API and the resources to read from it."""

    client: Client = Field(description="An object with at least base_url.")
    resources: Annotated[list[NameOrResource], Field(min_length=1)] = Field(
        description="A list of at least one resource."
    )
    resource_defaults: ResourceDefaults | None = Field(
        None, description="What holds for every resource that does not say otherwise."
    )
