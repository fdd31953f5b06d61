"""When an API says that it may be asked again, in all the ways in which APIs say it."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import requests

from restsrc_dagster.connector.time.instants import seconds_of
from restsrc_dagster.extract.http.transient import THROTTLING_STATUSES

_DURATION = re.compile(
    r"(?:(?P<h>\d+(?:\.\d+)?)h)?(?:(?P<m>\d+(?:\.\d+)?)m(?!s))?"
    r"(?:(?P<s>\d+(?:\.\d+)?)s)?(?:(?P<ms>\d+(?:\.\d+)?)ms)?",
    re.ASCII,
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_PART = re.compile(r"\b(?P<key>limit|remaining|reset|r|t)\s*=\s*(?P<value>\d+(?:\.\d+)?)")
EPOCH_SECONDS, EPOCH_MILLISECONDS = 10**9, 10**11
"""From these on, a number is a point in time; below, it is a duration in seconds."""
_PREFIXES = ("x-ratelimit-", "ratelimit-", "x-rate-limit-", "rate-limit-")
PRECISE_BELOW = 10
LONGEST_TOLD = 10 * 366 * 86_400
"""Seconds; some headers count in other units, and some are not meant to be waited for."""


@dataclass(frozen=True)
class RateLimit:
    """What an answer says of the limit: seconds until the next try, and by which header."""

    seconds: float
    header: str


def in_seconds(seconds: float) -> str:
    """`0.4 s`, `12 s`; of what nobody waits for, that it is so."""
    if seconds > LONGEST_TOLD:
        return "more than ten years"
    return f"{seconds:.2g} s" if seconds < PRECISE_BELOW else f"{seconds:.0f} s"


def rate_limit(response: requests.Response) -> RateLimit | None:
    """How long a refusal says to wait; None if it says nothing of the kind.

    `Retry-After` counts on any refusal; the other headers on one that throttles, and where they say
    that nothing remains.
    """
    if response.ok:
        return None
    if after := retry_after(response):
        return after
    headers = response.headers
    if response.status_code in THROTTLING_STATUSES or _remaining(headers) == 0:
        return _reset(headers, _now(headers))
    return None


def retry_after(response: requests.Response) -> RateLimit | None:
    """When an answer says in so many words that the same may be asked again."""
    headers = response.headers
    now = _now(headers)
    for name, unit in (("Retry-After", 1), ("Retry-After-Ms", 1000), ("X-Ms-Retry-After-Ms", 1000)):
        if (seconds := _seconds(headers.get(name), now)) is not None:
            return RateLimit(seconds / unit, name)
    return None


def exhausted(response: requests.Response) -> RateLimit | None:
    """The pause that a good answer asks for, by headers that say how many requests remain: until
    the reset, where none do; None where some do, or nothing is said."""
    headers = response.headers
    return _reset(headers, _now(headers)) if _remaining(headers) == 0 else None


def left(response: requests.Response) -> tuple[float, float | None] | None:
    """How many requests an answer says are left, and for how many seconds, if it says that."""
    headers = response.headers
    remaining = _remaining(headers)
    if remaining is None or remaining < 0:  # which stands for "without end"
        return None
    limit = _reset(headers, _now(headers))
    return remaining, None if limit is None else limit.seconds


def _now(headers: Mapping[str, str]) -> float | None:
    """The server's clock; its points in time are told by it."""
    seconds = seconds_of(headers.get("Date", ""))
    return None if seconds is None else float(seconds)


def _seconds(value: str | None, now: float | None) -> float | None:
    """From now on: `120`, `2.5`, `30s`, `1m20s`, a date, or an epoch in seconds or ms."""
    text = (value or "").strip()
    if not text:
        return None
    if _NUMBER.fullmatch(text):
        number = float(text)
        if number < EPOCH_SECONDS:
            return max(number, 0)
        return _until(number if number < EPOCH_MILLISECONDS else number / 1000, now)
    if (moment := seconds_of(text)) is not None:
        return _until(moment, now)
    if match := _DURATION.fullmatch(text):
        units = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
        return sum(float(match[unit] or 0) * seconds for unit, seconds in units.items())
    return None


def _until(moment: float | Fraction, now: float | None) -> float:
    return max(float(moment) - (time.time() if now is None else now), 0)


def _reset(headers: Mapping[str, str], now: float | None) -> RateLimit | None:
    for prefix in _PREFIXES:
        for name in (f"{prefix}reset-after", f"{prefix}reset"):
            if (seconds := _seconds(headers.get(name), now)) is not None:
                return RateLimit(seconds, name)
    parts = _structured(headers)
    for key in ("reset", "t"):
        if key in parts:
            return RateLimit(parts[key], "ratelimit")
    return None


def _remaining(headers: Mapping[str, str]) -> float | None:
    for prefix in _PREFIXES:
        text = (headers.get(f"{prefix}remaining") or "").strip()
        if _NUMBER.fullmatch(text):
            return float(text)
    parts = _structured(headers)
    return parts.get("remaining", parts.get("r"))


def _structured(headers: Mapping[str, str]) -> dict[str, float]:
    """`RateLimit: limit=100, remaining=0, reset=5`, and of later drafts `"default";r=0;t=5`."""
    text = headers.get("RateLimit") or ""
    return {part["key"]: float(part["value"]) for part in _PART.finditer(text)}
