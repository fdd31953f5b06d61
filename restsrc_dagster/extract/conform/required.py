"""Columns that are never empty: keys, and what `columns` says so of.

A record that has nothing there, or what the column cannot hold, would break the file that is
written, or the load, and with it all resources.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from dlt.common.configuration.container import Container
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.normalizers.naming import NamingConvention
from dlt.common.schema import Schema

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import WriteDisposition
from restsrc_dagster.connector.wording import kind_of
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.conform.column_hints import hints_by_table
from restsrc_dagster.extract.conform.type_fit import Misfit, check_of, coercion, in_words, is_dlts
from restsrc_dagster.extract.records.remedies import NEVER_EMPTY, retyping

PRIMARY_KEY = "which primary_key names"
_HINTS = {"primary_key": PRIMARY_KEY, "merge_key": "which merge_key names"}
_IN_OBJECT = "a field within an object is written"
_NUMBERS = {int, float, Decimal}
Required = Mapping[str, Mapping[str, str]]
"""Why a column is never empty, by table and column as dlt spells them."""


def required_columns(
    resource: Resource,
    disposition: WriteDisposition,
    root: str,
    naming: NamingConvention,
    stored: Mapping[str, Mapping[str, Any]],
) -> Required:
    """Those of the resource's table, `root`, and of the tables nested in it; `stored` are there."""
    found = {
        table: {
            name: NEVER_EMPTY
            for name, column in columns.items()
            if column.get("nullable") is False and not is_dlts(column)
        }
        for table, columns in stored.items()
        if table == root or table.startswith(f"{root}__")
    }
    version = disposition.get("row_version_column_name") if isinstance(disposition, dict) else None
    for table, said in hints_by_table(resource, root, naming).items():
        for name, why in _said(said):
            found.setdefault(table, {})[naming.normalize_path(name)] = why
    if version:
        name = naming.normalize_path(str(version))
        found.setdefault(root, {}).setdefault(name, "which row_version_column_name names")
    return found


def _said(hints: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What counts most comes last."""
    for name, column in (hints.get("columns") or {}).items():
        if column.get("nullable") is False:
            yield name, "which columns says is never empty"
        for hint, why in reversed(_HINTS.items()):
            if column.get(hint):
                yield name, why
    for hint, why in reversed(_HINTS.items()):
        names = hints.get(hint) or ()
        for name in [names] if isinstance(names, str) else names:
            within = name.replace(".", "__")
            yield name, why if within == name else f"{why} ({_IN_OBJECT} {within})"


def type_for_all(kinds: set[type], column: str, why: str) -> str | None:
    """The type for values of several kinds in a new column; None where they have one already.

    Numbers and texts are all texts. Raises ReadError where there is none.
    """
    if bool in kinds and len(kinds) > 1:
        others = "a number" if kinds & _NUMBERS else "text"
        raise ReadError(
            f"{column}, {why}, is true or false in some records and {others} in others; "
            f"{retyping((), column, again=False)}"
        )
    return "text" if str in kinds and kinds & _NUMBERS else None


def refuse_misfits(
    values: Iterator[Any], name: str, column: Mapping[str, Any], why: str, schema: Schema
) -> None:
    """Raise ReadError if the column cannot hold one of the values."""
    coerce = coercion(schema.data_item_normalizer)
    container = Container()
    known = DestinationCapabilitiesContext in container
    capabilities = container[DestinationCapabilitiesContext] if known else None
    check = check_of(column, capabilities, coerce, _refuse) if capabilities else None
    for value in values:
        try:
            coerce(column["data_type"], value)
            if check:
                check(value)
        except Misfit:
            raise ReadError(
                f"a record has {kind_of(value)} as {name}, {why}, and its column is "
                f"{in_words(column)}; {retyping((), name)}"
            ) from None


def _refuse(_: int) -> None:
    """Two keys might be rounded to one."""
    raise Misfit
