"""How many columns a table may have, where a destination sets a limit."""

from dataclasses import dataclass

from restsrc_dagster.errors import ReadError


@dataclass(frozen=True)
class ColumnLimit:
    """The limit of a destination, by its name."""

    destination: str
    most: int

    def refuse(self, table: str, count: int) -> None:
        """Raises ReadError: names the table, how many columns it would have, and what to do."""
        if count > self.most:
            raise ReadError(
                f"the table {table} would have {count} columns, and {self.destination} takes "
                f'{self.most}; keep objects whole with "max_table_nesting": 0, or leave fields '
                "out with processing_steps"
            )
