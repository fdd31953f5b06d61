"""Why a table cannot be loaded, in words for a person and without anybody's data."""

import re

from dlt.common.schema.exceptions import (
    CannotCoerceColumnException,
    CannotCoerceNullException,
    DataValidationError,
    UnboundColumnException,
)

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.errors import ReadError, RestsrcError, causes
from restsrc_dagster.extract.failures.contracts import contract_in_words
from restsrc_dagster.extract.failures.explain import LONGEST_MESSAGE
from restsrc_dagster.extract.records.remedies import retyping, type_hint, without

_QUOTED = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"")
"""What libraries quote may be a value."""
_DETAIL = re.compile(r"\s*(?:DETAIL|CONTEXT|LINE \d+|HINT|\[SQL|\[parameters):.*", re.DOTALL)
"""PostgreSQL shows the whole row that it refuses, and SQLAlchemy all that it was given."""
_LAST_ERROR = re.compile(r"^(?:[A-Za-z_]\w*\.)*(?P<kind>\w+): (?P<words>\S.*)$", re.MULTILINE)
_OURS = ReadError.__name__


def not_normalized(error: Exception, resource: str, table: str, redact: Redactor) -> RestsrcError:
    """Why dlt makes no rows of a table's records."""
    chain = list(causes(error))
    for cause in chain:
        if isinstance(cause, RestsrcError):
            return type(cause)(redact(f"{resource}: {cause}"))
        if isinstance(cause, DataValidationError):
            return ReadError(redact(contract_in_words(cause)))
        if words := _of_columns(cause):
            return ReadError(redact(f"{resource}: {words}"))
    kind, words = _of_root(chain[-1])
    if kind == _OURS:
        return ReadError(redact(f"{resource}: {words}"))
    words = _short(_QUOTED.sub("…", words))
    return ReadError(
        redact(
            f"{resource}: a value of its records cannot become a row of {table} "
            f"({kind}: {words}); take out the field that has changed by "
            "processing_steps, or give its column another type in columns"
        )
    )


def not_taken(
    words: str, resource: str, table: str, redact: Redactor, *, replaced: bool
) -> RestsrcError:
    """Why the destination takes no rows; `words` are its own, or a trace that ends with them.

    A table that is `replaced` was emptied before.
    """
    words = _DETAIL.sub("", words)
    if found := _LAST_ERROR.findall(words):
        words = found[-1][1]
    emptied = "; the rows that it had are gone, as it is replaced in each run" if replaced else ""
    return ReadError(
        redact(f"{resource}: the destination refuses rows of {table}: {_short(words)}{emptied}")
    )


def rounding_in_words(table: str, column: str, places: int) -> str:
    """What has become of numbers with more places than their column has; `table` is the path."""
    path = [table] if table else []
    return (
        f"numbers of {'.'.join((*path, column))} have more than the {places} places behind the "
        f"point that their column has, and were rounded; for all of them give it a type, "
        f"{type_hint(path, column)}, and read the resource again with full_refresh. Where it is "
        "meant, name precision and scale in columns"
    )


def _of_columns(cause: BaseException) -> str | None:
    match cause:
        case CannotCoerceColumnException():
            return (
                f"a record has {cause.from_type} as {cause.column_name}, and that column of "
                f"{cause.table_name} is {cause.to_type}; {retyping((), cause.column_name)}"
            )
        case UnboundColumnException():
            names = ", ".join(str(column["name"]) for column in cause.columns)
            why = "which must not be empty"
            return f"no record has {names}, {why}; {without(why)}"
        case CannotCoerceNullException():
            return f"a record has nothing in a column that must not be empty; {without('')}"
        case _:
            return None


def _of_root(root: BaseException) -> tuple[str, str]:
    """The kind of an error and its words; of one in another process there is a trace only."""
    kind, words = type(root).__name__, str(root)
    if "Traceback" in words:
        for found in _LAST_ERROR.finditer(words):
            kind, words = found["kind"], found["words"]
            if kind == _OURS:
                break
    return kind, words


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= LONGEST_MESSAGE else f"{words[:LONGEST_MESSAGE]}…"
