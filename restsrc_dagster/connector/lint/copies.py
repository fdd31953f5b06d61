"""Rows that pile up, and rows that vanish: dispositions that do not fit what is read."""

import re

from restsrc_dagster.connector.lint.rule import LintFinding, rule_of_resource
from restsrc_dagster.connector.lint.subject import Subject
from restsrc_dagster.connector.resources.columns import named_by

_OF_CHANGES = re.compile(r"updat|modif|chang|(?<!cr)edit|sync", re.IGNORECASE)


@rule_of_resource("append-without-cursor")
def append_without_cursor(subject: Subject) -> LintFinding:
    """Every run reads all records, and appends all of them again."""
    if subject.named_disposition == "append" and not subject.cursor and not subject.below_cursor:
        yield (
            subject.place("write_disposition"),
            "every run reads all records and appends them again. Leave write_disposition out, or "
            "name a cursor or a primary_key and merge",
        )


@rule_of_resource("append-below-cursor")
def append_below_cursor(subject: Subject) -> LintFinding:
    """The children of a parent that has changed are read again, and appended again."""
    if subject.named_disposition == "append" and not subject.cursor and subject.below_cursor:
        yield (
            subject.place("write_disposition"),
            f"a record of {subject.resource.parent} that is read again has all its children "
            "appended again. Leave write_disposition out, and they replace the old ones",
        )


@rule_of_resource("replace-below-cursor")
def replace_below_cursor(subject: Subject) -> LintFinding:
    """The table is emptied, then holds only the children of the parents that have changed."""
    if subject.named_disposition == "replace" and subject.below_cursor:
        yield (
            subject.place("write_disposition"),
            f"a run reads only what changed of {subject.resource.parent}, and the table then holds "
            "only the children of that. Leave write_disposition out, and they replace the old ones",
        )


@rule_of_resource("lag-appended")
def lag_appended(subject: Subject) -> LintFinding:
    """What lies within the lag is read in every run, and appended again."""
    if _appends(subject) and (lag := (subject.cursor or {}).get("lag")):
        yield (
            subject.cursor_place("lag"),
            f"with a lag of {lag}, the end of the last run is read and appended again. "
            f"{_merge(subject)}",
        )


@rule_of_resource("range-appended")
def range_appended(subject: Subject) -> LintFinding:
    """With an `end_value` dlt keeps no cursor: every run reads the whole range again."""
    if _appends(subject) and (subject.cursor or {}).get("end_value") is not None:
        yield (
            subject.cursor_place("end_value"),
            "with an end_value no cursor is kept, and every run appends the whole range again. "
            f"{_merge(subject)}",
        )


@rule_of_resource("null-cursor-appended")
def null_cursor_appended(subject: Subject) -> LintFinding:
    """Records without a cursor are new in every run, and appended again."""
    cursor = subject.cursor or {}
    if _appends(subject) and cursor.get("on_cursor_value_missing") == "include":
        yield (
            subject.cursor_place("on_cursor_value_missing"),
            f"records without {subject.resource.cursor_path} are appended again in every run. "
            f"{_merge(subject)}",
        )


@rule_of_resource("changes-appended")
def changes_appended(subject: Subject) -> LintFinding:
    """A record that has changed becomes one more row beside its old one."""
    path = subject.resource.cursor_path or ""
    by_default = _appends(subject) and subject.named_disposition is None
    if by_default and _OF_CHANGES.search(path):
        yield (
            subject.cursor_place("cursor_path"),
            f"a record whose {path} has moved on is appended as one more row. Name a primary_key, "
            "and it replaces its old one; or write append, if the history is wanted",
        )


@rule_of_resource("nested-key-appended")
def nested_key_appended(subject: Subject) -> LintFinding:
    """dlt makes a table of its own of a list that has a primary key."""
    for table, hints in subject.resource.nested_hints.items():
        if named_by(hints, "primary_key") and not hints.get("write_disposition"):
            yield (
                subject.place("nested_hints", table),
                "with a primary key, dlt takes the list for a table of its own: every run appends "
                "all of it again, and its rows tell no parent. Leave the key out",
            )


@rule_of_resource("scd2-of-changes")
def scd2_of_changes(subject: Subject) -> LintFinding:
    """scd2 retires every row that a run does not bring: here, all that has not changed."""
    hints = subject.resource.hints
    partial = subject.cursor is not None or subject.below_cursor
    if subject.strategy == "scd2" and partial and not hints.get("merge_key"):
        yield (
            subject.place("write_disposition"),
            "a run reads only what has changed, and scd2 retires every other row. Name the key of "
            "a record as merge_key, or read without a cursor",
        )


@rule_of_resource("merge-key-unused")
def merge_key_unused(subject: Subject) -> LintFinding:
    """A `merge_key` alone does not make a merge."""
    if subject.resource.hints.get("merge_key") and not subject.named_disposition:
        if subject.resource.has_primary_key or subject.disposition == "merge":
            return
        yield (
            subject.place("merge_key"),
            f"has no effect, as the table is written by {subject.disposition}. Write "
            'write_disposition "merge", or remove it',
        )


@rule_of_resource("never-loaded")
def never_loaded(subject: Subject) -> LintFinding:
    """A resource with `selected: false` is read for its children only, and has none."""
    below = subject.resources.descendants(subject.name)
    if not subject.resource.selected and not any(
        subject.resources[name].selected for name in below
    ):
        yield (
            subject.place("selected"),
            "is false, and there is no child that is loaded: it is never read. Remove selected, or "
            "the resource",
        )


def _appends(subject: Subject) -> bool:
    return subject.disposition == "append" and subject.resource.selected


def _merge(subject: Subject) -> str:
    if subject.resource.has_primary_key:
        return 'Write write_disposition "merge"'
    return "Name a primary_key, and rows replace their old ones" + (
        "; remove write_disposition append" if subject.named_disposition else ""
    )
