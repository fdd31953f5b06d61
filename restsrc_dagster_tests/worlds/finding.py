"""What is wrong with a table or with a run, in a word, and the comparison that finds it."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from restsrc_dagster_tests.worlds.meaning import Table

SHOWN = 160
_FOREIGN = re.compile(
    r"\b(Attribute|Type|Key|Value|Index|Overflow|Recursion|Assertion|NotImplemented|Runtime)Error\b"
    r"|StopIteration|Traceback|NoneType|Arrow\w*(Invalid|Exception|Error)|pyarrow"
    r"|has no attribute|not supported between|unhashable|positional argument"
    r"|object is not (iterable|callable|subscriptable)"
    r"|C long|decimal128|could not convert string|is declared non-nullable"
    r"|(Binder|Catalog|Conversion|Constraint|Parser|InvalidInput|OutOfRange) ?(Error|Exception)"
    r"|\b(Unbound|CannotCoerce|JsonPath|Undefined)\w*(Exception|Error)\b|psycopg2|duckdb\.duckdb"
)
"""Words of Python, of libraries and of databases, which tell a person nothing to do."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a word for it, the table, and what was seen."""

    what: str
    table: str
    seen: str
    run: int = 0

    def __str__(self) -> str:
        return f"{self.what} {self.table} (run {self.run}): {self.seen[:SHOWN]}"


def compare(table: Table, found: Counter[int], *, excused: set[int]) -> Iterator[Finding]:
    """Slot by slot; what is excused may be missing."""
    if not table.known:
        return
    members: set[int] = set().union(*table.members.values())
    if strangers := sorted(v for v in found if v not in members):
        yield Finding("foreign", "", f"versions {strangers}")
    for slot, contents in table.right.items():
        own = table.members[slot]
        here = Counter({v: times for v, times in found.items() if v in own})
        content = tuple(sorted(here.elements()))
        if content in contents:
            continue
        once = len(set(content)) == len(content)
        if once and content and slot in table.ambiguous:
            continue  # it has to be told, which is looked at elsewhere
        if once and all(one and set(one) <= excused for one in contents):
            continue
        yield Finding(_word(here, contents), "", f"{slot}: {content}, right {sorted(contents)}")


def _word(here: Counter[int], contents: set[tuple[int, ...]]) -> str:
    wanted = [Counter(one) for one in contents]
    most = Counter({v: max(one[v] for one in wanted) for v in here})
    if all(here < one for one in wanted):
        return "lost"
    if any(times > most[v] > 0 for v, times in here.items()):
        return "doubled"
    return "stays" if any(here > one for one in wanted) else "stale"


def foreign_words(text: str) -> str:
    """The first of them; empty where a message has none."""
    found = _FOREIGN.search(text)
    return found[0] if found else ""
