"""What is done otherwise than dlt does it, for one kind of destination: a line in `PROFILES`.

Everything that is asked of a kind is asked here. What dlt itself says of one, which dispositions it
takes and in which formats, is in `connector/abilities.py`.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dlt.common.destination import AnyDestination, Destination

from restsrc_dagster.load.columns.file_writer import FileWriter

FileFormat = Literal["parquet", "csv", "insert_values"]


@dataclass(frozen=True, kw_only=True)
class DestinationProfile:
    """How a kind of destination is loaded; by default as dlt does it.

    Args:
        lock: what keeps loads of one connector apart (`lock.py`): a lock of the file system, or
            one of a database's session. None where a destination has none of its own.
        file_format: of the files that are loaded where rows go by the column; None for dlt's
            choice.
        row_format: the same, where they go record by record.
        writers: those of ours of which it takes files, where dlt makes files of the same kind.
        prepare: done with a destination before it is used, such as giving it other load jobs.
        is_one_connection: whether it is opened once for a load, as opening takes long.
        may_commit_alone: whether it may go on to commit what a process that died has sent: a
            server's.
        most_columns: of a table, by the dialect where that decides; None where there is no limit
            worth a word.
    """

    lock: Literal["file", "session"] | None = None
    file_format: FileFormat | None = None
    row_format: FileFormat | None = None
    writers: Set[FileWriter] = frozenset({FileWriter.PARQUET})
    prepare: Callable[[Destination[Any, Any]], None] | None = None
    is_one_connection: bool = False
    may_commit_alone: bool = False
    most_columns: int | None = None
    most_columns_by_dialect: Mapping[str, int] = field(default_factory=dict)


def _take_copies(destination: Destination[Any, Any]) -> None:
    from restsrc_dagster.dlt_compat.postgres import load_csv_by
    from restsrc_dagster.load.columns.copy_job import CopyJob

    load_csv_by(CopyJob, destination)


def _use_long_texts(destination: Destination[Any, Any]) -> None:
    from restsrc_dagster.load.destinations.mysql import use_long_texts

    use_long_texts(destination)


_IN_A_DUCK = DestinationProfile(
    # With dlt's choice, insert_values, 100,000 rows take 25 s and 4 GB; with parquet 3 s and a
    # quarter of a gigabyte.
    file_format="parquet",
    row_format="parquet",
    is_one_connection=True,
)
POSTGRES = "postgres"
FILESYSTEM = "filesystem"
DIALECTS = {"mysql": 1017, "sqlite": 2000, "tsql": 1024}
PROFILES = {
    "duckdb": replace(_IN_A_DUCK, lock="file"),
    "motherduck": _IN_A_DUCK,
    "ducklake": _IN_A_DUCK,
    POSTGRES: DestinationProfile(
        lock="session",
        # dlt calls them csv; what is in them tells `copy_text.py`. Elsewhere dlt's choice is named,
        # as it would remember the other one, and lose empty texts by it.
        file_format="csv",
        row_format="insert_values",
        writers=frozenset({FileWriter.PARQUET, FileWriter.COPY_TEXT}),
        prepare=_take_copies,
        may_commit_alone=True,
        most_columns=1600,
    ),
    "redshift": DestinationProfile(most_columns=1600),
    "mssql": DestinationProfile(most_columns=1024),
    "synapse": DestinationProfile(most_columns=1024),
    "sqlalchemy": DestinationProfile(prepare=_use_long_texts, most_columns_by_dialect=DIALECTS),
}
"""By dlt's name of what a destination is made of, whatever a deployment calls it."""
_PLAIN = DestinationProfile()


def profile_of(destination: AnyDestination) -> DestinationProfile:
    """That of a destination's kind; the plain one where nothing is done otherwise."""
    return PROFILES.get(type_of(destination), _PLAIN)


def type_of(destination: AnyDestination) -> str:
    """dlt's name of what a destination is made of: `postgres`, `filesystem`; of a class that a
    person has derived from one of these, that one."""
    derived_from = (base.__name__ for base in type(destination).__mro__)
    own = destination.destination_type.rpartition(".")[2]
    return next((name for name in derived_from if name in PROFILES), own)
