"""Loading what `copy_text` has written; needs PostgreSQL's driver."""

from typing import Any

from dlt.common.destination import Destination
from dlt.common.json import json
from dlt.common.storages import FileStorage
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresCsvCopyJob
from psycopg2.errors import FeatureNotSupported, WrongObjectType

BYTES_AT_ONCE = 1 << 18


class CopyJob(PostgresCsvCopyJob):
    """dlt's job for a file of CSV, if the file is none of ours."""

    def run(self) -> None:
        """In one transaction; raises dlt's exceptions of databases."""
        with FileStorage.open_zipsafe_ro(self._file_path, "rb") as file:
            first = file.readline()
            if first.startswith(b"["):
                self._copy(json.loadb(first), file)
                return
        super().run()

    def _copy(self, columns: list[str], file: Any) -> None:
        client: Any = self._job_client.sql_client
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
            raise client._make_database_exception(error) from error


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


def load_by_copying(destination: Destination[Any, Any]) -> None:
    """Let the clients of a destination that is PostgreSQL's take files of `copy_text`."""
    make = destination.client

    def client(*args: Any, **keys: Any) -> Any:
        made = make(*args, **keys)
        if isinstance(made, PostgresClient):
            _take_copies(made)
        return made

    destination.client = client  # type: ignore[method-assign]


def _take_copies(client: PostgresClient) -> None:
    create = client.create_load_job

    def create_load_job(table: Any, file_path: str, *args: Any, **keys: Any) -> Any:
        job = create(table, file_path, *args, **keys)
        return CopyJob(file_path) if type(job) is PostgresCsvCopyJob else job

    client.create_load_job = create_load_job  # type: ignore[method-assign]
