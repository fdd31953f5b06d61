"""Names: what a connector may be called, and which resources become the same table."""

import re
from functools import lru_cache

CONNECTOR_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
MAX_RESOURCE_NAME = 200

_ALPHABET = str.maketrans("+-*@|", "x_xal")
_NOT_ALPHANUMERIC = re.compile(r"[^a-zA-Z\d_]+")
_BREAK_BEFORE_WORD = re.compile("([^_])([A-Z][a-z]+)")
_BREAK_AFTER_LOWER = re.compile("([a-z0-9])([A-Z])")


RESERVED = {"_dlt": "dlt's own tables", "restsrc_": "tables that are kept beside yours"}


def reserved(table: str) -> str | None:
    """Why an identifier may not be a connector's table; None where it may."""
    found = ((start, whose) for start, whose in RESERVED.items() if table.startswith(start))
    return next((f"begins with {start}, which names {whose}" for start, whose in found), None)


_DAY = re.compile(r"(|for|on|report|business|value|trading|calendar)_?(date|day)")


def is_day(param: str) -> bool:
    """Whether a param is called as one that asks for a day, and not for what is since then."""
    return bool(_DAY.fullmatch(table_identifier(param)))


@lru_cache(maxsize=100_000)
def table_identifier(name: str) -> str:
    """The name after dlt's default naming convention, snake_case, without its shortening.

    Definitions load without importing dlt (1.1 s), so the rule stands here again; a test holds
    it to `dlt.common.normalizers.naming.snake_case`.
    """
    name = _NOT_ALPHANUMERIC.sub("_", name.strip().translate(_ALPHABET))
    name = _BREAK_BEFORE_WORD.sub(r"\1_\2", name)
    name = _BREAK_AFTER_LOWER.sub(r"\1_\2", name).lower()
    if name[:1].isdigit():
        name = f"_{name}"
    stripped = name.rstrip("_")
    return re.sub("_+", "_", stripped + "x" * (len(name) - len(stripped)))
