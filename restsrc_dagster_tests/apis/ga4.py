"""What a run asks of Google Analytics 4, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import ga4 as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Ga4(Tried, served.Ga4):
    requests = (60, 30)
    smaller: ClassVar = {'"limit": 10000': '"limit": 5'}
    refusals: ClassVar = {
        "pages of a million": (
            lambda content: endpoint(content)["paginator"].update(limit=1_000_000),
            "limit must be at most 250000",
        ),
        "an unknown metric": (
            lambda content: endpoint(content)["json"].update(metrics=[{"name": served.UNKNOWN}]),
            "Field users is not a valid metric",
        ),
    }
