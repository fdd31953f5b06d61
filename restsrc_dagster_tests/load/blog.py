"""An API of posts that change and of comments below them, and the resources that read it."""

from typing import Any

from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items

POSTS = items("posts", incremental={"cursor_path": "at", "start_param": "since"})
COMMENTS = items("comments", path="posts/{resources.posts.id}/comments")


class Blog:
    """Posts since a time, whole numbers, and for each post all of its comments."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._posts: dict[int, dict[str, Any]] = {}
        api.routes["/posts"] = self._since

    @property
    def url(self) -> str:
        return self._api.url

    def post(self, number: int, *, at: int, comments: str = "", **fields: Any) -> None:
        """Write a post or change it; each letter of `comments` is one."""
        self._posts[number] = {"id": number, "at": at, **fields}
        answer = {"data": [{"text": text} for text in comments]}
        self._api.routes[f"/posts/{number}/comments"] = lambda _: answer

    def delete(self, number: int) -> None:
        del self._posts[number]

    def asked(self) -> list[str]:
        """What was asked since the last time: the path, with `?since=` where it was sent."""
        asked = [
            f"{one.path}?since={one.params['since']}" if "since" in one.params else one.path
            for one in self._api.asked
        ]
        self._api.asked.clear()
        return asked

    def _since(self, asked: Asked) -> Any:
        since = int(asked.params.get("since", 0))
        return {"data": [post for post in self._posts.values() if post["at"] >= since]}
