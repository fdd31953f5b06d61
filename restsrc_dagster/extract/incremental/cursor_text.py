"""Cursors as what they mean: dlt compares texts letter by letter.

`…05.500Z` comes before `…05Z` in that order, `10:00+05:00` after `06:00Z`, and `"9"` after `"10"`.
"""

import re
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from restsrc_dagster.connector.time.instants import seconds_of

Kind = Literal["time", "number", "text"]
_NUMBER = re.compile(r"[+-]?\d{1,1000}(\.\d{1,1000})?", re.ASCII)
"""What has more digits is a text: Python itself reads no more than 4,300."""
_TAIL = re.compile(r"(?P<fraction>\.\d+)?(?P<zone>.*)", re.ASCII | re.DOTALL)
_LIKE_A_DATE = re.compile(
    r"(?<!\w)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?!\w)"
    r"|(?i:\b(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?"
    r"|oct(ober)?|nov(ember)?|dec(ember)?)(\d{1,4})?\b)",
    re.ASCII,
)
_DIGITS = str.maketrans("123456789", "000000000")
_SORTED_TIME = re.compile(r"0000-00(-00([Tt ]00:00(:00)?)?)?", re.ASCII)


@lru_cache(maxsize=1024)
def kind_of_shape(shape: str, example: str) -> Kind | None:  # noqa: ARG001 - the key of the cache
    """What texts of a shape are; None for dates that cannot be compared safely."""
    if seconds_of(example) is not None:
        return "time"
    if _NUMBER.fullmatch(example):
        return "number"
    return None if _LIKE_A_DATE.search(example) else "text"


def shape_of(text: str) -> str:
    """Texts of one shape and one kind are in the order of their letters, if `is_sorted(shape)`.

    Digits are 0 in it, save for those of an offset: `0000-00-00T00:00:00.000+02:00`.
    """
    head = text[:19].translate(_DIGITS)
    if len(text) <= 19:
        return head
    match = _TAIL.match(text, 19)
    fraction = (match["fraction"] or "").translate(_DIGITS) if match else ""
    return head + fraction + (match["zone"] if match else "")


def is_sorted(shape: str, kind: Kind) -> bool:
    """Whether the order of letters is right among texts of this shape."""
    if kind == "time":
        return bool(_SORTED_TIME.fullmatch(shape[:19]))
    return kind == "text" or shape.strip("0") in ("", ".")


class CursorText(str):
    """A cursor's text, in the order of what it means; it is written and sent as it came."""

    __slots__ = ("_key",)

    @property
    def key(self) -> tuple[Kind, Fraction | str]:
        """What it is compared by."""
        try:
            return self._key
        except AttributeError:
            self._key: tuple[Kind, Fraction | str] = key_of(self)
            return self._key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.key == key_of(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: str) -> bool:
        mine, others = self._pair(other)
        return bool(mine < others)

    def __gt__(self, other: str) -> bool:
        mine, others = self._pair(other)
        return bool(mine > others)

    def __le__(self, other: str) -> bool:
        return not self > other

    def __ge__(self, other: str) -> bool:
        return not self < other

    def __hash__(self) -> int:
        return hash(self.key)

    def _pair(self, other: str) -> tuple[Any, Any]:
        """Both values, which are of the same kind."""
        mine, others = self.key, key_of(other)
        if mine[0] != others[0]:
            raise TypeError(f"{str(self)!r} and {str(other)!r} cannot be compared")
        return mine[1], others[1]


def key_of(text: str) -> tuple[Kind, Fraction | str]:
    """(kind, value) of a cursor's text; values of one kind compare."""
    if isinstance(text, CursorText) and hasattr(text, "_key"):
        return text._key
    plain = str.__str__(text)
    if (seconds := seconds_of(plain)) is not None:
        return "time", seconds
    if _NUMBER.fullmatch(plain):
        return "number", Fraction(plain)
    return "text", plain
