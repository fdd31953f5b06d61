"""JMESPath expressions of a connector file, as a run evaluates them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from restsrc_dagster.connector.syntax.expression import expression_tree
from restsrc_dagster.errors import ReadError
from restsrc_dagster.json_types import Json


def searcher(expression: str, place: str, now: datetime | None = None) -> Callable[[Any], Any]:
    """An expression that is parsed once; `jmespath.search` would build its interpreter each time.

    Args:
        expression: a JMESPath that `expression_error` finds nothing wrong with.
        place: where it stands in the file, for messages.
        now: what `now()` gives; by default the time of this call.

    The messages of jmespath repeat the value that did not fit, which is somebody's data.
    """
    from jmespath.exceptions import JMESPathTypeError
    from jmespath.visitor import Options, TreeInterpreter

    from restsrc_dagster.connector.syntax.functions import FunctionError, Functions

    tree: Any = expression_tree(expression)
    interpreter = TreeInterpreter(Options(custom_functions=Functions(now)))

    def search(record: Json) -> Any:
        try:
            return interpreter.visit(tree, record)
        except JMESPathTypeError as error:
            guard = "; write field && function(field)" if error.actual_type == "null" else ""
            raise ReadError(
                f"{place}: {error.function_name}() takes {' or '.join(error.expected_types)}, but "
                f"got {error.actual_type}{guard}"
            ) from None
        except FunctionError as error:
            raise ReadError(f"{place}: {error}") from None
        except Exception as error:
            raise ReadError(f"{place}: fails with {type(error).__name__}") from None

    return search


def is_true(value: Json) -> bool:
    """Whether a result is true, as JMESPath sees it: 0 is."""
    return value is not None and value is not False and value not in ("", [], {})


def predicate(expression: str, place: str, now: datetime | None = None) -> Callable[[Any], bool]:
    """Whether an expression holds; the arguments are those of `searcher`."""
    search = searcher(expression, place, now)
    return lambda value: is_true(search(value))
