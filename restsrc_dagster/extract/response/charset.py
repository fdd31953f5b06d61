"""In which encoding the text of an answer is, by its header."""

import codecs
import re

import requests
from requests.compat import chardet  # type: ignore[attr-defined]

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE | re.ASCII)
_LOOKED_AT = 1 << 16
_NO_TEXT = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})
"""What Python calls encodings of text, and what would take long, fail, or mean something else."""


def charset_of(content_type: str) -> str | None:
    """The encoding that a header names, if Python knows it as one of text."""
    found = _CHARSET.search(content_type)
    if found is None:
        return None
    try:
        known = codecs.lookup(found[1])
        "".encode(known.name)  # refused of what makes bytes of bytes
    except (LookupError, ValueError):
        return None
    return None if known.name.replace("_", "-") in _NO_TEXT else known.name


def text_of(response: requests.Response) -> str:
    """What was answered, as text: by the header, as UTF-8, or by what its bytes seem to be."""
    content = response.content
    if said := charset_of(response.headers.get("Content-Type", "")):
        return content.decode(said, errors="replace")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        begins = max(0, error.start - _LOOKED_AT // 2)
        seems = chardet.detect(content[begins : begins + _LOOKED_AT])["encoding"]
        return content.decode(seems or "utf-8", errors="replace")
