"""Dagster's storage in SQLite, as a process has it that is there for one run.

For each access, which is a handful for each event, Dagster makes an engine, which compiles each
statement anew, connects, and as the last one to close folds the log into the database. In such a
process a database has one engine, and its connection stays open to the end.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine
from sqlalchemy.pool import QueuePool
from typing_extensions import Self

from restsrc_dagster.orchestrate.dagster_private import sqlite_storages, storage_migrations


def keep_connections() -> None:
    """From now on, for this process and what it forks; nothing is opened."""
    for storage in sqlite_storages():
        storage.create_engine = _once(storage.create_engine)  # type: ignore[attr-defined]
    module, configs = storage_migrations()
    module.ScriptDirectory = _Known  # type: ignore[attr-defined]
    for config in configs:
        _Known.from_config(config).as_revision_number("head")


def close_connections() -> None:
    """Leave the databases as Dagster does, without logs beside them."""
    for pool in _pools:
        pool.close()


class _Kept(QueuePool):
    """Connections that no access closes."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _pools.append(self)

    def dispose(self) -> None: ...

    def recreate(self) -> Self:
        return self

    def close(self) -> None:
        super().dispose()


_pools: list[_Kept] = []


def _once(create_engine: Callable[..., Engine]) -> Callable[..., Engine]:
    @cache
    def known(address: str, arguments: tuple[tuple[str, Any], ...]) -> Engine:
        return create_engine(address, poolclass=_Kept, connect_args=dict(arguments))

    def engine(address: str, *, connect_args: dict[str, Any] | None = None, **_: Any) -> Engine:
        return known(address, tuple((connect_args or {}).items()))

    return engine


class _Known(ScriptDirectory):
    """The migrations, read once: in each run, databases are compared with the newest."""

    @classmethod
    def from_config(cls, config: Config) -> ScriptDirectory:
        return _read(config.get_main_option("script_location") or "", config)


_by_folder: dict[str, ScriptDirectory] = {}


def _read(folder: str, config: Config) -> ScriptDirectory:
    if folder not in _by_folder:
        _by_folder[folder] = ScriptDirectory.from_config(config)
    return _by_folder[folder]
