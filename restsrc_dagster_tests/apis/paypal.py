"""What a run asks of PayPal, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import paypal as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class PayPal(Tried, served.PayPal):
    requests = (25, 18)
    refusals: ClassVar = {
        "windows of two months": (
            lambda content: content["reading"]["transactions"]["window"].update(size="2 months"),
            "Date range is greater than 31 days",
        ),
        "pages of 1000": (
            lambda content: endpoint(content)["params"].update(page_size=1000),
            "INVALID_REQUEST",
        ),
        "disputes beyond the fiftieth page": (
            lambda content: endpoint(content, 1)["params"].update(page_size=1),
            "INVALID_REQUEST",
        ),
    }
