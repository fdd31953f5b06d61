"""Parents, and of each a list that is asked for by a range of time."""

from collections.abc import Mapping
from typing import Any

from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import items
from restsrc_dagster_tests.support.ranges import RangeApi

END = "2024-02-01T00:00:00Z"
PARENTS_PAGED = {"type": "page_number", "base_page": 1, "total_path": None}


class FamilyApi:
    """`/parents` in pages, and `/of/<id>` of each of them.

    Args:
        size: how many parents are on a page.
        of_range: what `RangeApi` takes, for each list.
    """

    def __init__(
        self, api: Api, lists: Mapping[int, list[dict[str, Any]]], *, size: int = 2, **of_range: Any
    ) -> None:
        self.lists: dict[int, RangeApi] = {}
        self._api = api
        self._size = size
        self._of_range = of_range
        api.routes["/parents"] = self._parents
        for parent, records in lists.items():
            self.add(parent, records)

    def add(self, parent: int, records: list[dict[str, Any]]) -> None:
        """A parent that is listed from now on."""
        self.lists[parent] = RangeApi(records, **self._of_range)
        self._api.routes[f"/of/{parent}"] = self.lists[parent]

    def gone(self, parent: int) -> None:
        """It is listed still, and not there any more."""
        del self._api.routes[f"/of/{parent}"]

    def ranges(self, parent: int) -> list[tuple[str, str]]:
        """Those that were asked for of a parent since the last call."""
        ranges = list(self.lists[parent].ranges)
        self.lists[parent].ranges.clear()
        return ranges

    def resources(self, *, keyed: bool = True, **cursor: Any) -> list[dict[str, Any]]:
        """`parents`, and `children` with a cursor."""
        any_list = RangeApi([], **self._of_range)
        children = items(
            "children",
            path="of/{resources.parents.id}",
            incremental={**any_list.incremental(), **cursor},
            paginator=any_list.paginator,
        )
        if keyed:
            children["primary_key"] = "id"
        return [items("parents", paginator=PARENTS_PAGED), children]

    def _parents(self, asked: Asked) -> Any:
        first = (int(asked.params["page"]) - 1) * self._size
        known = sorted(self.lists)
        return {"data": [{"id": parent} for parent in known[first : first + self._size]]}


def reading(size: str, *, shared: bool = False, **window: Any) -> dict[str, Any]:
    """`reading` of a connector file for such a family."""
    said: dict[str, Any] = {"window": {"size": size, "end": END, **window}}
    return {"children": {**said, **({"cursor": "shared"} if shared else {})}}
