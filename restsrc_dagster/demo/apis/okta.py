"""Okta: users by search, groups by filter, apps and who they are assigned to, the System Log.

The `Link` header names the next page; 200 users of a page at most. Dates of a search stand in
quotes. The log is polled if it is asked without `until`: then there always is a next page. 429 has
`X-Rate-Limit-Reset`.
"""

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.known import Kind, Known, Make, linked, public, since
from restsrc_dagster.demo.apis.mock import Rows, ago, refused
from restsrc_dagster.demo.apis.server import Answer, Asked
from restsrc_dagster.json_types import Record

SEARCH = re.compile(r'(\w+) gt "([^"]*)"')


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"


def _user(number: int, changed: datetime, text: str) -> Record:
    return {"id": f"u{number}", "status": text, "lastUpdated": _told(changed)}


def _group(number: int, changed: datetime, text: str) -> Record:
    return {"id": f"g{number}", "type": text, "lastMembershipUpdated": _told(changed)}


def _named(prefix: str) -> Make:
    return lambda number, _, text: {"id": f"{prefix}{number}", "label": text}


def _assigned(number: int, _: datetime, text: str) -> Record:
    return {"id": f"u{number}", "scope": text, "_apps_id": f"a{number % 2}"}


def _event(number: int, at: datetime, text: str) -> Record:
    return {"uuid": f"{number}", "eventType": text, "published": _told(at)}


class Okta(Known):
    host = "${OKTA_DOMAIN}"
    environment: ClassVar = {
        "OKTA_DOMAIN": "acme.okta.com",
        "OKTA_API_TOKEN": "t0ken",
        "OKTA_SINCE": _told(ago(60)),
        "OKTA_LOG_SINCE": _told(ago(20)),
    }
    kinds: ClassVar = {
        "users": Kind(_user, ("id", "status"), 25),
        "groups": Kind(_group, ("id", "type")),
        "apps": Kind(_named("a"), ("id", "label"), 2, None),
        "app_users": Kind(_assigned, ("id", "scope", "_apps_id")),
        "app_groups": Kind(_assigned, ("id", "scope", "_apps_id")),
        "logs": Kind(_event, ("uuid", "eventType"), 45, None),
    }

    def __init__(self) -> None:
        super().__init__()
        self._members = {"g0": ["u0", "u1"], "g1": ["u2"], "g2": []}
        self._refuse_once = True

    def later(self) -> None:
        """One leaves the group that changes, and another one comes."""
        super().later()
        self._members |= {"g0": ["u1", "u3"], "g3": ["u4"]}

    def tables(self) -> Mapping[str, Rows]:
        members = sorted((group, user) for group, users in self._members.items() for user in users)
        return {**super().tables(), "group_members: _changed_groups_id, id": members}

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != "SSWS t0ken":
            return _error(401, "E0000011", "Invalid token provided")
        if "after" in asked.params and self._refuse_once:
            self._refuse_once = False
            soon = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": str(int(time.time()) + 1)}
            return _error(429, "E0000047", "API call exceeded rate limit", **soon)
        found: list[Record] | None = None
        match asked.path.removeprefix("/api/v1/").split("/"):
            case ["groups", group, "users"]:
                found = [{"id": user, "status": "ACTIVE"} for user in self._members[group]]
            case ["apps", app, name]:
                every = self.held[f"app_{name}"]
                found = [public(one) for one in every if one["_apps_id"] == app]
            case ["logs"]:
                return self._log(asked)
            case [name]:
                found = self._searched(name, asked)
        if found is None:
            return _error(400, "E0000031", "Invalid search criteria.")
        return linked(asked, found, int(asked.params.get("limit", 200)), "after")

    def _searched(self, name: str, asked: Asked) -> list[Record] | None:
        criteria = asked.params.get("search") or asked.params.get("filter")
        if not criteria:
            return self.held[name]
        condition = SEARCH.fullmatch(criteria)
        if not condition:
            return None
        return [one for one in self.held[name] if one[condition[1]] > condition[2]]

    def _log(self, asked: Asked) -> Answer:
        params = asked.params
        found = since(self.held["logs"], "published", params.get("since"), params.get("until"))
        return linked(asked, found, int(params.get("limit", 100)), "after")


def _error(status: int, code: str, summary: str, **headers: str) -> Any:
    return refused(status, {"errorCode": code, "errorSummary": summary}, **headers)
