"""From the records of a parent to the requests of its children.

Each record becomes what its children's requests need of it, and nothing else: values as they are
sent, fields that children include, and where the child's own cursor begins for this parent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.syntax.placeholders import Placeholder
from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.dlt_compat.rest_api import make_parent_key_name
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.http.request_values import as_json, as_param, as_segment, as_text
from restsrc_dagster.extract.paging.list_reader import FirstRequest, Page
from restsrc_dagster.extract.parents.rewriting import (
    PlaceholderPlace,
    name_beside,
    rewritten,
    with_params_of_cursor,
)
from restsrc_dagster.extract.records.field import FieldReader, sorted_bytes_of, walked

CursorValue = Callable[[str, "BoundParent", PlaceholderPlace], Any]
"""What a child's cursor sends to a parent, by the name of the value (`start_value`)."""

Key = tuple[Any, ...]
"""The values by which the children of one parent are replaced."""


class BoundParent(dict[str, Any]):
    """One record of a parent, as its children's requests take it.

    `key` tells it from others: a digest of the values that the child binds. `replaced` are the
    values by which the children that it had before are replaced, if they are; `position` is how
    far the children's own cursor is; `page` the number of the page of the topmost list that it
    comes from; `has_children` whether rows of them are left; `first` what the first request of its
    children is made of, once that is known.
    """

    __slots__ = ("first", "has_children", "key", "page", "position", "replaced")
    first: FirstRequest | None
    key: str
    replaced: Key
    position: Any
    page: int
    has_children: bool


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
        self._names: dict[tuple[str, PlaceholderPlace], str] = {}
        self._cursor_names: dict[tuple[str, PlaceholderPlace], str] = {}
        self._fields = {path: FieldReader(path) for path in child.bound_fields}
        self._included = dict(included)
        self._replaced_by = [path.split(".") for path in replaced_by]
        self.endpoint = self._endpoint(child.endpoint)

    def bound(self, record: Mapping[str, Any], cursor: CursorValue | None) -> BoundParent:
        """A record as the requests take it; raises ReadError where a value cannot be sent."""
        made = BoundParent()
        values = {path: self._one(path, field, record) for path, field in self._fields.items()}
        made.position, made.page, made.has_children, made.first = None, 0, False, None
        made.key = _key_of(list(values.values()))
        made.replaced = tuple(walked(record, names) for names in self._replaced_by)
        for (path, place), name in self._names.items():
            made[name] = self._sent(path, values[path], place)
        for name, names in self._included.items():
            made[name] = walked(record, names)
        if cursor is not None:
            for (value, place), name in self._cursor_names.items():
                made[name] = cursor(value, made, place)
        return made

    def copy_into(self, page: Page, parent: BoundParent) -> None:
        """Copy what `include_from_parent` names into the records of a page.

        A record that is a text or a number becomes an object with the field `value`, as its table
        has it.

        Raises:
            ReadError: a record is a list, or has a field of such a name, whose value would be lost.
        """
        if not self._included:
            return
        for position, record in enumerate(page):
            if not isinstance(record, dict) and record is not None:
                page[position] = self._as_object(record)
        records = [record for record in page if record is not None]
        for field in self._included:
            name, value = make_parent_key_name(self._parent, field), parent[field]
            for record in records:
                if record.get(name, value) != value:
                    raise ReadError(
                        f"records have a field {name} of their own, which include_from_parent "
                        f"would overwrite: copy another field than {field}, or give "
                        f"{self._parent!r} another name"
                    )
                record[name] = value

    def _as_object(self, record: Any) -> dict[str, Any]:
        if isinstance(record, list):
            raise ReadError(
                "records are lists, into which include_from_parent cannot copy a field: read the "
                'answer as one record, by data_selector "$", and make records of its list by a '
                'processing step, such as {"yield_map": "rows[*].{day: [0], value: [1]}"}'
            )
        return {"value": record}

    def _endpoint(self, endpoint: Mapping[str, Any]) -> dict[str, Any]:
        made = with_params_of_cursor(endpoint, self.child.incremental or {})
        path, params = str(made["path"]).strip(), made["params"]
        for name, value in params.items():
            if isinstance(value, dict):  # of type resolve
                place = (
                    PlaceholderPlace.ADDRESS
                    if path.startswith("{" + name)
                    else PlaceholderPlace.PATH
                )
                params[name] = {**value, "field": self._name(str(value["field"]), place)}
        return rewritten(made, self._name_of)

    def _one(self, path: str, field: FieldReader, record: Any) -> Any:
        values = field.all(record)
        if len(values) > 1:
            raise ReadError(
                f"{{resources.{self._parent}.{path}}} matches {len(values)} values of a record, "
                "and a request takes one. For a request each, make a record of each in "
                f'{self._parent!r}, by {{"yield_map": …}}; for all in one param, join them there, '
                'by {"map": "merge(@, {all: join(\',\', …)})"}'
            )
        return values[0] if values else None

    def _name_of(self, expression: str, place: PlaceholderPlace) -> str | None:
        placeholder = Placeholder(expression, "")
        if link := placeholder.parent_field:
            name = name_beside(expression, self._name(link[1], place))
            return f"resources.{self._parent}.{name}"
        if value := placeholder.incremental_value:
            known = self._cursor_names
            name = known.setdefault((value, place), f"restsrc_cursor_{len(known)}")
            return f"resources.{self._parent}.{name}"
        return None

    def _name(self, path: str, place: PlaceholderPlace) -> str:
        return self._names.setdefault((path, place), f"restsrc_{len(self._names)}")

    def _sent(self, path: str, value: Any, place: PlaceholderPlace) -> Any:
        where = f"{_WHERE[place]} of {self.child.name!r}, by {{resources.{self._parent}.{path}}}"
        if value is None:
            raise ReadError(
                f"a record of {self._parent!r} has no {path}, which is wanted in {where}; leave "
                "such records out with processing_steps"
            )
        if place is PlaceholderPlace.VALUE:
            return as_json(value)
        if place is PlaceholderPlace.PARAM:
            return as_param(value)
        if place in (PlaceholderPlace.PART, PlaceholderPlace.TEXT):
            return as_text(value)
        if isinstance(value, (dict, list, bool, float)) or value == "":
            kind = "an empty text" if value == "" else f"a {type(value).__name__}"
            raise ReadError(f"{path} of a record of {self._parent!r} is {kind}, in {where}")
        text = as_text(value)
        if {".", ".."} & set(text.split("?")[0].split("/")):
            raise ReadError(f"{quoted(text)} would lead elsewhere in {where}")
        return text if place is PlaceholderPlace.ADDRESS else as_segment(text)


_WHERE = {
    PlaceholderPlace.PATH: "the path",
    PlaceholderPlace.ADDRESS: "the path",
    PlaceholderPlace.PARAM: "a param",
    PlaceholderPlace.PART: "a param",
    PlaceholderPlace.TEXT: "a header or the body",
    PlaceholderPlace.VALUE: "the body",
}


def parent_of(item: Any) -> BoundParent | None:
    """Of which parent a page is; None for what has none."""
    parent: BoundParent | None = getattr(item, "parent", None)
    return parent


def _key_of(values: list[Any]) -> str:
    """Of what is sent: an API that says `1` here and `"1"` there means the same parent."""
    sent = [as_text(value) if type(value) in (int, str) else value for value in values]
    return blake2b(sorted_bytes_of(sent), digest_size=8).hexdigest()
