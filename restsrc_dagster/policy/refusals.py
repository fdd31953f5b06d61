"""Whatever is refused of a connector's file by itself, before anything of it is used."""

import os
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from restsrc_dagster.connector.http import ClientCertificate
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.naming import table_identifier
from restsrc_dagster.connector.resources.values import Values
from restsrc_dagster.connector.syntax.references import references
from restsrc_dagster.connector.syntax.variables import is_reference
from restsrc_dagster.errors import HostRefused, PolicyRefused, Problem
from restsrc_dagster.policy.destinations import (
    argument_problems,
    as_far_as_known,
    registered,
    type_problem,
)
from restsrc_dagster.policy.hosts import HostRules
from restsrc_dagster.policy.model import Policy
from restsrc_dagster.policy.places import is_in_a_file, may_be_used, refusal
from restsrc_dagster.policy.variables import ReadableVariables

Found = tuple[str, str]
BEGIN = "-----BEGIN "
_VALUES = TypeAdapter(dict[str, Values])


def refusals(
    connector: Connector,
    policy: Policy | None,
    *,
    destination: str,
    data_dir: Path | None,
    others: Iterable[str] = (),
    arguments: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> list[Found]:
    """(place, message) of everything that a file may not say.

    Args:
        destination: the deployment's, RESTSRC_DESTINATION.
        data_dir: where files of connectors may be; None where there is no such folder.
        others: names of other connectors.
        arguments: of the destination, with the values of their variables, where a run knows them.
        environment: where the deployment registers destinations; no text of it is told.
    """
    known = as_far_as_known(connector.destination.arguments, arguments)
    is_run = arguments is not None
    found = [*_destination(connector, policy, destination, known, environment, is_run)]
    found += _staging(connector)
    if policy is not None:
        kind = connector.destination_type(destination)
        made_of = (registered(kind, environment) or kind).rpartition(".")[2]
        found += _places(connector, policy, data_dir, made_of, known)
        found += _dataset(connector, policy, others)
        found += _variables(connector, ReadableVariables(policy, connector.name, others))
    found += _hosts(connector, HostRules(policy))
    return found


def refuse(found: Iterable[Found], connector: Connector) -> None:
    """Raises PolicyRefused where something was found."""
    told = [f"{place}: {message}" for place, message in found]
    if told:
        raise PolicyRefused("\n".join(f"{connector.name}: {one}" for one in told))


def as_problems(found: Iterable[Found], file: str) -> list[Problem]:
    return [Problem(file, place, message) for place, message in found]


def _destination(
    connector: Connector,
    policy: Policy | None,
    default: str,
    arguments: Mapping[str, Any],
    environment: Mapping[str, str],
    look_up: bool,
) -> Iterator[Found]:
    said = connector.destination
    if said.type and (wrong := type_problem(said.type, default, environment, policy)):
        yield "destination.type", wrong
        return
    kind = connector.destination_type(default)
    yield from argument_problems(kind, arguments, environment, policy, look_up)


def _staging(connector: Connector) -> Iterator[Found]:
    if connector.dataset.strip().lower().startswith("_staging"):
        yield (
            "destination.dataset",
            "begins with _staging, which names the datasets in which connectors merge",
        )


def _dataset(connector: Connector, policy: Policy, others: Iterable[str]) -> Iterator[Found]:
    """Two connectors in one dataset trust each other: a file says itself how old it is."""
    said, listed = connector.destination.dataset, policy.destinations.datasets
    if said is None:
        return
    name = table_identifier(said)
    is_listed = any(fnmatchcase(name, one.lower()) for one in listed)
    owners = [one for one in {connector.name, *others} if f"{name}_".startswith(f"{one}_")]
    if not is_listed and max(owners, key=len, default="") != connector.name:
        own = f"{connector.name} and {connector.name}_…"
        yield (
            "destination.dataset",
            f"{said!r} is none that this connector may load into; it may load into "
            f"{', '.join([own, *listed])} {policy.at('destinations.datasets')}",
        )


def _places(
    connector: Connector,
    policy: Policy,
    data_dir: Path | None,
    kind: str,
    arguments: Mapping[str, Any],
) -> Iterator[Found]:
    """Of files that are named as they are; those in variables are looked at by a run."""
    for place, text in (*_files_of_rows(kind, arguments), *_certificates(connector)):
        is_path = isinstance(text, str) and text and BEGIN not in text and not is_reference(text)
        if is_path and not may_be_used(text, data_dir, policy):
            is_shown = place.startswith("destination")
            yield place, refusal(repr(text) if is_shown else "the path", policy)


def _files_of_rows(kind: str, arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    credentials = arguments.get("credentials")
    if kind == "duckdb" and isinstance(credentials, Mapping):
        yield "destination.credentials.database", credentials.get("database")
    elif is_in_a_file(kind, "credentials", credentials):
        yield "destination.credentials", credentials
    yield "destination.bucket_url", arguments.get("bucket_url")


def _certificates(connector: Connector) -> Iterator[tuple[str, Any]]:
    yield "http.ca_bundle", connector.http.ca_bundle
    certificate = connector.http.client_certificate
    if isinstance(certificate, ClientCertificate):
        yield "http.client_certificate.certificate", certificate.certificate
        yield "http.client_certificate.key", certificate.key
    else:
        yield "http.client_certificate", certificate


def _variables(connector: Connector, readable: ReadableVariables) -> Iterator[Found]:
    parts: dict[str, Any] = {
        "configuration": connector.configuration,
        "destination": connector.destination.model_dump(),
        "values": _VALUES.dump_python(connector.values),
    }
    if connector.later is not None:  # http and reading have variables in this case alone
        parts |= connector.later.written
    places: dict[str, str] = {}
    for part, content in parts.items():
        for name, place in references(content, part):
            places.setdefault(name, place)
    for name, message in readable.refused(places):
        yield places[name], message


def _hosts(connector: Connector, rules: HostRules) -> Iterator[Found]:
    """Of addresses that are written out; names are looked up by a run alone."""
    client = connector.configuration.get("client") or {}
    told = {
        "configuration.client.base_url": client.get("base_url"),
        "http.proxy": connector.http.proxy,
    }
    for place, url in told.items():
        if not isinstance(url, str) or is_reference(url):
            continue
        try:
            rules.check_name(urlsplit(url).hostname or "")
        except HostRefused as error:
            yield place, str(error)
        except ValueError:
            continue  # told as no address
