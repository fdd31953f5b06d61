"""Cursors that cost more than they save, or pass over what they should bring."""

import re

from restsrc_dagster.connector.instants import seconds_of
from restsrc_dagster.connector.lint.rule import Found, rule_of_resource
from restsrc_dagster.connector.lint.subject import Subject

_DATE = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b.*"  # 12/31/2023, 31.12.2023
    r"|([A-Z][a-z]{2,8},? ){1,2}\d{1,2}\b.*"  # Wed, 31 Jan 2024; Jan 31, 2024
    r"|\d{1,2}[ -][A-Z][a-z]{2,8}\b.*",  # 31 Jan 2024
    re.DOTALL,
)
"""Dates that do not begin with the year."""


@rule_of_resource("cursor-not-sent")
def cursor_not_sent(subject: Subject) -> Found:
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
def cursor_without_effect(subject: Subject) -> Found:
    """dlt forgets the cursor of a table that it replaces, and reads everything in every run."""
    if subject.resource.incremental and subject.disposition == "replace":
        yield (
            subject.place("write_disposition"),
            f"replace forgets the cursor {subject.resource.cursor_path}, so every run reads "
            "everything. Remove the cursor, or write merge or append",
        )


@rule_of_resource("shared-child-cursor")
def shared_child_cursor(subject: Subject) -> Found:
    """All parents share one cursor (dlt #2429): what is older than it is passed over in each."""
    if subject.cursor is not None and (parent := subject.resource.parent):
        yield (
            subject.cursor_place(),
            f"all of {parent} share one cursor, so a record that comes later with an older "
            f"{subject.resource.cursor_path} than that of another one's is passed over. Leave the "
            "cursor out and name a primary_key, or set a lag that covers it",
        )


@rule_of_resource("cursor-is-none")
def cursor_is_none(subject: Subject) -> Found:
    """Where there is no value yet, dlt sends the text `None` for the placeholder."""
    incremental = subject.resource.incremental or {}
    for placeholder in subject.cursor_placeholders:
        value = str(placeholder.incremental_value)
        needs = "end_value" if value == "end_value" else "initial_value"
        if incremental.get(needs) is None:
            when = "every run" if value in ("end_value", "initial_value") else "the first run"
            yield (
                subject.place("endpoint", *placeholder.path.split(".")),
                f"without an {needs}, {when} sends None for {{incremental.{value}}}. Give "
                f"incremental an {needs}",
            )


@rule_of_resource("unsorted-dates")
def unsorted_dates(subject: Subject) -> Found:
    """Nobody can tell which of such dates is later: a run that meets one fails."""
    for key in ("initial_value", "end_value"):
        value = (subject.cursor or {}).get(key)
        if isinstance(value, str) and _DATE.fullmatch(value) and seconds_of(value) is None:
            yield (
                subject.cursor_place(key),
                f"{value!r} cannot be compared safely, and a run refuses it. Use a cursor that the "
                "API gives as 2024-01-31T10:00:00Z, or read without one",
            )
