"""A world as a plain value: what the API has and does, the connector's file, and what happens.

Everything that is not the simplest is a field with another value than its default, so that a world
is written down, read back and made smaller without knowing what its fields mean.
"""

import json
from dataclasses import dataclass, field, fields, is_dataclass
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from typing_extensions import Self

Event = tuple[str, int, int]
"""What happens at the API: a word of `shop.EVENTS`, to which record, how many ticks later."""


class Plain:
    """A dataclass that is its own JSON; what has its default value is left out."""

    def to_json(self) -> dict[str, Any]:
        return {
            one.name: _plain(value)
            for one in fields(self)  # type: ignore[arg-type]
            if (value := getattr(self, one.name)) != _default(one)
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        hints = get_type_hints(cls)
        return cls(**{key: _made(hints[key], value) for key, value in content.items()})


@dataclass(frozen=True, kw_only=True)
class Cursor(Plain):
    """The cursor of one resource, in its records and in the file."""

    kind: str = "iso"
    sent: str = "start_param"
    """start_param, param, placeholder, path, body; none."""
    starts: bool = True
    """Whether the file names an `initial_value`: tick 0, or for `min` the last one."""
    begin: int = 0
    """The tick of it, where partitions reach back before it."""
    end: int | None = None
    end_style: int = 0
    order: str = ""
    """row_order"""
    falls: bool = False
    """last_value_func min"""
    lag: int = 0
    missing: str = "raise"
    open: bool = False
    convert: str = ""
    window: str = ""
    """The size of the windows in which the list is read, or that of each parent."""
    nested: bool = False
    """At `meta.at`, with `max_table_nesting` 0."""


@dataclass(frozen=True, kw_only=True)
class Resource(Plain):
    """One resource in the file."""

    key: str = ""
    """own, composite, hint, defaults (of all resources), default hint (beside own columns)."""
    disposition: str = ""
    merge_key: bool = False
    cursor: Cursor | None = None
    selected: bool = True
    steps: str = ""
    """filter, exclude; lines, lines kept, lines keyed (yield_map)."""
    rules: str = ""
    """What the file says of an answer: a word of `rules.RULES`."""
    bound: str = "path"
    """Where a child takes its parent's value: path, param, body."""
    by: str = "id"
    """The parent's field that a child takes: its own id, or `k`, which several may share."""
    deletes: str = ""
    """How deletions are told, and whether rows go: a word of `deleting.DELETES`."""
    omits: bool = False
    """Whether a null of the parent's is left out of the request (`nulls`)."""
    numbered_within: bool = False
    """Whether a child's key is unique only among its parent's children."""
    included: bool = False
    """include_from_parent: its id, and a field that not all parents have."""
    shared: bool = False
    """Whether a child has one cursor for all its parents."""
    sorted: bool = False
    """A `dedup_sort` on a column that no record has."""
    values: int = 0
    """By how many values of a list it is read, each of which gives a part; 0 without a list."""
    unlisted: int = 0
    """How many of these are not in the list yet."""
    of: bool = False
    """Whether the list of a child says that it is gone through for each parent."""
    top: bool = False
    """Of a grandchild: whether its requests take the id of its topmost parent, too."""

    @property
    def listed(self) -> range:
        """The values of its list."""
        return range(self.values - self.unlisted)


@dataclass(frozen=True, kw_only=True)
class Api(Plain):
    """How the API answers for the list of parents."""

    paginator: str = "json_link"
    cap: int = 0
    """The server gives no more on a page, whatever is asked for."""
    places: str = ""
    """Links and cursors that count, and lists that are looked up anew for each page: by pages, as
    links do, or by records."""
    total: str = ""
    """right, minus (-1), zero, much (too many); nothing is said."""
    base_page: int = 1
    filter: str = "inclusive"
    """inclusive, exclusive, absent"""
    until: str = "exclusive"
    """How it takes the end of a range: exclusive, inclusive, absent."""
    order: str = "id"
    """By what it sorts: id, asc and desc by the cursor."""
    pinned: bool = False
    """Its oldest record comes first, whatever the order."""
    newest_first: bool = False
    """Of several versions of one record."""
    end: str = "null"
    """What the last page says of a next one: null, absent, empty, self; or where it is said that it
    is the last (`pages.ENDLESS`)."""
    flag: bool = False
    """Some records are shown only with `archived=true`."""
    shape: str = ""
    """How the list of parents is written: as a list; keyed (an object by a name for each), deep (a
    record in an object of its own)."""
    ids: str = "number"
    """number, text, wide"""
    written: str = ""
    """How lists are written: in a JSON document; lines (of JSON) or csv, by their type; lines said,
    csv said, xml said (by the file)."""


@dataclass(frozen=True, kw_only=True)
class How(Plain):
    """What must make no difference."""

    size: int = 3
    concurrency: int = 1
    commit: int = 0
    """Records after which a chunk is committed; 0 for everything at once, -1 for each page."""
    postgres: bool = False
    split: bool = False
    """The last run is done resource by resource."""
    shuffle: int = 0
    """Another order of a list that the API does not sort by the cursor."""
    packed: str = ""
    """How lists are packed: gzip, zip, zstd."""
    pieces: bool = False
    """Whether answers of a few hundred bytes are handed on in pieces."""
    login: str = ""
    """How the API lets one in: session, rotating (a refresh token), digest."""
    lives: int = 5
    """For how many requests a token is good: more than are under way at once."""
    strict: bool = False
    """Whether the deployment has a policy, which allows what is done here and no more."""


@dataclass(frozen=True, kw_only=True)
class Fault(Plain):
    """A request that goes wrong, by its number among those to a resource in one run."""

    of: str = "p"
    nth: int = 2
    what: str = "500"
    """500, 202, not ready, empty 202, error, failure and reset go wrong once, and so does what the
    file has a rule for (rule); 400 and poison stay wrong for the whole run."""


@dataclass(frozen=True, kw_only=True)
class Run(Plain):
    """What happens before a run and in it."""

    news: tuple[Event, ...] = ()
    middle: tuple[tuple[int, Event], ...] = ()
    """Before the n-th page of parents is given, something happens."""
    select: tuple[str, ...] = ()
    refresh: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    kill: str = ""
    """normalize, load, complete_package, waiting (for an answer)"""
    kill_at: int = 1
    again: tuple[int, ...] = ()
    """Before it, the range from one tick to another is read again."""
    partitions: tuple[int, ...] = ()
    """It is for these alone, from the first to the last, by their numbers."""
    edit: str = ""
    """What changes in the file before it: key of p, key of c, no end, no cursor (of p), children
    (come into it), values of p, values of c (of a list get one more), fewer values of p or c."""


@dataclass(frozen=True, kw_only=True)
class Partitions(Plain):
    """`partitions` in the file; then every run is one of Dagster's."""

    every: str = "day"
    """hour, day, week, month"""
    first: int = 0
    """The day of the first one, or one of its days, after that of tick 0."""


@dataclass(frozen=True, kw_only=True)
class Record(Plain):
    """A parent at the beginning: its tick, how many children it has, and their children."""

    at: int | None = 1
    kids: tuple[int, ...] = ()
    """The ticks of its children."""
    grand: int = 0
    """How many children each of its children has."""
    k: int | None = 0
    kind: int = 0
    keep: bool = True
    lines: int = 0
    archived: bool = False


@dataclass(frozen=True, kw_only=True)
class World(Plain):
    """All of it. The last run is a quiet one, and has no field here but `news`."""

    p: Resource = field(default_factory=Resource)
    c: Resource | None = None
    g: Resource | None = None
    other: bool = False
    """A resource that has nothing to do with the others."""
    partitions: Partitions | None = None
    api: Api = field(default_factory=Api)
    how: How = field(default_factory=How)
    twin: How | None = None
    """The same world is read once more in this way, and has to come to the same."""
    records: tuple[Record, ...] = ()
    runs: tuple[Run, ...] = ()
    news: tuple[Event, ...] = ()
    """Before the last run."""

    @property
    def resources(self) -> dict[str, Resource]:
        found = {"p": self.p, "c": self.c, "g": self.g}
        return {name: one for name, one in found.items() if one is not None}

    @property
    def events(self) -> list[Event]:
        return [
            *(event for run in self.runs for event in run.news),
            *(event for run in self.runs for _, event in run.middle),
            *self.news,
        ]

    def has(self, *words: str) -> bool:
        """Whether one of these events happens."""
        return any(event[0] in words for event in self.events)


def text_of(world: World) -> str:
    return json.dumps(world.to_json())


def world_of(text: str) -> World:
    return World.from_json(json.loads(text))


def _default(one: Any) -> Any:
    if callable(one.default_factory):
        return one.default_factory()
    return one.default


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return value.to_json()  # type: ignore[union-attr]
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _made(hint: Any, value: Any) -> Any:
    """A value of the type that a field has, from JSON."""
    if value is None:
        return None
    if isinstance(hint, UnionType):
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is tuple:
        inner = get_args(hint)
        each = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_made(one, item) for one, item in zip(each, value, strict=True))
    return hint.from_json(value) if is_dataclass(hint) else value
