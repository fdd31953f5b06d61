"""Warnings about what is valid, and will hurt later.

A rule is a function with a code. It looks at one resource, as a `Subject`, or at the connector as a
whole; its docstring says what happens if nobody heeds it. The modules are themes:

cursors     lists that are read by a cursor
copies      rows that come twice, or are lost
paging      paginators that read too little, or the same twice
lists       lists of values
formats     answers that say little of their values
sending     requests that do not say what was meant, or tell a secret
rule        what makes a rule of a function, and what it finds
subject     one resource, and where each of its keys stands in the file
"""

from restsrc_dagster.connector.lint import copies, cursors, formats, lists, paging, sending
from restsrc_dagster.connector.lint.rule import Lint, Rule
from restsrc_dagster.connector.lint.subject import Subject
from restsrc_dagster.connector.model import Connector

__all__ = ["RULES", "Lint", "lint"]

RULES = {
    rule.code: rule
    for theme in (cursors, copies, paging, sending, lists, formats)
    for rule in vars(theme).values()
    if isinstance(rule, Rule)
}
"""Every rule, by its code."""


def lint(connector: Connector) -> list[Lint]:
    """Every warning about a connector, rule by rule; never with the value of a secret."""
    count = len(connector.configuration["resources"])
    subjects = [Subject(connector, position) for position in range(count)]
    return [found for rule in RULES.values() for found in rule.find(connector, subjects)]
