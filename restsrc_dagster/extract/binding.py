"""From the records of a parent to the requests of its children.

Each record becomes what its children's requests need of it, and nothing else: values as they are
sent, fields that children include, and where the child's own cursor begins for this parent. A
parent that comes twice in a reading is asked for its children once.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.connector.placeholders import Placeholder
from restsrc_dagster.connector.resources import Resource
from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.field import Field, sorted_bytes_of
from restsrc_dagster.extract.request_values import as_json, as_param, as_segment, as_text
from restsrc_dagster.extract.rewriting import (
    Place,
    name_beside,
    rewritten,
    with_params_of_cursor,
)

CursorValue = Callable[[str, "BoundParent", Place], Any]
"""What a child's cursor sends to a parent, by the name of the value (`start_value`)."""


class BoundParent(dict[str, Any]):
    """One record of a parent, as its children's requests take it.

    `key` tells it from others: a digest of the values that the child binds. `replaced` are the
    values by which the children that it had before are replaced, if they are; `position` is how
    far the children's own cursor is.
    """

    __slots__ = ("key", "position", "replaced")
    key: str
    replaced: tuple[Any, ...]
    position: Any


class Binding:
    """How a child is bound to its parent.

    Args:
        child: the resource.
        included: names under which dlt copies fields into the child's records, and where these are
            in the parent's.
        replaced_by: paths of the fields by which the children of a parent are replaced.
    """

    def __init__(
        self,
        child: Resource,
        included: Mapping[str, Sequence[str]],
        replaced_by: Iterable[str] = (),
    ) -> None:
        self.child = child
        self._parent = str(child.parent)
        self._names: dict[tuple[str, Place], str] = {}
        self._cursor_names: dict[tuple[str, Place], str] = {}
        self._fields = {path: Field(path) for path in child.bound_fields}
        self._included = dict(included)
        self._replaced_by = [path.split(".") for path in replaced_by]
        self.endpoint = self._endpoint(child.endpoint)

    def bound(self, record: Mapping[str, Any], cursor: CursorValue | None) -> BoundParent:
        """A record as the requests take it; raises ReadError where a value cannot be sent."""
        made = BoundParent()
        values = {path: field.get(record) for path, field in self._fields.items()}
        made.position = None
        made.key = _key_of(list(values.values()))
        made.replaced = tuple(_walked(record, names) for names in self._replaced_by)
        for (path, place), name in self._names.items():
            made[name] = self._sent(path, values[path], place)
        for name, names in self._included.items():
            made[name] = _walked(record, names)
        if cursor is not None:
            for (value, place), name in self._cursor_names.items():
                made[name] = cursor(value, made, place)
        return made

    def _endpoint(self, endpoint: Mapping[str, Any]) -> dict[str, Any]:
        made = with_params_of_cursor(endpoint, self.child.incremental or {})
        path, params = str(made["path"]).strip(), made["params"]
        for name, value in params.items():
            if isinstance(value, dict):  # of type resolve
                place = Place.ADDRESS if path.startswith("{" + name) else Place.PATH
                params[name] = {**value, "field": self._name(str(value["field"]), place)}
        return rewritten(made, self._name_of)

    def _name_of(self, expression: str, place: Place) -> str | None:
        placeholder = Placeholder(expression, "")
        if link := placeholder.parent_field:
            name = name_beside(expression, self._name(link[1], place))
            return f"resources.{self._parent}.{name}"
        if value := placeholder.incremental_value:
            known = self._cursor_names
            name = known.setdefault((value, place), f"restsrc_cursor_{len(known)}")
            return f"resources.{self._parent}.{name}"
        return None

    def _name(self, path: str, place: Place) -> str:
        return self._names.setdefault((path, place), f"restsrc_{len(self._names)}")

    def _sent(self, path: str, value: Any, place: Place) -> Any:
        if place is Place.VALUE:
            return as_json(value)
        where = f"{_WHERE[place]} of {self.child.name!r}, by {{resources.{self._parent}.{path}}}"
        if value is None:
            raise ReadError(
                f"a record of {self._parent!r} has no {path}, which is wanted in {where}; leave "
                "such records out with processing_steps"
            )
        if place is Place.PARAM:
            return as_param(value)
        if place in (Place.PART, Place.TEXT):
            return as_text(value)
        if isinstance(value, (dict, list, bool, float)) or value == "":
            kind = "an empty text" if value == "" else f"a {type(value).__name__}"
            raise ReadError(f"{path} of a record of {self._parent!r} is {kind}, in {where}")
        text = as_text(value)
        if {".", ".."} & set(text.split("?")[0].split("/")):
            raise ReadError(f"{quoted(text)} would lead elsewhere in {where}")
        return text if place is Place.ADDRESS else as_segment(text)


_WHERE = {
    Place.PATH: "the path",
    Place.ADDRESS: "the path",
    Place.PARAM: "a param",
    Place.PART: "a param",
    Place.TEXT: "a header or the body",
}


class AskedOnce(ItemTransform[Any, Any]):
    """Before a child's requests: its parents, bound, each once.

    Args:
        binding: of the child.
        asked: keys of the parents that were asked already.
        cursor: gives the start of the child's own cursor; None where it has none.
        tell: called with each parent that is asked.
    """

    placement_affinity = 0

    def __init__(
        self,
        binding: Binding,
        asked: set[str],
        cursor: CursorValue | None,
        tell: Callable[[BoundParent], None],
    ) -> None:
        super().__init__(lambda item: item)
        self._binding = binding
        self._asked = asked
        self._cursor = cursor
        self._tell = tell

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """The parents to be asked; raises ReadError where a value cannot be sent."""
        return list(self._new(item if isinstance(item, list) else [item])) or None

    def _new(self, records: list[Any]) -> Iterator[BoundParent]:
        for record in records:
            parent = self._binding.bound(record, self._cursor)
            if parent.key not in self._asked:
                self._asked.add(parent.key)
                self._tell(parent)
                yield parent


class OfParent(list[Any]):
    """The records of one parent's list that dlt has read in a thread of its own."""

    parent: BoundParent


def of_parents(pages: Any, parents: int, done: Callable[[int], None]) -> Iterator[Any]:
    """dlt's pages of several parents' children, each of which knows its parent.

    dlt's generator (`paginate_dependent_resource`) goes through the parents one after the other;
    `done` gets the number of those that it is through with.
    """
    last: Any = None
    left = parents
    try:
        for page in pages:
            if callable(page):
                yield _in_thread(page)
                continue
            page.parent = pages.gi_frame.f_locals["item"]
            if last is not None and page.parent is not last:
                left -= 1
                done(1)
            last = page.parent
            yield page
    finally:
        pages.close()
        done(left)


def _in_thread(produce: Callable[[], Any]) -> Callable[[], Any]:
    parent = inspect.signature(produce).parameters["item"].default

    def produced() -> OfParent:
        made = OfParent(produce())
        made.parent = parent
        return made

    return produced


def parent_of(item: Any) -> BoundParent | None:
    """Of which parent a page is; None for what has none."""
    parent: BoundParent | None = getattr(item, "parent", None)
    return parent


def _key_of(values: list[Any]) -> str:
    return blake2b(sorted_bytes_of(values), digest_size=8).hexdigest()


def _walked(record: Any, names: Sequence[str]) -> Any:
    for name in names:
        record = record.get(name) if isinstance(record, dict) else None
    return record
