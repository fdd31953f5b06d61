"""GitLab: the lists of a group and of its projects, `GET /api/v4/groups/{id}/issues` and so on.

The `Link` header names the next page; 100 of a page at most. `updated_after` and `updated_before`
filter issues, merge requests and pipelines, `since` commits by the day they were committed. A
project whose pipelines are off is 403, an unknown one 404. Without `non_archived=false` what is of
archived projects is left out; without `with_shared=false` projects of other groups come as well.
429 has `Retry-After`.
"""

from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known, Make, linked, public, since
from restsrc_dagster.demo.apis.mock import SOON, ago, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

PROJECTS = 3
QUIET = 2
"""The project without pipelines."""
ARCHIVED = 1
SHARED = {"id": 900, "name": "of another group"}


def _project(number: int, _: datetime, text: str) -> Record:
    return {"id": number, "name": text}


def _issue(number: int, changed: datetime, text: str) -> Record:
    project = {"project_id": number % 2, "iid": number}
    return {"id": 100 + number, "title": text, "updated_at": iso(changed), **project}


def _note(count: int) -> Make:
    """All but the next one are of the record that changes."""

    def make(number: int, _: datetime, text: str) -> Record:
        return {"id": number, "body": text, "_iid": 0 if number < 4 else count}

    return make


def _pipeline(number: int, changed: datetime, text: str) -> Record:
    return {"id": number, "status": text, "updated_at": iso(changed), "project_id": number % 2}


def _commit(number: int, at: datetime, text: str) -> Record:
    commit = {"id": f"{number:040x}", "title": text, "committed_date": iso(at)}
    return {**commit, "_projects_id": number % 2}


def _member(number: int, _: datetime, text: str) -> Record:
    return {"id": number, "username": text}


class GitLab(Known):
    host = "gitlab.com"
    environment: ClassVar = {
        "GITLAB_TOKEN": "glpat-1",
        "GITLAB_GROUP": "42",
        "GITLAB_SINCE": iso(ago(60)),
    }
    kinds: ClassVar = {
        "projects": Kind(_project, count=PROJECTS, changes=None),
        "issues": Kind(_issue, ("id", "title"), 25),
        "issue_notes": Kind(_note(25), ("id", "body"), 4, None),
        "merge_requests": Kind(_issue, ("id", "title"), 12),
        "merge_request_notes": Kind(_note(12), ("id", "body"), 4, None),
        "pipelines": Kind(_pipeline, ("id", "status"), 12),
        "commits": Kind(_commit, ("id", "title", "_projects_id"), 5, None),
        "milestones": Kind(_member, ("id", "username")),
        "labels": Kind(_project),
        "members": Kind(_member, ("id", "username"), 12),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = self._touch_once = True

    def later(self) -> None:
        """A member leaves."""
        super().later()
        self.held["members"].pop(3)

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("PRIVATE-TOKEN") != "glpat-1":
            return refused(401, {"message": "401 Unauthorized"})
        if asked.params.get("page") == "2" and self._refuse_once:
            self._refuse_once = False
            return refused(429, {"message": {"error": "Too many requests"}}, **SOON)
        if "." in asked.params.get("updated_after", "").partition("T")[0]:
            return refused(400, {"error": "updated_after is invalid"})
        found = self._found(asked)
        if not isinstance(found, list):
            return found
        if asked.path.endswith("/issues") and "page" in asked.params and self._touch_once:
            self._touch(found[0])
            found = self._found(asked)
        size = min(int(asked.params.get("per_page", 20)), 100)
        return linked(asked, [public(one) for one in found], size)

    def _touch(self, one: Record) -> None:
        """Somebody votes on the issue that came first, before the second page is asked for."""
        self._touch_once = False
        issues = self.held["issues"]
        issues[issues.index(one)] = {**one, "updated_at": iso(ago(0))}

    def _found(self, asked: Asked) -> Any:
        match asked.path.removeprefix("/api/v4/").split("/"):
            case ["groups", "42", "members", "all"]:
                return self.held["members"]
            case ["groups", "42", ("issues" | "merge_requests") as name]:
                found = self._changed(name, asked)
                if asked.params.get("non_archived") != "false":
                    found = [one for one in found if one["project_id"] != ARCHIVED]
                return found if asked.params.get("state") == "all" else found[:1]
            case ["groups", "42", "projects"]:
                own = asked.params.get("with_shared") == "false"
                return [*self.held["projects"], *([] if own else [SHARED])]
            case ["groups", "42", name]:
                return self.held[name]
            case ["projects", project, "pipelines"]:
                if int(project) == QUIET:
                    return refused(403, {"message": "403 Forbidden"})
                return self._of(project, self._changed("pipelines", asked), "project_id")
            case ["projects", project, "repository", "commits"]:
                start = asked.params.get("since")
                found = since(self.held["commits"], "committed_date", start and start[:19])
                return self._of(project, found, "_projects_id")
            case ["projects", _, name, iid, "notes"]:
                notes = self.held[f"{name[:-1]}_notes"]
                return [one for one in notes if one["_iid"] == int(iid)]
        return refused(404, {"message": "404 Not Found"})

    def _changed(self, name: str, asked: Asked) -> list[Record]:
        ends = (asked.params.get(f"updated_{which}") for which in ("after", "before"))
        start, end = (parse_time(one) if one else None for one in ends)
        found = [
            one
            for one in self.held[name]
            if (not start or _time(one) >= start) and (not end or _time(one) <= end)
        ]
        return sorted(found, key=_time, reverse=asked.params.get("sort", "desc") == "desc")

    def _of(self, project: str, found: list[Record], field: str) -> list[Record]:
        return [one for one in found if one[field] == int(project)]


def _time(one: Record) -> datetime:
    return parse_time(one["updated_at"])
