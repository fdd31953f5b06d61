"""What a run asks of HubSpot, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import hubspot as served
from restsrc_dagster_tests.apis.mock import Content, endpoint
from restsrc_dagster_tests.apis.tried import Tried


def _by_places(content: Content) -> None:
    paginator = {"type": "cursor", "cursor_path": "paging.next.after", "cursor_body_path": "after"}
    for one in content["configuration"]["resources"][:11]:
        one["endpoint"]["paginator"] = paginator


class HubSpot(Tried, served.HubSpot):
    requests = (60, 40)
    most = 600
    refusals: ClassVar = {
        "one search for everything": (_by_places, "There is a limit of 600"),
        "pages of 500": (
            lambda content: endpoint(content)["json"].update(limit=500),
            "The limit must be at most 200",
        ),
    }
