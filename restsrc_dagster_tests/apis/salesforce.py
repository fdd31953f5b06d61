"""Salesforce, `GET /services/data/{version}/query?q=SELECT …`.

`done`, and `nextRecordsUrl`: a path from the root of the host, only if there is more. Times are
`2026-01-02T00:00:00.000+0000`, and stand in SOQL without quotes. Errors are a list.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster_tests.apis.mock import (
    Mock,
    Record,
    Rows,
    bearer,
    day,
    endpoint,
    refused,
    rows,
)
from restsrc_dagster_tests.support.api import Asked

SIZE = 2
SOQL = re.compile(
    r"SELECT (?P<fields>[\w, ]+) FROM Account WHERE SystemModstamp >= (?P<since>\S+) "
    r"ORDER BY SystemModstamp"
)


def _account(number: int, changed: int, name: str) -> Record:
    return {
        "attributes": {"type": "Account", "url": f"/services/data/v61.0/sobjects/Account/{number}"},
        "Id": f"001{number}",
        "Name": name,
        "SystemModstamp": f"{day(changed):%Y-%m-%dT%H:%M:%S.000+0000}",
    }


class Salesforce(Mock):
    host = "acme.my.salesforce.com"
    environment: ClassVar = {"SALESFORCE_TOKEN": "t0ken"}
    requests = (3, 2)
    refusals: ClassVar = {
        "a time in quotes": (
            lambda content: endpoint(content)["params"].update(
                q="SELECT Id FROM Account WHERE SystemModstamp >= '{incremental.start_value}'"
            ),
            "MALFORMED_QUERY",
        ),
    }

    def __init__(self) -> None:
        self._held = [_account(number, number, "new") for number in range(1, 6)]

    def later(self) -> None:
        del self._held[0]
        self._held += [_account(6, 7, "new"), _account(1, 8, "changed")]

    def tables(self) -> Mapping[str, Rows]:
        return {"accounts: id, name": rows(self._held, "Id", "Name")}

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            told = {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
            return refused(401, [told])
        root, _, token = asked.path.partition("/query/")
        if not token:
            query = SOQL.fullmatch(asked.params.get("q", ""))
            if query is None or not query["since"][:1].isdigit():
                told = {"message": "unexpected token", "errorCode": "MALFORMED_QUERY"}
                return refused(400, [told])
            root = asked.path.removesuffix("/query")
            token = f"{query['since']}|0"
        since, _, begin = token.replace("%7C", "|").replace("%2B", "+").partition("|")
        start = datetime.fromisoformat(since)
        held = [one for one in self._held if datetime.fromisoformat(one["SystemModstamp"]) >= start]
        end = int(begin) + SIZE
        answer: Record = {"totalSize": len(held), "done": end >= len(held)}
        if end < len(held):
            answer["nextRecordsUrl"] = f"{root}/query/{since.replace('+', '%2B')}%7C{end}"
        return answer | {"records": held[int(begin) : end]}
