"""Jira Cloud: issues by JQL, `/rest/api/3/search/jql`, what belongs to each, projects, boards.

A page of issues has a `nextPageToken` unless `isLast`; a JQL without a restriction is refused, and
its times are minutes. Other lists have `startAt`, `maxResults` (100 at most) and `total`; users are
a bare list, sprints have `isLast` alone, and a Kanban board refuses to list any.
"""

import re
from datetime import datetime, timezone
from typing import Any, ClassVar

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known, public
from restsrc_dagster.demo.apis.mock import SOON, ago, basic, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

RANGE = re.compile(r"updated >= '(.{16})' AND updated <= '(.{16})'")
CHILDREN = {"comment": "issue_comments", "worklog": "worklogs", "changelog": "changelogs"}
SELECTORS = {"changelog": "values", "comment": "comments", "worklog": "worklogs"}
BARE = {"field": "fields", "status": "statuses", "issuetype": "issue_types"}


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.000+0000}"


def _issue(number: int, changed: datetime, text: str) -> Record:
    fields = {"summary": text, "updated": _told(changed), "labels": ["a"]}
    return {"id": str(number), "key": f"ACME-{number}", "fields": fields}


def _of_issue(number: int, at: datetime, text: str) -> Record:
    """Most are of the issue that changes, and the next is of the one that is new."""
    issue = 0 if number < 60 else 45
    owner = {"_issue": str(issue), "_issues_key": f"ACME-{issue}"}
    return {"id": str(5000 + number), "text": text, "created": _told(at), **owner}


def _project(number: int, _: datetime, text: str) -> Record:
    return {"id": str(number), "key": f"P{number}", "name": text}


def _of_project(number: int, _: datetime, text: str) -> Record:
    return {"id": str(600 + number), "name": text, "_projects_key": f"P{number % 3}"}


def _board(number: int, _: datetime, text: str) -> Record:
    return {"id": number, "name": text, "type": "kanban" if number == 1 else "scrum"}


def _sprint(number: int, _: datetime, text: str) -> Record:
    return {"id": number, "name": text, "originBoardId": 2}


def _user(number: int, _: datetime, text: str) -> Record:
    return {"accountId": f"a{number}", "displayName": text}


def _named(number: int, _: datetime, text: str) -> Record:
    return {"id": str(number), "name": text}


class Jira(Known):
    host = "${JIRA_DOMAIN}"
    environment: ClassVar = {
        "JIRA_DOMAIN": "acme.atlassian.net",
        "JIRA_EMAIL": "ada@acme.com",
        "JIRA_API_TOKEN": "t0ken",
        "JIRA_SINCE": _told(ago(200)),
    }
    kinds: ClassVar = {
        "issues": Kind(_issue, ("id", "fields.summary"), 45),
        "issue_comments": Kind(_of_issue, ("id", "text", "_issues_key"), 60),
        "worklogs": Kind(_of_issue, ("id", "text", "_issues_key"), 60),
        "changelogs": Kind(_of_issue, ("id", "text", "_issues_key"), 60, None),
        "projects": Kind(_project, ("id", "name"), 21),
        "versions": Kind(_of_project, ("id", "name", "_projects_key"), 70),
        "components": Kind(_of_project, ("id", "name", "_projects_key")),
        "boards": Kind(_board),
        "sprints": Kind(_sprint, count=25),
        "users": Kind(_user, ("accountId", "displayName"), 41),
        "fields": Kind(_named),
        "statuses": Kind(_named),
        "issue_types": Kind(_named),
        "priorities": Kind(_named),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = True

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != basic("ada@acme.com", "t0ken"):
            return refused(401, {"errorMessages": ["Client must be authenticated"], "errors": {}})
        if "startAt" in asked.params and asked.params["startAt"] != "0" and self._refuse_once:
            self._refuse_once = False
            return refused(429, {"errorMessages": ["Rate limit exceeded"]}, **SOON)
        match asked.path.strip("/").split("/"):
            case ["rest", "agile", "1.0", "board"]:
                return self._counted("boards", "values", asked)
            case ["rest", "agile", "1.0", "board", "1", "sprint"]:
                return _error("The board does not support sprints")
            case ["rest", "agile", "1.0", "board", _, "sprint"]:
                return self._counted("sprints", "values", asked, total=False)
            case ["rest", "api", "3", "search", "jql"]:
                return self._search(asked)
            case ["rest", "api", "3", "issue", issue, part]:
                found = self.held[CHILDREN[part]]
                mine = [public(one) for one in found if one["_issue"] == issue]
                return self._counted(mine, SELECTORS[part], asked)
            case ["rest", "api", "3", "project", project, part] if part != "search":
                every = self.held[f"{part}s"]
                mine = [public(one) for one in every if one["_projects_key"] == f"P{project}"]
                return self._counted(mine, "values", asked)
            case ["rest", "api", "3", ("project" | "priority") as name, "search"]:
                plural = {"project": "projects", "priority": "priorities"}
                return self._counted(plural[name], "values", asked)
            case ["rest", "api", "3", "users", "search"]:
                return self._counted("users", "values", asked)["values"]
            case ["rest", "api", "3", name] if name in BARE:
                return self.held[BARE[name]]
        return refused(404, {"errorMessages": ["Not found"], "errors": {}})

    def _search(self, asked: Asked) -> Any:
        restriction = RANGE.search(asked.params["jql"])
        if not restriction:
            return _error("Unbounded JQL queries are not allowed here. Please add a restriction.")
        low, high = (parse_time(one).replace(tzinfo=timezone.utc) for one in restriction.groups())
        found = [one for one in self.held["issues"] if low <= _updated(one) <= high]
        size = int(asked.params.get("maxResults", 50))
        begin = int(asked.params.get("nextPageToken", "t0").removeprefix("t"))
        end = begin + min(size, 100)
        is_last = end >= len(found)
        token = {} if is_last else {"nextPageToken": f"t{end}"}
        return {"issues": found[begin:end], "isLast": is_last, **token}

    def _counted(self, found: Any, selector: str, asked: Asked, *, total: bool = True) -> Any:
        found = self.held[found] if isinstance(found, str) else found
        begin = int(asked.params.get("startAt", 0))
        size = min(int(asked.params.get("maxResults", 50)), 100)
        answer = {"startAt": begin, "maxResults": size, selector: found[begin : begin + size]}
        answer |= {"isLast": begin + size >= len(found)}
        return answer | ({"total": len(found)} if total else {})


def _updated(one: Record) -> datetime:
    return parse_time(one["fields"]["updated"])


def _error(message: str) -> Any:
    return refused(400, {"errorMessages": [message], "errors": {}})
