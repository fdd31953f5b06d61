"""A range of a list, read again: from one instant to another, and no cursor moves by it.

The connector is read as if its file named the range (`initial_value`, `end_value`), each in the
spelling of the cursor. What is merged by a key is what it should be afterwards, whatever was there.
"""

from collections.abc import Mapping, Set
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from math import ceil, floor
from typing import Any

from dlt.common.schema import Schema
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.ranges import replaces_range, why_no_range
from restsrc_dagster.connector.resources.resource import Resource, expanded
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.time.conversion import seconds_since_1970
from restsrc_dagster.connector.time.instants import seconds_of, shifted
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.extract.incremental.cursor_time import said_to_be_time
from restsrc_dagster.extract.paging.page_stats import PageStats
from restsrc_dagster.load.ranges.replaced import not_replaceable
from restsrc_dagster.load.state.pipeline_state import cursor_of

YEAR_2001 = 1_000_000_000
LEAST_NANOSECONDS = 10**17
"""Numbers as long are ids more often than times."""
COMPACT = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}
"""Dates and times of digits alone, by how many there are."""
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
STEPS = (Fraction(1, 10**9), Fraction(1, 10**6), Fraction(1, 1000), *map(Fraction, (1, 60, 86_400)))
"""Seconds by which the end of a range is moved on, until a cursor can say it."""


@dataclass(frozen=True)
class Between:
    """From `start` on, up to `end`, which is not of it; both are aware.

    `may_be_cut` is whether it may end where a cursor is, if that lies before.
    """

    start: datetime
    end: datetime
    may_be_cut: bool = True


@dataclass(frozen=True)
class Ranged:
    """A connector with a range in place of its cursors.

    `selection` is what has one. Of `cut`, the range ends where the cursor is, as the next run
    appends what lies behind.
    """

    connector: Connector
    selection: frozenset[str]
    cut: frozenset[str]


def ranged(
    connector: Connector, selection: Set[str], between: Between, states: Mapping[str, Any]
) -> Ranged:
    """The connector as it is read for the range.

    `states` are dlt's of the resources: a cursor is spelled as it stands there.

    Raises:
        RestsrcError: a resource cannot be read so, and why; nothing is read then.
    """
    resources = connector.resources
    tops = {
        top for name in selection if resources[top := resources.top(name)].incremental is not None
    }
    with_tops = {name for name in selection if tops & {name, *resources.ancestors(name)}}
    chosen = resources.dependency_closure(frozenset(with_tops | tops))
    of_children = {
        name for name in selection if resources[name].parent and resources[name].incremental
    }
    refused = [
        f"{name}: {why}"
        for name in sorted(chosen | of_children)
        if (why := why_no_range(resources, name, top=name in tops))
    ]
    spelled: dict[str, tuple[Any, Any]] = {}
    cut: set[str] = set()
    for name in sorted(tops):
        kept = cursor_of(states, resources[name])
        try:
            spelled[name] = _spelled(resources[name], kept, between)
            if replaces_range(resources, name):
                start, end = spelled[name]
                spelled[name] = start, _cut(kept, start, end, may_be_cut=between.may_be_cut)
                cut |= {name} if spelled[name] != (start, end) else set()
        except ValueError as error:
            refused.append(f"{name}: {error}")
    if not tops and not of_children:
        refused.append(
            f"nothing that was selected of {connector.name} is read by a cursor: there is no range "
            "to read again; use full_refresh"
        )
    if refused:
        raise RestsrcError("\n".join(refused))
    return Ranged(_with_ranges(connector, spelled), chosen, frozenset(cut))


def refuse_range(
    pipeline: Pipeline,
    schema: Schema | None,
    resources: Resources,
    selection: frozenset[str],
    refresh: frozenset[str],
) -> None:
    """Raise RestsrcError where the tables are such that a range of them cannot be put right."""
    if refresh & selection:
        names = ", ".join(sorted(refresh & selection))
        raise RestsrcError(
            f"{names}: the next run reads everything anew, so there is no range to read again yet; "
            "run it once without from"
        )
    why = not_replaceable(pipeline, schema, resources, selection)
    if refused := list(map(str, why)):
        raise RestsrcError("\n".join(refused))


def tell_of_range(stats: Mapping[str, PageStats], resources: Resources, cut: Set[str]) -> None:
    """What a person should know of a range that was read; of `cut`, it ended at the cursor."""
    for name, read in stats.items():
        if not read.records and resources[name].parent is None:
            read.warn("the range has no records")
        if name in cut:
            read.warn(
                "the range ends later than what was loaded so far, and was read up to there: what "
                "is newer comes with the next run that follows the cursor"
            )


def _cut(kept: Any, start: Any, end: Any, *, may_be_cut: bool) -> Any:
    """The end of a range of rows that are appended: not behind what is `kept` of the cursor.

    Raises:
        ValueError: there is nothing in the range that the next run does not append.
    """
    if kept is None:
        raise ValueError("nothing was loaded yet; run it once without a range")
    seconds = seconds_since_1970
    if (seconds(kept) or 0) <= (seconds(start) or 0):
        raise ValueError(
            f"was loaded up to {kept}, which is not behind the beginning of the range; the next "
            "run without a range appends what comes after"
        )
    if (seconds(kept) or 0) >= (seconds(end) or 0):
        return end
    if not may_be_cut:
        raise ValueError(
            f"was loaded up to {kept}, and the partitions reach behind that; the next run without "
            "partitions appends what comes after"
        )
    return kept


def _spelled(resource: Resource, kept: Any, between: Between) -> tuple[Any, Any]:
    """Start and end as the cursor is written; raises ValueError."""
    incremental = resource.incremental or {}
    path = incremental["cursor_path"]
    sample = incremental.get("initial_value") if kept is None else kept
    if said_to_be_time(incremental, resource.columns) is False:
        raise ValueError(f"its cursor {path!r} counts, and is no time")
    if sample is None:
        raise ValueError(
            f"it is not known how {path!r} is written, as nothing was loaded yet and there is no "
            "initial_value"
        )
    return _like(sample, between.start, path, up=False), _like(sample, between.end, path, up=True)


def _like(sample: Any, at: datetime, path: str, *, up: bool) -> Any:
    """An instant as `sample` is written; where that is too coarse, what lies before, or behind."""
    wanted = _seconds(at)
    if isinstance(sample, str) and (own := seconds_of(sample)) is not None:
        for more in (Fraction(0), *STEPS) if up else (Fraction(0),):
            text = shifted(sample, wanted - own + more)
            if not up or (seconds_of(text) or 0) >= wanted:
                return text
    own = seconds_since_1970(sample)
    digits = str(sample).strip()
    compact = COMPACT.get(len(digits)) if digits.isdigit() and digits < "2200" else None
    if own is not None and compact is not None and seconds_of(_dashed(digits)) == own:
        coarse = DAY if compact == "%Y%m%d" else SECOND
        moved = at if not up else at + coarse - timedelta(microseconds=1)
        text = moved.astimezone(timezone.utc).strftime(compact)
        return text if isinstance(sample, str) else int(text)
    try:
        number = Fraction(digits)
    except ValueError:
        number = Fraction(0)
    if own is None or own < YEAR_2001 or not 0 < number < LEAST_NANOSECONDS:
        raise ValueError(f"its cursor {path!r} is not known to be a time: it is like {sample!r}")
    units = wanted * number / own
    whole = ceil(units) if up else floor(units)
    return str(whole) if isinstance(sample, str) else type(sample)(whole)


def _dashed(digits: str) -> str:
    """`20240131` as `2024-01-31`, `20240131100000` as `20240131T100000Z`."""
    if len(digits) == len("20240131"):
        return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    return f"{digits[:8]}T{digits[8:]}Z"


def _seconds(at: datetime) -> Fraction:
    since = at.astimezone(timezone.utc) - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return Fraction(since.days * 86_400 + since.seconds) + Fraction(since.microseconds, 10**6)


def _with_ranges(connector: Connector, spelled: Mapping[str, tuple[Any, Any]]) -> Connector:
    configuration = deepcopy(connector.configuration)
    configuration["resources"] = [
        _with_range(expanded(item), connector.resources[name], *spelled[name])
        if (name := expanded(item)["name"]) in spelled
        else item
        for item in configuration["resources"]
    ]
    changed = connector.model_copy(update={"configuration": configuration})
    for cached in ("resources", "lints", "partitioned"):
        vars(changed).pop(cached, None)
    return changed


def _with_range(item: dict[str, Any], resource: Resource, start: Any, end: Any) -> dict[str, Any]:
    """The resource with the range in `endpoint.incremental`, wherever its cursor stood."""
    incremental = dict(resource.incremental or {})
    endpoint = dict(resource.endpoint)
    params = dict(endpoint.get("params") or {})
    for key, value in list(params.items()):
        if isinstance(value, dict) and value.get("type") == "incremental":
            del params[key]
            incremental.setdefault("start_param", key)
    for gone in ("type", "lag", "row_order"):
        incremental.pop(gone, None)
    incremental |= {"initial_value": start, "end_value": end}
    incremental |= {"range_start": "closed", "range_end": "open"}
    endpoint |= {"incremental": incremental, **({"params": params} if params else {})}
    if not params:
        endpoint.pop("params", None)
    return {**item, "endpoint": endpoint}
