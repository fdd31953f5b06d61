"""Asana: lists of a workspace, the tasks of each project, the subtasks and stories of each task.

`next_page` has the `offset` of the next page and is null on the last one; 100 of a page at most. An
object has its gid, and of other fields those that `opt_fields` names. `modified_since` filters
tasks. A list of projects without a workspace is refused; 429 has `Retry-After`.
"""

from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.known import Kind, Known, public
from restsrc_dagster.demo.apis.mock import SOON, ago, bearer, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record


def _named(number: int, _: datetime, text: str) -> Record:
    return {"gid": str(number), "name": text}


def _of(field: str, changed: str, new: str, count: int) -> Any:
    """All but the next one are of `changed`."""

    def make(number: int, _: datetime, text: str) -> Record:
        owner = {field: changed if number < count else new}
        return {"gid": f"{count}-{number}", "name": text, "text": text, **owner}

    return make


def _task(number: int, changed: datetime, text: str) -> Record:
    modified = iso(changed).replace("Z", ".000Z")
    return {"gid": str(number), "name": text, "modified_at": modified, "_project": str(number % 2)}


class Asana(Known):
    host = "app.asana.com"
    environment: ClassVar = {
        "ASANA_TOKEN": "t0ken",
        "ASANA_WORKSPACE": "77",
        "ASANA_SINCE": iso(ago(60)).replace("Z", ".000Z"),
    }
    kinds: ClassVar = {
        "users": Kind(_named, ("gid", "name"), 12),
        "teams": Kind(_named, ("gid", "name")),
        "tags": Kind(_named, ("gid", "name")),
        "custom_fields": Kind(_named, ("gid", "name")),
        "projects": Kind(_named, ("gid", "name"), 2, None),
        "sections": Kind(_of("_projects_gid", "0", "1", 3), ("gid", "name", "_projects_gid")),
        "tasks": Kind(_task, ("gid", "name"), 15),
        "subtasks": Kind(_of("_tasks_gid", "0", "15", 5), ("gid", "name", "_tasks_gid"), 5, None),
        "stories": Kind(_of("_tasks_gid", "0", "15", 12), ("gid", "text", "_tasks_gid"), 12, None),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = True

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error(401, "Not Authorized")
        if asked.params.get("workspace", "77") != "77":
            return _error(400, "workspace: Unknown object: 1")
        begin, limit = int(asked.params.get("offset", "o0")[1:]), int(asked.params["limit"])
        if begin and self._refuse_once:
            self._refuse_once = False
            return _error(429, "You have made too many requests recently", **SOON)
        if not 1 <= limit <= 100:
            return _error(400, "limit: must be between 1 and 100")
        found = self._found(asked)
        fields = {"gid", *asked.params.get("opt_fields", "").split(",")}
        page = [{key: one[key] for key in one if key in fields} for one in found]
        more = {"offset": f"o{begin + limit}"} if begin + limit < len(found) else None
        return {"data": page[begin : begin + limit], "next_page": more}

    def _found(self, asked: Asked) -> list[Record]:
        match asked.path.removeprefix("/api/1.0/").split("/"):
            case ["workspaces", "77", name] | [("users" | "tags" | "projects") as name]:
                return self.held[name]
            case ["projects", project, "sections"]:
                return [one for one in self.held["sections"] if one["_projects_gid"] == project]
            case ["tasks"]:
                start, project = asked.params["modified_since"], asked.params["project"]
                every = (one for one in self.held["tasks"] if one["modified_at"] >= start)
                return [public(one) for one in every if one["_project"] == project]
            case ["tasks", task, name]:
                return [one for one in self.held[name] if one["_tasks_gid"] == task]
        return []


def _error(status: int, message: str, **headers: str) -> Any:
    return refused(status, {"errors": [{"message": message}]}, **headers)
