"""Pages of an API that answers after 50 ms."""

from collections.abc import Callable, Iterator

from benchmarks.data import Sums, sums
from benchmarks.systems import airbyte, singer
from benchmarks.systems.here import here
from benchmarks.task import BY_OFFSET, BY_PAGE, Task, resource, rows
from benchmarks.workload import (
    AIRBYTE,
    DLT,
    FLOOR,
    OURS,
    SINGER,
    TUNED,
    Ratio,
    SameTables,
    System,
    Workload,
)

DELAY = 50
PAGES = 200
SIZE = 10
LINKED = 200_000
RESOURCES = 10

_NUMBERED = resource("items", "numbered", BY_PAGE, params={"total": PAGES, "delay": DELAY})
_OFFSET = resource("items", "offset", BY_OFFSET, params={"total": PAGES * SIZE, "delay": DELAY})
KINDS = {
    "page number": (_NUMBERED, [f"/numbered?total={PAGES}&page={at}" for at in range(PAGES)]),
    "offset": (
        _OFFSET,
        [f"/offset?total={PAGES * SIZE}&limit={SIZE}&offset={at * SIZE}" for at in range(PAGES)],
    ),
}
LOADED_AT_LEAST = {5: 4.3, 20: 10}


def counted(kind: str, at_once: int, mode: str, url: str) -> Task:
    items, paths = KINDS[kind]
    return Task(
        mode=mode,
        url=url,
        steps=[[items]],
        http={"max_concurrency": at_once},
        waves=[[f"{path}&delay={DELAY}" for path in paths]],
        expected=sums(PAGES * SIZE),
    )


def by_airbyte(task: Callable[[str], Task]) -> System:
    return System(lambda url: airbyte.read(task(url)), once=True)


def counted_works() -> Iterator[Workload]:
    for kind in KINDS:
        systems: dict[str, System] = {}
        lines: list[Ratio] = []
        for at_once, at_least in LOADED_AT_LEAST.items():
            read, floor, loaded = f"reading, {at_once}", f"{FLOOR}, {at_once}", f"{OURS}, {at_once}"
            title = f"{PAGES} pages by {kind}, {at_once} at once"

            def reading(url: str, kind: str = kind, at_once: int = at_once) -> Task:
                return counted(kind, at_once, "read", url)

            def loading(url: str, kind: str = kind, at_once: int = at_once) -> Task:
                return counted(kind, at_once, "load", url)

            systems[read], systems[floor] = here(OURS, reading), here(FLOOR, reading)
            systems[loaded] = here(OURS, loading)
            lines += [
                Ratio(title=f"{title}, read", ours=read, beside=[floor], at_most=1.4),
                Ratio(title=f"{title}, loaded", ours=loaded, beside=[DLT], at_least=at_least),
                Ratio(
                    title=f"{title}, loaded, whole process",
                    ours=loaded,
                    beside=[AIRBYTE],
                    of="process",
                ),
            ]

        def one_by_one(url: str, kind: str = kind) -> Task:
            return counted(kind, 1, "load", url)

        # What goes one by one does not depend on how many are allowed at once.
        systems[DLT] = here(DLT, one_by_one, once=True)
        systems[AIRBYTE] = by_airbyte(one_by_one)
        yield Workload(name=kind.replace(" ", "-"), systems=systems, lines=lines)


def linked(url: str, mode: str = "load") -> Task:
    items = rows(LINKED, delay=DELAY)
    return Task(mode=mode, url=url, steps=[[items]], expected=sums(LINKED))


def extracted(url: str) -> Task:
    return linked(url, "extract")


def several(url: str) -> Task:
    """Ten resources of 20 pages each."""
    of_one = PAGES // RESOURCES
    params = {"total": of_one, "delay": DELAY}
    resources = [
        resource(f"items_{number}", "numbered", BY_PAGE, params=params)
        for number in range(RESOURCES)
    ]
    paths = [f"/numbered?total={of_one}&page={at}&delay={DELAY}" for at in range(of_one)]
    each = sums(of_one * SIZE)
    return Task(
        mode="read",
        url=url,
        steps=[resources],
        http={"max_concurrency": 20},
        waves=[paths * RESOURCES],
        expected=Sums(*(value * RESOURCES for value in (each.rows, each.ids, each.quantities))),
    )


_LINKED = f"{LINKED // 1000} linked pages of 1,000 rows"
_SEVERAL = f"{RESOURCES} resources of {PAGES // RESOURCES} pages, 20 at once, read"

WORKLOADS = (
    *counted_works(),
    Workload(
        name="linked",
        systems={
            OURS: here(OURS, linked),
            TUNED: here(TUNED, linked),
            AIRBYTE: by_airbyte(linked),
            SINGER: System(lambda url: singer.load(linked(url)), once=True),
        },
        lines=(
            Ratio(title=f"{_LINKED}, loaded", beside=[TUNED], at_least=1.3),
            Ratio(title=f"{_LINKED}, loaded, whole process", beside=[AIRBYTE], of="process"),
            Ratio(title=f"{_LINKED}, loaded, whole process", beside=[SINGER], of="process"),
            SameTables(title=_LINKED),
        ),
    ),
    Workload(
        name="extracted",
        systems={system: here(system, extracted) for system in (OURS, DLT, TUNED)},
        lines=(
            Ratio(title=f"{_LINKED}, extracted only", beside=[DLT]),
            Ratio(title=f"{_LINKED}, extracted only", beside=[TUNED]),
        ),
        long=True,
    ),
    Workload(
        name="resources",
        systems={
            OURS: here(OURS, several),
            FLOOR: here(FLOOR, several),
            DLT: here(DLT, several, once=True),
            TUNED: here(TUNED, several),
        },
        lines=[Ratio(title=_SEVERAL, beside=[system]) for system in (FLOOR, DLT, TUNED)],
    ),
)
