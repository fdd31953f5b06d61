"""Which operation of a document a person means by a path."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from urllib.parse import urlsplit

from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.operation import Operation, read_operation
from restsrc_dagster.scaffold.openapi.parse import mapping, sequence
from restsrc_dagster.scaffold.openapi.records import find_records
from restsrc_dagster.scaffold.openapi.schema import SCALARS

SHOWN = 20
NEAREST = 3
_PARAMETER = re.compile(r"\{[^{}]*\}|(?<=/):\w+")
_SUFFIX = re.compile(r"\.json$")


class Paths:
    """The paths of a document, found as people write them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._operations: dict[tuple[str, str], Operation] = {}
        self._readable: dict[str, list[tuple[str, str]]] = {}
        for path, method in document.readable():
            self._readable.setdefault(comparable(path), []).append((path, method))

    def operation(self, path: str, method: str) -> Operation:
        known = self._operations.get((path, method))
        if known is None:
            known = read_operation(self._document, path, method)
            self._operations[path, method] = known
        return known

    def meant(self, asked: str) -> Operation:
        """The operation that a person names: with or without slashes, host, the server's path.

        Raises:
            ValueError: there is none; names the nearest.
        """
        for form in self._forms(asked):
            if found := sorted(self._readable.get(form, []), key=lambda item: item[1]):
                exact = [item for item in found if item[0].strip("/") == asked.strip("/")]
                return self.operation(*(exact or found)[0])
        for path in self._document.paths:
            if comparable(path) == comparable(asked):
                self._refuse(path)
        raise ValueError(f"the document has no path {asked}{self._nearest(asked)}")

    def get_list(self, path: str) -> Operation | None:
        """What `GET path` answers, if that can be a list."""
        for known, method in self._readable.get(comparable(path), []):
            if method == "get":
                operation = self.operation(known, method)
                records = find_records(self._document, operation)
                return None if records.single else operation
        return None

    def lists(self) -> list[str]:
        """The paths that answer a GET with a list; those that need no other's id come first."""
        found = []
        for path, method in self._document.readable():
            if method == "get":
                records = find_records(self._document, self.operation(path, method))
                of_scalars = bool(records.item.types) and records.item.types <= SCALARS
                if records.keys is not None and not records.single and not of_scalars:
                    found.append(path)
        return sorted(found, key=lambda path: path.count("{"))

    def candidates(self) -> str:
        """What a person may ask for, in lines."""
        found, what = self.lists(), "answer with lists"
        if not found:
            found = [path for path, method in self._document.readable() if method == "get"]
            what = "can be read"
        if not found:
            return "the document has no path that can be read by GET"
        lines = [f"  {path}" for path in found[:SHOWN]]
        if len(found) > SHOWN:
            lines.append(f"  … and {len(found) - SHOWN} more")
        return "\n".join([f"name at least one --path; these {what}:", *lines])

    def _forms(self, asked: str) -> Iterator[str]:
        path = comparable(asked)
        yield path
        for prefix in self._server_paths():
            if prefix and path.startswith(f"{prefix}/"):
                yield path.removeprefix(f"{prefix}/")

    def _server_paths(self) -> list[str]:
        content = self._document.content
        servers = [mapping(server).get("url") for server in sequence(content.get("servers"))]
        return [comparable(str(url)) for url in [content.get("basePath"), *servers] if url]

    def _refuse(self, path: str) -> None:
        if file := self._document.elsewhere(self._document.paths[path]):
            raise ValueError(
                f"{path} is in another document, {file}, which is not read; bundle them"
            )
        known = ", ".join(self._document.methods(path)).upper() or "nothing"
        raise ValueError(f"{path} cannot be read by GET or POST; the document has {known} for it")

    def _nearest(self, asked: str) -> str:
        wanted = comparable(asked)
        known = list(self._readable)
        same_end = [path for path in known if path.endswith(f"/{wanted.rpartition('/')[2]}")]
        near = [*same_end, *get_close_matches(wanted, known, n=NEAREST)]
        paths = [self._readable[path][0][0] for path in dict.fromkeys(near)]
        return f"; did you mean {' or '.join(paths[:NEAREST])}?" if paths else ""


def comparable(path: str) -> str:
    """A path or an address, as it is compared: no host, no slashes around, parameters alike."""
    if "://" in path:
        path = urlsplit(path).path
    path = _PARAMETER.sub("{}", "/" + path.partition("?")[0].strip("/"))
    return _SUFFIX.sub("", path.strip("/")).lower()
