"""What dlt's destinations can do with rows that are there already, known without dlt.

Definitions load without dlt, and `restsrc validate` connects to nothing. What a load goes by is
what dlt itself says (`load/destinations/abilities.py`); a test holds this table to that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

TableFormat = Literal["delta", "iceberg", "hive", "native"]
TABLE_FORMATS = get_args(TableFormat)
WhereMergeIsImpossible = Literal["refuse", "append", "replace"]
RULES = get_args(WhereMergeIsImpossible)
NATIVE = "native"
"""dlt's word for the destination's own tables, where another format is the default."""
DELETES = "delete-insert"
NEED_A_KEY = frozenset({"upsert", "insert-only", "cdc"})
"""Strategies that find the rows to replace by the primary key alone."""


@dataclass(frozen=True)
class Abilities:
    """The strategies by which a destination merges, by table format; None is a table of none.

    The first strategy of each is the one that is meant where a file names none.
    """

    merges: Mapping[str | None, tuple[str, ...]]

    @property
    def formats(self) -> tuple[str, ...]:
        """The table formats that may be named."""
        return tuple(name for name in self.merges if name is not None)

    def takes(self, table_format: str | None) -> bool:
        return table_format == NATIVE or table_format in self.merges

    def strategies(self, table_format: str | None) -> tuple[str, ...]:
        """None at all where rows cannot be merged."""
        return self.merges.get(None if table_format == NATIVE else table_format, ())


_ALL = (DELETES, "upsert", "scd2", "insert-only", "cdc")
_TWO = (DELETES, "scd2")

ABILITIES: Mapping[str, Abilities] = {
    **{
        kind: Abilities({None: _ALL})
        for kind in [
            "bigquery",
            "duckdb",
            "ducklake",
            "motherduck",
            "mssql",
            "postgres",
            "snowflake",
        ]
    },
    **{
        kind: Abilities({None: _TWO})
        for kind in ["clickhouse", "dremio", "redshift", "sqlalchemy", "synapse"]
    },
    **{kind: Abilities({None: ("upsert",)}) for kind in ("lance", "qdrant", "weaviate")},
    "athena": Abilities({None: (), "iceberg": _ALL, "hive": ()}),
    "databricks": Abilities({None: _ALL, "delta": _ALL, "iceberg": _ALL}),
    "fabric": Abilities({None: (DELETES, "scd2", "upsert", "insert-only", "cdc")}),
    "filesystem": Abilities(
        {None: (), "delta": ("upsert", "insert-only", "cdc"), "iceberg": ("upsert", "insert-only")}
    ),
    "lancedb": Abilities({None: ("upsert", "insert-only")}),
}
"""By dlt's name; what is not here is known only when it is loaded into."""
