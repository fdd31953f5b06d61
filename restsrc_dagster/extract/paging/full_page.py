"""A page that came full: behind it there may be another one, though nothing tells of it."""

from restsrc_dagster.extract.paging.answer import Answer

SMALLEST = 10


def came_full(answer: Answer) -> str | None:
    """How a page is known to be full, in words: by what was asked for, or by a round number.

    Returns:
        None where fewer came than were asked for, or a number of which no pages are made.
    """
    if finding := full_as_asked(answer):
        return finding
    count = answer.count
    is_round = count >= SMALLEST and (count % 10 == 0 or count % 25 == 0)
    return f"with {count} records, a round number" if is_round and not _was_asked(answer) else None


def full_as_asked(answer: Answer) -> str | None:
    """The same where the request says how many records a page is to have."""
    asked, count = answer.asked_size(), answer.count
    if asked is None or count < asked[1]:
        return None
    return f"with {count} records, as {asked[0].name} asks for"


def _was_asked(answer: Answer) -> bool:
    """An API that gives less than it is asked for has a largest page, which is a round number."""
    asked = answer.asked_size()
    return asked is not None and asked[1] < 2 * answer.count
