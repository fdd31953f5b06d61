"""What the mocks of recipes have in common, when a recipe is tried against them."""

import json
from collections.abc import Mapping
from typing import ClassVar

from restsrc_dagster.demo.apis.known import Known
from restsrc_dagster_tests.apis.mock import Content, Mock

CREATED_AT = "2026-11-23T10:03:00Z"


class Tried(Mock, Known):
    """A recipe's mock.

    Attributes:
        smaller: texts of the recipe, and what a test writes instead: pages of 1,000 are long.
    """

    smaller: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def content(cls, url: str) -> Content:
        """What `restsrc add --recipe` writes. It does not wait for its turn: a mock has time."""
        text = json.dumps(cls.connector(url))
        for large, small in cls.smaller.items():
            assert large in text
            text = text.replace(large, small)
        content: Content = json.loads(text)
        content.get("http", {}).pop("requests_per_second", None)
        return {**content, "created_at": CREATED_AT, "schedule": {"mode": "hours"}}
