"""What the file says otherwise than when the tables were made, so that reading begins anew.

A table that was replaced in every run holds a copy of everything: with a key or a cursor, what
would be merged into it or appended to it has to find it empty. So it is with children that are
replaced by another parent's key than so far, or as a whole, or not any more. Nested tables of one
that was replaced lack the root's key, without which dlt cannot merge. Edits of which a person has
to decide are in `edits.py`.
"""

from collections.abc import Iterable, Set

from dlt.common.schema import Schema
from dlt.common.schema.utils import get_write_disposition

from restsrc_dagster.connector.abilities import NATIVE
from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.extract.conform.required import required_columns
from restsrc_dagster.extract.conform.type_fit import is_dlts
from restsrc_dagster.load.rows.stale_children import replacing_columns


def tables_to_reset(
    schema: Schema | None, resources: Resources, selection: Iterable[str]
) -> dict[str, str]:
    """The resources whose tables begin anew, and why: they were replaced so far, and are not any
    more, as a whole or with their parents; or they are, and have columns which were never empty,
    and may be now, or another format."""
    found = ((name, _why_anew(schema, resources, name)) for name in selection)
    return {name: why for name, why in found if why is not None}


def _why_anew(schema: Schema | None, resources: Resources, name: str) -> str | None:
    resource = resources[name]
    needless = _never_empty_so_far(schema, resources, name)
    match written_before(schema, resource), resources.disposition(name):
        case "replace", "merge" | "append" as now:
            way = "merged" if now == "merge" else "appended"
            return f"it was replaced in every run so far, and is {way} from now on"
        case before, "replace":
            return _why_replaced_anew(schema, resource, before, needless)
        case "merge", "merge" | "append" if schema and not key_of_table(schema, resource):
            if not any(column.startswith("_") for column in needless):
                return None
            return "it was replaced with the records of its parent so far, and is not any more"
    if resources.replaces_children(name) and _lacks_key(schema, resources, name):
        return "its rows do not tell the records of the parent with which they are replaced"
    return None


def _why_replaced_anew(
    schema: Schema | None, resource: Resource, before: str | None, needless: Set[str]
) -> str | None:
    if formats := formats_of(schema, resource):
        return f"it has tables of the format {formats[0]}, and is to have those of {formats[1]}"
    if not needless:
        return None
    if before != "replace":
        return "it is replaced in every run from now on"
    return f"its table has no room for a record without {', '.join(sorted(needless))}"


def _never_empty_so_far(schema: Schema | None, resources: Resources, name: str) -> set[str]:
    """Columns that the table has never empty, of which the file does not ask that any more."""
    root = table_of(schema, resources[name]) if schema else None
    if schema is None or root is None:
        return set()
    disposition = resources.write_disposition(name)
    asked = required_columns(resources[name], disposition, root, schema.naming, {})
    needed = set(asked.get(root, ()))
    if resources.replaces_children(name):
        needed |= {*replacing_columns(schema, resources, name)}
    return {
        column
        for column, hints in schema.get_table_columns(root).items()
        if hints.get("nullable") is False and not is_dlts(hints) and column not in needed
    }


def _lacks_key(schema: Schema | None, resources: Resources, name: str) -> bool:
    table = table_of(schema, resources[name]) if schema else None
    if schema is None or table is None:
        return False
    columns = schema.get_table_columns(table)
    return any(column not in columns for column in replacing_columns(schema, resources, name))


def taken_over(schema: Schema | None, resources: Resources, names: Iterable[str]) -> dict[str, str]:
    """The resources, by the table, that load into one of a resource which the file names no more;
    dlt refreshes a table with the resource that it was made for."""
    return {
        table: name
        for name in names
        if schema is not None
        and (table := table_of(schema, resources[name]))
        and schema.tables[table].get("resource") not in resources
        and not resources.beside(name)
    }


def key_of_table(schema: Schema, resource: Resource) -> set[str]:
    columns = schema.get_table_columns(table_of(schema, resource) or "")
    return {name for name, column in columns.items() if column.get("primary_key")}


def written_before(schema: Schema | None, resource: Resource) -> str | None:
    """How the table was written so far; None if there is none."""
    table = table_of(schema, resource) if schema else None
    return get_write_disposition(schema.tables, table) if schema and table else None


def formats_of(schema: Schema | None, resource: Resource) -> tuple[str, str] | None:
    """How the table is stored, and how it should be, in words; None where that is the same.

    Files of another format lie beside those that are there, and are not seen by who reads these.
    """
    table = table_of(schema, resource) if schema else None
    if schema is None or table is None:
        return None
    before, now = schema.tables[table].get("table_format"), resource.hints.get("table_format")
    words = [NATIVE if one in (None, NATIVE) else str(one) for one in (before, now)]
    return None if words[0] == words[1] else (words[0], words[1])


def table_of(schema: Schema, resource: Resource) -> str | None:
    table = schema.naming.normalize_table_identifier(resource.table_name)
    return table if table in schema.data_table_names(seen_data_only=True) else None
