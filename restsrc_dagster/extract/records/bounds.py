"""What an API may not decide by the names and the shape of its records.

dlt's own columns say which rows belong to which load and to which record, so no field may become
one of them. A table and a file of its rows exist for each list, and a column for each field: who
gives new names with each record would fill the destination with them.
"""

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.records.remedies import excluding

OF_DLT = frozenset(
    f"_dlt_{name}"
    for name in ("id", "load_id", "parent_id", "root_id", "list_idx", "valid_from", "valid_to")
)
LONGEST_TABLE = 200
"""Bytes of a name: dlt writes its rows into files of that name and some forty characters more, and
file systems take 255."""
MOST_TABLES = 300
"""dlt looks at each for each: 100 take 6 s of a processor to load, 200 take 25."""
MOST_COLUMNS = 10_000
_SHOWN = 60


class Bounds:
    """Of the tables of one resource."""

    def __init__(self) -> None:
        self._tables = 0
        self._columns = 0

    def add_table(self, name: str, path: str, columns: int) -> None:
        """One more table is made of the list at a path, with so many columns that it has already.

        Raises:
            ReadError: it has no name for a file, or is one too many.
        """
        if (size := len(name.encode())) > LONGEST_TABLE:
            raise ReadError(
                f"the list {shortened(path)} becomes a table whose name has {size} characters, and "
                f"names of files have room for {LONGEST_TABLE}: {_whole(path)}"
            )
        self._tables += 1
        if self._tables > MOST_TABLES:
            raise ReadError(
                f"the lists of its records become more than {MOST_TABLES:,} tables, the last of "
                f"{shortened(path)}: {_whole(path)}"
            )
        self._add_columns(columns, path)

    def add_column(self, path: str) -> None:
        """One more column is made of the field at a path; raises ReadError if it is too many."""
        self._add_columns(1, path)

    def _add_columns(self, count: int, path: str) -> None:
        self._columns += count
        if self._columns > MOST_COLUMNS:
            raise ReadError(
                f"the fields of its records become more than {MOST_COLUMNS:,} columns, the last of "
                f'{shortened(path)}: keep objects whole with "max_table_nesting": 0, or leave '
                "fields out with processing_steps"
            )


def refuse_own(column: str, path: str) -> None:
    """Raises ReadError where the field at a path becomes a column of dlt's own."""
    if column.lower() in OF_DLT:
        raise ReadError(
            f"the field {path!r} becomes the column {column}, which is dlt's own, and says which "
            f"load a row is of, or which record: leave it out, {excluding(path)}, or name it "
            "otherwise by another step"
        )


def shortened(path: str) -> str:
    """The path of a field, in quotes, its end left out where it is long."""
    return repr(path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…")


def _whole(path: str) -> str:
    keep = 'keep lists whole with "max_table_nesting": 0'
    top = path.split(".")[0]
    return keep if len(top) > _SHOWN else f"{keep}, or leave it out: {excluding(top)}"
