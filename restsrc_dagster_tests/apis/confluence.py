"""What a run asks of Confluence, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import confluence as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Confluence(Tried, served.Confluence):
    requests = (35, 20)
    smaller: ClassVar = {'"limit": 250': '"limit": 20'}
    refusals: ClassVar = {
        "pages of 500": (
            lambda content: endpoint(content, 1)["params"].update(limit=500),
            "must be less than or equal to 250",
        ),
    }
