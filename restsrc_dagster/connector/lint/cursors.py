"""Cursors that cost more than they save, or pass over what they should bring."""

import re

from restsrc_dagster.connector.lint.rule import LintFinding, rule_of_resource
from restsrc_dagster.connector.lint.subject import Subject
from restsrc_dagster.connector.naming import is_day
from restsrc_dagster.connector.resources.ends import has_unsent_end
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.time.conversion import tells_zone
from restsrc_dagster.connector.time.instants import seconds_of
from restsrc_dagster.connector.time.lag import DAY, NoLag, is_date, lagged

MOST_DAYS = 3650
"""More is meant as seconds."""
_DATE = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b.*"  # 12/31/2023, 31.12.2023
    r"|([A-Z][a-z]{2,8},? ){1,2}\d{1,2}\b.*"  # Wed, 31 Jan 2024; Jan 31, 2024
    r"|\d{1,2}[ -][A-Z][a-z]{2,8}\b.*",  # 31 Jan 2024
    re.DOTALL,
)
"""Dates that do not begin with the year."""


@rule_of_resource("cursor-not-sent")
def cursor_not_sent(subject: Subject) -> LintFinding:
    """Every run reads all pages, and what is not new is dropped only after it has come."""
    if subject.cursor is None or subject.resource.sends_cursor:
        return
    stops = "; if the API gives the newest first, row_order desc stops early"
    if not subject.resource.parent:
        if subject.cursor.get("row_order") == "desc":
            return
    else:
        stops = ""
    yield (
        subject.cursor_place(),
        f"the API is not told the cursor {subject.resource.cursor_path}, so every run reads all "
        "pages. Name its parameter as start_param, or write {incremental.start_value} in the "
        f"request{stops}",
    )


@rule_of_resource("cursor-without-effect")
def cursor_without_effect(subject: Subject) -> LintFinding:
    """dlt forgets the cursor of a table that it replaces, and reads everything in every run."""
    if subject.resource.incremental and subject.disposition == "replace":
        yield (
            subject.place("write_disposition"),
            f"replace forgets the cursor {subject.resource.cursor_path}, so every run reads "
            "everything. Remove the cursor, or write merge or append",
        )


@rule_of_resource("shared-child-cursor")
def shared_child_cursor(subject: Subject) -> LintFinding:
    """All parents share one cursor: what is older than it is passed over in each."""
    shared = subject.cursor is not None and subject.connector.cursor_is_shared(subject.name)
    if shared and not _is_login(subject.resources, subject.resource.parent):
        yield (
            f"reading.{subject.name}.cursor",
            f"all of {subject.resource.parent} share one cursor, so a record that comes later with "
            f"an older {subject.resource.cursor_path} than that of another one's is passed over. "
            "Remove it, and each has its own; or set a lag that covers it",
        )


def _is_login(resources: Resources, name: str | None) -> bool:
    """Whether a parent is one answer, which is asked for and not loaded: there is no other one."""
    if name is None or name not in resources:
        return False
    parent = resources[name]
    return (
        not parent.selected
        and parent.parent is None
        and parent.endpoint.get("method") == "POST"
        and parent.endpoint.get("data_selector") == "$"
        and resources.paginator_kind(name).next_page == "none"
        and not any("yield_map" in step for step in parent.steps)
    )


@rule_of_resource("cursor-is-none")
def cursor_is_none(subject: Subject) -> LintFinding:
    """Where there is no value yet, nothing can stand for the placeholder; a param is left out."""
    incremental = subject.resource.incremental or {}
    for placeholder in subject.cursor_placeholders:
        value = str(placeholder.incremental_value)
        needs = "end_value" if value == "end_value" else "initial_value"
        has_end = value == "end_value" and subject.name in subject.connector.resources.windows
        is_none = incremental.get(needs) is None and not has_end
        if is_none and not placeholder.path.startswith("params"):
            when = "every run" if value in ("end_value", "initial_value") else "the first run"
            yield (
                subject.place("endpoint", *placeholder.path.split(".")),
                f"without an {needs}, {when} has nothing for {{incremental.{value}}}, and "
                f"fails or sends null. Give incremental an {needs}, or send it as a param",
            )


@rule_of_resource("end-not-sent")
def end_not_sent(subject: Subject) -> LintFinding:
    """A run reads up to now in one list; only a range that is asked for by hand has an end."""
    cursor, connector = subject.cursor or {}, subject.connector
    in_windows = subject.name in connector.resources.windows
    in_partitions = connector.partitions is not None
    if not has_unsent_end(subject.resource, in_windows=in_windows, in_partitions=in_partitions):
        return
    if not cursor:  # which cursor-without-effect tells
        return
    yield (
        subject.cursor_place("end_param"),
        f"{cursor['end_param']} is sent only where a range is read again: a run has no end without "
        "an end_value. To read in slices up to now, write "
        f'"reading": {{"{subject.name}": {{"window": {{"size": "31 days"}}}}}}; else take '
        "end_param out",
    )


@rule_of_resource("lag-impossible")
def lag_impossible(subject: Subject) -> LintFinding:
    """Nothing can be subtracted from a text that is neither a time nor a number: runs fail."""
    lag, initial = (subject.cursor or {}).get("lag"), (subject.cursor or {}).get("initial_value")
    if lag and isinstance(initial, str) and "${" not in initial:
        try:
            lagged(initial, lag, in_days=False)
        except NoLag:
            yield (
                subject.cursor_place("lag"),
                f"cannot be subtracted from a cursor such as {initial!r}, and every run fails. "
                "Remove it, or name a cursor such as 2024-01-31T10:00:00Z or a number",
            )


@rule_of_resource("lag-in-days")
def lag_in_days(subject: Subject) -> LintFinding:
    """Where the cursor's values are dates, a lag counts days, and not seconds."""
    lag, initial = (subject.cursor or {}).get("lag"), (subject.cursor or {}).get("initial_value")
    if lag and lag > MOST_DAYS and is_date(initial):
        yield (
            subject.cursor_place("lag"),
            f"counts days, as initial_value is a date: {lag:g} of them. For as many seconds write "
            f"{lag / DAY:g}, or initial_value with a time of day",
        )


@rule_of_resource("time-zone-unsaid")
def time_zone_unsaid(subject: Subject) -> LintFinding:
    """Sent without an offset, a time is the API's own: records between it and UTC are left out."""
    cursor = subject.cursor or {}
    convert = cursor.get("convert")
    if not convert or tells_zone(convert) or cursor.get("lag") or not subject.resource.sends_cursor:
        return
    yield (
        subject.cursor_place("convert"),
        f"sends a time without its offset, of UTC, which the API may take for one of another zone. "
        f"Name the zone of the API, as {convert}@Europe/Berlin or {convert}@UTC, or set a lag of a "
        "day",
    )


@rule_of_resource("one-day-in-all-runs")
def one_day_in_all_runs(subject: Subject) -> LintFinding:
    """An API that answers one day alone is read of the first day in every run, and of no other."""
    cursor = subject.cursor
    if cursor is None or subject.name in subject.resources.windows:
        return
    if cursor.get("end_param") or cursor.get("end_value") is not None:
        return
    for name in filter(is_day, subject.resource.params_of_start):
        yield (
            subject.cursor_place(),
            f"{name} sends the day of the cursor alone. Where the API answers that day and no "
            "later one, all runs read the first day; read each day in a window: "
            f'"reading": {{"{subject.name}": {{"window": {{"size": "1 day"}}}}}}',
        )


@rule_of_resource("unsorted-dates")
def unsorted_dates(subject: Subject) -> LintFinding:
    """Nobody can tell which of such dates is later: a run that meets one fails."""
    for key in ("initial_value", "end_value"):
        value = (subject.cursor or {}).get(key)
        if isinstance(value, str) and _DATE.fullmatch(value) and seconds_of(value) is None:
            yield (
                subject.cursor_place(key),
                f"{value!r} cannot be compared safely, and a run refuses it. Use a cursor that the "
                "API gives as 2024-01-31T10:00:00Z, or read without one",
            )
