"""What a run asks of Salesforce, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import salesforce as served
from restsrc_dagster_tests.apis.mock import Change, Content, endpoint
from restsrc_dagster_tests.apis.tried import Tried


def _asking(fields: str) -> Change:
    """Of the fields that are written, and not of those that `describe` tells."""

    def change(content: Content) -> None:
        params = endpoint(content, 1)["params"]
        params["q"] = params["q"].replace("{resources.accounts_fields.names}", fields)
        content["configuration"]["resources"][1]["endpoint"]["headers"] = {
            "X-Of": "{resources.accounts_fields.urls.sobject}"
        }
        content["configuration"]["resources"][0]["processing_steps"] = []

    return change


class Salesforce(Tried, served.Salesforce):
    requests = (35, 26)
    refusals: ClassVar = {
        "all fields of all records": (_asking("FIELDS(ALL)"), "MALFORMED_QUERY"),
        "more fields than an address holds": (_asking("Id,Name," * 1400 + "Id"), "414"),
    }
