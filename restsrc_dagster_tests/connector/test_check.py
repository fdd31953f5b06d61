"""What may not stand together in one configuration."""

from typing import Any

import pytest

from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster_tests.support.connectors import connector, content, items

CURSOR = {"cursor_path": "at", "initial_value": 0}


MERGE = {"write_disposition": "merge"}


def with_defaults(*resources: Any, **defaults: Any) -> None:
    """Check a connector with `resource_defaults`."""
    written = content("http://x.invalid", list(resources))
    written["configuration"]["resource_defaults"] = defaults
    check_content("acme", written, file="connectors/acme.json")


def problems(*resources: Any) -> list[str]:
    with pytest.raises(ConnectorError) as refused:
        connector("acme", "http://x.invalid", list(resources))
    return [f"{problem.path}: {problem.message}" for problem in refused.value.problems]


APPEND = {"write_disposition": "append"}
KEYED = {"primary_key": ["id", "region"]}
CURE = "Give each a table of its own, and unite them in a view"
AT = {"endpoint": {"path": "x", "incremental": CURSOR}}


@pytest.mark.parametrize("table", ["a", "A"])
@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({}, {}, "replace empties it, and a run that reads only one of them would lose the rows"),
        (APPEND, {}, "replace empties it"),
        (APPEND, KEYED, "is written in one way, and 'a' is to append, 'b' to merge"),
        (
            KEYED,
            {**KEYED, "write_disposition": {"disposition": "merge", "strategy": "upsert"}},
            "is written in one way, and 'a' is to merge, 'b' to merge",
        ),
        ({"primary_key": "id"}, KEYED, "one primary_key, and 'a' names id, 'b' id, region"),
        ({**APPEND, "primary_key": "id"}, APPEND, "'a' names id, 'b' nothing"),
        (
            {**KEYED, "merge_key": "day", **MERGE},
            {**KEYED, "merge_key": "day", **MERGE},
            "rows of one merge_key are deleted together, whoever brought them",
        ),
        (
            {**KEYED, "write_disposition": {"disposition": "merge", "strategy": "scd2"}},
            {**KEYED, "write_disposition": {"disposition": "merge", "strategy": "scd2"}},
            "scd2 retires what a run does not bring, and each would retire the other's",
        ),
        ({**KEYED, **AT}, KEYED, "which version of a row is the newest"),
        ({**APPEND, "max_table_nesting": 0}, APPEND, "max_table_nesting holds for the table"),
        (
            {**APPEND, "columns": {"v": {"data_type": "text"}}},
            {**APPEND, "columns": [{"name": "v", "data_type": "json"}]},
            "the two say different things of its column v",
        ),
    ],
    ids=str,
)
def test_two_resources_of_one_table_are_refused_for_the_true_reason(
    table: str, one: Any, other: Any, why: str
) -> None:
    (told,) = problems(items("a") | one, items("b") | other | {"table_name": table})
    path, message = told.split(": ", 1)
    assert path == "configuration.resources[1].table_name"
    assert message.startswith("a is the table of 'a' already; ")
    assert why in message
    assert message.endswith(CURE)


def test_children_that_are_replaced_with_their_parents_do_not_share_a_table() -> None:
    posts = items("posts", incremental=CURSOR)
    children = [
        {**items(name, path=f"posts/{{resources.posts.id}}/{name}"), "table_name": "texts"}
        for name in ("comments", "notes")
    ]
    (told,) = problems(posts, *children)
    assert "the children of a parent that is read again replace its old ones" in told
    with_defaults(posts, *(child | APPEND for child in children))


@pytest.mark.parametrize(
    "hints",
    [
        APPEND,
        {**APPEND, "primary_key": "id"},
        {**APPEND, **AT},
        KEYED,
        {**KEYED, **AT},
        {"columns": {"id": {"primary_key": True}, "region": {"primary_key": True}}, **MERGE},
        {**KEYED, "write_disposition": {"disposition": "merge", "strategy": "upsert"}},
    ],
    ids=str,
)
def test_two_resources_may_share_a_table(hints: Any) -> None:
    with_defaults(*(items(name) | hints | {"table_name": "orders"} for name in ("eu", "us")))
    with_defaults("eu", "us", table_name="orders", **hints)


def test_a_resource_that_is_only_read_has_no_table() -> None:
    with_defaults(
        items("a") | {"selected": False, "table_name": "t"}, items("b") | {"table_name": "t"}
    )


def test_a_name_that_dlt_takes_for_a_pattern() -> None:
    assert "begins with re:" in problems(items("re:.*"))[0]


def test_children_are_replaced_by_a_plain_field_only() -> None:
    posts = items("posts", incremental=CURSOR)
    path = "c/{resources.posts.refs[0].id}"
    assert "name a primary_key or a write_disposition" in problems(posts, items("c", path=path))[0]
    connector(
        "acme",
        "x".join(["http://", ".invalid"]),
        [posts, {**items("c", path=path), "write_disposition": "append"}],
    )


SORTED = {"rank": {"dedup_sort": "desc"}}


@pytest.mark.parametrize(
    ("defaults", "own"),
    [
        ({}, SORTED | {"v": {"dedup_sort": "asc"}}),
        (SORTED, {"v": {"dedup_sort": "asc"}}),
        (SORTED, [{"name": "v", "dedup_sort": "asc"}]),
    ],
    ids=str,
)
def test_one_column_says_which_version_stays(defaults: Any, own: Any) -> None:
    resource = items("a") | {"primary_key": "id", "columns": own}
    with pytest.raises(ConnectorError) as refused:
        with_defaults(resource, columns=defaults)
    (problem,) = refused.value.problems
    assert (problem.path, problem.message) == (
        "configuration.resources[0].columns",
        "rank and v both have dedup_sort, those of resource_defaults counted; one of them decides "
        'which version stays: take the hint from the other, "dedup_sort": null',
    )


def test_it_may_be_another_one_than_that_of_the_defaults() -> None:
    own = {"rank": {"dedup_sort": None}, "v": {"dedup_sort": "asc"}}
    with_defaults(items("a") | {"primary_key": "id", "columns": own}, columns=SORTED)


def test_a_merge_may_have_its_key_from_the_columns_of_the_defaults() -> None:
    key = {"id": {"primary_key": True}}
    with_defaults({"name": "a", "columns": {"v": {"data_type": "text"}}}, columns=key, **MERGE)
    with pytest.raises(ConnectorError, match="merge needs a primary_key"):
        with_defaults({"name": "a", "columns": {}}, columns=key, **MERGE)


def test_a_step_may_not_drop_a_key_of_the_defaults() -> None:
    resource = {"name": "a", "columns": {"v": {"data_type": "text"}}}
    steps = {"processing_steps": [{"map": "{v: v}"}]}
    with pytest.raises(ConnectorError, match="drops id, a column with primary_key"):
        with_defaults(resource | steps, columns={"id": {"primary_key": True}})
