"""A page whose list is not where `data_selector` says.

dlt takes it for an empty page: no rows, success, and a `replace` table is emptied. An empty list
is something else, and so are an empty object and a total of 0.
"""

from typing import Any
from weakref import WeakSet

from dlt.common import jsonpath
from dlt.extract.items_transform import ItemTransform
from dlt.sources.helpers.rest_client.client import PageData

from restsrc_dagster.errors import ReadError

KEYS_SHOWN = 8


class SelectorCheck(ItemTransform[Any, Any]):
    """Fails a resource whose first page has nothing at its selector; a child, for each parent.

    Later pages may leave the list out: that is how some APIs end.
    """

    placement_affinity = 0

    def __init__(self, resource: str, selector: str) -> None:
        super().__init__(lambda item: item)
        self._resource = resource
        self._selector = selector
        self._begun: WeakSet[Any] = WeakSet()

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The page as it came; raises ReadError."""
        if isinstance(item, PageData) and item.paginator not in self._begun:
            self._begun.add(item.paginator)
            if not item:
                self._look_into(item.response.json())
        return item

    def _look_into(self, body: Any) -> None:
        if body in ({}, [], None) or jsonpath.find_values(self._selector, body):
            return
        if isinstance(body, dict) and any(
            key.lower().startswith("total") and value == 0 for key, value in body.items()
        ):
            return
        raise ReadError(
            f"nothing is at data_selector {self._selector!r}: the answer {_shape(body)}. Correct "
            f"the selector, or, if the API leaves an empty list out, name {self._resource!r} in "
            "http.allow_missing_selector"
        )


def _shape(body: Any) -> str:
    """What the answer looks like; no value of it, which may be anybody's data."""
    if not isinstance(body, dict):
        return f"is a {'list' if isinstance(body, list) else type(body).__name__}"
    keys = [str(key) for key in body][:KEYS_SHOWN]
    return f"has the keys {', '.join(keys)}{' …' if len(body) > KEYS_SHOWN else ''}"
