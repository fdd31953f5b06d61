"""The plan of a load: a pure function of the file, what is known, and what is asked for."""

from typing import Any

import dlt
import pytest
from dlt.common.schema import Schema
from dlt.common.schema.utils import new_table

from restsrc_dagster.connector.abilities import ABILITIES
from restsrc_dagster.connector.fitted import fitted
from restsrc_dagster.errors import SettingsError
from restsrc_dagster.load.plan.known import Known
from restsrc_dagster.load.plan.make import make_plan
from restsrc_dagster.load.plan.plan import LoadPlan
from restsrc_dagster.load.state.history import BELOW_KEY, READ_KEY
from restsrc_dagster.load.state.refresh import STATE_KEY as REFRESH_KEY
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.connectors import connector, items

KEY = {"primary_key": "id"}
CURSOR = {"cursor_path": "at", "initial_value": 0, "start_param": "since"}
NEW = items(incremental=CURSOR) | KEY
PARTS = items("parts", path="items/{resources.items.id}/parts")
OTHERS = items("others")


def table(name: str, disposition: str, **columns: dict[str, Any]) -> Any:
    """As a load has made it."""
    found: dict[str, Any] = {"id": {"data_type": "bigint"}, **columns}
    named = [{"name": column, **hints} for column, hints in found.items()]
    made: Any = new_table(name, write_disposition=disposition, columns=named, resource=name)  # type: ignore[arg-type]
    return {**made, "x-normalizer": {"seen-data": True}}


def schema(*tables: Any) -> Schema:
    made = Schema("acme")
    for one in tables:
        made.update_table(one)
    return made


def state(**resources: Any) -> dict[str, Any]:
    """Of resources that were read, by the value of the cursor `at`, None for those without one."""
    states = {
        name: {"incremental": {"at": {"last_value": value}}}
        for name, value in resources.items()
        if value is not None
    }
    return {READ_KEY: sorted(resources), BELOW_KEY: {"parts": ["items"]}, "resources": states}


MERGED = table(
    "items",
    "merge",
    id={"data_type": "bigint", "primary_key": True, "nullable": False},
    x={"data_type": "bigint"},
)
LOADED = schema(MERGED, table("parts", "merge", _items_id={"data_type": "bigint"}))


def plan(*resources: Any, before: Schema | None, known: Any = None, **asked: Any) -> LoadPlan:
    """Of a load into DuckDB of all resources, unless told otherwise."""
    settings = Settings()
    fit = fitted(connector("acme", resources=list(resources)), ABILITIES["duckdb"], settings)
    return make_plan(
        fit,
        Known(
            destination=dlt.destinations.duckdb("nowhere.duckdb"),
            dataset="acme",
            schema=before.clone() if before else None,
            state=known or {},
            has_rows=asked.pop("has_rows", lambda _: True),
        ),
        selection=frozenset(asked.pop("selection", fit.connector.resources)),
        **asked,
    )


def passes(made: LoadPlan) -> list[tuple[str, ...]]:
    """Of each pass its resources, and what is particular to it."""
    return [
        (
            " ".join(sorted(one.names)),
            *(word for word in ("refresh", "in_chunks", "below_cursors") if getattr(one, word)),
        )
        for one in made.passes
    ]


def test_a_first_load() -> None:
    made = plan(NEW, PARTS, OTHERS, before=None)
    assert made.is_first
    assert passes(made) == [("items others parts", "in_chunks")]
    one = made.resources["items"]
    assert (one.table, one.write_disposition, one.parents, one.chunks) == (
        "items", "merge", (), None,
    )  # fmt: skip
    assert one.cursor
    assert (one.cursor.path, one.cursor.kept, one.cursor.start, one.cursor.sent) == (
        "at", None, 0, 0,
    )  # fmt: skip
    assert made.resources["parts"].parents == ("items",)
    assert made.resources["parts"].every_parent
    assert made.refresh == made.late == made.failing == made.also_loaded == frozenset()


def test_a_load_that_goes_on() -> None:
    made = plan(NEW, PARTS, before=LOADED, known=state(items=7, parts=None))
    cursor = made.resources["items"].cursor
    assert cursor
    assert (cursor.kept, cursor.start, cursor.sent) == (7, 7, 7)
    assert not made.resources["parts"].every_parent
    assert passes(made) == [("items parts", "in_chunks")]
    assert not made.is_first


def test_what_hangs_on_a_cursor_is_loaded_with_it() -> None:
    made = plan(NEW, PARTS, OTHERS, before=None, selection=["parts"])
    assert made.selection == {"items", "parts"}
    assert made.also_loaded == {"items"}


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (state(items=7), "it is new below items, whose cursor has moved"),
        (state(items=7, parts=None) | {BELOW_KEY: {"parts": ["others"]}},
         "it was read below others so far"),
    ],
)  # fmt: skip
def test_a_late_child_has_a_pass_of_its_own(known: Any, why: str) -> None:
    made = plan(NEW, PARTS, before=LOADED, known=known)
    assert made.resources["parts"].late == why
    assert made.resources["parts"].every_parent
    assert passes(made) == [("items", "in_chunks"), ("parts", "below_cursors")]


def test_a_full_refresh_takes_what_is_read_anew_with_it() -> None:
    known = state(items=7, parts=None, others=None)
    made = plan(NEW, PARTS, OTHERS, before=LOADED, known=known, refresh=frozenset({"items"}))
    assert made.refresh == {"items", "parts"}
    assert made.resources["items"].refresh == "full_refresh was asked for"
    assert made.resources["parts"].refresh == "it is read anew with items"
    cursor = made.resources["items"].cursor
    assert cursor
    assert (cursor.kept, cursor.start) == (7, 0)
    assert passes(made) == [("items parts", "refresh", "in_chunks"), ("others", "in_chunks")]


def test_a_child_alone_is_refreshed_behind_the_cursor_above() -> None:
    known = state(items=7, parts=None)
    made = plan(NEW, PARTS | KEY, before=LOADED, known=known, refresh=frozenset({"parts"}))
    assert made.refresh == {"parts"}
    assert passes(made) == [("items", "in_chunks"), ("parts", "refresh", "below_cursors")]
    assert all(one.intended == {"parts"} for one in made.passes)


def test_a_refresh_that_did_not_end_is_made_again() -> None:
    known = {**state(items=7, parts=None), REFRESH_KEY: ["items", "of another file"]}
    made = plan(NEW, PARTS, before=LOADED, known=known)
    assert made.refresh == {"items", "parts"}
    assert "did not come to its end" in str(made.resources["items"].refresh)
    assert not made.begins_anew


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (table("items", "replace"), NEW,
         "it was replaced in every run so far, and is merged from now on"),
        (table("items", "replace"), items(incremental=CURSOR),
         "it was replaced in every run so far, and is appended from now on"),
        (table("items", "merge", x={"data_type": "text", "nullable": False}), items(),
         "it is replaced in every run from now on"),
        (table("items", "replace", x={"data_type": "text", "nullable": False}), items(),
         "its table has no room for a record without x"),
        ({**table("items", "replace"), "table_format": "delta"}, items(),
         "it has tables of the format delta, and is to have those of native"),
    ],
    ids=str,
)  # fmt: skip
def test_a_table_that_begins_anew(before: Any, after: Any, why: str) -> None:
    made = plan(after, before=schema(before), known=state(items=None))
    assert made.begins_anew == {"items": why}
    assert made.resources["items"].refresh == why
    assert made.resources["items"].refused is None


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (MERGED, NEW | {"primary_key": "x"}, "was merged by the key id so far, and has x now"),
        (MERGED, items(incremental=CURSOR), "was merged so far and is to be appended"),
        (MERGED, NEW | {"columns": {"id": {"data_type": "text"}}}, "the column id of items is bi"),
        (MERGED, NEW | {"columns": {"n": {"nullable": False}}}, "n, which columns says"),
        (MERGED, NEW | {"columns": {"n": {"data_type": "decimal", "precision": 99}}}, "99"),
        (MERGED, NEW | {"table_name": "things"}, "is loaded into another table than items now"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_refused_takes_what_hangs_on_it(before: Any, after: Any, told: str) -> None:
    made = plan(after, PARTS, OTHERS, before=schema(before), known=state(items=7))
    assert told in str(made.refused["items"])
    assert made.resources["parts"].held_back == "items"
    assert made.failing == {"items", "parts"}
    refreshed = plan(
        after, PARTS, OTHERS, before=schema(before), known=state(items=7),
        refresh=frozenset({"items"}),
    )  # fmt: skip
    assert ("items" in refreshed.failing) == (told == "99"), "a full refresh is the cure"


def test_a_new_key_of_a_table_without_rows_is_none_to_refuse() -> None:
    after = NEW | {"columns": {"n": {"nullable": False}}}
    known = state(items=7)
    assert plan(after, before=schema(MERGED), known=known).failing == {"items"}
    empty = plan(after, before=schema(MERGED), known=known, has_rows=lambda _: False)
    assert not empty.failing


def test_tables_that_nothing_fills() -> None:
    before = schema(
        *(MERGED, table("old", "append"), table("parts", "merge")),
        {**table("old__tags", "append"), "parent": "old"},
    )
    made = plan(NEW, PARTS | {"selected": False}, before=before, known=state(items=7))
    assert made.not_filled == ("old", "parts")
    assert made.resources["parts"].table is None


@pytest.mark.parametrize(
    ("after", "chunks"),
    [
        (items(incremental=CURSOR | {"row_order": "asc"}), "cursor"),
        (items(paginator={"type": "offset", "limit": 10, "total_path": None}) | KEY, "page"),
        (items(), None),
    ],
)  # fmt: skip
def test_how_it_is_committed(after: Any, chunks: str | None) -> None:
    made = plan(after, PARTS | {"primary_key": "id"}, before=None)
    assert [one.chunks for one in made.resources.values()] == [chunks, chunks]


def test_where_a_cursor_stands() -> None:
    def cursor(known: Any = None, **said: Any) -> tuple[Any, ...]:
        made = plan(items(incremental=CURSOR | said), before=LOADED, known=known)
        one = made.resources["items"].cursor
        assert one
        return one.kept, one.start, one.sent, one.problem

    assert cursor(state(items=7), lag=2) == (7, 5, 5, None)
    assert cursor(state(items=7), start_param=None) == (7, 7, None, None)
    at = "2024-01-01T00:00:00Z"
    assert cursor(state(items=at), initial_value="${START}") == (at, at, at, None)
    assert cursor(initial_value="${START}", convert="date") == (None, "${START}", "${START}", None)
    assert cursor(state(items=at), initial_value=at, end_value="${END}") == (at, at, at, None)
    sent = cursor(state(items=at), initial_value=None, convert="epoch_seconds")
    assert sent == (at, at, 1704067200, None)
    assert "no lag can be subtracted" in cursor(state(items="b"), initial_value="a", lag=1)[3]


def test_what_a_destination_cannot_do_is_refused_of_what_is_loaded() -> None:
    settings = Settings(destination="filesystem")
    acme = connector("acme", resources=[NEW, OTHERS])
    fit = fitted(acme, ABILITIES["filesystem"], settings)
    known = Known(destination=dlt.destinations.filesystem("nowhere"))
    with pytest.raises(SettingsError, match="acme/items: is to be merged"):
        make_plan(fit, known, selection=frozenset({"items", "others"}))
    assert make_plan(fit, known, selection=frozenset({"others"})).selection == {"others"}
