"""JMESPath expressions: whether a text is one, and its syntax tree.

`jmespath` is imported when the first expression is met: few files have any.
"""

import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from restsrc_dagster.connector.syntax.variables import with_stand_ins
from restsrc_dagster.connector.wording import nearest

if TYPE_CHECKING:
    from jmespath.exceptions import ParseError

Tree = dict[str, Any]
"""A node: `type`, and mostly `children` and `value`, as `jmespath.ast` makes it."""

_OF_A_VALUE = ("subexpression", "filter_projection")
"""Nodes that look into their first child; that of `!a.b` is `!a`, and there is nothing in it."""
LONGEST = 10_000
"""Characters; its tree is as deep as it has parts, and each look at it goes down as far."""
_KINDS = {
    "EOF": "the end",
    "UNQUOTED_IDENTIFIER": "a name",
    "QUOTED_IDENTIFIER": "a name in quotes",
    "LITERAL": "a literal",
    "NUMBER": "a number",
}


@lru_cache(maxsize=1024)
def expression_error(text: str) -> str | None:
    """Why `text` is no expression that works, without repeating it; None if it is one."""
    from jmespath import exceptions

    if len(text) > LONGEST:
        return f"is {len(text):,} characters long; at most {LONGEST:,} work"
    try:
        tree = expression_tree(text)
    except exceptions.EmptyExpressionError:
        return "is no JMESPath: it is empty"
    except exceptions.IncompleteExpressionError:
        return f"is no JMESPath: it ends too early, after character {len(text)}"
    except exceptions.LexerError as error:
        return f"is no JMESPath: {_misspelt(error)} at character {error.lex_position + 1}"
    except exceptions.ParseError as error:
        return f"is no JMESPath: {_unexpected(error)} at character {error.lex_position + 1}"
    except (ValueError, RecursionError):
        return "is no JMESPath: it is too long or too deep"
    return next(_misused(tree), None)


def expression_tree(text: str) -> Tree:
    """The syntax tree of an expression; its `${…}` references are literals like any other.

    Raises:
        jmespath.exceptions.JMESPathError: `text` is none.
    """
    from jmespath.parser import Parser

    with warnings.catch_warnings():  # of `text` for `"text"`, an old spelling
        warnings.simplefilter("ignore")
        return cast("Tree", Parser().parse(with_stand_ins(text)).parsed)


def _misspelt(error: "ParseError") -> str:
    """The message of jmespath's lexer repeats the text."""
    message = str(getattr(error, "message", ""))
    if message.startswith("Unclosed"):
        return "a quote that is not closed"
    if message.startswith("Unknown"):
        return "a character that has no meaning there"
    return "a literal that is not JSON"


def _unexpected(error: "ParseError") -> str:
    kind = _KINDS.get(error.token_type, f"`{error.token_value}`")
    return f"{kind} stands"


def _misused(node: Tree, *, argument: bool = False) -> Iterator[str]:
    """What would fail at the first record, whatever it holds."""
    from restsrc_dagster.connector.syntax.functions import Functions

    known = Functions.FUNCTION_TABLE
    children = [child for child in node.get("children", ()) if isinstance(child, dict)]
    called = node["type"] == "function_expression"
    if node["type"] in _OF_A_VALUE and children[0]["type"] == "not_expression":
        yield "has a ! that takes the name behind it alone; write !(a.b) for the opposite of a.b"
    if node["type"] == "expref" and not argument:
        yield "has an & that is no argument of a function"
    if called:
        name, signature = node["value"], known.get(node["value"], {}).get("signature", ())
        more = bool(signature) and signature[-1].get("variadic", False)
        if name not in known:
            near = nearest(name, known)
            meant = f"did you mean {near}()?" if near else f"known are {', '.join(sorted(known))}"
            yield f"{name}() is no function; {meant}"
        elif len(children) < len(signature) or (len(children) > len(signature) and not more):
            least = "at least " if more else ""
            plural = "" if len(signature) == 1 else "s"
            yield f"{name}() takes {least}{len(signature)} argument{plural}, not {len(children)}"
    for child in children:
        yield from _misused(child, argument=called)
