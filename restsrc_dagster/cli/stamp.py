"""Writing `created_at` into the text of a connector file, and nothing else."""

import re
from datetime import UTC, datetime

_FIRST_YAML_KEY = re.compile(r"^(?![#%\s]|---|\.\.\.)", re.MULTILINE)


def created_now() -> str:
    """Now, as `created_at` is written: `2026-11-23T10:03:00Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_text(text: str, created_at: str, *, is_json: bool) -> str:
    """`text` with `created_at` as its first key; everything else stays, to the letter.

    `text` holds one mapping at its top level, in JSON or YAML.
    """
    opening = re.match(r"\ufeff?\s*(?:#[^\n]*\n\s*|---\s*)*\{", text)
    if is_json or opening:
        if opening is None:
            raise ValueError("holds no object at its top level")
        head, tail = text[: opening.end()], text[opening.end() :]
        indent = re.match(r"\s*", tail)
        space = indent[0] if indent else ""
        comma = "" if tail.lstrip().startswith("}") else ","
        separator = "" if "\n" in space or not comma else " "
        return f'{head}{space}"created_at": "{created_at}"{comma}{separator}{tail}'
    first = _FIRST_YAML_KEY.search(text)
    position = first.start() if first else len(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    return f'{text[:position]}created_at: "{created_at}"{newline}{text[position:]}'
