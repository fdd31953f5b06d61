"""Runs of one machine, forked from a process that has imported what they need.

Dagster starts a fresh Python for each run, which imports for seconds what a small run needs for a
tenth of one. `ForkingRunLauncher`, in `launcher.py`, has a server do that once:

- `surroundings.py`: what a code server was started with, which a run is to have, too
- `place.py`: the folder of an instance where its servers and the forked runs are found
- `client.py`: finds a server with those surroundings or starts one, and asks it
- `wire.py`: what is said between the two
- `server.py`: one thread, which forks, waits for what it has forked, and opens nothing
- `preload.py`: what it imports, and whether that is as it was; `rehearsal.py`: what libraries find
  out at the first use; `storage.py`: Dagster's storage, opened once in each run
- `worker.py`: what a forked process does: a run, or the report that one has died
"""

from restsrc_dagster.orchestrate.forking.launcher import ForkingRunLauncher

__all__ = ["ForkingRunLauncher"]
