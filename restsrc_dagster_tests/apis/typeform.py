"""What a run asks of Typeform, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import typeform as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Typeform(Tried, served.Typeform):
    requests = (30, 20)
    smaller: ClassVar = {
        '"page_size": 200': '"page_size": 2',
        '"page_size": 1000': '"page_size": 5',
    }
    refusals: ClassVar = {
        "pages of 2000": (
            lambda content: endpoint(content)["params"].update(page_size=2000),
            "page_size must be at most 200",
        ),
    }
