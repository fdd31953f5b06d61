"""What a run asks of Okta, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import okta as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Okta(Tried, served.Okta):
    requests = (45, 30)
    smaller: ClassVar = {'"limit": 200': '"limit": 10', '"limit": 1000': '"limit": 20'}
    refusals: ClassVar = {
        "a search that is none": (
            lambda content: endpoint(content)["params"].update(
                search="lastUpdated gt {incremental.start_value}"
            ),
            "Invalid search criteria",
        ),
    }
