"""Answers of what has created jobs, in the state of a source."""

from collections.abc import Iterable, Mapping
from typing import Any

from restsrc_dagster.extract.http.kept_answers import KeptAnswer

STATE_KEY = "restsrc_jobs"


def kept_jobs(state: Mapping[str, Any]) -> list[KeptAnswer]:
    """Those that no load has fetched yet."""
    return [KeptAnswer.from_json(one) for one in state.get(STATE_KEY, ())]


def keep_jobs(state: dict[str, Any], jobs: Iterable[KeptAnswer]) -> None:
    """Let the state hold just these."""
    state.pop(STATE_KEY, None)
    if kept := [one.as_json() for one in jobs]:
        state[STATE_KEY] = kept
