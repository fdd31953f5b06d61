"""`{{name}}` of a collection on its way to `${NAME}`: a mark that nothing else reads or changes."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from restsrc_dagster.connector.secrets import SECRET_KEY
from restsrc_dagster.scaffold.configuration import References
from restsrc_dagster.scaffold.openapi.parse import mapping

VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_TEXT_OR_VARIABLE = re.compile(r'"(?:\\.|[^"\\])*"|\{\{\s*[^{}]+?\s*\}\}')
_MARK = re.compile(r"zq(x|v)(\d+)qz")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DEPTH = 5


class Variables:
    """The variables of a collection, and marks in their places.

    Args:
        raw: the collection's `variable`: key, value, type.
    """

    def __init__(self, raw: Iterable[Any]) -> None:
        self._defaults = dict(filter(None, map(_default, raw)))
        self._names: list[str] = []

    def marked(self, text: str) -> str:
        """A text whose variables are marks."""
        return VARIABLE.sub(lambda found: self._mark("v", found[1]), text)

    def marked_json(self, text: str) -> str:
        """A JSON text: a variable that stands alone, where a number could, is a text now."""

        def mark(found: re.Match[str]) -> str:
            if found[0].startswith('"'):
                return self.marked(found[0])
            return f'"{self._mark("x", found[0].strip("{} "))}"'

        return _TEXT_OR_VARIABLE.sub(mark, text)

    def plain(self, text: str) -> str:
        """With the values of the collection, as far as it has them."""
        for _ in range(_DEPTH):
            text = VARIABLE.sub(lambda found: self._defaults.get(found[1], found[0]), text)
        return text

    def referred(self, value: Any, reference: References, *, told: list[str]) -> Any:
        """A copy of a configuration with references in place of the marks; `told` gets a line for
        each that has a default."""

        def refer(found: re.Match[str]) -> str:
            return self._reference(found[1], self._names[int(found[2])], reference, told)

        match value:
            case str():
                return _MARK.sub(refer, value)
            case list():
                return [self.referred(item, reference, told=told) for item in value]
            case dict():
                return {
                    _MARK.sub(refer, key): self.referred(item, reference, told=told)
                    for key, item in value.items()
                }
        return value

    def _mark(self, kind: str, name: str) -> str:
        if name not in self._names:
            self._names.append(name)
        return f"zq{kind}{self._names.index(name)}qz"

    def _reference(self, kind: str, name: str, reference: References, told: list[str]) -> str:
        default = self.plain(f"{{{{{name}}}}}")
        if VARIABLE.search(default) or set(default) & set("{}"):
            return reference(name)
        given = reference.optional(name)
        line = f"{given}: {default}, unless the environment variable is set"
        if line not in told:
            told.append(line)
        number = "number:" if kind == "x" and _NUMBER.fullmatch(default) else ""
        boolean = "boolean:" if kind == "x" and default in ("true", "false") else ""
        return f"${{{number}{boolean}{given}:-{default}}}"


def _default(raw: Any) -> tuple[str, str] | None:
    """The value of a variable that is no secret; an empty one is none."""
    variable: Mapping[str, Any] = mapping(raw)
    name, value = str(variable.get("key") or ""), variable.get("value")
    secret = variable.get("type") == "secret" or SECRET_KEY.search(name)
    if not name or secret or variable.get("disabled") or value in (None, ""):
        return None
    return name, str(value).lower() if isinstance(value, bool) else str(value)
