"""Whom processes dial, and which names they look up, whatever library does it.

Python starts `sitecustomize` in each process of its environment; an audit hook cannot be taken away
again. What is written in C dials unseen, as gRPC does to Dagster's own servers.
"""

import ast
import os
from pathlib import Path

HOOK = """
import os, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host is not None:
        port = address[1] if event != "socket.getaddrinfo" else arguments[1]
        line = repr((event, str(host), str(port))) + "\\n"
        descriptor = os.open(os.environ["DIALLED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, line.encode())
        os.close(descriptor)

sys.addaudithook(note)
"""


class Dialled:
    """Give `environment` to processes; `hosts` and `ports` tell afterwards."""

    def __init__(self, folder: Path) -> None:
        hook = folder / "hook"
        hook.mkdir()
        (hook / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
        self._log = folder / "dialled.log"
        paths = [str(hook), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.environment = {"PYTHONPATH": os.pathsep.join(paths), "DIALLED": str(self._log)}

    def _noted(self) -> list[tuple[str, str, str]]:
        return [ast.literal_eval(line) for line in self._log.read_text().splitlines()]

    @property
    def hosts(self) -> set[str]:
        """Addresses that were dialled, and names that were looked up."""
        return {host for _, host, _ in self._noted()}

    @property
    def ports(self) -> set[str]:
        """Ports that were dialled."""
        return {port for event, _, port in self._noted() if event == "socket.connect"}
