"""What it takes a process to load a location: `ours|eager FOLDER COUNT`.

`call` is the time from before the call to after it, with everything imported; `with import` adds
the imports that it needs; `CPU` is what the call takes of a processor.
"""

import json
import sys
import time
from importlib import import_module
from pathlib import Path

from benchmarks.measure import peak_memory

began = time.perf_counter()
if sys.argv[1] == "ours":
    build_definitions = import_module("restsrc_dagster").build_definitions
else:
    build_definitions = import_module("benchmarks.locations.eager").build_definitions

called, busy = time.perf_counter(), time.process_time()
definitions = build_definitions(Path(sys.argv[2]))
ended, worked = time.perf_counter(), time.process_time()
assert len(list(definitions.schedules or [])) == int(sys.argv[3])
figures = {
    "call": ended - called,
    "with import": ended - began,
    "CPU": worked - busy,
    "memory": peak_memory(),
}
print(json.dumps({"figures": figures}))
