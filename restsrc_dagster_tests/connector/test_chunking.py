"""Which resources may be committed while they are read."""

from typing import Any

import pytest

from restsrc_dagster.connector.resources.chunking import chunking
from restsrc_dagster_tests.support.connectors import connector, items

CURSOR = {"cursor_path": "at", "start_param": "since"}
ASCENDING = items("posts", incremental={**CURSOR, "row_order": "asc"})
KEYED = {**ASCENDING, "primary_key": "id"}
CHILD = items("notes", path="posts/{resources.posts.id}/notes")
APPENDED = {**CHILD, "write_disposition": "append"}


@pytest.mark.parametrize(
    ("resources", "kind"),
    [
        ([ASCENDING], "cursor"),
        ([KEYED], "cursor"),
        ([ASCENDING, CHILD], "cursor"),
        ([ASCENDING, APPENDED], "cursor"),
        ([KEYED, CHILD], "cursor"),
        # The records at the start of a chunk come again, and so do the children of theirs.
        ([KEYED, APPENDED], None),
        # It would move, and pass over what older records of the parents to come have.
        ([ASCENDING, {**CHILD, "endpoint": {**CHILD["endpoint"], "incremental": CURSOR}}], None),
        ([ASCENDING, {**CHILD, "write_disposition": "replace"}], None),
    ],
)
def test_a_parent_and_what_hangs_on_it(resources: list[Any], kind: str | None) -> None:
    assert chunking(connector(resources=resources).resources, "posts") == kind
