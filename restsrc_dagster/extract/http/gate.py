"""Connections that ask at the last moment: nothing is written to one that may not be.

Between the decision to send a request and its first byte, a thread may wait for its connection, or
for its turn; meanwhile another one may have been refused. What they receive is received with
patience.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from urllib3.connection import HTTPConnection

from restsrc_dagster.extract.http.patience import PatientResponse

Gate = Callable[[], AbstractContextManager[None]]
"""Held while the head of a request is written; raises SendDeferred where it may not be."""


class SendDeferred(Exception):
    """The request has not been written, and may be sent later."""


class _GatedConnection:
    gate: Gate
    response_class = PatientResponse

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        """As `http.client` does, which writes the head of the request here."""
        if self.sock is None:  # type: ignore[attr-defined]
            self.connect()  # type: ignore[attr-defined]
        with self.gate():
            super().endheaders(*args, **kwargs)  # type: ignore[misc]


def gated(connection: type[HTTPConnection], gate: Gate) -> type[HTTPConnection]:
    """The same kind of connection, with a gate; one that has a gate already is returned."""
    if issubclass(connection, _GatedConnection):
        return connection
    return type(connection.__name__, (_GatedConnection, connection), {"gate": staticmethod(gate)})
