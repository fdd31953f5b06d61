"""What may not stand together in one configuration."""

from typing import Any

import pytest

from restsrc_dagster.errors import ConnectorError
from restsrc_dagster_tests.support.connectors import connector, items

CURSOR = {"cursor_path": "at", "initial_value": 0}


def problems(*resources: Any) -> list[str]:
    with pytest.raises(ConnectorError) as refused:
        connector("acme", "http://x.invalid", list(resources))
    return [f"{problem.path}: {problem.message}" for problem in refused.value.problems]


@pytest.mark.parametrize("table", ["a", "A"])
def test_two_resources_do_not_share_a_table(table: str) -> None:
    assert problems(items("a"), {**items("b"), "table_name": table}) == [
        "configuration.resources[1].table_name: a is the table of 'a' already; rows of two "
        "resources in one table would replace each other"
    ]


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
