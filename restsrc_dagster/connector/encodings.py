"""Secrets that come back in another form: as Base64, hex, percent-encoded, or with entities.

The forms of a secret are too many to be looked for one by one, so it is the text that is read: what
may be encoded is decoded, and is looked at as it stands then.
"""

import base64
import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

Knows = Callable[[str], object]
"""Whether a secret is in a text."""
_WORD = re.compile(r"[^\s\"'<>]+")
_OF_64 = re.compile(r"[A-Za-z0-9+/_-]+")
_OF_16 = re.compile(r"[0-9A-Fa-f]+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_STANDARD = str.maketrans("-_", "+/")
_WITHIN = 2
"""How often one encoding is looked for in what another one held."""


def without_encoded(text: str, knows: Knows, least: int, mask: str) -> str:
    """The text with `mask` in place of each word that holds what `knows` finds, once decoded.

    `least` is how many characters that has at least.
    """

    def masked_escapes(found: re.Match[str]) -> str:
        if not _may_have_escapes(found[0]):
            return found[0]
        return mask if _holds(_unescaped(found[0]), knows, least, _WITHIN) else found[0]

    def masked(found: re.Match[str]) -> str:
        if len(found[0]) < shortest:
            return found[0]
        return mask if _holds(_decoded(found[0], least), knows, least, _WITHIN) else found[0]

    shortest = _shortest_of_64(least)
    if _may_have_escapes(text):
        text = _WORD.sub(masked_escapes, text)
    return _OF_64.sub(masked, text)


def _holds(readings: Iterator[str], knows: Knows, least: int, within: int) -> bool:
    for text in readings:
        if knows(text):
            return True
        if within > 1 and text.isascii() and text.isprintable():
            words = [_unescaped(text), *(_decoded(word, least) for word in _OF_64.findall(text))]
            if any(_holds(one, knows, least, within - 1) for one in words):
                return True
    return False


def _shortest_of_64(least: int) -> int:
    return least * 4 // 3 - 1


def _may_have_escapes(text: str) -> bool:
    return "%" in text or "&" in text or "\\" in text


def _unescaped(word: str) -> Iterator[str]:
    """What a word stands for, if something in it is escaped."""
    if "%" in word and (read := unquote(word)) != word:
        yield read
    if "&" in word and (read := html.unescape(word)) != word:
        yield read
    if "\\" in word and _ESCAPE.search(word):
        yield _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), word)


def _decoded(word: str, least: int) -> Iterator[str]:
    """What a word may stand for, if it is Base64, or hex in it, of so many characters at least.

    Where in it an encoded text begins is not known: there are four ways to begin, and two.
    """
    if len(word) < _shortest_of_64(least):
        return
    standard = word.translate(_STANDARD)
    for at in range(4):
        whole = standard[at : at + (len(standard) - at) // 4 * 4]
        rest = standard[at + len(whole) :]
        ends = rest.ljust(4, "=") if len(rest) > 1 else ""
        yield base64.b64decode(whole + ends).decode("utf-8", errors="replace")
    for found in _OF_16.finditer(word):
        digits = found[0]
        for at in (0, 1) if len(digits) >= 2 * least else ():
            pairs = digits[at : at + (len(digits) - at) // 2 * 2]
            yield bytes.fromhex(pairs).decode("utf-8", errors="replace")
