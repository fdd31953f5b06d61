"""Whether a text is a JSONPath, as `jsonpath-ng` reads it for dlt."""

import re
import warnings
from functools import lru_cache

_PLAIN = re.compile(r"\$|(?:\$\.)?[a-z_]\w*(?:\.[a-z_]\w*|\[\*\]|\[\d+\])*", re.ASCII | re.I)
_RESERVED = "where"
_BY_REGEX = re.compile(r"=~|`\s*sub\s*\(")
"""A regular expression may look for hours at thirty characters of an answer."""
LONGEST = 10_000
_REFERENCE = "${"


def jsonpath_error(text: str) -> str | None:
    """Why `text` is none, without repeating it; None if it is, or if only a run will know."""
    if _BY_REGEX.search(text):
        return "regular expressions, as =~ and sub, are not taken; select with a processing step"
    if _REFERENCE in text or (_PLAIN.fullmatch(text) and _RESERVED not in text):
        return None
    if len(text) > LONGEST:
        return f"it is {len(text):,} characters long; at most {LONGEST:,} work"
    return _parsed(text)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> str | None:
    from jsonpath_ng.ext.parser import parse  # slow to import, and seldom needed

    try:
        with warnings.catch_warnings():  # of operators that will go
            warnings.simplefilter("ignore")
            parse(text)
    except Exception:
        return "write names with dots between, and names with other characters as ['a b']"
    return None
