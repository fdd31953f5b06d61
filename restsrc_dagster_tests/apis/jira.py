"""What a run asks of Jira, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import jira as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Jira(Tried, served.Jira):
    requests = (220, 220)
    smaller: ClassVar = {'"maxResults": 100': '"maxResults": 20', '"limit": 50': '"limit": 20'}
    refusals: ClassVar = {
        "issues of all times": (
            lambda content: endpoint(content)["params"].update(
                jql="order by id, '{incremental.start_value}{incremental.end_value}'"
            ),
            "Unbounded JQL queries are not allowed here",
        ),
    }
