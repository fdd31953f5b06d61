"""Answers of what has created jobs, in the state of a source."""

from collections.abc import Iterable, Mapping
from typing import Any

from restsrc_dagster.extract.http.kept_answers import KeptAnswer

STATE_KEY = "restsrc_jobs"
FETCHED_KEY = "restsrc_fetched_jobs"


def kept_jobs(state: Mapping[str, Any]) -> list[KeptAnswer]:
    """Those that no load has fetched yet."""
    return [KeptAnswer.from_json(one) for one in state.get(STATE_KEY, ())]


def keep_jobs(state: dict[str, Any], jobs: Iterable[KeptAnswer]) -> None:
    """Let the state hold just these."""
    state.pop(STATE_KEY, None)
    if kept := [one.as_json() for one in jobs]:
        state[STATE_KEY] = kept


def note_fetched(state: dict[str, Any], creators: Iterable[str], now: float) -> None:
    """What these have created on the way is fetched; in the commit that brings the rows."""
    if made := dict.fromkeys(creators, now):
        state[FETCHED_KEY] = {**state.get(FETCHED_KEY, {}), **made}


def late_jobs(state: Mapping[str, Any], kept: Iterable[KeptAnswer]) -> list[KeptAnswer]:
    """Those of the jobs that were created on the way that no load has fetched yet."""
    fetched = state.get(FETCHED_KEY, {})
    return [one for one in kept if one.at > fetched.get(one.resource, 0.0)]
