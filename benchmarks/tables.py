"""What is in the DuckDB files of the working folder after a load."""

import json
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
        found = sums(DATABASE, task.table)
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


def contents() -> dict[str, dict[str, Any]]:
    """Of each table its columns: type, values, and a sum of their hashes; of dlt's own, the type.

    The number of rows stands under an empty name.
    """
    import duckdb

    found: dict[str, dict[str, Any]] = {}
    columns = (
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        f" WHERE table_schema = '{DATASET}' AND NOT starts_with(table_name, '_dlt')"
    )
    with duckdb.connect(str(DATABASE), read_only=True) as connection:
        for table, column, kind in connection.execute(columns).fetchall():
            of = f'FROM {DATASET}."{table}"'
            told = found.setdefault(table, {})
            if not told:
                told[""] = connection.execute(f"SELECT COUNT(*) {of}").fetchall()[0][0]
            query = f'SELECT COUNT("{column}"), SUM(hash("{column}")::HUGEINT)::VARCHAR {of}'
            made_up = column.startswith("_dlt")
            told[column] = [kind, *([] if made_up else connection.execute(query).fetchall()[0])]
    return found
