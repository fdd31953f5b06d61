"""Where requests may go: asked of every address before it is dialled, and of every host that a
proxy would look up."""

import socket
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from ipaddress import ip_network
from typing import Any

from restsrc_dagster.errors import HostRefused
from restsrc_dagster.policy.addresses import METADATA_NAMES, Address, is_public, literal, never
from restsrc_dagster.policy.model import Policy

Resolved = Sequence[tuple[Any, ...]]
Resolver = Callable[[str, int], Resolved]
"""What `socket.getaddrinfo` gives for a host and a port."""


def look_up(host: str, port: int) -> Resolved:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class HostRules:
    """By the policy of a deployment; link-local addresses and those of metadata never.

    Args:
        policy: None for a deployment without one.
        resolver: finds the addresses of a name.
    """

    def __init__(self, policy: Policy | None = None, resolver: Resolver = look_up) -> None:
        self._policy = policy
        self._resolver = resolver

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be dialled, in the order of the resolver.

        Others are left out: `localhost` is link-local, too, on a Mac.

        Raises:
            HostRefused: none of them may be, and why.
            OSError: the name has none.
        """
        self.check_name(host)
        allowed, refused = [], None
        for text in self._looked_up(host, port):
            try:
                self._check(host, literal(text))
                allowed.append(text)
            except HostRefused as error:
                refused = refused or error
        if refused is not None and not allowed:
            raise refused
        return allowed

    def _looked_up(self, host: str, port: int) -> list[str]:
        return list(dict.fromkeys(str(one[4][0]) for one in self._resolver(host, port)))

    def check_name(self, host: str) -> None:
        """Raises HostRefused where the host itself tells that it may not be reached."""
        name = host.lower().rstrip(".")
        if name in METADATA_NAMES:
            raise HostRefused(
                f"{host} is where a cloud keeps the credentials of a machine; {_NEVER}"
            )
        if (address := literal(host)) is not None:
            self._check(host, address)

    def check_dialled_by_others(self, host: str, port: int) -> None:
        """The same of a host that a proxy looks up and dials, or the library of a database: by what
        it is called here, if it is. One address is enough to refuse it, as they may take any.

        Raises:
            HostRefused: it may not be reached, and why.
        """
        try:
            self.check_name(host)
            for text in self._looked_up(host, port):
                self._check(host, literal(text))
        except (OSError, UnicodeError):  # they may know it
            policy = self._policy
            if policy and not policy.hosts.public and not _is_named(host, policy.hosts.allowed):
                raise HostRefused(_not_listed(host, policy)) from None

    def _check(self, host: str, address: Address | None) -> None:
        shown = host if address is None or str(address) == host else f"{host} ({address})"
        if address is None:
            raise HostRefused(f"{host} has an address that is none")
        if (what := never(address)) is not None:
            raise HostRefused(f"{shown} is {what}; {_NEVER}")
        policy = self._policy
        if policy is None or _is_allowed(host, address, policy.hosts.allowed):
            return
        if is_public(address):
            if not policy.hosts.public:
                raise HostRefused(_not_listed(shown, policy))
        elif not policy.hosts.private:
            raise HostRefused(
                f"{shown} is of a private network, or this machine; where a connector may reach "
                f"it, list it in hosts.allowed {policy.at('hosts.private')}"
            )


_NEVER = "no connector may reach it"


def _not_listed(host: str, policy: Policy) -> str:
    return (
        f"{host} is none of the hosts that connectors may reach; where one may, list it in "
        f"hosts.allowed {policy.at('hosts.public')}"
    )


def _is_allowed(host: str, address: Address, allowed: Iterable[str]) -> bool:
    return _is_named(host, allowed) or any(address in net for net in _networks(allowed))


def _is_named(host: str, allowed: Iterable[str]) -> bool:
    name = host.lower().rstrip(".")
    return any(fnmatchcase(name, one) for one in allowed)


def _networks(allowed: Iterable[str]) -> Iterable[Any]:
    for one in allowed:
        try:
            yield ip_network(one)
        except ValueError:
            continue
