"""Refresh tokens that rotate, kept where the rows are, encrypted.

A table of its own in the connector's dataset, of which dlt knows nothing: `restsrc_kept_tokens`. It
is written at once, whatever becomes of the load, and outlives a full refresh. One load at a time
opens an auth's row; PostgreSQL has a lock for that, and a DuckDB file lets no second process in.
"""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import scrypt, sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from dlt.destinations.sql_client import SqlClientBase
from dlt.pipeline.pipeline import Pipeline

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import ConnectorBusy, SettingsError
from restsrc_dagster.extract.auth.kept import Drawer, KeptTokens
from restsrc_dagster.load.destinations.destination import database_client
from restsrc_dagster.load.destinations.own_table import OwnTable
from restsrc_dagster.load.destinations.profile import profile_of
from restsrc_dagster.settings import Settings

TABLE = "restsrc_kept_tokens"
COLUMNS = ("auth", "began_with", "content")
SHORTEST_KEY = 16
WAIT_SECONDS = 60.0
"""For another process that opens the same place: it renews a token meanwhile."""
POLL_SECONDS = 0.2
HOW_TO_SET = (
    "set RESTSRC_SECRET_KEY to a long random text that stays the same, such as the output of "
    "`openssl rand -base64 32`"
)
STAYS = 'if the API\'s refresh tokens stay the same, say "rotates": false'
_SALT = b"restsrc_kept_tokens"
_IN_THIS_PROCESS = threading.Lock()
"""A process may open a DuckDB file as often as it likes."""


class KeptAtDestination:
    """The place of a connector's tokens.

    Args:
        pipeline: where its rows go.
        settings: hold the key.
    """

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self._pipeline = pipeline
        self._settings = settings

    def refuse_if_there_is_no_place(self) -> None:
        """Raises SettingsError: nothing could be kept, and what to do."""
        refuse_without_key(self._settings)
        if database_client(self._pipeline) is None:
            raise SettingsError(
                "a refresh token that rotates is kept between runs where the rows are, in a "
                f"database, and {self._pipeline.destination.destination_name} is none: load this "
                f"connector into a database; or, {STAYS}"
            )

    @contextmanager
    def opened(self, name: str, first: str) -> Iterator[Drawer]:
        """As `TokenKeeper.opened`.

        Raises:
            SettingsError: there is no place, or it was written with another key.
            ConnectorBusy: somebody else has it open for long.
        """
        self.refuse_if_there_is_no_place()
        auth = _digest(f"{self._pipeline.pipeline_name} {name}")
        with _IN_THIS_PROCESS, self._alone(auth) as client:
            table = OwnTable(client, self._pipeline, TABLE, COLUMNS)
            yield _Row(table, auth, _digest(first), self._cipher)

    @cached_property
    def _cipher(self) -> MultiFernet:
        """By the first key it encrypts, by each of them it reads."""
        return MultiFernet([Fernet(_derived(key)) for key in _keys(self._settings)])

    @contextmanager
    def _alone(self, auth: str) -> Iterator[SqlClientBase[Any]]:
        """A connection to the database, of a session that no second one has at once."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            client = database_client(self._pipeline)
            assert client is not None  # noqa: S101 - for the type checker
            try:
                client.open_connection()
                break
            except Exception:
                if not self._is_file or time.monotonic() > deadline:
                    raise
                time.sleep(POLL_SECONDS)
        try:
            if profile_of(self._pipeline.destination).lock == "session":
                _take(client, auth, deadline)
            yield client
        finally:
            client.close_connection()

    @property
    def _is_file(self) -> bool:
        return profile_of(self._pipeline.destination).lock == "file"


def refuse_without_key(settings: Settings) -> None:
    """Raises SettingsError where nothing could be encrypted, and says what to set."""
    keys = _keys(settings)
    if not keys:
        raise SettingsError(
            "a refresh token that rotates is kept between runs, encrypted: "
            f"{HOW_TO_SET}; or, {STAYS}"
        )
    if short := next((key for key in keys if len(key) < SHORTEST_KEY), None):
        raise SettingsError(
            f"RESTSRC_SECRET_KEY has a key of {len(short)} characters, and one has at least "
            f"{SHORTEST_KEY}: {HOW_TO_SET}"
        )


def _keys(settings: Settings) -> list[str]:
    """The key that encrypts, and those before it, behind commas."""
    return [key.strip() for key in (settings.secret_key or "").split(",") if key.strip()]


def keeper_of(
    connector: Connector, pipeline: Pipeline, settings: Settings
) -> KeptAtDestination | None:
    """Where the tokens of a connector are kept; None where it has none that rotate.

    Raises:
        SettingsError: there is no place for them, and what to do.
    """
    if not connector.rotates_tokens:
        return None
    keeper = KeptAtDestination(pipeline, settings)
    keeper.refuse_if_there_is_no_place()
    return keeper


@dataclass(frozen=True)
class _Row:
    table: OwnTable
    auth: str
    began_with: str
    cipher: MultiFernet

    def read(self) -> KeptTokens | None:
        rows = self.table.rows("auth = %s", self.auth)
        if not rows or rows[0][1] != self.began_with:
            return None
        try:
            content = json.loads(self.cipher.decrypt(str(rows[0][2]).encode()))
        except InvalidToken:
            raise SettingsError(
                f"the refresh token that is kept in {self.table.client.dataset_name}.{TABLE} was "
                "encrypted with another RESTSRC_SECRET_KEY: set that one, behind a comma if there "
                "is a new one; or let the connector in anew at the API, and set the new refresh "
                "token"
            ) from None
        return KeptTokens(**content)

    def write(self, tokens: KeptTokens) -> None:
        content = self.cipher.encrypt(json.dumps(asdict(tokens)).encode()).decode()
        self.table.replace("auth", self.auth, self.began_with, content)


def _take(client: SqlClientBase[Any], auth: str, deadline: float) -> None:
    """A lock of PostgreSQL, which its session gives back when it ends; raises ConnectorBusy."""
    key = int.from_bytes(sha256(f"{TABLE} {auth}".encode()).digest()[:8], "big", signed=True)
    while True:
        rows = client.execute_sql("SELECT pg_try_advisory_lock(%s)", key)
        if rows and rows[0][0]:
            return
        if time.monotonic() > deadline:
            raise ConnectorBusy(
                "another process has been renewing the same token for a minute: wait until it ends"
            )
        time.sleep(POLL_SECONDS)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]


def _derived(key: str) -> bytes:
    """A key of Fernet's length: a text of any length is one, and short ones are slow to guess."""
    return base64.urlsafe_b64encode(scrypt(key.encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=32))
