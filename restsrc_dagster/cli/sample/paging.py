"""How the list of a sample is read: its paginator, whether there is a next page, and a total."""

import json
from collections.abc import Mapping
from typing import Any

from restsrc_dagster.connector.resources.unverified import how_to_verify
from restsrc_dagster.extract.paging.full_page import came_full
from restsrc_dagster.extract.paging.kinds import as_written
from restsrc_dagster.extract.paging.more_pages import says_end, word_of_paging
from restsrc_dagster.extract.paging.proposal import agrees, proposal
from restsrc_dagster.extract.paging.proposed import Proposal
from restsrc_dagster.extract.sample.sample import Sample


def total_of(sample: Sample) -> str | None:
    if sample.total is None:
        return None
    if sample.is_single_by_choice and sample.total > sample.seen:
        return f"the API announces {sample.total}; by single_page the others are not asked for"
    return f"the API announces {sample.total}"


def page_size_of(sample: Sample) -> str | None:
    """What an API gives on a page that is not the last, where that is less than is asked for.

    Of one list: several, of parents or of windows, have a page each, and no more need be behind it.
    """
    first = sample.first
    if sample.resource.parents or sample.newest_windows:
        return None
    asked = first.asked_size() if first is not None else None
    if first is None or asked is None or not 0 < first.count < asked[1]:
        return None
    if sample.seen <= first.count:  # a counted page is followed by an empty one
        return None
    return (
        f"{asked[0].name} asks for {asked[1]} records, the API gave {first.count}, and more are "
        f"behind them. If that is its most, write {first.count}: a page with fewer is then known "
        "to be the last"
    )


def windows_of(sample: Sample) -> str | None:
    """What a run does with windows like these, which a sample does not."""
    if not sample.rechecks:
        return None
    return (
        "their pages have numbers: a run reads one of several pages twice, as a record may leave "
        "it meanwhile. Choose a size that fits a page, or see "
        f"reading.{sample.resource.name}.window.recheck"
    )


def unverified_of(sample: Sample) -> str | None:
    """What a run cannot see of a list like this."""
    if not sample.is_unverified:
        return None
    return (
        "they have numbers, and no total is announced: where a record leaves the list while it is "
        "read (deleted, or by a filter of the request), another one slips past unseen. If that can "
        f"be, {how_to_verify(sample.resource)}"
    )


def paginator_of(sample: Sample) -> str | None:
    if sample.paginator is None:
        return None
    details = " ".join(str(sample.paginator).partition(": ")[2].split())
    used = type(sample.paginator).__name__ + (f" ({details})" if details else "")
    if sample.paginator_configured:
        return f"{used}, as configured"
    return f"{used}, {_to_write(sample)}"


def paginator_to_write(sample: Sample) -> Mapping[str, Any] | None:
    """That which reads the list, where none is named; None if it is not known."""
    if sample.paginator is None or sample.paginator_configured:
        return None
    if (found := _proposed(sample)) is not None:
        return found.written
    if sample.is_guessed and _where_nothing_fits(sample) != _detected(sample):
        return None
    return as_written(sample.paginator)


def selector_of(sample: Sample) -> str:
    """Where the records are, and whether the file says so."""
    if named := sample.resource.endpoint.get("data_selector"):
        return str(named)
    where = sample.list_path
    if where is None:
        return "found by itself"
    return f'found by itself, at {where}: so that it stays, write "data_selector": "{where}"'


def _proposed(sample: Sample) -> Proposal | None:
    """What fits the answer better than what was guessed."""
    first = sample.first
    found = proposal(first.response, first.page) if first is not None else None
    is_other = sample.is_guessed or (found is not None and not agrees(found, sample.paginator))
    return found if is_other else None


def _to_write(sample: Sample) -> str:
    """Of a paginator that was guessed: what a person should write into the file."""
    first = sample.first
    found = proposal(first.response, first.page) if first is not None else None
    doubt = f"; {found.doubt}" if found is not None and found.doubt else ""
    if _proposed(sample) is not None:
        how = "as nothing was recognized" if sample.is_guessed else "guessed"
        return f"{how}: write {found}, which fits the answer{doubt}"
    if not sample.is_guessed:
        return f"{_detected(sample)}{doubt}"
    return _where_nothing_fits(sample)


def _where_nothing_fits(sample: Sample) -> str:
    """Of one page, whose answer tells of no further one, or not how it is asked for."""
    if sample.error or sample.more is None:
        return (
            "as nothing was recognized: name the paginator that the API's documentation describes"
        )
    if full := _full(sample):
        return (
            f"as nothing was recognized: the page came full, {full}; the API's documentation must "
            "say how further pages are asked for"
        )
    if word := _word_of_paging(sample):
        return (
            f"as there is no next page; that a longer list has one is told by {word!r}: name the "
            "paginator that the API's documentation describes"
        )
    return _detected(sample)


def _detected(sample: Sample) -> str:
    return f"detected: so that it stays, write {json.dumps(as_written(sample.paginator))}"


def _word_of_paging(sample: Sample) -> str | None:
    return word_of_paging(sample.first.envelope) if sample.first is not None else None


def next_page_of(sample: Sample) -> str | None:
    if sample.more is None:
        return None
    if sample.more:
        return "there is one"
    full = _full(sample)
    if sample.is_guessed and (sample.error or full):
        return f"nothing recognized{': the page came full, so there may be one' if full else ''}"
    if sample.nothing_at and (sample.error or full):
        because = "and the page came full, so there may be one" if full else "which is wrong"
        return f"nothing is at {sample.nothing_at}, {because}"
    return "none: this was the last"


def _full(sample: Sample) -> str | None:
    """How the only page is known to be full, in words, where the answer does not call it the last;
    None if it does, or if it is not."""
    if sample.first is None or sample.pages > 1 or _calls_it_the_last(sample):
        return None
    return came_full(sample.first)


def _calls_it_the_last(sample: Sample) -> bool:
    first = sample.first
    return (
        sample.error is None
        and first is not None
        and (
            says_end(first.envelope, len(first.page))
            or sample.total == sample.seen
            or (not sample.nothing_at and _word_of_paging(sample) is not None)
        )
    )
