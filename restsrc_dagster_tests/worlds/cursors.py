"""Cursors of every kind, as APIs write them, and what they mean.

A record has its place in time as a whole number, its tick; a kind of cursor spells ticks, and reads
back what the product sends. What two values mean is compared, never how they are written.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from fractions import Fraction
from typing import Any

BEGINNING = datetime(2024, 1, 10, tzinfo=timezone.utc)
"""Tick 0 of all kinds that are times."""
HOURS = Fraction(7 * 3600)
"""A tick of most kinds: on the way days and weekdays change, and offsets matter."""
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s?(Z|[+-]\d\d:?\d\d)?)?"
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)()(Z)")
_NET = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")

Meaning = Fraction | str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How one API writes its cursors.

    `spell` takes a tick and a style, of which some kinds have several that mean the same; `read`
    raises ValueError. `tick` is in seconds, for a number in its own units. `units` of lag make up a
    tick. `ordered` texts are no times: only the order of their letters counts.
    """

    name: str
    spell: Callable[[int, int], Any]
    read: Callable[[str], Meaning]
    tick: Fraction = HOURS
    units: int | float = int(HOURS)
    is_time: bool = True
    ordered: bool = False

    def meaning(self, tick: int) -> Meaning:
        """Of what `spell` gives, in any style."""
        return self.read(str(self.spell(tick, 0)))

    def clock(self, tick: int) -> datetime:
        """The API's own clock, which a header `Date` tells: never before the tick's own time."""
        passed = tick * (self.tick if self.is_time else HOURS)
        whole = -(-passed.numerator // passed.denominator)
        return BEGINNING + timedelta(seconds=int(whole))


def moment(tick: int, size: Fraction = HOURS) -> datetime:
    return BEGINNING + timedelta(seconds=int(tick * size))


def _iso(tick: int, style: int) -> str:
    return moment(tick).strftime("%Y-%m-%dT%H:%M:%SZ")


def _spellings(tick: int, style: int) -> str:
    """One instant in six ways."""
    at = moment(tick)
    match style % 6:
        case 0:
            return at.strftime("%Y-%m-%dT%H:%M:%SZ")
        case 1:
            return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        case 2:
            return at.isoformat()
        case 3:
            return at.astimezone(timezone(timedelta(hours=-5))).isoformat()
        case 4:
            return at.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
    return at.astimezone(timezone(timedelta(hours=2))).isoformat(timespec="milliseconds")


def _nanoseconds(tick: int, style: int) -> str:
    return f"2024-01-10T00:00:00.{tick:09}Z"


def _halves(tick: int, style: int) -> str:
    """Fractions are written where there are some: `…05.500Z`, then `…06Z`."""
    at = BEGINNING + timedelta(milliseconds=500 * tick)
    return at.strftime("%Y-%m-%dT%H:%M:%S") + (".500Z" if tick % 2 else "Z")


def _net(tick: int, style: int) -> str:
    zone = ("+0000", "+1300", "-0500")[style % 3]
    return f"/Date({int(moment(tick).timestamp()) * 1000}{zone})/"


def _number_text(tick: int, style: int) -> str:
    """1, 2, 3, 4.5, 5 … 9, 10: texts of several lengths."""
    return str(1 + tick) + (".5" if tick % 4 == 3 else "")


def read_time(text: str) -> Fraction:
    """Seconds since 1970 of any ISO time, exactly."""
    found = _ISO.fullmatch(text) or _COMPACT.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no time")
    year, month, day, hour, minute, second, part, zone = found.groups()
    clock = [int(one or 0) for one in (hour, minute, second)]
    at = datetime(int(year), int(month), int(day), *clock, tzinfo=timezone.utc)
    seconds = Fraction(int((at - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds()))
    offset = 0
    if zone and zone != "Z":
        digits = zone[1:].replace(":", "")
        offset = int(digits[:2]) * 3600 + int(digits[2:]) * 60
        offset = -offset if zone[0] == "-" else offset
    return seconds + (Fraction(int(part), 10 ** len(part)) if part else 0) - offset


def _read_mail(text: str) -> Fraction:
    return Fraction(int(parsedate_to_datetime(text).timestamp()))


def _read_net(text: str) -> Fraction:
    found = _NET.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no /Date(…)/")
    return Fraction(int(found[1]), 1000)


def _read_letters(text: str) -> str:
    if not text or text == "None":
        raise ValueError("no text")
    return text


KINDS = {
    kind.name: kind
    for kind in (
        Kind(name="iso", spell=_iso, read=read_time),
        Kind(name="spellings", spell=_spellings, read=read_time),
        Kind(name="halves", spell=_halves, read=read_time, tick=Fraction(1, 2), units=0.5),
        Kind(
            name="nanoseconds",
            spell=_nanoseconds,
            read=read_time,
            tick=Fraction(1, 10**9),
            units=0,
        ),
        Kind(
            name="naive",
            spell=lambda tick, _: moment(tick).strftime("%Y-%m-%dT%H:%M:%S"),
            read=read_time,
        ),
        Kind(
            name="space",
            spell=lambda tick, _: moment(tick).strftime("%Y-%m-%d %H:%M:%S"),
            read=read_time,
        ),
        Kind(
            name="date",
            spell=lambda tick, _: moment(tick, Fraction(86400)).strftime("%Y-%m-%d"),
            read=read_time,
            tick=Fraction(86400),
            units=86400,
        ),
        Kind(
            name="compact",
            spell=lambda tick, _: moment(tick).strftime("%Y%m%dT%H%M%SZ"),
            read=read_time,
        ),
        Kind(
            name="epoch",
            spell=lambda tick, _: int(moment(tick).timestamp()),
            read=Fraction,
        ),
        Kind(
            name="epoch ms",
            spell=lambda tick, _: int(moment(tick).timestamp()) * 1000,
            read=lambda text: Fraction(text) / 1000,
            units=int(HOURS) * 1000,
        ),
        Kind(
            name="epoch text",
            spell=lambda tick, _: str(int(moment(tick).timestamp())),
            read=Fraction,
        ),
        Kind(
            name="mail",
            spell=lambda tick, _: format_datetime(moment(tick), usegmt=True),
            read=_read_mail,
        ),
        Kind(name="net", spell=_net, read=_read_net),
        Kind(
            name="sequence",
            spell=lambda tick, _: 95 + tick,
            read=Fraction,
            units=1,
            is_time=False,
        ),
        Kind(
            name="number text",
            spell=_number_text,
            read=Fraction,
            units=1,
            is_time=False,
        ),
        Kind(
            name="text",
            spell=lambda tick, _: f"S{tick:06}",
            read=_read_letters,
            units=0,
            is_time=False,
            ordered=True,
        ),
        Kind(
            name="lengths",
            spell=lambda tick, _: f"S{tick:06}{'/b' if tick % 2 else ''}",
            read=_read_letters,
            units=0,
            is_time=False,
            ordered=True,
        ),
        Kind(
            name="odd text",
            spell=lambda tick, _: f"a#{tick:06}?/b",
            read=_read_letters,
            units=0,
            is_time=False,
            ordered=True,
        ),
        Kind(
            name="hex",
            spell=lambda tick, _: f"{0xDEC00000 + tick * 0x0061B2C3:08x}",
            read=_read_letters,
            units=0,
            is_time=False,
            ordered=True,
        ),
    )
}


ISO = frozenset({"iso", "spellings", "naive", "halves"})
"""Kinds of which an end may be spelled in another way than the records are."""


def read_converted(convert: str, kind: Kind, text: str) -> Meaning:
    """What the product has sent by `incremental.convert`, as the kind's own meaning."""
    if convert == "epoch_seconds":
        return Fraction(text)
    if convert == "epoch_milliseconds":
        return Fraction(text) / 1000
    return read_time(text)
