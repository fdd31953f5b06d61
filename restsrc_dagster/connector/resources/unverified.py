"""Lists of which nobody can tell whether they have moved while they were read.

Their pages are asked for by numbers, and they announce no total. A record that leaves such a list
lets the first one of a page that is still to come move up onto one that has been read, and nothing
in the answers shows it.
"""

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.window import window_problems

ONE_WINDOW = '"window": {"size": "1200 months"}'
"""Which is longer than any range."""


def how_to_verify(resource: Resource) -> str:
    """What the person writes so that a list that has moved is seen."""
    if any(window_problems(resource)):
        return "a list like that is complete only where every run reads all of it, without a cursor"
    return f"{ONE_WINDOW} in reading.{resource.name} has it read until two readings agree"


def told_of_unverified(resource: Resource, pages: int) -> str:
    """What is to be said of `pages` that a run has read."""
    return (
        f"{pages} pages of {resource.name} were asked for by numbers, and announce no total: a "
        "record that left the list meanwhile, because it was deleted or a filter of the request "
        "held no longer, has let another one slip past unseen. If records can leave this list, "
        f"{how_to_verify(resource)}."
    )
