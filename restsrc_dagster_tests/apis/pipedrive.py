"""What a run asks of Pipedrive, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import pipedrive as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Pipedrive(Tried, served.Pipedrive):
    requests = (50, 25)
    smaller: ClassVar = {'"limit": 500': '"limit": 10'}
    refusals: ClassVar = {
        "pages of 1000": (
            lambda content: endpoint(content)["params"].update(limit=1000),
            "limit must be less than or equal to 500",
        ),
    }
