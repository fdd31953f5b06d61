"""GitHub, `GET /repos/{owner}/{repo}/issues`, and the comments of each.

The `Link` header names the next page, by the repository's id; `since` filters by `updated_at`; 100
of a page at most (more are taken as 100). The secondary rate limit is 403 with `retry-after`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster_tests.apis.mock import (
    SOON,
    Mock,
    Record,
    Rows,
    bearer,
    day,
    endpoint,
    here,
    iso,
    refused,
    rows,
)
from restsrc_dagster_tests.support.api import Answer, Asked


def _issue(number: int, changed: int, title: str) -> Record:
    return {
        "id": 1000 + number,
        "number": number,
        "title": title,
        "updated_at": iso(day(changed)),
        "user": {"login": "ada"},
    }


class GitHub(Mock):
    host = "api.github.com"
    environment: ClassVar = {"GITHUB_TOKEN": "t0ken", "GITHUB_REPO": "acme/shop"}
    requests = (10, 5)
    refusals: ClassVar = {
        "a day as since": (
            lambda content: endpoint(content)["incremental"].update(convert="%d.%m.%Y"),
            "Validation Failed",
        ),
    }

    def __init__(self) -> None:
        self._issues = [_issue(number, number, "open") for number in range(1, 6)]
        self._comments = {number: [f"first of {number}"] for number in range(1, 6)}
        self._comments[2] += ["second of 2", "third of 2"]
        self._refuse_once = True

    def later(self) -> None:
        self._comments[3].append("late")
        self._issues[2] = _issue(3, 8, "changed")
        self._issues.append(_issue(6, 7, "new"))
        self._comments[6] = ["first of 6"]

    def tables(self) -> Mapping[str, Rows]:
        comments = [(number, text) for number, texts in self._comments.items() for text in texts]
        return {
            "issues: number, title": rows(self._issues, "number", "title"),
            "comments: _issues_number, body": sorted(comments),
        }

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return refused(401, {"message": "Bad credentials"})
        if self._refuse_once and len(asked.params) > 3:
            self._refuse_once = False
            told = "You have exceeded a secondary rate limit. Please wait a few minutes"
            return refused(403, {"message": told}, **SOON)
        _, _, below = asked.path.partition("/issues")
        if below:
            number = int(below.split("/")[1])
            found = [
                {"id": 100 * number + place, "body": text}
                for place, text in enumerate(self._comments[number])
            ]
        else:
            since = asked.params.get("since", "1970-01-01T00:00:00Z")
            if "T" not in since:
                return refused(422, {"message": "Validation Failed"})
            found = sorted(
                (one for one in self._issues if one["updated_at"] >= since),
                key=lambda one: str(one["updated_at"]),
            )
        size = min(int(asked.params.get("per_page", 30)), 100)
        page = int(asked.params.get("page", 1))
        last = max(-(-len(found) // size), 1)
        links = [
            f'<{_page(asked, to)}>; rel="{relation}"'
            for relation, to in (("next", page + 1), ("last", last))
            if page < last
        ]
        headers = {"Link": ", ".join(links)} if links else {}
        return Answer(found[(page - 1) * size : page * size], headers=headers)


def _page(asked: Asked, number: int) -> str:
    _, _, below = asked.path.partition("/issues")
    params = dict(asked.params) | {"page": number}
    return here(asked, f"/repositories/1300192/issues{below}", **params)
