"""What is in the DuckDB files of the working folder, or in PostgreSQL, after a load."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.data import Sums
from benchmarks.task import Task

DATABASE = Path("restsrc_acme.duckdb")
DATASET = "acme"


def check(task: Task, ids: list[int] | None) -> None:
    """Exit where the rows are not those that the API has; `ids` are those of a task that reads."""
    if task.mode == "read":
        found = Sums(len(ids or []), sum(ids or []), task.expected.quantities)
    elif task.mode == "load":
        found = sums_of_postgres(task) if task.postgres else sums(DATABASE, task.table)
    else:
        return
    if found != task.expected:
        raise SystemExit(f"wrong rows: {found}, expected {task.expected}")


def sums(database: Path, table: str, dataset: str = DATASET) -> Sums:
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        relation = connection.table(f"{dataset}.{table}")
        quantity = "SUM(quantity)" if "quantity" in relation.columns else "0"
        found = relation.aggregate(f"COUNT(*), SUM(id), {quantity}").fetchall()[0]
    return Sums(*(int(one) for one in found))


def sums_of_postgres(task: Task) -> Sums:
    import psycopg2

    query = f"SELECT COUNT(*), SUM(id), SUM(quantity) FROM {DATASET}.{task.table}"
    with closing(psycopg2.connect(task.postgres)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        (found,) = cursor.fetchall()
    return Sums(*map(int, found))


def sums_of_lines(path: Path) -> Sums:
    """Of the records among the JSON lines of airbyte."""
    rows = ids = quantities = 0
    with path.open("rb") as lines:
        for line in lines:
            told = json.loads(line)
            if told["type"] == "RECORD":
                data = told["record"]["data"]
                rows, ids = rows + 1, ids + data["id"]
                quantities += data["quantity"]
    return Sums(rows, ids, quantities)


def contents(task: Task) -> dict[str, dict[str, Any]]:
    """Of each table its columns: type, values, and a sum of their hashes; of dlt's own, the type.

    The number of rows stands under an empty name.
    """
    if task.postgres:
        import psycopg2

        with closing(psycopg2.connect(task.postgres)) as connection:
            return _contents(connection.cursor(), 'hashtext("{}"::text)::numeric')
    import duckdb

    with duckdb.connect(str(DATABASE), read_only=True) as connection:
        return _contents(connection.cursor(), 'hash("{}")::HUGEINT')


def _contents(cursor: Any, hashed: str) -> dict[str, dict[str, Any]]:
    def found_by(query: str) -> Any:
        cursor.execute(query)
        return cursor.fetchall()

    found: dict[str, dict[str, Any]] = {}
    columns = (
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        f" WHERE table_schema = '{DATASET}' AND NOT starts_with(table_name, '_dlt')"
    )
    for table, column, kind in found_by(columns):
        of = f'FROM {DATASET}."{table}"'
        told = found.setdefault(table, {})
        if not told:
            told[""] = found_by(f"SELECT COUNT(*) {of}")[0][0]
        query = f'SELECT COUNT("{column}"), SUM({hashed.format(column)})::VARCHAR {of}'
        made_up = column.startswith("_dlt")
        told[column] = [kind, *([] if made_up else found_by(query)[0])]
    return found
