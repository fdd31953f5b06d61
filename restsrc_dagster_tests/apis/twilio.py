"""What a run asks of Twilio, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import twilio as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Twilio(Tried, served.Twilio):
    requests = (40, 20)
    smaller: ClassVar = {"1000": "20"}
    refusals: ClassVar = {
        "pages of 5000": (
            lambda content: endpoint(content)["params"].update(PageSize=5000),
            "Page size must be at most 1000",
        ),
    }
