"""What a run asks of Klaviyo, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import klaviyo as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Klaviyo(Tried, served.Klaviyo):
    requests = (40, 25)
    smaller: ClassVar = {"1000": "20", '"page[size]": 100': '"page[size]": 10'}
    refusals: ClassVar = {
        "an operator that the field does not take": (
            lambda content: endpoint(content)["params"].update(
                filter="greater-or-equal(updated,{incremental.start_value})"
            ),
            "Invalid filter provided",
        ),
    }
