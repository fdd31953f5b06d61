"""Warnings about what is valid, and will hurt later.

A rule is a function with a code. It looks at one resource (`cursors`, `copies`, `paging`) or at
what is sent (`sending`), and its docstring says what happens if nobody heeds it.
"""

from restsrc_dagster.connector.lint import copies, cursors, paging, sending
from restsrc_dagster.connector.lint.rule import Lint, Rule
from restsrc_dagster.connector.lint.subject import Subject
from restsrc_dagster.connector.model import Connector

__all__ = ["RULES", "Lint", "lint"]

RULES = {
    rule.code: rule
    for theme in (cursors, copies, paging, sending)
    for rule in vars(theme).values()
    if isinstance(rule, Rule)
}
"""Every rule, by its code."""


def lint(connector: Connector) -> list[Lint]:
    """Every warning about a connector, rule by rule; never with the value of a secret."""
    count = len(connector.configuration["resources"])
    subjects = [Subject(connector, position) for position in range(count)]
    return [found for rule in RULES.values() for found in rule.find(connector, subjects)]
