"""The connector's file of a world."""

from typing import Any

from restsrc_dagster_tests.support.connectors import content
from restsrc_dagster_tests.worlds.cursors import HOURS, ISO, KINDS
from restsrc_dagster_tests.worlds.deleting import said, teller_of, tellers
from restsrc_dagster_tests.worlds.letting_in import auth_of
from restsrc_dagster_tests.worlds.pages import ENDLESS
from restsrc_dagster_tests.worlds.rules import RULES, WAIT_UNTIL, waits
from restsrc_dagster_tests.worlds.spelling import FALLS_FROM, spelled
from restsrc_dagster_tests.worlds.stretches import stretches_of
from restsrc_dagster_tests.worlds.world import Cursor, How, Resource, World

PARENTS = {"c": "p", "g": "c"}


def file_of(
    world: World, how: How, url: str, destination: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The content of `acme.json`."""
    resources = [_resource(world, name) for name in world.resources]
    if world.other:
        endpoint = {"path": "other", "data_selector": "data", **_SINGLE}
        resources.append({"name": "other", "primary_key": "id", "endpoint": endpoint})
    resources += [teller_of(name, world.resources[name]) for name in tellers(world).values()]
    auth = auth_of(how, url)
    made = content(
        url,
        resources,
        client={"paginator": _paginator(world, how), **({"auth": auth} if auth else {})},
        http={
            "max_concurrency": how.concurrency,
            "max_pages": 1000,
            "max_request_seconds": 120,
            "max_response_mb": 50,
            "max_wait_seconds": 20,
        },
    )
    if reading := {name: one for name in world.resources if (one := _reading(world, name))}:
        made["reading"] = reading
    if values := {f"parts_{name}": one for name in world.resources if (one := _list(world, name))}:
        made["values"] = values
    if world.partitions:
        every, first = world.partitions.every, stretches_of(world.partitions).first
        made["partitions"] = {"every": every, "from": f"{first:%Y-%m-%d}"}
    if defaults := _defaults(world):
        made["configuration"]["resource_defaults"] = defaults
    if destination:
        made["destination"] = destination
    return made


def _list(world: World, name: str) -> Any:
    """The values by which a resource is read, as texts or as objects."""
    resource = world.resources[name]
    listed = [{"no": n} if resource.key else str(n) for n in resource.listed]
    return {"of": PARENTS[name], "list": listed} if resource.of and listed else listed


def part_of(world: World, name: str) -> str:
    field = "no" if world.resources[name].key else "value"
    return f"{{resources.parts_{name}.{field}}}"


def _reading(world: World, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {"cursor": "shared"} if world.resources[name].shared else {}
    is_linked = "paginator" not in _resource(world, name)["endpoint"]
    if world.resources[name].omits:
        made["nulls"] = "omit"
    cursor = world.resources[name].cursor
    if cursor is not None and cursor.window:
        made["window"] = {"size": cursor.window, "end": WINDOWS_END}
    if waits(world.resources[name].rules):
        made |= {"wait_until": WAIT_UNTIL, "every": "0.01 seconds"}
    if world.resources[name].deletes:
        made["deletes"] = said(name, world.resources[name])
    if format_said := WRITTEN.get(world.api.written):
        made["format"] = format_said
    if is_linked and (rule := ENDLESS.get(world.api.end)):
        made["last_page"] = rule
    return made


WRITTEN: dict[str, Any] = {
    "lines said": "jsonl",
    "csv said": "csv",
    "xml said": {"type": "xml", "record": "items/item", "lists": ["lines"]},
}
WINDOWS_END = "2024-02-20T00:00:00Z"
"""Later than any record."""
_SELECTORS = {"": "data", "keyed": "data.*", "deep": "data[*].record"}
_SINGLE: dict[str, Any] = {"paginator": "single_page"}


def _defaults(world: World) -> dict[str, Any]:
    keys = {one.key for one in world.resources.values()}
    if "defaults" in keys:
        return {"primary_key": "id"}
    if "default hint" in keys:
        return {"columns": {"id": {"primary_key": True}}}
    return {}


def _paginator(world: World, how: How) -> dict[str, Any]:
    api = world.api
    match api.paginator:
        case "json_link":
            return {"type": "json_link", "next_url_path": "next"}
        case "header_link":
            return {"type": "header_link"}
        case "cursor":
            return {"type": "cursor", "cursor_path": "next", "cursor_param": "after"}
        case "header_cursor":
            return {"type": "header_cursor", "cursor_key": "X-Next", "cursor_param": "after"}
        case "page_number":
            total = "pages" if api.total else None
            return {"type": "page_number", "base_page": api.base_page, "total_path": total}
        case "offset":
            total = "total" if api.total else None
            return {"type": "offset", "limit": how.size, "total_path": total}
    return {"type": "single_page"}


def _resource(world: World, name: str) -> dict[str, Any]:
    resource = world.resources[name]
    selector = _SELECTORS[world.api.shape] if name == "p" else "data"
    endpoint: dict[str, Any] = {"path": _path(world, name)}
    if not world.api.written:
        endpoint["data_selector"] = selector
    if resource.rules and not waits(resource.rules):
        endpoint["response_actions"] = [RULES[resource.rules][0]]
    params: dict[str, Any] = {}
    body: dict[str, Any] = {}
    if name == "p" and world.api.flag:
        params["archived"] = True
    if name == "c" and resource.bound != "path":
        (params if resource.bound == "param" else body)["parent"] = _bound(world, name)
    if resource.values:
        params["part"] = part_of(world, name)
    if resource.top:
        params["top"] = "{resources.p.id}"
        if world.p.values:
            params["part of top"] = part_of(world, "p")
    if cursor := resource.cursor:
        _put_cursor(cursor, endpoint, params, body)
        if cursor.window and cursor.sent == "body":
            body["until"] = "{incremental.end_value}"
        elif cursor.window or (name == "p" and world.partitions):
            endpoint["incremental"]["end_param"] = "until"
    if params:
        endpoint["params"] = params
    if body:
        endpoint |= {"method": "POST", "json": body, **_SINGLE}
    return {"name": name, "endpoint": endpoint, **_hints(world, resource, name)}


def _path(world: World, name: str) -> str:
    resource = world.resources[name]
    cursor = resource.cursor
    since = "since/{incremental.start_value}/" if cursor and cursor.sent == "path" else ""
    if name == "p":
        return f"{since}p"
    if name == "c" and resource.bound != "path":
        return "c"
    return f"{PARENTS[name]}/{_bound(world, name)}/{since}{name}"


def _bound(world: World, name: str) -> str:
    field = world.resources[name].by if name == "c" else "id"
    if name == "c" and world.p.steps.startswith("lines"):
        field = "oid"
    return f"{{resources.{PARENTS[name]}.{field}}}"


def _put_cursor(
    cursor: Cursor, endpoint: dict[str, Any], params: dict[str, Any], body: dict[str, Any]
) -> None:
    incremental = _incremental(cursor)
    match cursor.sent:
        case "param":
            params["since"] = {"type": "incremental", **incremental}
            return
        case "start_param":
            incremental["start_param"] = "since"
        case "placeholder":
            params["since"] = "{incremental.start_value}"
        case "body":
            body["since"] = "{incremental.start_value}"
    endpoint["incremental"] = incremental


def _incremental(cursor: Cursor) -> dict[str, Any]:
    kind = KINDS[cursor.kind]
    made: dict[str, Any] = {"cursor_path": "meta.at" if cursor.nested else "at"}
    if cursor.starts:
        made["initial_value"] = kind.spell(FALLS_FROM if cursor.falls else cursor.begin, 0)
    if cursor.end is not None:
        made["end_value"] = _end(cursor, cursor.end)
    if cursor.falls:
        made["last_value_func"] = "min"
    if cursor.order:
        made["row_order"] = cursor.order
    if cursor.lag:
        made["lag"] = cursor.lag * kind.units
    if cursor.missing != "raise":
        made["on_cursor_value_missing"] = cursor.missing
    if cursor.open:
        made["range_start"] = "open"
    if cursor.convert:
        made["convert"] = cursor.convert
    return made


def _end(cursor: Cursor, tick: int) -> Any:
    """Perhaps spelled in another way than the records are."""
    if cursor.end_style and cursor.kind in ISO and KINDS[cursor.kind].tick == HOURS:
        tick = FALLS_FROM - tick if cursor.falls else tick
        return KINDS["spellings"].spell(tick, cursor.end_style)
    return spelled(cursor, tick, 0)


def _hints(world: World, resource: Resource, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if resource.key in ("own", "composite"):
        made["primary_key"] = _key(resource, name)
    elif resource.key == "hint":
        made["columns"] = {"id": {"primary_key": True}}
    elif resource.key == "default hint":
        made["columns"] = {"keep": {"data_type": "bool"}}
    if resource.sorted:
        made["columns"] = {**made.get("columns", {}), "revision": {"dedup_sort": "desc"}}
    if resource.disposition == "upsert":
        made["write_disposition"] = {"disposition": "merge", "strategy": "upsert"}
    elif resource.disposition:
        made["write_disposition"] = resource.disposition
    if resource.merge_key:
        made["merge_key"] = "day"
    if not resource.selected:
        made["selected"] = False
    if resource.cursor and resource.cursor.nested:
        made["max_table_nesting"] = 0
    if resource.included:
        made["include_from_parent"] = ["id", "note"] if name == "c" else ["id"]
    if resource.steps:
        made["processing_steps"] = [_STEPS[resource.steps]]
    return made


def _key(resource: Resource, name: str) -> Any:
    """With the parent's own id where a child's is unique only within its parent."""
    if resource.key == "own":
        return "id"
    return ["id", "kind"] if name == "p" else [f"_{PARENTS[name]}_id", "id"]


_STEPS: dict[str, dict[str, Any]] = {
    "filter": {"filter": "keep"},
    "exclude": {"map": {"exclude": ["secret"]}},
    "lines": {"yield_map": "lines"},
    "lines kept": {"yield_map": {"list": "lines", "keep": ["day"]}},
    "lines keyed": {"yield_map": "items(lines || `{}`)[*].merge(value, {line: key})"},
}
