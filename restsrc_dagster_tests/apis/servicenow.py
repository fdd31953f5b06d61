"""ServiceNow's table API, `GET /api/now/table/incident`.

`sysparm_query` holds filter and order, `sysparm_offset` and `sysparm_limit` the page;
`X-Total-Count` and a `Link` header come with each. Times are UTC without saying so, as
`2026-01-02 00:00:00`.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.mock import Rows, basic, day, here, refused, rows
from restsrc_dagster.json_types import Record
from restsrc_dagster_tests.apis.mock import Mock, endpoint
from restsrc_dagster_tests.support.api import Answer, Asked

ANY = "sys_updated_on>=1970-01-01 00:00:00^ORDERBYsys_updated_on"
QUERY = re.compile(r"sys_updated_on>=(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\^ORDERBYsys_updated_on")


def _incident(number: int, changed: int, state: str) -> Record:
    return {
        "sys_id": f"{number:032x}",
        "state": state,
        "sys_updated_on": f"{day(changed):%Y-%m-%d %H:%M:%S}",
        "opened_by": {
            "link": "https://acme.service-now.com/api/now/table/sys_user/1",
            "value": "1",
        },
    }


class ServiceNow(Mock):
    host = "acme.service-now.com"
    environment: ClassVar = {"SERVICENOW_USER": "ada", "SERVICENOW_PASSWORD": "s3cret"}
    requests = (3, 2)
    refusals: ClassVar = {
        "another password": (
            lambda content: content["configuration"]["client"]["auth"].update(password="x"),
            "User is not authenticated",
        ),
        "a time with a T": (
            lambda content: endpoint(content)["incremental"].update(convert="iso8601"),
            "Invalid query detected",
        ),
    }

    def __init__(self) -> None:
        self._held = [_incident(number, number, "1") for number in range(1, 6)]

    def later(self) -> None:
        del self._held[0]
        self._held += [_incident(6, 7, "1"), _incident(1, 8, "6")]

    def tables(self) -> Mapping[str, Rows]:
        return {"incidents: sys_id, state": rows(self._held, "sys_id", "state")}

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != basic("ada", "s3cret"):
            told = {"message": "User is not authenticated", "detail": "Required to provide Auth"}
            return refused(401, {"error": told, "status": "failure"})
        query = QUERY.fullmatch(asked.params.get("sysparm_query", ANY))
        if query is None:
            return refused(400, {"error": {"message": "Invalid query detected"}})
        found = [one for one in self._held if one["sys_updated_on"] >= query[1]]
        begin = int(asked.params.get("sysparm_offset", 0))
        size = int(asked.params.get("sysparm_limit", 10_000))
        next_page = dict(asked.params) | {"sysparm_offset": begin + size}
        headers = {"X-Total-Count": str(len(found))}
        if begin + size < len(found):
            headers["Link"] = f'<{here(asked, **next_page)}>;rel="next"'
        return Answer({"result": found[begin : begin + size]}, headers=headers)
