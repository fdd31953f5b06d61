"""Texts of others, as they may stand in a line of ours.

An API decides what its fields, headers and reasons are called. In a message, a log line or a page
of Dagster they begin no line, hide nothing, turn nothing round, and are no link.
"""

import re

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
"""Control characters, ends of lines, those that turn the direction of a text, those without any
width, and halves of characters."""
_MARKUP = (
    (re.compile(r"<(?=[A-Za-z/!?])"), "\u2039"),
    (re.compile(r"\](?=[(\[:])"), "] "),
    (re.compile(r"(?<=[A-Za-z]):(?=//)"), ": "),
    (re.compile(r"\bwww\.", re.IGNORECASE), "www "),
    (re.compile(r"(?<=\w)@(?=\w)"), " @ "),
    (re.compile(r"&(?=#|\w+;)"), "& "),
)


def visible(text: str) -> str:
    r"""The text in one line, with nothing in it that is not seen: `\n`, `\x1b`, `\u202e`."""
    return text if _is_all_seen(text) else _UNSEEN.sub(_escaped, text)


def without_markup(text: str) -> str:
    """The same where Markdown is shown: with no link, picture or HTML."""
    for found, instead in _MARKUP:
        text = found.sub(instead, text)
    return text


def _is_all_seen(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
