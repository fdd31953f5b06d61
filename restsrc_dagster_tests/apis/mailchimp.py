"""What a run asks of Mailchimp, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import mailchimp as served
from restsrc_dagster_tests.apis.tried import Tried


class Mailchimp(Tried, served.Mailchimp):
    requests = (30, 25)
    smaller: ClassVar = {'"limit": 1000': '"limit": 10'}
    refusals: ClassVar = {
        "pages of 2000": (
            lambda content: content["configuration"]["client"]["paginator"].update(limit=2000),
            "The value for count must be at most 1000",
        ),
    }
