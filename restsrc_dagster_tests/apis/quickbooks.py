"""What a run asks of QuickBooks, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import quickbooks as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class QuickBooks(Tried, served.QuickBooks):
    requests = (45, 45)
    most = 50
    smaller: ClassVar = {'"at_most": 1000': '"at_most": 50'}
    refusals: ClassVar = {
        "2,000 of a query": (
            lambda content: endpoint(content)["params"].update(
                query=endpoint(content)["params"]["query"].replace("1000", "2000")
            ),
            "QueryValidationError",
        ),
    }
