"""The table, and its place in the README of the benchmarks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.machine import machine, versions
from benchmarks.workload import Line, Results

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- written by --write -->\n", "<!-- until here -->\n"


def rows(lines: Iterable[Line], results: Results) -> tuple[list[str], int]:
    """Rows of the table, and how many of them have missed their target."""
    found, missed = [], 0
    for line in lines:
        cell = line.reached(results)
        failed = cell.met is False
        missed += failed
        text = f"**missed**: {cell.text}" if failed else cell.text
        found.append(f"| {line.title} | {line.target} | {text} |")
    return found, missed


def report(table: Sequence[str], repeats: int) -> str:
    each = "One measurement each" if repeats == 1 else f"Medians of {repeats} measurements"
    return (
        f"{each}. {machine()}.\n\n{versions()}.\n\n"
        "| work | target | reached |\n|---|---|---|\n" + "\n".join(table) + "\n"
    )


def write(text: str) -> None:
    """Put it between the two marks."""
    page = README.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
