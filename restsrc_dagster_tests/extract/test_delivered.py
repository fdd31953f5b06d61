"""Appended rows that a run before has delivered, told from those that are new."""

from typing import Any

from restsrc_dagster.extract.incremental.delivered import Delivered, _row_digest
from restsrc_dagster.extract.records.field import bytes_of


def row(at: int, **more: Any) -> dict[str, Any]:
    return {"at": at, **more}


def run(
    before: dict[str, Any] | None, rows: list[dict[str, Any]], cursor: int, *, keyed: bool = False
) -> Any:
    """What is new to a run that leaves the cursor there, and what it leaves."""
    delivered = Delivered(before, keyed=keyed)
    moves = before is None or before["cursor"] != cursor
    new = []
    for one in rows:
        if not delivered.has(one):
            new.append(one)
        delivered.note([one["at"]], [one])
    if moves:
        delivered.forget(lambda value: value < cursor)
    return new, {"rows": delivered.rows, "cursor": cursor}


def test_equal_rows_are_counted() -> None:
    new, state = run(None, [row(1), row(2), row(2)], 2)
    assert len(new) == 3
    new, state = run(state, [row(2), row(2), row(2)], 2)
    assert new == [row(2)]
    assert run(state, [row(2)] * 3, 2)[0] == []


def test_with_a_key_equal_rows_are_one() -> None:
    _, state = run(None, [row(2)], 2, keyed=True)
    assert run(state, [row(2), row(2), row(2, v=1)], 2, keyed=True)[0] == [row(2, v=1)]


def test_the_same_row_with_its_keys_in_another_order() -> None:
    _, state = run(None, [{"at": 2, "a": 1, "b": {"c": 1, "d": 2}}], 2)
    assert run(state, [{"b": {"d": 2, "c": 1}, "a": 1, "at": 2}], 2)[0] == []


def test_a_null_is_nothing() -> None:
    _, state = run(None, [{"at": 2, "a": None, "b": {"c": None}, "d": "null"}], 2)
    assert run(state, [{"at": 2, "b": {}, "d": "null"}], 2)[0] == []
    assert run(state, [{"at": 2, "b": {"c": 0}, "d": "null"}], 2)[0] != []


def test_a_row_that_does_not_come_again_is_remembered_until_the_cursor_passes_it() -> None:
    _, state = run(None, [row(2), row(2, v=1)], 2)
    _, state = run(state, [row(2)], 2)
    assert run(state, [row(2, v=1)], 2)[0] == []
    _, state = run(state, [row(3)], 3)
    assert len(state["rows"]) == 1
    assert run(state, [row(3), row(4)], 4)[0] == [row(4)]


def test_what_is_beyond_the_cursor_stays_known() -> None:
    _, state = run(None, [row(2), row(9)], 2)
    assert run(state, [row(2), row(9), row(3)], 3)[0] == [row(3)]


def test_what_is_beyond_stays_known_where_a_part_of_the_list_ends_before_it() -> None:
    def left(before: Any, rows: list[dict[str, Any]], cursor: int) -> dict[str, Any]:
        delivered = Delivered(before)
        delivered.note([row["at"] for row in rows], rows)
        delivered.forget(lambda value: value < cursor)
        return {"rows": delivered.rows, "ahead": delivered.ahead(lambda value: value > cursor)}

    first = left(None, [row(2), row(9)], 2)
    assert len(first["ahead"]) == 1
    second = left(first, [row(3), row(4)], 4)
    assert Delivered(second).has(row(9))
    assert not Delivered(second).has(row(2))
    third = left(second, [row(5), row(9)], 9)
    assert third["ahead"] == []
    assert (
        Delivered(left(third, [row(10)], 10)).rows.keys()
        == left(None, [row(10)], 10)["rows"].keys()
    )


def test_rows_from_a_place() -> None:
    delivered = Delivered(None)
    delivered.note([1, 2, 3], [row(1), row(2), row(3)])
    assert len(delivered) == 3
    assert len(delivered.rows_from(lambda value: value < 2)) == 2


def test_states_of_older_releases() -> None:
    """They have digests in a list, of rows as they were written, with all beyond the cursor."""
    digests = [_row_digest(bytes_of(row(at))) for at in (2, 9)]
    state = {"rows": digests[:1], "future": digests[1:], "cursor": 2}
    assert Delivered(state).knows_any
    assert not Delivered({"rows": []}).knows_any
    assert run(state, [row(2), row(9), row(3)], 3)[0] == [row(3)]
