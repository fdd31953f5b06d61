"""What a run asks of Salesforce, and what that refuses."""

from typing import ClassVar

from restsrc_dagster.demo.apis import salesforce as served
from restsrc_dagster_tests.apis.mock import Content, endpoint
from restsrc_dagster_tests.apis.tried import Tried


def _all_fields(content: Content) -> None:
    params = endpoint(content, 1)["params"]
    params["q"] = params["q"].replace("{resources.accounts_fields.names}", "FIELDS(ALL)")
    content["configuration"]["resources"][1]["endpoint"]["headers"] = {
        "X-Of": "{resources.accounts_fields.urls.sobject}"
    }
    content["configuration"]["resources"][0]["processing_steps"] = []


class Salesforce(Tried, served.Salesforce):
    requests = (35, 26)
    refusals: ClassVar = {"all fields of all records": (_all_fields, "MALFORMED_QUERY")}
