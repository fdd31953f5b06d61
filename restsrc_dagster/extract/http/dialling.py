"""Connections that dial the addresses that were asked about, and no others.

A name that is looked up twice may have another address the second time (DNS rebinding): what was
allowed is what is dialled.
"""

from typing import Any

from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
)

from restsrc_dagster.policy.hosts import HostRules


class _CheckedConnection:
    rules: HostRules
    checks_proxy: bool

    def _new_conn(self) -> Any:
        """As urllib3 does, to each address of the host in turn."""
        connection: Any = self
        if _is_of_proxy(connection) and not self.checks_proxy:
            return super()._new_conn()  # type: ignore[misc]
        name, failed = connection.host, None
        for address in _addresses(connection, self.rules):
            connection.host = address
            try:
                return super()._new_conn()  # type: ignore[misc]
            except (NewConnectionError, ConnectTimeoutError) as error:
                failed = error
            finally:
                connection.host = name
        raise failed or NewConnectionError(connection, f"{name} has no address")


def _is_of_proxy(connection: Any) -> bool:
    """Whether it is dialled to a proxy; of one that speaks SOCKS, urllib3 says so elsewhere."""
    return connection.proxy is not None or hasattr(connection, "_socks_options")


def _addresses(connection: Any, rules: HostRules) -> list[str]:
    """Raises HostRefused, and urllib3's own errors where a name has no address."""
    host = connection.host.strip("[]")
    try:
        return rules.addresses(host, connection.port)
    except UnicodeError:
        raise LocationParseError(f"{host!r}, label empty or too long") from None
    except OSError as error:
        raise NameResolutionError(connection.host, connection, error) from error  # type: ignore[arg-type]


def checked(
    connection: type[HTTPConnection], rules: HostRules, *, checks_proxy: bool
) -> type[HTTPConnection]:
    """The same kind of connection, which asks `rules`; one that does already is returned.

    A proxy of the deployment is dialled unasked, one that the connector's file names is not.
    """
    if issubclass(connection, _CheckedConnection):
        return connection
    members = {"rules": rules, "checks_proxy": checks_proxy}
    return type(connection.__name__, (_CheckedConnection, connection), members)
