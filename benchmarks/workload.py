"""What is measured, and what it is to be: workloads, their systems, and the lines of the table."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.measure import Outcome

OURS = "ours"
DLT = "dlt"
TUNED = "dlt tuned"
FLOOR = "by hand"
AIRBYTE = "airbyte"
SINGER = "singer"
EAGER = "dlt_assets"
PYARROW = "pyarrow"
READERS = "dlt's readers"


@dataclass(frozen=True)
class System:
    """One system that does a workload; each call is one measurement in fresh processes.

    Args:
        measure: gets the address of the API.
        once: it takes so long that one measurement must do.
    """

    measure: Callable[[str], Outcome]
    once: bool = False


@dataclass(frozen=True)
class Results:
    """All measurements of one workload, and why there are none of a system."""

    outcomes: Mapping[str, Sequence[Outcome]]
    failures: Mapping[str, str] = field(default_factory=dict)

    def median(self, system: str, figure: str) -> float:
        return statistics.median(one.figures[figure] for one in self.outcomes[system])

    def worst(self, system: str, figure: str) -> float:
        return max(one.figures[figure] for one in self.outcomes[system])

    def why_not(self, systems: Sequence[str]) -> str | None:
        told = [
            f"{system}: {self.failures[system]}" for system in systems if system in self.failures
        ]
        return "; ".join(told) or None


@dataclass(frozen=True)
class Cell:
    """What a line has reached; `met` is None where nothing was to be reached."""

    text: str
    met: bool | None = None


class Line(Protocol):
    """A line of the table."""

    @property
    def title(self) -> str: ...

    @property
    def target(self) -> str: ...

    def reached(self, results: Results) -> Cell: ...


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How many times as much others take; or, with `at_most`, how many times as much ours takes.

    Args:
        beside: systems whose figures are added up.
        of: the figure; `also` are others of which the ratio is told, too.
    """

    title: str
    beside: Sequence[str]
    ours: str = OURS
    of: str = "seconds"
    also: Sequence[str] = ()
    at_least: float | None = None
    at_most: float | None = None

    @property
    def target(self) -> str:
        beside = " + ".join(self.beside)
        beside = f"({beside})" if len(self.beside) > 1 else beside
        if self.at_most is not None:
            return f"{self.ours} ÷ {beside} ≤ {self.at_most:g}"
        return f"{beside} ÷ {self.ours}" + (
            "" if self.at_least is None else f" ≥ {self.at_least:g}"
        )

    def reached(self, results: Results) -> Cell:
        if why_not := results.why_not([self.ours, *self.beside]):
            return Cell(why_not, self._meets(None))
        ratio = self._ratio(results, self.of)
        also = "".join(f", {self._ratio(results, of):.3g} of {of}" for of in self.also)
        theirs = [
            f"{system} {shown(results.median(system, self.of), self.of)}" for system in self.beside
        ]
        mine = shown(results.median(self.ours, self.of), self.of)
        return Cell(f"{ratio:.3g}{also} ({mine}; {', '.join(theirs)})", self._meets(ratio))

    def _meets(self, ratio: float | None) -> bool | None:
        if self.at_least is not None:
            return ratio is not None and ratio >= self.at_least
        if self.at_most is not None:
            return ratio is not None and ratio <= self.at_most
        return None

    def _ratio(self, results: Results, of: str) -> float:
        ours = results.median(self.ours, of)
        beside = sum(results.median(system, of) for system in self.beside)
        return ours / beside if self.at_most is not None else beside / ours


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A figure of one system on its own, the worst of its measurements if it has a bound."""

    title: str
    of: str
    system: str = OURS
    at_most: float | None = None

    @property
    def target(self) -> str:
        return "" if self.at_most is None else f"≤ {self.at_most:g}"

    def reached(self, results: Results) -> Cell:
        if why_not := results.why_not([self.system]):
            return Cell(why_not, None if self.at_most is None else False)
        if self.at_most is None:
            return Cell(shown(results.median(self.system, self.of), self.of))
        worst = results.worst(self.system, self.of)
        return Cell(f"{worst:.3g}", worst <= self.at_most)


@dataclass(frozen=True, kw_only=True)
class SameTables:
    """Whether two systems made the same tables: names, columns, types, rows and sums of each."""

    title: str
    beside: str = TUNED
    ours: str = OURS

    @property
    def target(self) -> str:
        return f"the tables of {self.beside}"

    def reached(self, results: Results) -> Cell:
        if why_not := results.why_not([self.ours, self.beside]):
            return Cell(why_not, met=False)
        ours, theirs = (results.outcomes[system][-1].tables for system in (self.ours, self.beside))
        if differing := differences(ours, theirs):
            return Cell(f"differing: {', '.join(differing)}", met=False)
        columns = sum(len(columns) - 1 for columns in ours.values())
        return Cell(f"the same: {', '.join(ours)}; {columns} columns", met=bool(ours))


def differences(
    ours: Mapping[str, Mapping[str, object]], theirs: Mapping[str, Mapping[str, object]]
) -> list[str]:
    """`table.column` of all that is not the same in both."""
    found = []
    for table in sorted({*ours, *theirs}):
        one, other = ours.get(table, {}), theirs.get(table, {})
        names = sorted({*one, *other})
        found += [f"{table}.{name}" for name in names if one.get(name) != other.get(name)]
    return found


def shown(value: float, figure: str) -> str:
    """A figure with its unit, as short as it says something."""
    if figure == "memory":
        return f"{value:.0f} MB"
    if figure in COUNTED:
        return f"{value:.3g}"
    if value < 0.01:
        return f"{value * 1000:.2g} ms"
    return f"{value:.2f} s" if value < 100 else f"{value:.0f} s"


COUNTED = ("rate ÷ budget", "busiest second", "refused", "early", "times the limit")


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Something to do, the systems that do it side by side, and what is said of them.

    Args:
        name: for `--only`.
        long: it is measured only if it is asked for by name.
        quick: it is measured by `--quick`, too.
        prepared: gives the systems instead, for as long as it is open, for the address of the API.
    """

    name: str
    lines: Sequence[Line]
    systems: Mapping[str, System] = field(default_factory=dict)
    prepared: Callable[[str], AbstractContextManager[Mapping[str, System]]] | None = None
    long: bool = False
    quick: bool = True
