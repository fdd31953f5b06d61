"""How the API of a world tells of deletions, what its file says of them, and what rows show."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from restsrc_dagster_tests.worlds.finding import Finding
from restsrc_dagster_tests.worlds.loading import Ended
from restsrc_dagster_tests.worlds.meaning import Meaning, below_cursor
from restsrc_dagster_tests.worlds.shop import Shop, View
from restsrc_dagster_tests.worlds.world import Resource, World

WAYS = ("missing", "when", "told")
DELETES = tuple(f"{way}{then}" for way in WAYS for then in ("", " removed"))
Marked = Mapping[str, set[int]]


def way_of(resource: Resource) -> str:
    return resource.deletes.removesuffix(" removed")


def removes(resource: Resource) -> bool:
    return resource.deletes.endswith(" removed")


def tellers(world: World) -> dict[str, str]:
    """The resources that list deletions, with those of which they are."""
    return {f"gone_{n}": n for n, one in world.resources.items() if way_of(one) == "told"}


def said(name: str, resource: Resource) -> dict[str, Any]:
    """`deletes` in the file."""
    then = "remove" if removes(resource) else "mark"
    match way_of(resource):
        case "when":
            return {"when": "state == 'gone'", "then": then}
        case "told":
            return {"resource": f"gone_{name}", "key": "item", "then": then}
    return {"by": "missing", "at_most": "100 %", "then": then}


def teller_of(name: str, resource: Resource) -> dict[str, Any]:
    """The resource that lists deletions: as a whole, or by a cursor where the other has one."""
    endpoint: dict[str, Any] = {"path": f"gone/{name}", "data_selector": "data"}
    endpoint["paginator"] = "single_page"
    if resource.cursor is not None:
        cursor = {"cursor_path": "at", "initial_value": 0, "start_param": "since"}
        endpoint["incremental"] = cursor
    return {"name": f"gone_{name}", "primary_key": "id", "endpoint": endpoint}


class Deleting:
    """Holds the marks to what the API has said, run after run."""

    def __init__(self, meaning: Meaning, shop: Shop) -> None:
        self._meaning, self._shop = meaning, shop
        self._listed: dict[str, set[int]] = {}
        """What a list that is read whole had when it was last read."""

    def wrong(
        self, ended: Ended, moments: list[View], found: Mapping[str, Any], marked: Marked
    ) -> Iterator[Finding]:
        for name, one in self._meaning.world.resources.items():
            if name not in found or one.steps.startswith("lines"):
                continue
            marks = marked.get(name, set())
            match way_of(one):
                case "when":
                    yield from self._by_itself(name, set(found[name]), marks)
                case "told" if self._is_plain(ended, moments, {name, f"gone_{name}"}):
                    yield from self._by_another(name, set(found[name]), marks)
                case "missing" if self._is_plain(ended, moments, {name}):
                    yield from self._by_absence(name, moments[0], set(found[name]), marks, ended)
                case "missing":
                    self._listed.pop(name, None)

    @staticmethod
    def _is_plain(ended: Ended, moments: list[View], names: Collection[str]) -> bool:
        is_over = not (ended.killed or ended.raised or ended.stretch)
        return is_over and len(moments) == 1 and set(names) <= ended.good

    def _by_itself(self, name: str, rows: set[int], marks: set[int]) -> Iterator[Finding]:
        """Whatever becomes of a run, each row says of itself what its record says."""
        dead = {v for v in rows if (row := self._shop.ever.get(v)) and row.dead}
        if not removes(self._meaning.world.resources[name]) and dead != marks:
            yield Finding("marked", name, f"{sorted(marks)}, and {sorted(dead)} say so")

    def _by_another(self, name: str, rows: set[int], marks: set[int]) -> Iterator[Finding]:
        told = {key for _, key, _ in self._shop.told[name]}
        keys = {v: row.key for v in rows if (row := self._shop.ever.get(v))}
        if alive := sorted(v for v in marks if keys.get(v) not in told):
            yield Finding("marked", name, f"nobody has said that {alive} are gone")
        now = {row.key for row in self._shop.listed(name)}
        if stays := sorted(v for v in rows - marks if keys.get(v) in told - now):
            yield Finding("unmarked", name, f"{stays} were told to be gone")

    def _by_absence(
        self, name: str, view: View, rows: set[int], marks: set[int], ended: Ended
    ) -> Iterator[Finding]:
        """What a list has is not marked; what two readings have not found is, if they could say."""
        listed = self._meaning.in_force(name, view)
        if alive := sorted(marks & listed):
            yield Finding("marked", name, f"versions {alive} are listed")
        before = self._listed.get(name)
        could_say = not any("was not looked for" in text for text in ended.warnings.get(name, ()))
        if not could_say or self._is_told_apart(name):
            self._listed.pop(name, None)
            return
        self._listed[name] = listed
        if before is not None and (stays := sorted(rows - marks - listed - before)):
            yield Finding("unmarked", name, f"versions {stays} are listed no more")

    def _is_told_apart(self, name: str) -> bool:
        """Whether it is not known here of which parents the lists were read."""
        ghostly = self._meaning.world.has("ghost", "delete") and name != "p"
        return below_cursor(self._meaning.world, name) or ghostly
