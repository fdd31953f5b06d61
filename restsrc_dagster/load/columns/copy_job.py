"""Loading what `copy_text` has written; needs PostgreSQL's driver."""

from typing import Any

from dlt.common.json import json
from dlt.common.storages import FileStorage
from psycopg2.errors import FeatureNotSupported, WrongObjectType

from restsrc_dagster.dlt_compat.postgres import CsvJob

BYTES_AT_ONCE = 1 << 18


class CopyJob(CsvJob):
    """dlt's job for a file of CSV, if the file is none of ours."""

    def run(self) -> None:
        """In one transaction; raises dlt's exceptions of databases."""
        with FileStorage.open_zipsafe_ro(self.path, "rb") as file:
            first = file.readline()
            if first.startswith(b"["):
                self._copy(json.loadb(first), file)
                return
        super().run()

    def _copy(self, columns: list[str], file: Any) -> None:
        client = self.database
        names = ",".join(map(client.escape_column_name, columns))
        table = client.make_qualified_table_name(self.load_table_name)
        begin = file.tell()
        try:
            try:
                with client.begin_transaction(), client.native_connection.cursor() as cursor:
                    _copy_into(cursor, table, names, file)
            except (WrongObjectType, FeatureNotSupported):  # a view; row-level security
                file.seek(begin)
                with client.begin_transaction(), client.native_connection.cursor() as cursor:
                    _insert_into(cursor, table, names, file)
        except Exception as error:
            raise self.in_dlts_words(error) from error


def _copy_into(cursor: Any, table: str, names: str, file: Any) -> None:
    # Whatever the connection speaks: a client_encoding may be that of the server.
    copy = f"COPY {table} ({names}) FROM STDIN WITH (ENCODING 'UTF8')"
    cursor.copy_expert(copy, file, size=BYTES_AT_ONCE)


def _insert_into(cursor: Any, table: str, names: str, file: Any) -> None:
    """By way of a table that lasts as long as the transaction."""
    cursor.execute(
        f"CREATE TEMP TABLE restsrc_copy ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA"
    )
    _copy_into(cursor, "restsrc_copy", names, file)
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM restsrc_copy")
