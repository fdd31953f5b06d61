"""Which addresses are nobody's API, and which are not of the internet."""

import socket
from contextlib import suppress
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NEVER: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), what)
    for network, what in (
        ("169.254.0.0/16", "link-local, where clouds keep the credentials of a machine"),
        ("fe80::/10", "link-local"),
        ("fd00:ec2::/32", "where AWS keeps the credentials of a machine"),
        ("100.100.100.200/32", "where Alibaba Cloud keeps the credentials of a machine"),
        ("192.0.0.192/32", "where Oracle Cloud keeps the credentials of a machine"),
        ("168.63.129.16/32", "where Azure keeps the settings of a machine"),
    )
)
METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"}
)
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
_SITE_LOCAL = IPv6Network("fec0::/10")


def literal(host: str) -> Address | None:
    """The address that a host is, in any spelling that a resolver takes: decimal, hexadecimal,
    octal, short, in brackets; None for a name."""
    host = host.strip("[]").partition("%")[0].rstrip(".")
    with suppress(ValueError):
        return ip_address(host)
    with suppress(
        OSError, ValueError
    ):  # 2852039166, 0xa9fea9fe, 0251.0376.0251.0376, 169.254.43518
        return IPv4Address(socket.inet_aton(host))
    return None


def all_of(address: Address) -> list[Address]:
    """An address, and the IPv4 addresses to which it leads where it is a spelling of one."""
    if isinstance(address, IPv4Address):
        return [address]
    teredo = address.teredo or ()
    inner = [address.ipv4_mapped, address.sixtofour, *teredo]
    if any(address in network for network in (*_NAT64, _COMPATIBLE)):
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [IPv6Address(int(address)), *(one for one in inner if one is not None)]


def never(address: Address) -> str | None:
    """What an address is that no connector may reach; None for all others."""
    return next(
        (what for one in all_of(address) for network, what in NEVER if one in network), None
    )


def is_public(address: Address) -> bool:
    """Whether an address is of the internet: not private, of this machine, or reserved."""
    return all(
        one.is_global and not one.is_multicast and one not in _SITE_LOCAL for one in _meant(address)
    )


def _meant(address: Address) -> list[Address]:
    """What decides: of a spelling of IPv4 that one."""
    found = all_of(address)
    return found[1:] or found
