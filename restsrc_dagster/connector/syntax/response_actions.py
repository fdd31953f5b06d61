"""The texts of `response_actions`: what is done about an answer, and by what of its content."""

from dataclasses import dataclass
from typing import Literal

from restsrc_dagster.connector.wording import allowed

ActionKind = Literal["ignore", "retry", "fail"]
ACTIONS: tuple[ActionKind, ...] = ("ignore", "retry", "fail")
EXPRESSION = "jmespath:"
"""How a `content` begins that is an expression over the body, and no text of it."""


@dataclass(frozen=True)
class Action:
    """`ignore`, `retry` or `fail`, and the person's message where it fails."""

    kind: ActionKind
    message: str = ""


def action_of(text: str) -> Action:
    """The action that a text names; raises ValueError, which does not repeat the text."""
    kind, _, message = text.partition(":")
    if kind not in ACTIONS or (message and kind != "fail"):
        raise ValueError(f"is not one of {allowed(kind, ACTIONS)}")
    return Action(kind, message.strip())


def expression_of(content: str) -> str | None:
    """The expression that a `content` is; None if it is a text to look for."""
    if not content.startswith(EXPRESSION):
        return None
    return content.removeprefix(EXPRESSION).strip()
