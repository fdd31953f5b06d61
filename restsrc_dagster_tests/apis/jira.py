"""Jira's issues, `/rest/api/3/search/jql`, and the worklogs of each, `/issue/{key}/worklog`.

A page of issues has a `nextPageToken` unless `isLast`; a JQL without a restriction is refused.
Worklogs have `startAt`, `maxResults` and `total`; `startedAfter` and `startedBefore` are
milliseconds since 1970, and neither of them is a part of the range. Who logs work says when it
began: it may have been days ago.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster_tests.apis.mock import (
    Mock,
    Record,
    Rows,
    ago,
    basic,
    endpoint,
    refused,
    rows,
)
from restsrc_dagster_tests.support.api import Asked


def _worklog(number: int, issue: int, days_ago: float, seconds: int = 3600) -> Record:
    return {
        "id": str(number),
        "issueId": str(issue),
        "started": f"{ago(days_ago):%Y-%m-%dT%H:%M:%S.000+0000}",
        "timeSpentSeconds": seconds,
    }


class Jira(Mock):
    host = "acme.atlassian.net"
    environment: ClassVar = {"JIRA_EMAIL": "ada@acme.com", "JIRA_API_TOKEN": "t0ken"}
    requests = (400, 100)
    refusals: ClassVar = {
        "issues of all projects": (
            lambda content: endpoint(content)["params"].update(jql="order by id"),
            "Unbounded JQL queries are not allowed here",
        ),
    }

    def __init__(self) -> None:
        self._issues = [1, 2, 3]
        self._worklogs = [_worklog(10 + n, 1, 12 - n) for n in range(5)]
        self._worklogs += [_worklog(20 + n, 3, 30 + n) for n in range(2)]

    def later(self) -> None:
        """Work of last week is logged, and some is corrected; an issue is new, and one is gone."""
        self._worklogs.append(_worklog(30, 1, 9.5))
        self._worklogs.append(_worklog(31, 2, 0.5))
        self._worklogs.append(_worklog(32, 4, 40))
        self._worklogs[3] = _worklog(13, 1, 9, 7200)
        self._issues = [1, 2, 4]

    def tables(self) -> Mapping[str, Rows]:
        return {
            "worklogs: id, issue_id, time_spent_seconds": rows(
                self._worklogs, "id", "issueId", "timeSpentSeconds"
            )
        }

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != basic("ada@acme.com", "t0ken"):
            return refused(401, {"errorMessages": ["Client must be authenticated"], "errors": {}})
        if asked.path.endswith("/search/jql"):
            return self._search(asked)
        issue = int(asked.path.split("/")[-2].removeprefix("ACME-"))
        if issue not in self._issues:
            return refused(404, {"errorMessages": ["Issue does not exist"], "errors": {}})
        return self._logged(issue, asked)

    def _search(self, asked: Asked) -> Any:
        if "=" not in asked.params["jql"]:
            told = "Unbounded JQL queries are not allowed here. Please add a search restriction."
            return refused(400, {"errorMessages": [told], "errors": {}})
        begin = int(asked.params.get("nextPageToken", "t0").removeprefix("t"))
        end = begin + int(asked.params.get("maxResults", 50))
        page = [{"id": str(one), "key": f"ACME-{one}"} for one in self._issues[begin:end]]
        is_last = end >= len(self._issues)
        return {
            "issues": page,
            "isLast": is_last,
            **({} if is_last else {"nextPageToken": f"t{end}"}),
        }

    def _logged(self, issue: int, asked: Asked) -> Any:
        after, before = int(asked.params["startedAfter"]), int(asked.params["startedBefore"])
        found = [
            one
            for one in self._worklogs
            if one["issueId"] == str(issue) and after < _milliseconds(one) < before
        ]
        begin, size = int(asked.params.get("startAt", 0)), int(asked.params["maxResults"])
        return {
            "startAt": begin,
            "maxResults": size,
            "total": len(found),
            "worklogs": found[begin : begin + size],
        }


def _milliseconds(one: Record) -> int:
    return int(datetime.fromisoformat(one["started"]).timestamp() * 1000)
