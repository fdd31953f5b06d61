"""One task, done by one system, in this process: `python -m benchmarks.client SYSTEM TASK`.

The time is that of the work alone, with everything imported; that of the whole process is taken
by whoever has started it. What was brought in is looked at afterwards.
"""

import json
import sys
import time
from importlib import import_module

from benchmarks.measure import peak_memory
from benchmarks.tables import check, contents
from benchmarks.task import Task
from benchmarks.workload import DLT, FLOOR, OURS, PYARROW, READERS, TUNED

MODULES = {
    OURS: "ours",
    DLT: "dlt_alone",
    TUNED: "dlt_tuned",
    FLOOR: "by_hand",
    PYARROW: "by_pyarrow",
    READERS: "dlt_files",
}


def main(system: str, task: Task) -> None:
    module = import_module(f"benchmarks.systems.{MODULES[system]}")
    for name in module.IMPORTED:
        import_module(name)
    for step in range(len(task.steps)):
        act = getattr(module, task.mode)(task, step)
        began, busy = time.perf_counter(), time.process_time()
        found = act()
        seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    figures = {"seconds": seconds, "CPU": cpu, "memory": peak_memory()}
    tables = contents(task) if task.mode == "load" else {}
    check(task, found)
    print(json.dumps({"figures": figures, "tables": tables}))


if __name__ == "__main__":
    main(sys.argv[1], Task.from_json(sys.argv[2]))
