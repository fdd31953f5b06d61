"""What a run asks of GitHub, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import github as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class GitHub(Tried, served.GitHub):
    requests = (70, 60)
    refusals: ClassVar = {
        "a day as since": (
            lambda content: endpoint(content, 1)["incremental"].update(convert="%d.%m.%Y"),
            "Validation Failed",
        ),
    }
