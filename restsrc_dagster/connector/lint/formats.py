"""Answers in other formats than JSON, which say less of their values."""

import json

from restsrc_dagster.connector.lint.rule import LintFinding, rule_of_resource
from restsrc_dagster.connector.lint.subject import Subject
from restsrc_dagster.connector.resources.format import CsvFormat, format_object

_KINDS = ("bigint", "decimal")


@rule_of_resource("csv-of-texts")
def csv_of_texts(subject: Subject) -> LintFinding:
    """Every column is text: numbers do not add up, and 10 sorts before 9."""
    reading = subject.connector.reading.get(subject.name)
    said = format_object(reading.format) if reading is not None else None
    is_silent = not subject.resource.selected or subject.resource.hints.get("columns") is not None
    if not isinstance(said, CsvFormat) or is_silent or subject.resource.steps:
        return
    names = (said.names or ["id", "price"])[:2]
    columns = json.dumps(
        {name: {"data_type": kind} for name, kind in zip(names, _KINDS, strict=False)}
    )
    yield (
        subject.place("columns"),
        "the values of CSV are texts, and so is every column of the table. Name those that are "
        f'not, such as "columns": {columns}; or write "columns": {{}} if all of them are',
    )
