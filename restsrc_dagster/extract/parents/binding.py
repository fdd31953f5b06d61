"""From the records of a parent to the requests of its children.

Each record becomes what its children's requests need of it, and nothing else: values as they are
sent, fields that children include, and where the child's own cursor begins for this parent.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import product
from typing import Any

from restsrc_dagster.connector.resources.resource import Link, Resource
from restsrc_dagster.connector.syntax.placeholders import Placeholder
from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.http.request_values import (
    ABSENT,
    as_json,
    as_param,
    as_segment,
    as_text,
    without_absent,
)
from restsrc_dagster.extract.paging.list_reader import FirstRequest, Page
from restsrc_dagster.extract.parents.bonds import NOTHING, Bonds, Known
from restsrc_dagster.extract.parents.rewriting import (
    PlaceholderPlace,
    name_beside,
    rewritten,
    with_params_of_cursor,
)
from restsrc_dagster.extract.records.field import FieldReader, sorted_bytes_of
from restsrc_dagster.json_types import Json

CursorValue = Callable[[str, "BoundParent", PlaceholderPlace], Any]
"""What a child's cursor sends to a parent, by the name of the value (`start_value`)."""

Key = tuple[Any, ...]
"""The values by which the children of one parent are replaced."""


class BoundParent(dict[str, Any]):
    """One record of a parent, as its children's requests take it; with lists of values, one for
    each of their combinations.

    `key` tells it from others: a digest of the values that the child binds. `replaced` are the
    values by which the children that it had before are replaced, if they are; `position` is how
    far the children's own cursor is; `page` the number of the page of the topmost list that it
    comes from; `has_children` whether rows of them are left; `first` what the first request of its
    children is made of, once that is known; `passed` what is below the children takes of it, and
    of what is above it; `windows` those in which its children are read; `version` a digest of the
    record and of those above it, if it is to be known; `is_ahead` whether its requests may be sent
    before their turn.
    """

    __slots__ = (
        "first",
        "has_children",
        "is_ahead",
        "key",
        "page",
        "passed",
        "position",
        "replaced",
        "version",
        "windows",
    )
    first: FirstRequest | None
    key: str
    replaced: Key
    position: Any
    page: int
    has_children: bool
    windows: Any
    version: str
    passed: dict[Link, Any]
    is_ahead: bool

    def afresh(self) -> "BoundParent":
        """Itself as it was bound, for another reading."""
        self.position, self.windows, self.first = None, None, None
        self.page, self.has_children, self.is_ahead = 0, False, False
        return self


class Binding:
    """How a child is bound to its parent.

    Args:
        child: the resource.
        bonds: what else it takes.
        lists: gives the values of a list, by its name; raises MissingVariable.

    Attributes:
        knows_versions: whether parents get a `version`.
    """

    def __init__(
        self, child: Resource, bonds: Bonds, lists: Callable[[str], Sequence[Any]]
    ) -> None:
        self.child = child
        self.knows_versions = False
        self._parent = str(child.parent)
        self._bonds = bonds
        self._lists = lists
        self._names: dict[tuple[Link, PlaceholderPlace], str] = {}
        self._cursor_names: dict[tuple[str, PlaceholderPlace], str] = {}
        self._fields = {link: FieldReader(link[1]) for link in child.links}
        self._passed = {link: FieldReader(link[1]) for link in bonds.passed_on}
        self._replaced_by = [(source, path.split(".")) for source, path in bonds.replaced_by]
        self.endpoint = self._endpoint(child.endpoint)

    def bound(
        self, record: Json, cursor: CursorValue | None, above: BoundParent | None = None
    ) -> Iterator[BoundParent]:
        """A record as the requests take it, with each combination of the lists beside it.

        Args:
            record: of the parent.
            cursor: gives the start of the child's own cursor; None where it has none.
            above: what the parent's record was asked by; None where the parent has no parent.

        Raises:
            ReadError: a value cannot be sent.
            MissingVariable: a list has no values.
        """
        names, passed = self.child.lists, above.passed if above else NOTHING
        version = ""
        if self.knows_versions:
            version = _key_of([record, above.version if above else ""])
        if not names:
            yield self._one_bound(Known({self._parent: record}, passed), cursor, version)
            return
        for values in product(*map(self._lists, names)):
            records = {**dict(zip(names, values, strict=True)), self._parent: record}
            yield self._one_bound(Known(records, passed), cursor, version)

    def _one_bound(self, known: Known, cursor: CursorValue | None, version: str) -> BoundParent:
        made = BoundParent().afresh()
        made.version = version
        values = {link: self._one(link, field, known) for link, field in self._fields.items()}
        made.key = _key_of(list(values.values()))
        made.replaced = tuple(known.walked(*where) for where in self._replaced_by)
        made.passed = {link: self._one(link, field, known) for link, field in self._passed.items()}
        for (link, place), name in self._names.items():
            made[name] = self._sent(link, values[link], place)
        for one in self._bonds.copied:
            made[one.column] = known.walked(one.source, one.names)
        if cursor is not None:
            made |= self.of_cursor(made, cursor)
        return made

    def of_cursor(self, parent: BoundParent, cursor: CursorValue) -> dict[str, Any]:
        """What the requests for a parent take of the child's own cursor, beside `bound`."""
        names = self._cursor_names.items()
        return {name: cursor(value, parent, place) for (value, place), name in names}

    def without_nulls(self, first: FirstRequest) -> FirstRequest:
        """A first request without what is not sent as it is null; raises ReadError."""
        if not self._bonds.omits_nulls:
            return first
        if isinstance(first.data, str) and ABSENT in first.data:
            raise ReadError(
                f"the data of {self.child.name!r} is a text, and takes a field that is null: it "
                "cannot be left out of it. Write data as an object"
            )
        parts = {key: without_absent(value) for key, value in vars(first).items()}
        return FirstRequest(**parts)

    @property
    def of_list(self) -> bool:
        """Whether the parent is a list of values."""
        return self._bonds.of_list

    def digest_of_passed(self, parent: BoundParent) -> str:
        """Of what is passed on: two records by which the child is asked once must agree in it."""
        return _key_of(list(parent.passed.values())) if parent.passed else ""

    def told_of_two(self) -> str:
        """What is said where they do not."""
        asked = ", ".join(map(_written, self.child.links))
        below = [link for link in self._bonds.passed_on if link not in self.child.links]
        return (
            f"{self.child.name!r} is asked once for two records, by {asked}, and what is below it "
            f"takes {', '.join(map(_written, below))}, in which they differ: take that in the "
            f"requests of {self.child.name!r}, too, or a field below it that tells them apart"
        )

    def copy_into(self, page: Page, parent: BoundParent) -> None:
        """Copy what `include_from_parent` names into the records of a page.

        A record that is a text or a number becomes an object with the field `value`, as its table
        has it.

        Raises:
            ReadError: a record is a list, or has a field of such a name, whose value would be lost.
        """
        if not self._bonds.copied:
            return
        for position, record in enumerate(page):
            if not isinstance(record, dict) and record is not None:
                page[position] = self._as_object(record)
        records = [record for record in page if record is not None]
        for one in self._bonds.copied:
            name, value = one.column, parent[one.column]
            for record in records:
                if record.get(name, value) != value:
                    raise ReadError(
                        f"records have a field {name} of their own, which include_from_parent "
                        f"would overwrite: copy another field than {one.names[0]}, or give "
                        f"{one.source!r} another name"
                    )
                record[name] = value

    def _as_object(self, record: Json) -> dict[str, Any]:
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
                link = str(value["resource"]), str(value["field"])
                params[name] = {
                    **value,
                    "resource": self._parent,
                    "field": self._name(link, place),
                }
        return rewritten(made, self._name_of)

    def _one(self, link: Link, field: FieldReader, known: Known) -> Any:
        values = known.all(link, field)
        if len(values) > 1:
            raise ReadError(
                f"{_written(link)} matches {len(values)} values of a record, "
                "and a request takes one. For a request each, make a record of each in "
                f'{link[0]!r}, by {{"yield_map": …}}; for all in one param, join them there, '
                'by {"map": "merge(@, {all: join(\',\', …)})"}'
            )
        return values[0] if values else None

    def _name_of(self, expression: str, place: PlaceholderPlace) -> str | None:
        placeholder = Placeholder(expression, "")
        if link := placeholder.parent_field:
            name = name_beside(expression, self._name(link, place))
            return f"resources.{self._parent}.{name}"
        if value := placeholder.incremental_value:
            known = self._cursor_names
            name = known.setdefault((value, place), f"restsrc_cursor_{len(known)}")
            return f"resources.{self._parent}.{name}"
        return None

    def _name(self, link: Link, place: PlaceholderPlace) -> str:
        return self._names.setdefault((link, place), f"restsrc_{len(self._names)}")

    def _sent(self, link: Link, value: Any, place: PlaceholderPlace) -> Any:
        source, path = link
        where = f"{_WHERE[place]} of {self.child.name!r}, by {_written(link)}"
        if value is None:
            in_path = place in (PlaceholderPlace.PATH, PlaceholderPlace.ADDRESS)
            if self._bonds.omits_nulls and not in_path:
                return ABSENT
            omit = f'"reading": {{"{self.child.name}": {{"nulls": "omit"}}}}'
            cure = "" if in_path else f", or leave it out of the request, by {omit}"
            raise ReadError(
                f"a record of {source!r} has no {path}, which is wanted in {where}; leave "
                f"such records out with processing_steps{cure}"
            )
        if place is PlaceholderPlace.VALUE:
            return as_json(value)
        if place is PlaceholderPlace.PARAM:
            return as_param(value)
        if place in (PlaceholderPlace.PART, PlaceholderPlace.TEXT):
            return as_text(value)
        if isinstance(value, (dict, list, bool, float)) or value == "":
            kind = "an empty text" if value == "" else f"a {type(value).__name__}"
            raise ReadError(f"{path} of a record of {source!r} is {kind}, in {where}")
        text = as_text(value)
        if {".", ".."} & set(text.split("?")[0].split("/")):
            raise ReadError(f"{quoted(text)} would lead elsewhere in {where}")
        return text if place is PlaceholderPlace.ADDRESS else as_segment(text)


def _written(link: Link) -> str:
    return f"{{resources.{link[0]}.{link[1]}}}"


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
