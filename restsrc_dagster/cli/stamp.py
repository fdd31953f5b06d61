"""Writing `created_at` into the text of a connector file, and nothing else."""

import re
from datetime import datetime, timezone

from restsrc_dagster.connector.files.parse import parse_text

_OPENING_BRACE = re.compile(r"\s*(?:[#%][^\n]*\n\s*|---\s*)*\{(?P<space>\s*)(?P<empty>\})?")
_FIRST_YAML_KEY = re.compile(r"^(?P<indent> *)(?![#%\s]|---|\.\.\.)", re.MULTILINE)


def created_now() -> str:
    """Now, as `created_at` is written: `2026-11-23T10:03:00Z`."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_text(text: str, created_at: str, *, is_json: bool) -> str:
    """`text` with `created_at` as its first key; everything else stays, to the letter.

    `text` holds one mapping at its top level, in JSON or YAML, without that key.

    Raises:
        ValueError: the mapping is written so that no place for a first key is found.
    """
    body = text.removeprefix("\ufeff")
    wanted = {"created_at": created_at, **parse_text(body, is_json=is_json)}
    stamped = _with_first_key(body, created_at)
    try:
        fits = parse_text(stamped, is_json=is_json) == wanted
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f'found no place for created_at: "{created_at}"; write it yourself')
    return text[: len(text) - len(body)] + stamped


def _with_first_key(text: str, created_at: str) -> str:
    if brace := _OPENING_BRACE.match(text):
        position = brace.end("space")
        after = "" if brace["empty"] else "," + _space_between(brace["space"])
        return f'{text[:position]}"created_at": "{created_at}"{after}{text[position:]}'
    key = _FIRST_YAML_KEY.search(text)
    position, indent = (key.start(), key["indent"]) if key else (len(text), "")
    newline = "\r\n" if "\r\n" in text else "\n"
    return f'{text[:position]}{indent}created_at: "{created_at}"{newline}{text[position:]}'


def _space_between(space: str) -> str:
    """What stands before each key of an object, when this stands before its first one."""
    return space if "\n" in space else " "
