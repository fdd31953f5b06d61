"""From a collection to a configuration."""

from collections.abc import Mapping, Sequence

from restsrc_dagster.scaffold.configuration import FirstConfiguration, References
from restsrc_dagster.scaffold.openapi.build import from_document
from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.paths import Paths
from restsrc_dagster.scaffold.postman.choose import chosen, path_of
from restsrc_dagster.scaffold.postman.collection import Request, read_collection
from restsrc_dagster.scaffold.postman.translate import as_document
from restsrc_dagster.scaffold.postman.variables import Variables
from restsrc_dagster.scaffold.starts import notes_of_starts


def from_postman(
    text: str, connector: str, paths: Sequence[str] = (), *, base_url: str | None = None
) -> FirstConfiguration:
    """The lists and searches of a collection, or those at `paths`.

    Secrets become references, and their values are dropped; other variables of the collection are
    references with its values as defaults.

    Raises:
        ValueError: the text is no collection, or has nothing to read.
    """
    collection = read_collection(text)
    variables = collection.variables
    requests, left = chosen(collection.requests, variables, None)
    if not requests:
        raise ValueError("has no list that could be read: " + "; ".join(_left_out(left)))
    notes: list[str] = []
    document = Document(as_document(requests, variables, collection.title, notes))
    reference = References(connector)
    base = base_url or _base(requests, variables)
    asked = paths or _lists(document, requests, variables, left)
    if not asked:
        raise ValueError("has no list that could be read: " + "; ".join(_left_out(left)))
    first = from_document(document, connector, asked, base_url=base, reference=reference)
    configuration = variables.referred(first.configuration, reference, told=notes)
    told = [variables.referred(note, reference, told=[]) for note in first.notes]
    for one in configuration["resources"]:
        starts = notes_of_starts(one["endpoint"].get("params") or {}, one["name"])
        told += [f"{one['name']}: {note}" for note in starts]
    if not paths:
        notes += [f"left out: {line}" for line in _left_out(left)]
    return FirstConfiguration(
        configuration, reference.variables, list(dict.fromkeys([*told, *notes])), first.description
    )


def _lists(
    document: Document,
    requests: Sequence[Request],
    variables: Variables,
    left: dict[str, list[str]],
) -> list[str]:
    """The paths whose answer is a list, or may be one; those that give one record are left out."""
    lists = set(Paths(document).lists())
    found = []
    for request in requests:
        path = path_of(request, variables)
        if request.method == "POST" or request.answer is None or path in lists:
            found.append(path)
        else:
            left.setdefault("its answer is one record", []).append(request.name)
    return found


def _base(requests: Sequence[Request], variables: Variables) -> str:
    """The address that requests begin with, with marks for its variables."""
    base = requests[0].base
    scheme = "" if "://" in variables.plain(base) or base.startswith("{{") else "https://"
    known = variables.plain(base)
    if base.startswith("{{") and not known.startswith(("{{", "http://", "https://")):
        scheme = "https://"
    return f"{scheme}{variables.marked(base)}".rstrip("/")


def _left_out(left: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{', '.join(names)} ({reason})" for reason, names in left.items()]
