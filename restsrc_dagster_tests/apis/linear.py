"""What a run asks of Linear, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import linear as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Linear(Tried, served.Linear):
    requests = (15, 12)
    smaller: ClassVar = {'"first": 50': '"first": 2', '"first": 100': '"first": 10'}
    refusals: ClassVar = {
        "pages of 500": (
            lambda content: endpoint(content)["json"]["variables"].update(first=500),
            "first must not be greater than 250",
        ),
        "a field that is not there": (
            lambda content: endpoint(content)["json"].update(
                query=endpoint(content)["json"]["query"].replace(" title ", f" {served.UNKNOWN} ")
            ),
            "on type",
        ),
    }
