"""dlt's schema contracts: what was refused by one, in a sentence without anybody's data."""

from dlt.common.schema.exceptions import DataValidationError

from restsrc_dagster.connector.wording import kind_of


def contract_in_words(error: DataValidationError) -> str:
    """Which table, which column, what came. dlt's own text ends with the keys of the record."""
    table, column = error.table_name, error.column_name
    if error.schema_entity == "tables":
        return (
            f"{table}: schema_contract freezes tables, and there is no table {table} yet; let "
            'tables be made, {"tables": "evolve", "columns": "freeze", "data_type": "freeze"}, '
            "or leave out the field that needs one"
        )
    row = error.data_item if isinstance(error.data_item, dict) else {}
    came = f", {kind_of(row[column])}" if column in row else ""
    if error.schema_entity == "columns":
        return (
            f"{table}: schema_contract freezes columns, and a record has a new one, {column}"
            f"{came}; let columns evolve, or leave the field out with processing_steps"
        )
    known = column.partition("__v_")[0]
    columns = (error.table_schema or {}).get("columns", {})
    kind = columns.get(known, {}).get("data_type", "of another type")
    return (
        f"{table}: schema_contract freezes data types, and a record has in {known}, which is "
        f"{kind}, another value{came}; let data_type evolve, or change the field with "
        "processing_steps"
    )
