"""What must be sent: its default, an example of the document, or a reference for the person."""

import re
from typing import Any
from urllib.parse import quote

from restsrc_dagster.scaffold.configuration import References, with_texts
from restsrc_dagster.scaffold.openapi.auth import is_secret
from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.operation import Field
from restsrc_dagster.scaffold.openapi.parse import sequence

_NEVER_SENT = frozenset({"accept", "content-type", "content-length", "user-agent", "host"})
_DEPTH = 4
PARAMETER = re.compile(r"\{([^{}]+)\}")


class Filler:
    """Finds values for one resource; what a person should look at goes to `notes`."""

    def __init__(self, document: Document, reference: References, notes: list[str]) -> None:
        self._document = document
        self._reference = reference
        self._notes = notes

    def parameters(self, fields: list[Field], left_out: set[str]) -> dict[str, Any]:
        """The required ones, by name, except those that somebody else fills in."""
        return {
            item.name: self._parameter(item)
            for item in fields
            if item.required and not {item.name, item.name.lower()} & left_out
        }

    def headers(self, fields: list[Field], left_out: set[str]) -> dict[str, Any]:
        found = self.parameters(fields, left_out | _NEVER_SENT | {"authorization"})
        return {
            name: value if isinstance(value, str) else str(value) for name, value in found.items()
        }

    def in_path(self, path: str, fields: list[Field]) -> str:
        """`path` without parameters: a fixed value of the document, else a reference."""
        known = {item.name: item for item in fields}

        def fill(match: re.Match[str]) -> str:
            item = known.get(match[1])
            if item is not None and not is_secret(item):
                fixed = item.schema.keywords.get("default")
                if fixed is None and len(item.schema.choices) == 1:
                    fixed = item.schema.choices[0]
                if isinstance(fixed, (str, int, float)) and fixed != "":
                    return quote(str(fixed))
            return self._wanted(match[1], item)

        return PARAMETER.sub(fill, path)

    def body(self, raw: Any, depth: int = _DEPTH, prefix: str = "") -> dict[str, Any]:
        """The required properties of a JSON body."""
        schema = self._document.schema(raw)
        found: dict[str, Any] = {}
        for name, item in schema.properties.items():
            if name not in schema.required:
                continue
            part, path = self._document.schema(item), f"{prefix}{name}"
            if part.is_object and part.properties and depth:
                found[name] = self.body(item, depth - 1, f"{path}.")
            elif part.is_list and not (part.examples or "default" in part.keywords):
                found[name] = []
                self._notes.append(f"{path} is sent as an empty list")
            else:
                examples = tuple(part.examples)
                field = Field(path, "body", part, required=True, examples=examples)
                found[name] = self._value(field)
        return found

    def _parameter(self, item: Field) -> Any:
        value = self._value(item)
        if isinstance(value, list) and not item.repeated:
            return ",".join(str(part) for part in value)
        return value

    def _value(self, item: Field) -> Any:
        if is_secret(item):
            return self._wanted(item.name, item)
        if item.schema.keywords.get("default") is not None:
            return literal(item.schema.keywords["default"])
        shown = [value for value in (*item.examples, *item.schema.choices[:1]) if value is not None]
        for value in shown:
            if value != "" and not isinstance(value, dict):
                self._notes.append(f"{item.name} is required; {value!r} is from the document")
                return literal(value)
        return self._wanted(item.name, item)

    def _wanted(self, name: str, item: Field | None) -> str:
        reference = self._reference(name)
        choices = sequence(item.schema.choices) if item else []
        among = f", one of {', '.join(str(choice) for choice in choices)}" if choices else ""
        self._notes.append(f"{name} is required{among}: it is {reference}")
        return reference


def literal(value: Any) -> Any:
    """A value of the document as it is written where dlt formats texts and references stand."""
    return with_texts(
        value, lambda text: text.replace("{", "{{").replace("}", "}}").replace("${", "$${")
    )


def as_sent(value: Any) -> Any:
    """A value that is written as a `literal`, as the API gets it."""
    return with_texts(value, lambda text: text.replace("{{", "{").replace("}}", "}"))
