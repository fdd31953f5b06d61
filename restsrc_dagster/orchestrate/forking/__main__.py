"""A server: `python -m restsrc_dagster.orchestrate.forking STORAGE KEY NAME RUNS IDLE MODULE…`.

Its standard input is the socket at which it listens already.
"""

import os
import socket
import sys
from pathlib import Path


def main() -> None:
    listener = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    from restsrc_dagster.orchestrate.forking.preload import preload

    _, storage, key, name, runs, idle_seconds, *modules = sys.argv
    preload(modules)

    from restsrc_dagster.orchestrate.forking.place import Place
    from restsrc_dagster.orchestrate.forking.server import Life, Server
    from restsrc_dagster.orchestrate.forking.worker import leave

    life = Life(int(runs), float(idle_seconds))
    Server(listener, Place(Path(storage)), key=key, name=name, life=life).serve()
    leave(0)


if __name__ == "__main__":
    main()
