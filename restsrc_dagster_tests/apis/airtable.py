"""What a run asks of Airtable, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import airtable as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Airtable(Tried, served.Airtable):
    requests = (12, 12)
    smaller: ClassVar = {'"pageSize": 100': '"pageSize": 3'}
    refusals: ClassVar = {
        "pages of 500": (
            lambda content: endpoint(content, 2)["params"].update(pageSize=500),
            "INVALID_PAGE_SIZE",
        ),
    }
