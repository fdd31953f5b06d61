"""What a run asks of Zendesk, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import zendesk as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Zendesk(Tried, served.Zendesk):
    requests = (150, 25)
    smaller: ClassVar = {'"per_page": 1000': '"per_page": 100'}
    refusals: ClassVar = {
        "a start that is now": (
            lambda content: endpoint(content)["incremental"].update(initial_value=4102444800),
            "StartTimeTooRecent",
        ),
        "a start beside the cursor": (
            lambda content: content["reading"]["tickets"].pop("first_page_only"),
            "InvalidPaginationParameter",
        ),
    }
