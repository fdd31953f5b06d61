"""How a person is told of what is not known: with the nearest thing that is."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any


def nearest(text: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    by_lower = {word.lower(): word for word in known}
    text = text.lower()
    if found := get_close_matches(text, list(by_lower), n=1):
        return by_lower[found[0]]
    longer = [word for lower, word in by_lower.items() if len(text) > 2 and text in lower]
    return longer[0] if len(longer) == 1 else None


SHOWN = 30


def some_of(names: Iterable[str]) -> str:
    """Names with commas; the first thirty, and how many there are beside them."""
    every = list(names)
    more = len(every) - SHOWN
    return ", ".join(every[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def unknown_key(key: str, known: Iterable[str]) -> str:
    known = list(known)
    suggestion = nearest(key, known)
    return "unknown key; " + (
        f"did you mean {suggestion}?" if suggestion else f"allowed are {', '.join(known)}"
    )


def allowed(text: str, choices: Iterable[str]) -> str:
    """The choices, and the one that was probably meant; `text` itself may be a secret."""
    choices = list(choices)
    suggestion = nearest(text, choices)
    return ", ".join(choices) + (f"; did you mean {suggestion}?" if suggestion else "")


def out_of_bounds(kind: str, context: Mapping[str, Any]) -> str | None:
    """What a number is not, by the kind of pydantic's error; None for errors of other kinds."""
    match kind:
        case "greater_than_equal":
            return f"is not ≥ {context['ge']}"
        case "less_than_equal":
            return f"is not ≤ {context['le']}"
        case "greater_than":
            return f"is not > {context['gt']}"
        case _:
            return None


def kind_of(value: Any) -> str:
    """What a JSON value is, without the value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return f"a {type(value).__name__}"


LONGEST_QUOTE = 40


def quoted(text: str) -> str:
    """A value of an API, which may be long, in quotes."""
    return repr(text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…")
