"""For whom a thread asks, and how it waits."""

import time

import dlt
from dlt.common.exceptions import ResourceNameNotAvailable

from restsrc_dagster.extract.prefetch.requests import PrefetchedRequest


def resource_that_asks() -> str:
    """By dlt's context of this thread; "" where it has none."""
    try:
        return dlt.current.resource_name()
    except ResourceNameNotAvailable:
        return ""


def resource_asked_for() -> str:
    """Of a request that is being sent, be it before its turn."""
    ticket = PrefetchedRequest.current()
    return ticket.resource if ticket else resource_that_asks()


def asker() -> str:
    """The same, as the log names it."""
    return resource_asked_for() or "no resource"


def sleep(seconds: float) -> None:
    """Wait; raises RequestDropped where the answer is not wanted any more."""
    if ticket := PrefetchedRequest.current():
        ticket.sleep(seconds)
    else:
        time.sleep(seconds)
