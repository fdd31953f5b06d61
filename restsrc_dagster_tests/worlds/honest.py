"""What makes a world an honest one: no API can keep what its file and its data do not allow.

A record that comes late below a cursor, say, is lost by what a cursor is. Such things are taken out
of a world that was drawn, and a world that is made smaller may not get any.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from restsrc_dagster_tests.worlds.cursors import KINDS
from restsrc_dagster_tests.worlds.meaning import slots
from restsrc_dagster_tests.worlds.pages import ENDLESS
from restsrc_dagster_tests.worlds.rules import is_once
from restsrc_dagster_tests.worlds.world import Api, Cursor, Event, Fault, Resource, Run, World

NUMBERED = ("page_number", "offset")
LINKED = ("json_link", "header_link", "cursor", "header_cursor")
MIDDLE = frozenset({"change", "add", "delete", "kid", "change kid", "lose kid", "ghost"})
PLACED = frozenset({"text", "wide"})
"""Kinds of ids that are not taken for the place of a record in its list."""
BELOW = frozenset({"kid", "late kid", "change kid", "lose kid", "ghost"})
BELOW_THAT = frozenset({"grandkid", "lose grandkid"})
MOST = 100
"""Partitions of one run."""
CONVERTED = frozenset({"iso", "spellings", "naive", "space", "compact"})


def mended(world: World) -> World:
    """The world without what it may not have."""
    for _ in range(3):
        world = _with_sound_resources(world)
        world = _with_sound_partitions(_with_sound_window(world))
        world = _with_sound_deletes(world)
        world = _with_sound_api(world)
        world = _with_sound_runs(world)
    return world


def is_numbered(api: Api) -> bool:
    """Whether pages are asked for by numbers, so that what moves may take others along."""
    return api.paginator in NUMBERED or bool(api.places)


def is_honest(world: World) -> bool:
    return mended(world) == world


# -- the file --


def _with_sound_resources(world: World) -> World:
    p, c, g = world.p, world.c, world.g
    if c is None:
        g = None
    p = _sound_parent(p, world)
    if c is not None:
        c = _sound_child(c, world, below=g is not None)
    if g is not None:
        g = replace(
            _sound_cursor(g, world, child=True),
            selected=True,
            bound="path",
            by="id",
            steps="",
            numbered_within=False,
            merge_key=False,
            included=False,
            sorted=False,
            shared=g.shared and g.cursor is not None,
            key="" if g.key == "composite" else g.key,
            disposition="",
            values=0,
            unlisted=0,
            of=False,
            top=g.top and c is not None and c.by == "id" and p.steps != "lines",
        )
    if c is None or (c is not None and not c.selected):
        p = replace(p, selected=True)
    keys = {one.key for one in (p, c, g) if one}
    for key in ("default hint", "defaults"):
        if key in keys and p.steps.startswith("lines"):
            p, c, g = (one and replace(one, key="") for one in (p, c, g))
        elif key in keys:  # what holds for one holds for all that say nothing else
            p, c, g = (one and replace(one, key=one.key or key) for one in (p, c, g))
    return replace(world, p=p, c=c, g=g)


def _sound_parent(p: Resource, world: World) -> Resource:
    p = replace(p, bound="path", by="id", numbered_within=False, included=False, shared=False)
    if p.steps.startswith("lines"):
        p = replace(p, key="", cursor=None, disposition="", merge_key=False)
    if p.disposition in ("merge", "upsert") and not (p.key or p.merge_key):
        p = replace(p, disposition="")
    if p.merge_key:
        p = replace(p, disposition="merge")
    if p.sorted and (p.key not in ("own", "composite") or p.cursor is not None):
        p = replace(p, sorted=False)
    if p.disposition == "replace" and p.cursor is not None:
        p = replace(p, disposition="")
    p = replace(p, unlisted=0, of=False, top=False)
    return _sound_cursor(p, world, child=p.values > 0)


def _sound_child(c: Resource, world: World, *, below: bool) -> Resource:
    c = replace(c, selected=True, merge_key=False, sorted=False, unlisted=0, top=False)
    c = replace(c, of=c.of and c.values > 0)
    c = replace(c, omits=c.omits and c.by == "k" and c.bound != "path")
    c = replace(c, shared=c.shared and c.cursor is not None)
    if c.steps.startswith("lines"):
        c = replace(c, steps="")
    if c.disposition and not (c.disposition == "upsert" and c.key):
        c = replace(c, disposition="")
    if below or c.key not in ("own", "defaults"):
        c = replace(c, numbered_within=c.key == "composite" and not below)
    if c.key == "composite":
        c = replace(c, included=True, by="id")
    if world.p.steps.startswith("lines"):
        c = replace(c, by="id", included=False, key="" if c.key == "composite" else c.key)
    return _sound_cursor(c, world, child=True)


def _sound_cursor(one: Resource, world: World, *, child: bool) -> Resource:
    cursor = one.cursor
    if cursor is None:
        return one
    if cursor.kind == "lengths" and (child or not _is_in_its_order(cursor, world)):
        cursor = replace(cursor, kind="text")
    kind = KINDS[cursor.kind]
    cursor = _of_child(cursor) if child else cursor
    if not cursor.starts and cursor.sent in ("placeholder", "path", "body"):
        cursor = replace(cursor, starts=True)
    if cursor.sent == "body" and one.bound != "body":
        cursor = replace(cursor, sent="start_param")
    if one.bound == "body":
        cursor = replace(cursor, sent="body" if cursor.sent != "none" else "none", starts=True)
    if cursor.sent == "path" and one.bound == "param":
        cursor = replace(cursor, sent="start_param")
    is_merged = bool(one.key) if child else slots(world, "p") == "key"
    if cursor.lag and (not kind.units or cursor.falls or not is_merged):
        cursor = replace(cursor, lag=0)
    if cursor.lag and cursor.sent == "param":
        cursor = replace(cursor, sent="start_param")
    if cursor.end is not None:
        cursor = replace(cursor, lag=0, starts=True, missing="raise", open=False)
        cursor = cursor if cursor.sent != "param" else replace(cursor, sent="start_param")
        cursor = cursor if cursor.end > 1 else replace(cursor, end=2)
    if cursor.convert and (cursor.kind not in CONVERTED or cursor.falls):
        cursor = replace(cursor, convert="")
    if cursor.convert and cursor.sent == "none":
        cursor = replace(cursor, convert="")
    if cursor.falls:
        cursor = replace(cursor, order="", open=False)
    return replace(one, cursor=cursor)


def _of_child(cursor: Cursor) -> Cursor:
    cursor = replace(cursor, order="", end=None, open=False, missing="raise", begin=0)
    return cursor if cursor.window else replace(cursor, lag=0, convert="")


def _is_in_its_order(cursor: Cursor, world: World) -> bool:
    """Texts of several lengths are compared only where the API's order shows what comes later."""
    said = cursor.order == world.api.order == "asc" and cursor.sent == "start_param"
    return said and cursor.end is None and not cursor.falls and not world.api.pinned


def _with_sound_deletes(world: World) -> World:
    """Of lists with a key that are merged; what cannot is refused."""
    for name, one in world.resources.items():
        merged = bool(one.key) and one.disposition in ("", "merge", "upsert") and one.selected
        if one.deletes and not (merged and not one.merge_key and _may_delete(world, one)):
            world = replace(world, **{name: replace(one, deletes="")})
    return world


def _may_delete(world: World, one: Resource) -> bool:
    """Whether deletions may be told in this way: what is missing only by a list without a cursor,
    and by another list only where one key, which all know, tells a record."""
    match one.deletes.removesuffix(" removed"):
        case "missing":
            return one.cursor is None and not (one.top or one.values)
        case "told":
            plain = world.api.ids == "number" and not world.has("odd")
            return one.key != "composite" and not one.numbered_within and plain
    versions = world.has("version", "old version", "null version")
    return not versions and not one.steps.startswith("lines")


def _with_sound_partitions(world: World) -> World:
    """Those of a list that can be read by them; what cannot is refused, which others look at."""
    cursor = world.p.cursor
    if world.partitions is None or cursor is None or not _may_have_partitions(world, cursor):
        api = world.api
        if not any(one.window for one in _cursors(world)):
            api = replace(api, until="exclusive")
        p = replace(world.p, cursor=replace(cursor, begin=0)) if cursor else world.p
        return replace(world, p=p, partitions=None, api=api)
    cursor = replace(cursor, sent="start_param")
    if cursor.lag or not cursor.starts or cursor.open or world.api.filter == "exclusive":
        cursor = replace(cursor, begin=0)
    return replace(world, p=replace(world.p, cursor=cursor))


def _with_sound_window(world: World) -> World:
    """Of lists that can be read in windows; what cannot is refused."""
    for name, one in world.resources.items():
        if one.cursor is not None and one.cursor.window:
            sound = replace(one, cursor=_in_sound_windows(one, one.cursor, world))
            world = replace(world, **{name: sound})
    return world


def _in_sound_windows(one: Resource, cursor: Cursor, world: World) -> Cursor:
    """What is over by the API's clock has to be over for the list, too."""
    fits = _tells_time(cursor) and cursor.end is None and not cursor.falls
    fits = fits and _is_by_the_clock(world, cursor) and not world.has("ahead")
    if not fits or (cursor.missing == "include" and not one.key):
        return replace(cursor, window="")
    sent = "body" if one.bound == "body" else "start_param"
    return replace(cursor, sent=sent, starts=True, order="", open=False)


def _may_have_partitions(world: World, cursor: Cursor) -> bool:
    p, below = world.p, [one for one in (world.c, world.g) if one]
    if p.values:
        return False
    if not _tells_time(cursor) or cursor.end is not None or cursor.falls or p.merge_key:
        return False
    if any(one.cursor for one in below):
        return False
    if p.key:
        return p.disposition in ("", "merge", "upsert")
    comes_twice = cursor.lag or cursor.missing == "include"
    return p.disposition in ("", "append") and not comes_twice


def _tells_time(cursor: Cursor) -> bool:
    return KINDS[cursor.kind].is_time and cursor.kind != "nanoseconds"


# -- the API --


def _with_sound_api(world: World) -> World:
    api, how = world.api, world.how
    if api.paginator not in NUMBERED:
        api = replace(api, total="", cap=0)
    if api.places and (api.paginator not in LINKED or not world.p.key):
        api = replace(api, places="")
    if api.places:
        links = api.paginator in ("json_link", "header_link")
        api = replace(api, places="pages" if links else "records", pinned=False)
        api = replace(api, ids=api.ids if links or api.ids in PLACED else "text")
    if api.paginator != "offset":
        api = replace(api, cap=0)
    if api.paginator != "page_number":
        api = replace(api, base_page=1)
    if api.cap >= how.size:
        api = replace(api, cap=0)
    if api.end in ENDLESS and api.paginator in (*NUMBERED, "single_page"):
        api = replace(api, end="null")
    if api.paginator != "json_link" and api.end == "self":
        api = replace(api, end="null")
    if not _may_be_in_lines(world, api):
        api = replace(api, written="")
    cursor = world.p.cursor
    twin = world.twin
    if cursor is not None and cursor.order == "asc" and _begins_in_order(world):
        how = replace(how, commit=0)  # what is out of order behind a chunk is never asked for
        twin = replace(twin, commit=0) if twin else None
    if cursor is not None and cursor.end is not None and slots(world, "p") == "append":
        how = replace(how, split=False)  # each run appends the range again
    if world.p.cursor is None:
        api = replace(api, order="id", pinned=False, filter="inclusive")
    if twin is not None and (api.cap or any(r.middle or r.faults or r.kill for r in world.runs)):
        twin = None
    records = tuple(
        replace(
            record,
            archived=record.archived and api.flag,
            kids=record.kids if world.c else (),
            grand=record.grand if world.g else 0,
            keep=record.keep or world.p.steps != "filter",
            at=1 if record.at is None and not _may_lack_cursor(world) else record.at,
            k=record.k if world.c and world.c.by == "k" else 0,
        )
        for record in world.records
    )
    return replace(world, api=api, how=how, twin=twin, records=records)


def _begins_in_order(world: World) -> bool:
    """Whether a list that is not sorted by its cursor may look as if it were, at its beginning."""
    return world.api.order == "id" or (world.api.order == "desc" and world.api.pinned)


def _may_lack_cursor(world: World) -> bool:
    cursor = world.p.cursor
    return cursor is not None and cursor.end is None and not cursor.lag


def _may_be_in_lines(world: World, api: Api) -> bool:
    """Whether nothing is looked for beside the records of an answer."""
    in_body = api.paginator in ("json_link", "cursor") or api.total or api.end == "endless flag"
    by_content = any(one.rules for one in world.resources.values())
    return not (in_body or by_content or api.shape or not _may_be_texts(world, api))


TEXTS = ("csv", "csv said", "xml said")
"""How lists are written of which all values are texts."""


def _may_be_texts(world: World, api: Api) -> bool:
    """Whether nothing but the tables' types is another when values are texts: no cursor and no step
    of ours looks at a number, and no value is an odd one."""
    if api.written not in TEXTS:
        return True
    numbers = any(not isinstance(KINDS[one.kind].spell(1, 0), str) for one in _cursors(world))
    nested = any(one.nested for one in _cursors(world))
    return not (numbers or nested or world.has("odd") or any(_steps(world)))


def _steps(world: World) -> Iterator[str]:
    yield from (one.steps for one in world.resources.values())


# -- what happens --


def _with_sound_runs(world: World) -> World:
    runs = tuple(_sound_run(world, run, first=number == 0) for number, run in enumerate(world.runs))
    news = _sound_events(world, world.news, first=not runs, last=True)
    return replace(world, runs=runs, news=news)


def _sound_run(world: World, run: Run, *, first: bool) -> Run:
    names = {*world.resources, *(["other"] if world.other else [])}
    tables = {name for name in names if name == "other" or world.resources[name].selected}
    faults = tuple(one for one in run.faults if _may_go_wrong(world, one))
    edit = "" if first or not _may_edit(world, run.edit) else run.edit
    middle = tuple(
        (page, _sound_event(world, event))
        for page, event in run.middle
        if event[0] in MIDDLE
        and _may_move(world)
        and _may_happen(world, event[0], first=False)
        and (event[0] != "delete" or world.p.cursor is not None)
    )
    run = replace(
        run,
        news=_sound_events(world, run.news, first=first),
        middle=tuple((page, (word, n, max(step, 1))) for page, (word, n, step) in middle),
        select=tuple(name for name in run.select if name in tables),
        refresh=tuple(name for name in run.refresh if name in tables),
        faults=faults,
        edit=edit,
        again=run.again if _may_read_again(world, run) else (),
        partitions=run.partitions if _may_be_for_partitions(world, run) else (),
    )
    return replace(run, refresh=(), again=()) if run.partitions else run


def _may_go_wrong(world: World, fault: Fault) -> bool:
    one = world.resources.get(fault.of)
    return one is not None and (fault.what != "rule" or is_once(one.rules))


def _may_be_for_partitions(world: World, run: Run) -> bool:
    first, last = run.partitions if len(run.partitions) == 2 else (0, -1)
    is_stretch = 0 <= first <= last <= first + MOST
    return world.partitions is not None and not world.has("null version") and is_stretch


def _may_read_again(world: World, run: Run) -> bool:
    """Where a record is listed in one version, a range of it that is older brings no older one."""
    cursor = world.p.cursor
    quiet = not (run.middle or run.faults or run.kill or run.edit or run.refresh)
    versions = world.has("version", "old version", "null version", "repeat", "late", "ahead")
    if cursor is None or not _tells_time(cursor) or world.p.values:
        return False
    return quiet and not versions and len(run.again) == 2


def _may_edit(world: World, edit: str) -> bool:
    match edit:
        case "key of p":
            return not world.p.key and slots(world, "p") == "all" and not world.p.steps
        case "key of c":
            return world.c is not None and not world.c.key and slots(world, "c") == "all"
        case "values of p" | "fewer values of p":
            return world.p.values > 1 and not _shares(world)
        case "values of c" | "fewer values of c":
            return world.c is not None and world.c.values > 1 and not _shares(world)
        case "no end" | "no cursor" if world.p.values:
            return False
        case "no end":
            ends = world.p.cursor is not None and world.p.cursor.end is not None
            return ends and slots(world, "p") != "append" and not _shares(world)
        case "no cursor":
            cursor = world.p.cursor  # a list that has a column stays in it, so not a nested one
            plain = cursor is not None and cursor.end is None and not cursor.nested
            return plain and world.partitions is None
        case "children":
            return world.c is not None and world.p.selected
    return False


def _sound_events(
    world: World, events: tuple[Event, ...], *, first: bool, last: bool = False
) -> tuple[Event, ...]:
    """A version without a cursor would come alone in the run after, and be the newest there."""
    return tuple(
        _sound_event(world, event)
        for event in events
        if _may_happen(world, event[0], first=first) and (last or event[0] != "null version")
    )


def _sound_event(world: World, event: Event) -> Event:
    """Where a start is passed over, what is new has to come after it."""
    word, which, step = event
    exclusive = world.api.filter == "exclusive" or any(map(_is_open, _cursors(world)))
    return (word, which, max(step, 1) if exclusive or word == "version" else step)


def _cursors(world: World) -> Iterator[Cursor]:
    yield from (one.cursor for one in world.resources.values() if one.cursor)


def _shares(world: World) -> bool:
    """Whether one cursor for all parents passes what is late below one of them."""
    return any(one.shared for one in world.resources.values())


def _may_pass_kids(world: World) -> bool:
    """Whether a child's cursor passes what is late, though nothing else below its parent is."""
    in_windows = any(one.window for one in _cursors(world) if one is not world.p.cursor)
    return in_windows or _shares(world)


def _is_open(cursor: Cursor) -> bool:
    return cursor.open


def _may_move(world: World) -> bool:
    """Whether a list may change while it is read, and all be there after the next run."""
    p, cursor = world.p, world.p.cursor
    ticks = {KINDS[one.kind].tick for one in _cursors(world)}
    if len(ticks) > 1 or any(not KINDS[one.kind].is_time for one in _cursors(world)):
        return False
    if p.values and is_numbered(world.api):
        return False
    if any(one.falls for one in _cursors(world)):  # the API's clock is ahead of what rises
        return False
    if cursor is not None and (cursor.end is not None or cursor.lag):
        return False
    if cursor is not None and (cursor.open or world.api.filter == "exclusive"):
        return False
    if any(one.kind == "nanoseconds" for one in _cursors(world)):
        return False
    order = cursor.order if cursor is not None else ""
    if world.api.paginator in LINKED and not world.api.places:
        return world.api.order == "id" and not order
    if order == "asc" and (slots(world, "p") != "key" or any(run.kill for run in world.runs)):
        return False  # chunks of a run that was killed are behind the next one's cursor
    return is_numbered(world.api) and bool(p.key) and order != "desc"


def _has_k(world: World) -> bool:
    return world.c is not None and world.c.by == "k"


PLAIN: Mapping[str, Callable[[World], bool]] = {
    **dict.fromkeys(BELOW, lambda world: world.c is not None),
    **dict.fromkeys(BELOW_THAT, lambda world: world.g is not None),
    "late kid": lambda world: world.c is not None and not _may_pass_kids(world),
    "come back": lambda world: world.p.deletes.startswith(("missing", "told")),
    "null k": _has_k,
    "same k": _has_k,
    "odd": lambda world: not world.p.steps.startswith("lines"),
}
"""What may happen whenever it fits the file."""


def _may_happen(world: World, word: str, *, first: bool) -> bool:
    p, cursor = world.p, world.p.cursor
    keyless = not p.key
    if word in PLAIN:
        return PLAIN[word](world)
    match word:
        case "version":
            return not (cursor and cursor.falls) and not p.steps.startswith("lines")
        case "old version":
            late = slots(world, "p") == "append" and not first
            return not late and not (cursor and cursor.falls) and not p.steps.startswith("lines")
        case "repeat":
            return not keyless and not (cursor and cursor.falls)
        case "equal" | "tie":
            return (keyless or word == "tie") and _counts_equal_rows(world)
        case "late":
            inclusive = world.api.filter != "exclusive" and not (cursor and cursor.open)
            return bool(cursor and cursor.lag) and inclusive and not world.has("ahead", "delete")
        case "ahead":
            return cursor is not None and cursor.end is None and _can_be_ahead(world, cursor)
        case "null":
            return _may_lack_cursor(world)
        case "null version":
            keyed = slots(world, "p") == "key" and not (cursor and cursor.falls)
            return keyed and _may_lack_cursor(world)
        case "delete":  # who is gone tells no more that the children of many have changed
            shares_children = world.c is not None and world.c.by == "k" and cursor is not None
            return not (world.has("equal", "tie", "late") or shares_children)
    return True


def _can_be_ahead(world: World, cursor: Cursor) -> bool:
    """Whether a record some ticks ahead is ahead of the API's clock, too: it goes by the longest
    ticks that a cursor has, and further where one falls."""
    kind = KINDS[cursor.kind]
    return kind.is_time and kind.name != "nanoseconds" and _is_by_the_clock(world, cursor)


def _is_by_the_clock(world: World, cursor: Cursor) -> bool:
    """Whether the API's clock goes by the ticks of this cursor."""
    longest, others = KINDS[cursor.kind].clock(1), tuple(_cursors(world))
    falls = any(one.falls for one in others)
    return not falls and all(KINDS[one.kind].clock(1) <= longest for one in others)


def _counts_equal_rows(world: World) -> bool:
    cursor = world.p.cursor
    if world.api.cap:  # a page of equal rows is what a server gives that takes no offset
        return False
    if cursor is None:
        return True
    plain = cursor.end is None and not cursor.open and not cursor.falls
    return plain and world.api.filter != "exclusive" and not world.has("ahead")
