"""An OpenAPI document: its version, its paths, and what its references mean."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from restsrc_dagster.connector.visible import visible, without_markup
from restsrc_dagster.scaffold.openapi.parse import mapping, parse_document, sequence
from restsrc_dagster.scaffold.openapi.schema import Schema, read_schema

METHODS = ("get", "post")
_ALL_METHODS = ("get", "post", "put", "patch", "delete")


class Document:
    """An OpenAPI 3 or a Swagger 2 document.

    References to other files and addresses are not followed: what they stand for is unknown.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.is_swagger = "swagger" in content
        self._schemas: dict[int, tuple[Any, Schema]] = {}
        version = str(content.get("swagger") or content.get("openapi") or "")
        if not version:
            raise ValueError("is no OpenAPI document: it says neither openapi nor swagger")
        if not version.startswith("2" if self.is_swagger else "3."):
            raise ValueError(f"is of version {version}; 2.0 and 3.x are read")
        if not self.paths:
            raise ValueError("has no paths")

    @classmethod
    def of(cls, text: str) -> "Document":
        """Raises ValueError where the text is no document."""
        return cls(parse_document(text))

    @property
    def title(self) -> str:
        """Of the API, in one line, in which Markdown makes no link and no picture."""
        title = str(mapping(self.content.get("info")).get("title") or "")
        return without_markup(visible(" ".join(title.split())))

    @property
    def paths(self) -> dict[str, Any]:
        return mapping(self.content.get("paths"))

    def methods(self, path: str) -> list[str]:
        """What the document says of `path`: `["get", "post"]`."""
        item = self.resolve(self.paths.get(path))
        return [method for method in _ALL_METHODS if isinstance(item.get(method), dict)]

    def readable(self) -> Iterator[tuple[str, str]]:
        """(path, method) of everything that could be read, in the order of the document."""
        for path in self.paths:
            for method in METHODS:
                if path.startswith("/") and method in self.methods(path):
                    yield path, method

    def target(self, reference: str) -> Any:
        """What a `$ref` stands for; None if it is elsewhere, or nowhere."""
        if not reference.startswith("#"):
            return None
        found: Any = self.content
        for part in unquote(reference[1:]).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                found = mapping(found).get(key)
        return found

    def resolve(self, raw: Any) -> dict[str, Any]:
        """An object, or what its `$ref` stands for: a parameter, an answer, a path."""
        seen: set[str] = set()
        beside: dict[str, Any] = {}
        while isinstance(raw, dict) and isinstance(raw.get("$ref"), str):
            if raw["$ref"] in seen:
                return beside
            seen.add(raw["$ref"])
            beside = {key: item for key, item in raw.items() if key != "$ref"} | beside
            raw = self.target(raw["$ref"])
        return {**mapping(raw), **beside}

    def elsewhere(self, raw: Any) -> str | None:
        """The file or the address that a reference leads to, out of this document."""
        reference = mapping(raw).get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            return reference
        return None

    def schema(self, raw: Any) -> Schema:
        known = self._schemas.get(id(raw))
        if known is None:
            known = self._schemas[id(raw)] = (raw, read_schema(raw, self.target))
        return known[1]

    def security_schemes(self) -> dict[str, dict[str, Any]]:
        """How requests can prove who sends them, by name."""
        schemes = self.content.get("securityDefinitions")
        if not self.is_swagger:
            schemes = mapping(self.content.get("components")).get("securitySchemes")
        return {name: self.resolve(scheme) for name, scheme in mapping(schemes).items()}

    @property
    def tells_who_needs_auth(self) -> bool:
        """Whether any operation says which of the schemes it wants."""
        if "security" in self.content:
            return True
        operations = (
            mapping(self.resolve(item).get(method))
            for item in self.paths.values()
            for method in _ALL_METHODS
        )
        return any("security" in operation for operation in operations)

    @property
    def security(self) -> list[Any] | None:
        security = self.content.get("security")
        return sequence(security) if security is not None else None
