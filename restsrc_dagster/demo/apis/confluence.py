"""Confluence Cloud, REST API v2: `GET /wiki/api/v2/pages` and so on.

`_links.next` is a path, and is missing on the last page; 250 of a page at most. Lists are sorted by
`sort=-modified-date` and take no time to begin from. Without `body-format` a page has no text.
"""

from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.known import Kind, Known, Make
from restsrc_dagster.demo.apis.mock import SOON, ago, basic, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

PATHS = {
    "spaces": "spaces",
    "pages": "pages",
    "blogposts": "blog_posts",
    "footer-comments": "footer_comments",
    "inline-comments": "inline_comments",
    "attachments": "attachments",
    "tasks": "tasks",
}
SORTED = ("pages", "blog_posts", "footer_comments", "inline_comments", "attachments")


def _changed(first: int) -> Make:
    def make(number: int, changed: datetime, text: str) -> Record:
        version = {"number": 1, "createdAt": iso(changed).replace("Z", ".000Z")}
        return {"id": str(first + number), "title": text, "version": version}

    return make


def _named(number: int, _: datetime, text: str) -> Record:
    return {"id": str(number), "title": text}


class Confluence(Known):
    host = "${CONFLUENCE_DOMAIN}"
    environment: ClassVar = {
        "CONFLUENCE_DOMAIN": "acme.atlassian.net",
        "CONFLUENCE_EMAIL": "ada@acme.com",
        "CONFLUENCE_API_TOKEN": "t0ken",
        "CONFLUENCE_SINCE": iso(ago(60)).replace("Z", ".000Z"),
    }
    kinds: ClassVar = {
        "spaces": Kind(_named, ("id", "title"), 25),
        "pages": Kind(_changed(1000), ("id", "title", "body.storage.value"), 130),
        **{name: Kind(_changed(0), ("id", "title")) for name in SORTED[1:]},
        "tasks": Kind(_named, ("id", "title")),
    }

    def __init__(self) -> None:
        super().__init__()
        self._write()
        self._refuse_once = True

    def later(self) -> None:
        super().later()
        self._write()

    def _write(self) -> None:
        for page in self.held["pages"]:
            page["body"] = {"storage": {"value": f"<p>{page['title']}</p>"}}

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != basic("ada@acme.com", "t0ken"):
            return refused(401, {"code": 401, "message": "Unauthorized"})
        name = PATHS.get(asked.path.removeprefix("/wiki/api/v2/"), "")
        if name not in self.held:
            return refused(404, {"errors": [{"status": 404, "title": "Not Found"}]})
        limit, begin = int(asked.params.get("limit", 25)), int(asked.params.get("cursor", 0))
        if limit > 250:
            told = "limit must be less than or equal to 250"
            return refused(400, {"errors": [{"status": 400, "title": told}]})
        if begin and self._refuse_once:
            self._refuse_once = False
            return refused(429, {"message": "Rate limit exceeded"}, **SOON)
        found = self._listed(name, asked)
        answer: Record = {"results": found[begin : begin + limit], "_links": {"base": "there"}}
        if begin + limit < len(found):
            query = asked.query.partition("&cursor=")[0]
            answer["_links"]["next"] = f"{asked.path}?{query}&cursor={begin + limit}"
        return answer

    def _listed(self, name: str, asked: Asked) -> list[Record]:
        found = self.held[name]
        if asked.params.get("sort") == "-modified-date" and name in SORTED:
            found = sorted(found, key=lambda one: str(one["version"]["createdAt"]), reverse=True)
        if asked.params.get("body-format") != "storage":
            found = [{key: one for key, one in page.items() if key != "body"} for page in found]
        return found
