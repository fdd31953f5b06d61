"""What a run asks of Intercom, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import intercom as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Intercom(Tried, served.Intercom):
    requests = (25, 20)
    smaller: ClassVar = {'"per_page": 150': '"per_page": 2'}
    refusals: ClassVar = {
        "pages of 500": (
            lambda content: endpoint(content)["json"]["pagination"].update(per_page=500),
            "per_page must be between 1 and 150",
        ),
    }
