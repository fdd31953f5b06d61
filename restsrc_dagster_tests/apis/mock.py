"""What the mocks of APIs without a recipe have in common: each has its connector file."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from restsrc_dagster.demo.apis import mock

FILES = Path(__file__).parent
Content = mock.Content
Change = Callable[[Content], object]


class Mock(mock.Mock):
    """An API as its documentation describes it, with its records.

    Attributes:
        requests: how many the first run takes at most, and the second one.
        refusals: changes of the file that the API refuses, and what the run then says.
    """

    requests: ClassVar[tuple[int, int]]
    refusals: ClassVar[Mapping[str, tuple[Change, str]]] = {}

    @classmethod
    def content(cls, url: str) -> Content:
        """The connector file that a user writes, with the mock at `url`."""
        name = cls.__module__.rpartition(".")[2]
        text = (FILES / f"{name}.json").read_text(encoding="utf-8")
        content: Content = json.loads(cls.moved(text, url))
        return content


def endpoint(content: Content, resource: int = 0) -> Content:
    """The endpoint of a resource of a file."""
    found: Content = content["configuration"]["resources"][resource]["endpoint"]
    return found
