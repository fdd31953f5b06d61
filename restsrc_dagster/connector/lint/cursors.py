"""Cursors that cost more than they save, or pass over what they should bring."""

import re

from restsrc_dagster.connector.lint.rule import Found, rule_of_resource
from restsrc_dagster.connector.lint.subject import Subject

_NUMBER = re.compile(r"\d{1,7}(\.\d+)?")
_YEAR = re.compile(r"(19|20)\d\d")
_DATE = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b.*"  # 12/31/2023, 31.12.2023
    r"|([A-Z][a-z]{2,8},? ){1,2}\d{1,2}\b.*"  # Wed, 31 Jan 2024; Jan 31, 2024
    r"|\d{1,2}[ -][A-Z][a-z]{2,8}\b.*",  # 31 Jan 2024
    re.DOTALL,
)
"""Dates that do not begin with the year, and so do not sort as text."""


@rule_of_resource("cursor-not-sent")
def cursor_not_sent(subject: Subject) -> Found:
    """Every run reads all pages, and what is not new is dropped only after it has come."""
    if subject.cursor is None or subject.cursor_param or _is_bound(subject):
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


@rule_of_resource("child-cursor-moves")
def child_cursor_moves(subject: Subject) -> Found:
    """The cursor that is sent moves while a run reads: later parents are asked for too little."""
    parent = subject.resource.parent
    if subject.cursor is None or parent is None:
        return
    if param := subject.cursor_param:
        yield (
            subject.cursor_place("start_param"),
            f"for a further page of {parent}, {param} is the newest {subject.resource.cursor_path} "
            "read so far, and what is older there is passed over. Write "
            f'"{param}": "{{incremental.start_value}}" in params instead',
        )
        return
    for placeholder in subject.cursor_placeholders:
        if placeholder.incremental_value == "last_value":
            yield (
                subject.place("endpoint", *placeholder.path.split(".")),
                f"for a further one of {parent}, {{incremental.last_value}} is the newest "
                f"{subject.resource.cursor_path} read so far, and what is older there is passed "
                "over. Write {incremental.start_value} instead",
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


@rule_of_resource("number-as-text")
def number_as_text(subject: Subject) -> Found:
    """Texts are compared letter by letter: "9" is above "10", which is never loaded."""
    for key in ("initial_value", "end_value"):
        value = (subject.cursor or {}).get(key)
        if isinstance(value, str) and _NUMBER.fullmatch(value) and not _YEAR.fullmatch(value):
            yield (
                subject.cursor_place(key),
                f'"{value}" is text, and as text 9 is above 10. If the API gives '
                f"{subject.resource.cursor_path} as a number, write it without quotes; if it gives "
                "text, read without a cursor",
            )


@rule_of_resource("unsorted-dates")
def unsorted_dates(subject: Subject) -> Found:
    """Dates are compared as text: where the year is not first, newer ones are taken for old."""
    for key in ("initial_value", "end_value"):
        value = (subject.cursor or {}).get(key)
        if isinstance(value, str) and _DATE.fullmatch(value):
            yield (
                subject.cursor_place(key),
                f"{value!r} is compared as text, in which such dates are out of order. Use a "
                "cursor that the API gives as 2024-01-31T10:00:00Z, or read without one",
            )


def _is_bound(subject: Subject) -> bool:
    """Whether the request has a value that moves with the cursor."""
    return any(
        placeholder.incremental_value in ("start_value", "last_value")
        for placeholder in subject.cursor_placeholders
    )
