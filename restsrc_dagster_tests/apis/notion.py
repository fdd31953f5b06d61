"""What a run asks of Notion, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import notion as served
from restsrc_dagster_tests.apis.mock import endpoint
from restsrc_dagster_tests.apis.tried import Tried


class Notion(Tried, served.Notion):
    requests = (32, 34)
    smaller: ClassVar = {'"page_size": 100': '"page_size": 2'}
    refusals: ClassVar = {
        "no version": (
            lambda content: content["configuration"]["client"].pop("headers"),
            "Notion-Version header should be defined",
        ),
        "pages of 200": (
            lambda content: endpoint(content)["json"].update(page_size=200),
            "body.page_size should be",
        ),
    }
