"""What a connector's file says of its destination, held to what is data, and to the policy."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from restsrc_dagster.connector.syntax.local_paths import path_in
from restsrc_dagster.connector.syntax.references import blank
from restsrc_dagster.connector.syntax.variables import whole_reference
from restsrc_dagster.policy.arguments import (
    BELOW_CREDENTIALS,
    BUCKETS,
    CREDENTIAL_WORDS,
    CREDENTIALS,
    IDENTIFIER,
    LAKE,
    MAPPINGS,
    NO_DATABASE,
    PLACES,
    SETTING,
    SQLALCHEMY,
    TYPES,
    WORDS,
)
from restsrc_dagster.policy.database_hosts import as_url, forbidden_hosts
from restsrc_dagster.policy.model import Policy
from restsrc_dagster.policy.places import is_in_a_file

OF_DLT = "dlt.destinations."
Found = tuple[str, str]
"""(place in the file, what is wrong and what to do)."""
_PREFIX = re.compile(r"(?P<name>\w{2,}):(?!//)")
"""Before a path: DuckDB loads an extension of that name."""


def registered(kind: str, environment: Mapping[str, str]) -> str | None:
    """What a name of the deployment's own is made of."""
    return environment.get(f"DESTINATION__{kind.upper()}__DESTINATION_TYPE")


def type_problem(
    kind: str, default: str, environment: Mapping[str, str], policy: Policy | None
) -> str | None:
    """Why a file may not name this destination; `default` is the deployment's."""
    listed = policy.destinations.types if policy else []
    if kind.removeprefix(OF_DLT) in TYPES:
        kind = kind.removeprefix(OF_DLT)
    if kind == default or kind in listed:
        return None
    if "." in kind or kind == "destination":
        return (
            f"{kind!r} would run code by its name, which no connector file may: register it for "
            "the deployment, as DESTINATION__<NAME>__DESTINATION_TYPE, and name it here by NAME"
        )
    if policy is not None and registered(kind, environment) is None:
        allowed = ", ".join([default, *listed])
        return f"{kind!r} is none of {allowed} {policy.at('destinations.types')}"
    return None


def argument_problems(
    kind: str,
    arguments: Mapping[str, Any],
    environment: Mapping[str, str],
    policy: Policy | None,
    look_up: bool = False,
) -> Iterator[Found]:
    """Every argument that is no data, or that the policy does not let a file give; with `look_up`,
    the names of hosts are looked up."""
    made_of = (registered(kind, environment) or kind).rpartition(".")[2]
    allowed = _listed(kind, policy)
    for name, value in arguments.items():
        found = list(_no_data(made_of, name, value, allowed))
        yield from ((at, f"{message} {_cure(kind, at, policy)}") for at, message in found)
        is_place = name in PLACES and name not in allowed and not found
        if policy and is_place and not _is_told_by_place(made_of, name, value, allowed):
            yield (
                f"destination.{name}",
                "is for the deployment to say, or a ${NAME} alone that it sets; where files may "
                f"say it, list it {policy.at(f'destinations.arguments.{kind}')}",
            )
    yield from forbidden_hosts(arguments, look_up=look_up)


_NO_DATA = "is no argument that a connector file may give:"


def _cure(kind: str, place: str, policy: Policy | None) -> str:
    path = place.removeprefix("destination.")
    variable = f"DESTINATION__{kind}__{path.replace('.', '__')}".upper()
    listed = f"destinations.arguments.{kind}"
    where = policy.at(listed) if policy else f"(RESTSRC_POLICY: {listed})"
    return f"say it for the deployment, as {variable}, or let a policy list it {where}"


def _listed(kind: str, policy: Policy | None) -> frozenset[str]:
    listed = policy.destinations.arguments if policy else {}
    return frozenset([*listed.get(kind, ()), *listed.get("*", ())])


def _no_data(kind: str, name: str, value: Any, allowed: frozenset[str]) -> Iterator[Found]:
    """What is wrong with an argument whatever the policy says, unless that lists it."""
    if name in allowed and name not in PLACES:
        return
    if kind in TYPES:
        yield from _argument(kind, name, value, allowed)
    elif not _is_plain(value) and name not in PLACES:  # of a class of the deployment's own
        yield f"destination.{name}", _NO_DATA


def _argument(kind: str, name: str, value: Any, allowed: frozenset[str]) -> Iterator[Found]:
    place = f"destination.{name}"
    if name == "enable_dataset_name_normalization" and value is not True:
        yield place, _NO_DATA
    elif isinstance(value, bool | int | float) or value is None or is_of_the_deployment(value):
        if name not in (*WORDS, *MAPPINGS, *PLACES) and isinstance(value, str):
            yield place, _NO_DATA
    elif name == "credentials":
        yield from _credentials(kind, value, allowed)
    elif name in MAPPINGS or name == "deltalake_storage_options":
        if not _is_plain(value) or ".." in str(value):
            yield place, _NO_DATA
    elif name in PLACES:
        yield from _text(place, value, _is_bucket)
    elif (pattern := WORDS.get(name)) is None:
        yield place, _NO_DATA
    elif not isinstance(value, str) or not pattern.fullmatch(value):
        yield place, "has a value that no connector file may give:"


def _text(place: str, value: Any, is_right: Any) -> Iterator[Found]:
    if not isinstance(value, str) or not is_right(value):
        yield place, "is no place that a connector file may name:"


def _credentials(kind: str, value: Any, allowed: frozenset[str]) -> Iterator[Found]:
    if isinstance(value, str):
        yield from _address(kind, "destination.credentials", value)
    elif isinstance(value, Mapping):
        yield from _keys(kind, value, allowed)
    else:
        yield "destination.credentials", _NO_DATA


def _keys(kind: str, value: Mapping[str, Any], allowed: frozenset[str]) -> Iterator[Found]:
    for key, item in value.items():
        if f"credentials.{key}" in allowed:
            continue
        place = f"destination.credentials.{key}"
        if key not in CREDENTIALS:
            yield place, _NO_DATA
        elif is_of_the_deployment(item):
            continue
        elif key in BELOW_CREDENTIALS:
            yield from _below(place, key, item)
        elif key == "catalog" and kind == "ducklake":
            yield from _text(place, item, _is_catalog)
        elif key == "database" and kind in ("duckdb", "motherduck"):
            yield from _address(kind, place, str(item))
        elif key == "drivername" and kind == "sqlalchemy":
            yield from _text(place, item, _is_dialect)
        elif not _is_word(CREDENTIAL_WORDS.get(key), item):
            yield place, _NO_DATA


def _below(place: str, key: str, value: Any) -> Iterator[Found]:
    if not isinstance(value, Mapping):
        yield place, _NO_DATA
        return
    for name, item in value.items():
        pattern = SETTING if key == "global_config" else CREDENTIAL_WORDS.get(name.lower())
        is_known = name.lower() in BELOW_CREDENTIALS[key]
        is_right = is_of_the_deployment(item) or _is_word(pattern, item)
        if not is_known or not is_right or isinstance(item, list):
            yield f"{place}.{name}", _NO_DATA


def _address(kind: str, place: str, text: str) -> Iterator[Found]:
    """Credentials in one text: an address of a database, or the path of a file."""
    url = as_url(text)
    if kind == "ducklake" and not LAKE.fullmatch(text):
        yield place, _NO_DATA
    path = path_in(text) if kind in ("duckdb", "sqlalchemy") else None
    if path is not None and NO_DATABASE.fullmatch(path):
        yield place, "has the name of a file that is no database:"
    if kind in ("duckdb", "motherduck") and url is None:
        if (prefix := _PREFIX.match(text)) and prefix["name"].lower() not in ("md", "motherduck"):
            yield place, "is no path of a file:"
        return
    if url is None:
        return
    if kind == "duckdb" and url.scheme not in ("duckdb", "md", "motherduck"):
        yield place, "is no path of a file:"
    if kind == "sqlalchemy" and not _is_dialect(url.scheme):
        yield place, "has a kind of database that no connector file may name:"
    for name, value in parse_qsl(url.query, keep_blank_values=True):
        known = BELOW_CREDENTIALS["query"]
        pattern = CREDENTIAL_WORDS.get(name.lower())
        if name.lower() not in known or not _is_word(pattern, value):
            yield f"{place}.query.{name}", _NO_DATA


def _is_dialect(scheme: str) -> bool:
    dialect, _, driver = scheme.partition("+")
    if dialect == "sqlite":
        return driver in ("", "pysqlite")
    return dialect in SQLALCHEMY and driver.isidentifier() | (not driver)


def _is_bucket(text: str) -> bool:
    scheme = text.partition("://")[0] if "://" in text else "file"
    return "::" not in text and scheme.lower() in BUCKETS | {"http", "https", "db"}


def _is_catalog(text: str) -> bool:
    url = as_url(text)
    kinds = ("sqlite", "duckdb", "postgres", "postgresql", "mysql", "md")
    has_quote = any(sign in text for sign in "'\";")
    return not has_quote and (not _PREFIX.match(text) if url is None else url.scheme in kinds)


def _is_word(pattern: re.Pattern[str] | None, value: Any) -> bool:
    """Whether a value is no object, and a text of the kind that is meant."""
    if isinstance(value, str):
        return pattern is None or bool(pattern.fullmatch(value))
    return not isinstance(value, Mapping) and _is_plain(value)


def _is_plain(value: Any) -> bool:
    """Whether a value is a text, a number, or a list or an object of these."""
    if isinstance(value, Mapping):
        return all(IDENTIFIER.fullmatch(key) and _is_plain(one) for key, one in value.items())
    if isinstance(value, list):
        return all(not isinstance(one, dict | list) for one in value)
    return isinstance(value, str | bool | int | float) or value is None


def _is_told_by_place(kind: str, name: str, value: Any, allowed: frozenset[str]) -> bool:
    """Whether the deployment says what it is, or the rule of files decides."""
    if isinstance(value, Mapping):
        value = {key: item for key, item in value.items() if f"{name}.{key}" not in allowed}
    return is_of_the_deployment(value) or is_in_a_file(kind, name, value)


def is_of_the_deployment(value: Any) -> bool:
    """Whether a value is a variable and nothing else: what it holds, the deployment has set."""
    found = whole_reference(value)
    return found is not None and found["given"] is None


def as_far_as_known(written: Any, resolved: Any = None) -> Any:
    """Arguments as they are looked at: with the values of their variables, or without; what the
    deployment has set is left as it is written."""
    if is_of_the_deployment(written):
        return written
    if isinstance(written, Mapping):
        known = resolved if isinstance(resolved, Mapping) else None
        return {
            key: as_far_as_known(item, None if known is None else known.get(key))
            for key, item in written.items()
            if known is None or key in known
        }
    return blank(written) if resolved is None else resolved
