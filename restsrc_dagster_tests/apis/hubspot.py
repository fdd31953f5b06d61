"""What a run asks of HubSpot, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import hubspot as served
from restsrc_dagster_tests.apis.mock import Content, endpoint
from restsrc_dagster_tests.apis.tried import Tried


def _without_windows(content: Content) -> None:
    del content["reading"]
    for one in content["configuration"]["resources"][:11]:
        del one["endpoint"]["json"]["filterGroups"][0]["filters"][1]


class HubSpot(Tried, served.HubSpot):
    requests = (60, 40)
    most = 600
    smaller: ClassVar = {'"at_most": 10000': '"at_most": 600'}
    refusals: ClassVar = {
        "one search for everything": (_without_windows, "There is a limit of 600"),
        "pages of 500": (
            lambda content: endpoint(content)["json"].update(limit=500),
            "The limit must be at most 200",
        ),
    }
