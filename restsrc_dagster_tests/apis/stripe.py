"""What a run asks of Stripe, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import stripe as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Stripe(Tried, served.Stripe):
    requests = (70, 60)
    refusals: ClassVar = {
        "pages of 250": (
            lambda content: content["configuration"]["resource_defaults"]["endpoint"].update(
                params={"limit": 250}
            ),
            "This value must be less than or equal to 100 (it currently is",
        ),
        "an unknown parameter": (
            lambda content: endpoint(content).update(params={"page": 1}),
            "Received unknown parameter: page",
        ),
    }
