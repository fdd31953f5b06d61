"""What a run asks of Slack, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import slack as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Slack(Tried, served.Slack):
    requests = (80, 40)
    smaller: ClassVar = {'"limit": 200': '"limit": 3'}
    refusals: ClassVar = {
        "pages of 2000": (
            lambda content: endpoint(content, 1)["params"].update(limit=2000),
            "invalid_limit",
        ),
    }
