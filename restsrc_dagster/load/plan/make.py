"""Making the plan of a load: from the file, what the destination knows, and what is asked for."""

from collections.abc import Iterator, Mapping, Set
from functools import cached_property, partial
from types import MappingProxyType

from restsrc_dagster.connector.fitted import Fitted
from restsrc_dagster.connector.resources.chunking import chunked_with, chunking
from restsrc_dagster.connector.resources.jobs import is_known_early, job_creators
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.extract.chunks.by_parent import READ_KEY
from restsrc_dagster.extract.chunks.chunk import Bound
from restsrc_dagster.extract.chunks.chunks import Chunks
from restsrc_dagster.extract.http.kept_answers import KeptAnswer
from restsrc_dagster.load.destinations.abilities import refuse_what_cannot_be_done
from restsrc_dagster.load.plan.cursor import planned_cursor
from restsrc_dagster.load.plan.known import Known
from restsrc_dagster.load.plan.plan import LoadPlan, PlannedPass, PlannedResource
from restsrc_dagster.load.state.history import NO_LISTS, added_below_cursor, known_resources
from restsrc_dagster.load.state.jobs import kept_jobs
from restsrc_dagster.load.state.pipeline_state import cursor_of
from restsrc_dagster.load.state.refresh import pending_refresh
from restsrc_dagster.load.state.value_lists import Digests
from restsrc_dagster.load.tables.edits import blocking_changes
from restsrc_dagster.load.tables.impossible import refused
from restsrc_dagster.load.tables.reset import tables_to_reset

ASKED = "full_refresh was asked for"
UNFINISHED = "a full refresh began in a run before, and did not come to its end"


def make_plan(
    fit: Fitted,
    known: Known,
    *,
    selection: frozenset[str],
    refresh: frozenset[str] = frozenset(),
    lists: Digests = NO_LISTS,
    absent: Mapping[str, RestsrcError] = MappingProxyType({}),
    of_the_file: Resources | None = None,
) -> LoadPlan:
    """What a load of `selection` does; nothing is connected, and nothing changed.

    Args:
        fit: the connector, as its destination can load it.
        known: what the destination knows; of the schema, old hints are forgotten already.
        selection: names of the resources that are asked for.
        refresh: those to read from the beginning into emptied tables.
        lists: the values of the lists as they are now.
        absent: why lists are not there: what goes through them is refused.
        of_the_file: where a range is read again, the resources as the file has them; `fit` has
            that range in place of their cursors, none of which moves.

    Raises:
        SettingsError: the destination cannot do what the file says, of anything that is loaded.
    """
    resources, schema = fit.connector.resources, known.schema
    unfinished = pending_refresh(known.state) & set(resources)
    anew = tables_to_reset(schema, resources, resources.dependency_closure(selection))
    why = {**anew, **dict.fromkeys(unfinished, UNFINISHED), **dict.fromkeys(refresh, ASKED)}
    refreshed = resources.refreshed_with(why.keys())
    wanted = resources.dependency_closure(selection - refreshed) | refreshed
    refuse_what_cannot_be_done(fit, wanted)
    failed = refused(known.destination, schema, resources, wanted, refreshed, known.has_rows)
    failed |= {one: error for one in wanted if (error := _without_list(resources, one, absent))}
    left = wanted - refreshed - failed.keys()
    read_before = known_resources(known.state, resources)
    failed |= blocking_changes(schema, known.states, of_the_file or resources, left, read_before)
    moves = of_the_file is None
    going_on = wanted - refreshed
    late = added_below_cursor(known.state, resources, going_on, lists) if moves else {}
    passes = tuple(_passes(resources, wanted, refreshed, late.keys(), moves=moves))
    describe = _Describing(fit, known, selection, refreshed, late, failed, passes)
    return LoadPlan(
        resources={
            name: describe.resource(name, _why_refreshed(resources, name, why, refreshed))
            for name in resources
            if name in wanted
        },
        passes=passes,
        begins_anew={name: anew[name] for name in sorted(anew.keys() - refresh - unfinished)},
        not_filled=tuple(_not_filled(known, resources)),
        dataset=known.dataset,
        is_first=schema is None,
    )


def _without_list(
    resources: Resources, name: str, absent: Mapping[str, RestsrcError]
) -> RestsrcError | None:
    return next((absent[one] for one in resources.lists_of(name) if one in absent), None)


def _passes(
    resources: Resources,
    selection: frozenset[str],
    refresh: frozenset[str],
    late: Set[str],
    *,
    moves: bool,
) -> Iterator[PlannedPass]:
    """What begins anew, then what goes on, then what is below a cursor and is read for every
    parent: when the cursor has moved, or none of what it passes would be read."""
    if not moves:
        yield PlannedPass(names=selection, moves=False)
        return
    behind = resources.behind_a_cursor(refresh)
    if begun := refresh - behind:
        yield PlannedPass(names=begun, refresh=True, in_chunks=True)
    if rest := selection - refresh - late:
        yield PlannedPass(names=rest, in_chunks=True, intended=behind)
    if late:
        yield PlannedPass(names=frozenset(late), below_cursors=True, intended=behind)
    if behind:
        yield PlannedPass(names=behind, refresh=True, below_cursors=True, intended=behind)


def _why_refreshed(
    resources: Resources, name: str, why: Mapping[str, str], refreshed: Set[str]
) -> str | None:
    if name not in refreshed:
        return None
    if name in why:
        return why[name]
    causes = (one for one in why if name in resources.refreshed_with({one}))
    return f"it is read anew with {next(causes, 'others')}"


def _not_filled(known: Known, resources: Resources) -> Iterator[str]:
    schema = known.schema
    if schema is None:
        return
    filled = {
        schema.naming.normalize_tables_path(resource.table_name)
        for resource in resources.values()
        if resource.selected
    }
    for table in schema.data_tables(seen_data_only=True):
        if not table.get("parent") and table["name"] not in filled:
            yield str(table["name"])


class _Describing:
    """Of the resources of one plan."""

    def __init__(
        self,
        fit: Fitted,
        known: Known,
        asked: frozenset[str],
        refreshed: frozenset[str],
        late: Mapping[str, str],
        failed: Mapping[str, RestsrcError],
        passes: tuple[PlannedPass, ...],
    ) -> None:
        self._fit = fit
        self._known = known
        self._asked = asked
        self._refreshed = refreshed
        self._late = late
        self._failed = failed
        self._passes = passes
        self._in_chunks = {name for one in passes if one.in_chunks for name in one.names}

    def resource(self, name: str, refresh: str | None) -> PlannedResource:
        """What is done with one, and why; `refresh` is why it begins anew, if it does."""
        connector, states = self._fit.connector, self._known.states
        resources = connector.resources
        one, above_it = resources[name], resources.ancestors(name)
        window, family = resources.windows.get(name), (name, *above_it)
        chunked = chunked_with(resources, name) if name in self._in_chunks else None
        chunks = chunking(resources, chunked) if chunked is not None else None
        return PlannedResource(
            name=name,
            table=self._table(name) if one.selected else None,
            write_disposition=resources.write_disposition(name),
            parents=tuple(above for above in above_it if not resources.is_list(above)),
            lists=(*filter(resources.is_list, above_it[:1]), *one.lists),
            every_parent=name in self._late or not self._goes_on_below(name),
            window=window.size if window is not None else None,
            recheck=resources.is_rechecked(name) and resources.paginator_kind(name).may_be_counted,
            waits={
                one: connector.reading[one].at_most for one in family if one in connector.waiting
            },
            format=connector.format_in_words(name),
            deletes=connector.deletes[name].described if name in connector.deletes else None,
            jobs=() if refresh else tuple(one.at for one in self._jobs if one.resource in family),
            look_at_cursor=partial(planned_cursor, one, states, anew=name in self._refreshed),
            chunks=chunks,
            read_before=0 if refresh else len(states.get(name, {}).get(READ_KEY, ())),
            look_at_page=lambda: self._pages.get(name) if chunks else None,
            refresh=refresh,
            late=self._late.get(name),
            instead=self._fit.instead.get(name),
            refused=self._failed.get(name),
            held_back=None if name in self._failed else self._held_back_by(name),
            also_loaded=name not in self._asked,
        )

    def _table(self, name: str) -> str:
        table = self._fit.connector.resources[name].table_name
        schema = self._known.schema
        return schema.naming.normalize_tables_path(table) if schema else table

    def _goes_on_below(self, name: str) -> bool:
        """Whether a cursor above it goes on from where it stands."""
        resources = self._fit.connector.resources
        return name not in self._refreshed and any(
            one not in self._refreshed and cursor_of(self._known.states, resources[one]) is not None
            for one in resources.ancestors(name)
        )

    def _held_back_by(self, name: str) -> str | None:
        resources = self._fit.connector.resources
        return next((one for one in self._failed if name in resources.blocked_by(one)), None)

    @cached_property
    def _jobs(self) -> list[KeptAnswer]:
        connector = self._fit.connector
        creators = job_creators(connector.resources, connector.waiting)
        is_late = not all(is_known_early(connector.resources, one) for one in creators)
        return kept_jobs(self._known.state) + (self._known.late_jobs() if is_late else [])

    @cached_property
    def _pages(self) -> dict[str, int]:
        """At which lists go on that another run has left."""
        unbounded = Bound(records=0, seconds=0)
        going_on = [
            Chunks(self._fit.connector, one.names, unbounded, self._known.states)
            for one in self._passes
            if not one.refresh
        ]
        return {
            name: page.number for chunks in going_on for name, page in chunks.first_pages.items()
        }
