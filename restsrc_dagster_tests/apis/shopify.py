"""What a run asks of Shopify, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import shopify as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Shopify(Tried, served.Shopify):
    requests = (90, 20)
    smaller: ClassVar = {'"limit": 250': '"limit": 50'}
    refusals: ClassVar = {
        "pages of 500": (
            lambda content: endpoint(content)["params"].update(limit=500),
            "must be at most 250",
        ),
    }
