"""A connector as its destination can load it.

Buckets of files cannot merge unless their tables have a format that can. Told before anything is
read, or, where the deployment has chosen so, written in another way: then the connector is read as
if its file named that way, so that everything that goes by a disposition is right without more.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Protocol

from restsrc_dagster.connector.abilities import DELETES, NATIVE, NEED_A_KEY, Abilities
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.resources.deletes import Deletes, with_column
from restsrc_dagster.connector.resources.jobs import below_jobs
from restsrc_dagster.connector.resources.resource import expanded
from restsrc_dagster.connector.resources.resources import Resources

REPLACEABLE = (None, DELETES, "upsert")
"""Strategies after which a table has one row of each key, as a list that is read as a whole has."""


class Wishes(Protocol):
    """What a deployment's settings say, for connectors that do not say it themselves."""

    @property
    def destination(self) -> str: ...
    @property
    def table_format(self) -> str | None: ...
    @property
    def where_merge_is_impossible(self) -> str: ...


@dataclass(frozen=True)
class Refusal:
    """What a destination cannot do; `path` is in the file, `resource` None where it is of all."""

    path: str
    resource: str | None
    message: str


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The connector to load, and by resource how it is written instead of being merged."""

    connector: Connector
    instead: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[Refusal, ...] = ()


def fitted(connector: Connector, abilities: Abilities | None, wishes: Wishes) -> Fitted:
    """What is loaded of a connector; without `abilities`, all that it says can be done."""
    connector = _with_deletes(connector)
    if abilities is None:
        return Fitted(connector=connector)
    kind = connector.destination_type(wishes.destination)
    own = connector.destination
    rule = own.where_merge_is_impossible or wishes.where_merge_is_impossible
    table_format = own.table_format or wishes.table_format
    if table_format is not None and not abilities.takes(table_format):
        if own.table_format is None and own.type is not None:
            table_format = None  # of the deployment's own destination, which is another one
        else:
            setting = "destination.table_format" if own.table_format else "RESTSRC_TABLE_FORMAT"
            refusal = Refusal(setting, None, _no_format(kind, table_format, abilities))
            return Fitted(connector=connector, refused=(refusal,))
    with_format = _with_format(connector, table_format)
    return _Fitting(with_format, abilities, kind, rule).made()


def _no_format(kind: str, table_format: str, abilities: Abilities) -> str:
    has = f"it has {', '.join(abilities.formats)}" if abilities.formats else "it has none"
    return f"{table_format!r} is a table format that {kind} does not have; {has}"


class _Fitting:
    """Of one connector to one destination."""

    def __init__(self, connector: Connector, abilities: Abilities, kind: str, rule: str) -> None:
        self._connector = connector
        self._resources = connector.resources
        self._abilities = abilities
        self._kind = kind
        self._rule = rule
        self._named: dict[str, str] = {}
        self._instead: dict[str, str] = {}
        self._refused: list[Refusal] = []

    def made(self) -> Fitted:
        for name, resource in self._resources.items():
            if resource.selected:
                self._look_at(name)
        for name in [name for name, way in self._named.items() if way == "replace"]:
            self._replace_above(name)
        return Fitted(
            connector=_with_dispositions(self._connector, self._named),
            instead=self._instead,
            refused=tuple(self._refused),
        )

    def _look_at(self, name: str) -> None:
        table_format = self._format(name)
        if not self._abilities.takes(table_format):
            self._refuse(name, _no_format(self._kind, str(table_format), self._abilities))
        elif self._resources.disposition(name) == "merge" and (why := self._why_not(name)):
            strategy = self._resources.strategy(name)
            if self._rule == "refuse" or strategy not in REPLACEABLE:
                self._refuse(name, f"{why}; {self._cures(name, strategy)}")
            else:
                self._write_otherwise(name)
        else:
            self._refuse_deletes(name)

    def _refuse_deletes(self, name: str) -> None:
        """Where rows are deleted by a merge alone, if at all."""
        able = self._abilities.strategies(self._format(name))
        is_table = DELETES in able and self._format(name) in (None, NATIVE)
        if name in self._connector.deletes and not is_table:
            self._refuse(
                name, f"is to lose rows by reading.{name}.deletes, which {self._kind} cannot do"
            )

    def _why_not(self, name: str) -> str | None:
        """Why rows of a resource cannot be merged; None where they can."""
        resource, strategy = self._resources[name], self._resources.strategy(name)
        able = self._abilities.strategies(self._format(name))
        tables = self._format(name) if self._format(name) not in (None, NATIVE) else None
        by = f" with {tables}" if tables else " without a table format"
        how = by if self._abilities.formats else ""
        if not able:
            return f"is to be merged, which {self._kind} cannot do{how}"
        if strategy is not None and strategy not in able:
            listed = ", ".join(able)
            return (
                f"is to be merged by {strategy}, which {self._kind} cannot do{how}: it has {listed}"
            )
        used = strategy or able[0]
        if used not in NEED_A_KEY:
            return None
        if not resource.has_primary_key:
            wanted = "is to replace the rows of a parent that is read again"
            what = wanted if self._resources.replaces_children(name) else "is to be merged"
            return f"{what} without a primary_key, which {self._kind} cannot do{how}: it has {used}"
        if strategy is None and resource.sorted_by:
            return (
                f"has dedup_sort in columns, which {self._kind} does not heed{how}: it merges by "
                f"{used}"
            )
        return None

    def _cures(self, name: str, strategy: str | None) -> str:
        cures = []
        mergeable = [one for one in self._abilities.formats if self._abilities.strategies(one)]
        if not self._abilities.strategies(self._format(name)) and mergeable:
            cures.append(f"destination.table_format to {' or '.join(mergeable)}")
        if strategy in REPLACEABLE and self._rule == "refuse":
            cures.append("destination.where_merge_is_impossible to append or replace")
        cures.append("write_disposition of the resource to append or replace")
        cure = f"set {', or '.join(cures)}"
        if self._abilities.strategies(self._format(name)) and self._resources[name].parent:
            cure = f"name a primary_key, with include_from_parent for the parent's part, or {cure}"
        return cure

    def _write_otherwise(self, name: str) -> None:
        resource, way = self._resources[name], self._way(name)
        if name in self._connector.deletes:
            self._refuse(
                name,
                f"has reading.{name}.deletes, which only a merge heeds: take it out, or load into "
                "a database",
            )
            return
        beside = sorted(self._resources.beside(name))
        if any(self._way(other) == "replace" for other in (name, *beside) if beside):
            self._refuse(
                name,
                f"cannot be replaced, as {', '.join(beside)} has rows in the same table; give each "
                "a table of its own",
            )
            return
        if way == "replace" and any(
            column.get("hard_delete") for column in resource.columns.values()
        ):
            self._refuse(name, "has hard_delete in columns, which only a merge heeds; take it out")
            return
        if way == "append" and (why := self._comes_again(name)):
            self._refuse(name, why)
            return
        self._named[name] = way
        cannot = f"as {self._kind} cannot merge it"
        self._instead[name] = (
            f"is read as a whole and replaced in each run, {cannot}"
            if way == "replace"
            else f"is appended, {cannot}: a record that has changed is one more row, and the "
            "newest one of a key counts"
        )

    def _comes_again(self, name: str) -> str | None:
        """Why records that have not changed would be appended in each run."""
        for one in (name, *self._resources.ancestors(name)):
            incremental = self._resources[one].incremental or {}
            for key in ("lag", "end_value"):
                if incremental.get(key):
                    return (
                        f"would be appended, and by the {key} of {one} each run reads records "
                        "again that have not changed; take it out, or set "
                        "where_merge_is_impossible to replace"
                    )
        return None

    def _way(self, name: str) -> str:
        """How a resource is written instead: what is read as a whole is never appended."""
        resources = self._resources
        whole = resources[name].incremental is None and not resources.below_incremental(name)
        return "replace" if whole or self._rule == "replace" else "append"

    def _replace_above(self, name: str) -> None:
        """What a table that is replaced hangs on has to be read as a whole, too."""
        resources = self._resources
        for other in resources.ancestors(name):
            if resources[other].incremental is None:
                continue
            if not resources[other].selected:
                self._named[other] = "replace"
            elif self._named.get(other, resources.disposition(other)) != "replace":
                self._named.pop(name)
                self._instead.pop(name, None)
                self._refuse(
                    name,
                    f"cannot be replaced, as {other}, below which it is read, brings only what is "
                    "new by its cursor; name write_disposition append in the resource, or read "
                    f"{other} without a cursor",
                )
                return

    def _format(self, name: str) -> str | None:
        found: str | None = self._resources[name].hints.get("table_format")
        return found

    def _refuse(self, name: str, message: str) -> None:
        position = list(self._resources).index(name)
        self._refused.append(Refusal(f"configuration.resources[{position}]", name, message))


def _with_format(connector: Connector, table_format: str | None) -> Connector:
    """A resource that names a format itself, or by its defaults, keeps it."""
    defaults = dict(connector.configuration.get("resource_defaults") or {})
    if table_format is None or defaults.get("table_format"):
        return connector
    defaults["table_format"] = table_format
    return _changed(connector, {**connector.configuration, "resource_defaults": defaults})


def _with_deletes(connector: Connector) -> Connector:
    """Each resource that tells of deletions has the column for it; a child, what tells its parent
    besides."""
    said = connector.deletes
    if not said:
        return connector
    jobs = below_jobs(connector.resources, connector.waiting)
    items = [
        _with_deletes_of(connector.resources, expanded(item), said[name], jobs)
        if (name := expanded(item)["name"]) in said
        else item
        for item in connector.configuration["resources"]
    ]
    return _changed(connector, {**connector.configuration, "resources": items})


def _with_deletes_of(
    resources: Resources, item: Mapping[str, Any], said: Deletes, jobs: Set[str]
) -> dict[str, Any]:
    resource, made = resources[item["name"]], with_column(item, said)
    if said.by is None or resource.parent is None or resource.name in jobs:
        return made
    included = list(resource.hints.get("include_from_parent") or ())
    bound = [one for one in resource.bound_fields if one not in included]
    return {**made, "include_from_parent": [*included, *bound]}


def _with_dispositions(connector: Connector, named: Mapping[str, str]) -> Connector:
    if not named:
        return connector
    resources = connector.resources
    items = [
        {**expanded(item), **dict(_hints(resources, name, named[name]))}
        if (name := expanded(item)["name"]) in named
        else item
        for item in connector.configuration["resources"]
    ]
    return _changed(connector, {**connector.configuration, "resources": items})


def _hints(resources: Resources, name: str, way: str) -> Iterator[tuple[str, Any]]:
    yield "write_disposition", way
    if resources.replaces_children(name):  # its rows tell their parents all the same
        yield "include_from_parent", list(resources.copied_from_parent(name))


def _changed(connector: Connector, configuration: Mapping[str, Any]) -> Connector:
    return connector.changed(configuration=dict(configuration))
