"""What a run asks of Xero, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import xero as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Xero(Tried, served.Xero):
    requests = (32, 28)
    smaller: ClassVar = {'"pageSize": 1000': '"pageSize": 100'}
    refusals: ClassVar = {
        "pages of 2000": (
            lambda content: endpoint(content)["params"].update(pageSize=2000),
            "pageSize must be between 1 and 1000",
        ),
    }
