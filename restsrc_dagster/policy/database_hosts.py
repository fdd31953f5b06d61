"""The hosts of a destination that a file names; the libraries of databases dial them."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from restsrc_dagster.errors import HostRefused
from restsrc_dagster.policy.arguments import BUCKETS
from restsrc_dagster.policy.hosts import HostRules

_HOSTS = frozenset({"host", "hostaddr", "server_hostname", "azure_account_host", "host_override"})
_NAME_BUCKETS = BUCKETS - {"sftp", "abfs", "abfss"}
"""Schemes whose addresses have the name of a bucket where others have a host."""


def forbidden_hosts(
    value: Any, *, look_up: bool, place: str = "destination", key: str = ""
) -> Iterator[tuple[str, str]]:
    """(place in the file, message) of each host that no connector may reach.

    Args:
        value: the arguments of a destination, or one of them.
        look_up: whether names are looked up, too; only a run uses the network.
        place: where `value` is in the file.
        key: what the file calls it.
    """
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from forbidden_hosts(item, look_up=look_up, place=f"{place}.{name}", key=name)
    elif isinstance(value, str):
        for host, is_dialled in _named_in(value, key):
            try:
                _check(host, look_up=look_up and is_dialled)
            except HostRefused as error:
                yield place, str(error)


def _check(host: str, *, look_up: bool) -> None:
    if host.startswith(("/", "@")):  # the folder of a socket of this machine
        return
    if look_up:
        HostRules().check_dialled_by_others(host, 0)
    else:
        HostRules().check_name(host)


def _named_in(text: str, key: str) -> Iterator[tuple[str, bool]]:
    """Each host, and whether it is one, and not a bucket. PostgreSQL takes several of them."""
    if key in _HOSTS:
        yield from ((host, True) for host in _each(text))
    elif (url := as_url(text)) is not None:
        is_dialled = url.scheme.lower() not in _NAME_BUCKETS
        for part in _each(url.netloc.rpartition("@")[2]):
            with suppress(ValueError):
                if host := urlsplit(f"//{part}").hostname:
                    yield host, is_dialled
        for name, value in parse_qsl(url.query):
            if name.lower() in _HOSTS:
                yield from ((host, True) for host in _each(value))


def _each(text: str) -> Iterator[str]:
    return (host for part in text.split(",") if (host := part.strip()))


def as_url(text: str) -> SplitResult | None:
    """The parts of an address; None of a text that is none."""
    with suppress(ValueError):
        url = urlsplit(text)
        return url if "://" in text and url.scheme else None
    return None
