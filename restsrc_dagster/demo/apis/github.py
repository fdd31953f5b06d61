"""GitHub: the lists of two repositories, `GET /repos/{owner}/{repo}/issues` and so on.

The `Link` header names the next page, by the repository's id; `since` filters issues and comments
by `updated_at` and commits by their date, pull requests take none; 100 of a page at most (more are
taken as 100). Pages have numbers: what changes while a list is read moves all that lies between.
Of workflow runs that `created` filters, 1,000 are given. The secondary rate limit
is 403 with `retry-after`, the primary one 403 with `x-ratelimit-reset`.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known, at, public, since
from restsrc_dagster.demo.apis.mock import SOON, ago, bearer, here, iso, refused
from restsrc_dagster.demo.apis.server import Answer, Asked
from restsrc_dagster.json_types import Record

REPOS = ("shop", "site")
ID = "_repos_value"
"""The repository of a record, which is in no answer."""
SINCE = {"issues": "updated_at", "issues/comments": "updated_at", "pulls/comments": "updated_at"}
SINCE["commits"] = "commit.committer.date"


def _repo(number: int) -> str:
    return REPOS[number % 2]


def _issue(number: int, changed: datetime, text: str) -> Record:
    pull = {"pull_request": {"url": "there"}} if number % 3 == 0 else {}
    person = {"user": {"login": "ada"}, "updated_at": iso(changed), ID: _repo(number)}
    return {"id": 1000 + number, "number": number + 1, "title": text, **person, **pull}


def _text(first: int) -> Any:
    def make(number: int, changed: datetime, text: str) -> Record:
        changes = {"updated_at": iso(changed), ID: _repo(number)}
        return {"id": first + number, "body": text, **changes}

    return make


def _review(number: int, _: datetime, text: str) -> Record:
    return {
        "id": 7000 + number,
        "state": text,
        ID: _repo(number),
        "_pull_requests_number": number + 1,
    }


def _commit(number: int, made: datetime, text: str) -> Record:
    commit = {"message": text, "committer": {"date": iso(made)}}
    return {"sha": f"{number:040x}", "commit": commit, ID: _repo(number)}


def _named(first: int) -> Any:
    return lambda number, _, text: {"id": first + number, "name": text, ID: _repo(number)}


def _milestone(number: int, _: datetime, text: str) -> Record:
    return {"id": 6000 + number, "title": text, ID: _repo(number)}


def _run(number: int, created: datetime, text: str) -> Record:
    return {"id": 8000 + number, "status": text, "created_at": iso(created), ID: _repo(number)}


class GitHub(Known):
    host = "api.github.com"
    environment: ClassVar = {
        "GITHUB_TOKEN": "t0ken",
        "GITHUB_OWNER": "acme",
        "GITHUB_REPOS": "shop,site",
        "GITHUB_SINCE": iso(ago(50)),
    }
    kinds: ClassVar = {
        "repositories": Kind(_named(100), ("id", "name"), 2, None),
        "issues": Kind(_issue, ("number", "title", ID), 230),
        "issue_comments": Kind(_text(3000), ("id", "body", ID), 110),
        "pull_requests": Kind(_issue, ("number", "title", ID), 9),
        "reviews": Kind(_review, ("id", "state", "_pull_requests_number"), 9),
        "review_comments": Kind(_text(4000), ("id", "body", ID)),
        "commits": Kind(_commit, ("sha", "commit.message", ID), 5, None),
        "releases": Kind(_named(5000), ("id", "name", ID)),
        "milestones": Kind(_milestone, ("id", "title", ID)),
        "workflow_runs": Kind(_run, ("id", "status", ID), 130, "newest"),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = self._touch_once = True

    def later(self) -> None:
        """A repository stays what it is; who reviews a pull request changes it."""
        repositories = self.held["repositories"]
        super().later()
        self.held["repositories"] = repositories

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return refused(401, {"message": "Bad credentials"})
        if self._refuse_once and "page" in asked.params:
            self._refuse_once = False
            told = "You have exceeded a secondary rate limit. Please wait a few minutes"
            return refused(403, {"message": told}, **SOON)
        repo, path = self._place(asked)
        if repo not in REPOS:
            return refused(404, {"message": "Not Found"})
        if not path:
            return self.held["repositories"][REPOS.index(repo)]
        if path == "issues" and "page" in asked.params and self._touch_once:
            self._touch(repo, asked)
        start = asked.params.get("since")
        if start and "T" not in start:
            return refused(422, {"message": "Validation Failed"})
        return self._page(asked, self._found(path, repo, asked))

    def _touch(self, repo: str, asked: Asked) -> None:
        """Somebody votes on an issue that is on the first page, before the second is asked for."""
        self._touch_once = False
        issues = self.held["issues"]
        place = issues.index(self._found("issues", repo, asked)[0])
        issues.append({**issues.pop(place), "updated_at": iso(ago(0))})

    def _place(self, asked: Asked) -> tuple[str, str]:
        """The repository, by name or by id, and what lies below it."""
        parts = asked.path.strip("/").split("/")
        if parts[0] == "repositories":
            return REPOS[int(parts[1]) - 100], "/".join(parts[2:])
        return (parts[2] if parts[:2] == ["repos", "acme"] else ""), "/".join(parts[3:])

    def _found(self, path: str, repo: str, asked: Asked) -> list[Record]:
        names = {"issues/comments": "issue_comments", "pulls/comments": "review_comments"}
        names |= {"pulls": "pull_requests", "actions/runs": "workflow_runs"}
        pull = path.split("/")[1] if path.endswith("/reviews") else None
        name = "reviews" if pull else names.get(path, path)
        found = [one for one in self.held[name] if one[ID] == repo]
        if pull:
            return [one for one in found if one["_pull_requests_number"] == int(pull)]
        if field := SINCE.get(path):
            found = since(found, field, asked.params.get("since"))
        if created := asked.params.get("created"):
            start, end = (parse_time(one) for one in created.split(".."))
            found = since(found, "created_at", iso(start), iso(end + timedelta(seconds=1)))
        if asked.params.get("direction", "desc") == "desc" and "updated_at" in (found or [{}])[0]:
            found = sorted(found, key=lambda one: str(at(one, "updated_at")), reverse=True)
        return found

    def _page(self, asked: Asked, found: list[Record]) -> Answer:
        size = min(int(asked.params.get("per_page", 30)), 100)
        page = int(asked.params.get("page", 1))
        last = max(-(-len(found) // size), 1)
        links = [
            f'<{self._there(asked, to)}>; rel="{relation}"'
            for relation, to in (("next", page + 1), ("last", last))
            if page < last
        ]
        shown = [public(one) for one in found[(page - 1) * size : page * size]]
        runs = asked.path.endswith("actions/runs")
        body = {"total_count": len(found), "workflow_runs": shown} if runs else shown
        return Answer(body, headers={"Link": ", ".join(links)} if links else {})

    def _there(self, asked: Asked, number: int) -> str:
        repo, path = self._place(asked)
        params = dict(asked.params) | {"page": number}
        return here(asked, f"/repositories/{100 + REPOS.index(repo)}/{path}", **params)
