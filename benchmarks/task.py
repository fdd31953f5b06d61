"""What a client is asked to do, and the resources that are read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from typing_extensions import Self

from benchmarks.data import Sums

BY_LINK = {"type": "json_link", "next_url_path": "next"}
BY_PAGE = {"type": "page_number"}
BY_OFFSET = {"type": "offset", "limit": 10}


@dataclass(frozen=True, kw_only=True)
class Task:
    """The same for each system.

    Args:
        mode: `read` the records, `extract` them into dlt's files, or `load` them into DuckDB.
        url: of the API.
        steps: the resources of one run after the other; the last one is measured.
        http: that of the connector, and `reading` likewise.
        expected: what the last resource must have brought in the end; of what is only read, all.
        waves: the same requests as paths, in groups that need not wait for each other.
        postgres: the URL of a database to load into instead of DuckDB.
    """

    mode: str
    url: str
    steps: Sequence[Sequence[dict[str, Any]]]
    expected: Sums
    http: Mapping[str, Any] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)
    waves: Sequence[Sequence[str]] = ()
    postgres: str = ""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        told = json.loads(text)
        return cls(**{**told, "expected": Sums(**told["expected"])})

    def configuration(self, step: int) -> dict[str, Any]:
        """dlt's, for `rest_api_source`."""
        resources = json.loads(json.dumps(self.steps[step]))
        return {"client": {"base_url": self.url}, "resources": resources}

    @property
    def table(self) -> str:
        name: str = self.steps[-1][-1]["name"]
        return name


def resource(
    name: str, path: str, paginator: Any = "single_page", *, params: Any = None, **more: Any
) -> dict[str, Any]:
    """A resource of dlt's configuration whose records are at `data`."""
    endpoint = {"path": path, "data_selector": "data", "paginator": paginator}
    return {"name": name, "endpoint": {**endpoint, "params": params or {}}, **more}


def rows(count: int, kind: str = "flat", *, delay: int = 0, **more: Any) -> dict[str, Any]:
    """The table `items` of so many records, 1000 a page, each page after `delay` milliseconds."""
    params = {"rows": count, **({"delay": delay} if delay else {})}
    hints = {"write_disposition": "append", **more}
    return resource("items", kind, BY_LINK, params=params, **hints)
