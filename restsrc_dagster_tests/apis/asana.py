"""What a run asks of Asana, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import asana as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Asana(Tried, served.Asana):
    requests = (60, 25)
    smaller: ClassVar = {'"limit": 100': '"limit": 10'}
    refusals: ClassVar = {
        "a workspace that is not there": (
            lambda content: endpoint(content)["params"].update(workspace="1"),
            "workspace: Unknown object",
        ),
    }
