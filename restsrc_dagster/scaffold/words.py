"""Names as their words, however they are written: `updatedAt`, `updated_at`, `Updated-At`."""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_RESERVED = frozenset({"where", "parent"})


def words(name: str) -> tuple[str, ...]:
    """`('updated', 'at')` for `updatedAt`."""
    return tuple(word.lower() for word in _WORD.findall(name))


def plain(name: str) -> str:
    """All of a name's words as one: `pagesize` for `page[size]`."""
    return "".join(words(name))


def singular(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("s", "")):
        if word.endswith(ending) and not word.endswith(("ss", "us", "is")):
            return word[: -len(ending)] + instead
    return word


def same(one: str, other: str) -> bool:
    """Whether two names are the same word, be it one of them in the plural."""
    return singular(plain(one)) == singular(plain(other))


def jsonpath(keys: Iterable[str]) -> str:
    """The JSONPath of nested keys: `data.items`, `['@odata.nextLink']`; `$` for none."""
    path = ""
    for key in keys:
        if _PLAIN_KEY.fullmatch(key) and key not in _RESERVED:
            path += f".{key}" if path else key
        else:
            quote = '"' if "'" in key else "'"
            path += f"[{quote}{key}{quote}]"
    return path or "$"
