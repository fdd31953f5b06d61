"""What processes that go on take of a processor and of memory, as Linux tells it in `/proc`."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
QUIET = 0.3
"""Of a processor; above that, a process is at work."""
QUIET_FOR = 5.0
LONGEST = 300.0
"""Seconds after which what was waited for does not come any more."""


def cpu(pid: int) -> float:
    """Seconds of a processor that it took so far, in its own code and in the kernel's."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_with_waited_for(pid: int) -> float:
    """The same with what those took that it has started and waited for."""
    return sum(map(int, _stat(pid)[11:15])) / TICKS


def memory(pid: int) -> dict[str, float]:
    """In MB: `RSS`, and `USS`, which no other process has a part in."""
    pages = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    sizes = {line.partition(":")[0]: int(line.split()[-2]) / 1024 for line in pages}
    return {"RSS": sizes["Rss"], "USS": sizes["Private_Clean"] + sizes["Private_Dirty"]}


def children(pid: int) -> list[int]:
    """Those that it has started, the youngest last."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(_stat(int(entry.name))[1]) == pid:
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):  # it was there a moment ago
            continue
    return sorted(found)


def descendants(pid: int) -> list[int]:
    """Those, and those that they have started, and so on."""
    found = children(pid)
    return found + [one for child in found for one in descendants(child)]


def shared_memory(pids: Iterable[int]) -> float:
    """What they have together, in MB: of a page that several have, each has a part."""
    total = 0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
            total += sum(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:")
    return total / 1024


def largest(pids: Iterable[int]) -> int:
    """The one with the most memory: its helpers are small."""
    return max(pids, key=lambda pid: memory(pid)["RSS"])


def wait_for(what: str, is_there: Callable[[], bool], *, pause: float = 0.25) -> None:
    """Return when it is there.

    Raises:
        TimeoutError: it did not come in time.
    """
    end = time.monotonic() + LONGEST
    while not is_there():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {LONGEST:.0f} s")
        time.sleep(pause)


def wait_until_quiet(pids: Callable[[], Mapping[str, int]]) -> None:
    """Return when none of the processes has been at work for `QUIET_FOR` seconds."""
    before, since = pids(), time.monotonic()
    taken = {pid: cpu(pid) for pid in before.values()}
    end = since + LONGEST
    while time.monotonic() < end:
        time.sleep(QUIET_FOR)
        now, at = pids(), time.monotonic()
        seconds = {pid: cpu(pid) for pid in now.values()}
        busy = max(seconds[pid] - taken.get(pid, 0.0) for pid in seconds) / (at - since)
        if busy < QUIET and now == before:
            return
        before, since, taken = now, at, seconds


def _stat(pid: int) -> list[str]:
    """The fields of `/proc/<pid>/stat` after the name, which may hold anything."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return text.rpartition(")")[2].split()
