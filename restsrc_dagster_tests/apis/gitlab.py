"""What a run asks of GitLab, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import gitlab as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class GitLab(Tried, served.GitLab):
    requests = (70, 40)
    smaller: ClassVar = {'"per_page": 100': '"per_page": 10'}
    refusals: ClassVar = {
        "a day as the start": (
            lambda content: endpoint(content, 1)["incremental"].update(convert="%d.%m.%Y"),
            "updated_after is invalid",
        ),
    }
