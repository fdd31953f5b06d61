"""What is seen of records before dlt makes tables of them, page after page."""

from typing import Any

import pytest
from dlt.common.normalizers.naming.snake_case import NamingConvention

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.records.tables import Tables

FLAT = [{"id": 1, "v": "a"}, {"id": 2, "v": None}]


def tables(**required: str) -> Tables:
    return Tables("items", NamingConvention(), typed={}, stored={}, required={"items": required})


def news(known: Tables, page: list[Any]) -> set[tuple[str, frozenset[type]]]:
    """The columns of which a page tells something new, and all types that have come for them."""
    known.news.clear()
    known.root.look(page)
    return {(column, frozenset(rows.kinds[column])) for rows, column in known.news}


def test_a_page_like_one_before_tells_nothing_new() -> None:
    known = tables()
    assert news(known, FLAT) == {("id", frozenset({int})), ("v", frozenset({str}))}
    assert news(known, [{"id": 3, "v": None}, {"id": 4, "v": "b"}]) == set()


def test_other_keys_of_the_same_types() -> None:
    known = tables()
    news(known, FLAT)
    assert news(known, [{"id": 3, "w": "a"}, {"id": 4, "w": None}]) == {("w", frozenset({str}))}


@pytest.mark.parametrize(
    ("later", "column", "kinds"),
    [
        ({"id": 1.5, "v": "a"}, "id", {int, float}),
        ({"id": 1, "v": True}, "v", {str, bool}),
        ({"id": 1, "v": "a", "w": 2}, "w", {int}),
        ({"id": 1, "V2": 3}, "v2", {int}),
        ({"id": 1, "v": {"x": 1}}, "v__x", {int}),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_record_that_is_not_like_the_others(
    later: dict[str, Any], column: str, kinds: set[type], place: int
) -> None:
    known = tables()
    news(known, FLAT)
    assert news(known, [*FLAT[:place], later, *FLAT[place:]]) == {(column, frozenset(kinds))}


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_key_that_is_missing_on_a_later_page(place: int) -> None:
    known = tables(id="which primary_key names")
    for page in (FLAT, FLAT):
        known.root.look(page)
    for other in ({"id": None, "v": "a"}, {"v": "a"}, {"v": "a", "w": 1}):
        for _ in range(2):
            with pytest.raises(ReadError, match="id, which primary_key names"):
                known.root.look([*FLAT[:place], other, *FLAT[place:]])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_two_fields_of_one_column_on_a_later_page(place: int) -> None:
    known = tables()
    alike = [{"userId": 1, "user_id": 1}, {"userId": 2, "user_id": 2}]
    for page in (alike, alike):
        known.root.look(page)
    with pytest.raises(ReadError, match="'userId' and 'user_id' of one record differ"):
        known.root.look([*alike[:place], {"userId": 3, "user_id": 4}, *alike[place:]])
