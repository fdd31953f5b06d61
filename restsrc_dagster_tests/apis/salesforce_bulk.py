"""Salesforce's Bulk API 2.0, `POST /jobs/query`.

A query is UploadComplete, InProgress, then JobComplete, or Failed with an `errorMessage`. Its
results are CSV, in pages of `maxRecords`; `Sforce-Locator` is the `locator` of the next one, and
the text null on the last. `queryAll` has deleted records, too.
"""

import csv
import io
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.mock import Rows, ago, bearer, refused, rows
from restsrc_dagster.json_types import Record
from restsrc_dagster_tests.apis.mock import Mock, endpoint
from restsrc_dagster_tests.support.api import Answer, Asked

_SINCE = re.compile(r"SystemModstamp >= (\S+)$")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.000+0000}"


def _account(number: int, days_ago: float, *, deleted: bool = False) -> Record:
    return {
        "Id": f"001{number}",
        "Name": f"Account {number}, Inc.",
        "IsDeleted": str(deleted).lower(),
        "SystemModstamp": _at(ago(days_ago)),
    }


class SalesforceBulk(Mock):
    host = "acme.my.salesforce.com"
    environment: ClassVar = {"SALESFORCE_TOKEN": "t0ken"}
    requests = (6, 4)
    refusals: ClassVar = {
        "a query that fails": (
            lambda content: endpoint(content)["json"].update(query="SELECT Nam FROM Account"),
            "INVALID_FIELD: No such column",
        ),
    }

    def __init__(self) -> None:
        self._held = [_account(number, 9 - number) for number in range(1, 6)]
        self._jobs: dict[str, list[Record]] = {}
        self._polls: dict[str, int] = {}

    def later(self) -> None:
        self._held[1] = _account(2, -0.01, deleted=True)

    def tables(self) -> Mapping[str, Rows]:
        alive = [one for one in self._held if one["IsDeleted"] == "false"]
        return {
            "accounts WHERE _deleted_at IS NULL: id, name": rows(alive, "Id", "Name"),
            "accounts: id, name": rows(self._held, "Id", "Name"),
        }

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return refused(401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}])
        if asked.method == "POST":
            return self._create(asked)
        name, _, results = asked.path.partition("/jobs/query/")[2].partition("/")
        return self._results(name, asked) if results else self._state(name)

    def _create(self, asked: Asked) -> Any:
        name = f"750{len(self._jobs)}"
        since = _SINCE.search(asked.json["query"])
        self._polls[name] = 0
        self._jobs[name] = [
            one for one in self._held if since and one["SystemModstamp"] >= since[1]
        ]
        if since is None:
            self._polls[name] = -100
        return {"id": name, "state": "UploadComplete", "createdDate": _at(ago(0))}

    def _state(self, name: str) -> Any:
        self._polls[name] += 1
        if self._polls[name] < 0:
            message = "INVALID_FIELD: No such column 'Nam' on entity 'Account'"
            return {"id": name, "state": "Failed", "errorMessage": message}
        return {"id": name, "state": "InProgress" if self._polls[name] < 2 else "JobComplete"}

    def _results(self, name: str, asked: Asked) -> Answer:
        first, most = int(asked.params.get("locator", 0)), int(asked.params["maxRecords"])
        page = self._jobs[name][first : first + most]
        text = io.StringIO()
        made = csv.DictWriter(text, ["Id", "Name", "IsDeleted", "SystemModstamp"])
        made.writeheader()
        made.writerows(page)
        more = first + most < len(self._jobs[name])
        headers = {
            "Content-Type": "text/csv",
            "Sforce-Locator": str(first + most) if more else "null",
            "Sforce-NumberOfRecords": str(len(page)),
        }
        return Answer(text.getvalue().encode(), headers=headers)
