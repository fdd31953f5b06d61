"""Where in an answer the records are, and which of their fields tells them apart."""

from collections.abc import Iterator
from dataclasses import dataclass

from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.operation import Operation
from restsrc_dagster.scaffold.openapi.parse import mapping
from restsrc_dagster.scaffold.openapi.schema import SCALARS, Schema
from restsrc_dagster.scaffold.words import jsonpath, plain, same, singular, words

WELL_KNOWN = (
    *("data", "items", "results", "records", "values", "value", "entries", "rows", "list"),
    *("content", "objects", "elements", "members", "resources", "result"),
)
_NO_RECORDS = frozenset(
    {"errors", "error", "warnings", "messages", "links", "meta", "metadata", "included", "facets"}
)
_DEPTH = 3
_VERBS = frozenset({"search", "list", "query", "all", "find", "filter", "export"})


@dataclass(frozen=True)
class Records:
    """`keys` lead to the list; None where the document does not say. `item` is one record."""

    keys: tuple[str, ...] | None
    item: Schema
    single: bool = False
    """The answer is one record, no list."""

    @property
    def selector(self) -> str | None:
        """dlt's `data_selector`; None where dlt finds a list by itself: at the top."""
        return jsonpath(self.keys or ()) if self.single or self.keys else None


@dataclass(frozen=True)
class _List:
    keys: tuple[str, ...]
    item: Schema
    likely: int
    """How its name says so: 0 like the path, then the well-known names, then any."""

    @property
    def named(self) -> bool:
        return self.likely <= len(WELL_KNOWN)


def find_records(document: Document, operation: Operation) -> Records:
    """The list of an answer, or that it is one record, or that nothing is known."""
    answer = document.schema(operation.answer)
    if operation.lines:
        return Records((), answer)
    if answer.is_list:
        return Records((), _item(document, operation, answer, ()))
    found = sorted(
        _lists(document, operation, answer, (), subject(operation.route)),
        key=lambda one: (one.likely, len(one.keys)),
    )
    keyed = primary_key(document, answer, subject(operation.route)) is not None
    if found and _is_of(found[0], keyed=keyed, of_one=_of_one(operation)):
        return Records(found[0].keys, found[0].item)
    if not answer.properties:
        return Records((), Schema(), single=True) if _of_one(operation) else Records(None, Schema())
    return _single(document, answer, subject(operation.route))


def _is_of(found: _List, *, keyed: bool, of_one: bool) -> bool:
    """Whether a list is what the answer is about, and not what its one record happens to have.

    An answer with a key, or at a path that ends with one, looks like a record.
    """
    if keyed and of_one:
        return False
    return not (keyed or of_one) or (found.named and len(found.keys) <= (1 if keyed else 2))


def _lists(
    document: Document, operation: Operation, schema: Schema, keys: tuple[str, ...], name: str
) -> Iterator[_List]:
    for key, raw in schema.properties.items():
        part, path = document.schema(raw), (*keys, key)
        if plain(key) in _NO_RECORDS:
            continue
        if part.is_list:
            item = _item(document, operation, part, path)
            if not item.types or not item.types <= SCALARS:
                yield _List(path, item, _likely(key, name))
        elif part.is_object and len(path) < _DEPTH:
            about = same(key, name)
            record = about or primary_key(document, part, key) is not None
            for inside in _lists(document, operation, part, path, name):
                if (inside.named and not (about and inside.likely == 0)) or not record:
                    yield inside


def _likely(key: str, name: str) -> int:
    if same(key, name):
        return 0
    known = plain(key)
    return WELL_KNOWN.index(known) + 1 if known in WELL_KNOWN else len(WELL_KNOWN) + 1


def _item(
    document: Document, operation: Operation, schema: Schema, keys: tuple[str, ...]
) -> Schema:
    """One record of a list; as the example shows it where the schema says nothing."""
    item = document.schema(schema.items)
    if item.properties or operation.example is None:
        return item
    shown = document.schema(operation.example)
    for key in keys:
        shown = document.schema(shown.properties.get(key))
    example = document.schema(shown.items)
    return example if example.properties else item


def _of_one(operation: Operation) -> bool:
    return operation.route.rstrip("/").endswith("}")


def _single(document: Document, answer: Schema, name: str) -> Records:
    for key, raw in answer.properties.items():
        part = document.schema(raw)
        about = plain(key) in ("data", "result", "item") or same(key, name)
        if about and part.is_object and part.properties:
            return Records((key,), part, single=True)
    return Records((), answer, single=True)


def subject(path: str) -> str:
    """What a path is about: its last word that is no parameter and no verb, or ''."""
    literal = [part for part in path.removesuffix(".json").split("/") if part and "{" not in part]
    named = [part for part in literal if not set(words(part)) <= _VERBS]
    return (named or literal or [""])[-1]


def primary_key(document: Document, item: Schema, name: str) -> str | None:
    """The field that is different in every record, by its name and type."""
    singulars = {singular(plain(name)), singular((words(name) or ("",))[-1])}
    wanted = ["id", *(f"{one}id" for one in singulars), "uuid", "guid", "uid", "gid", "sid"]
    wanted += [f"{one}{end}" for one in singulars for end in ("uuid", "guid")]
    by_name = {plain(key): key for key in reversed(item.properties)}
    for one in wanted:
        key = by_name.get(one)
        if key is None:
            continue
        schema = document.schema(item.properties[key])
        hidden = mapping(item.properties[key]).get("writeOnly") is True
        if not hidden and not schema.nullable and schema.may_be("string", "integer", "number"):
            return key
    return None
