"""Dagster's storage in SQLite makes anew for each access what it could keep: here it is kept.

An engine compiles each statement once, and a folder of migrations is read once. A fifth of the
time of a test with Dagster's daemon went into that; what the storage does is the same.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage

STORAGES = (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage)
ENGINES = 64


@contextmanager
def kept_engines() -> Iterator[None]:
    """Meanwhile, an address of a database has one engine."""
    with pytest.MonkeyPatch.context() as patch:
        for storage in STORAGES:
            patch.setattr(storage, "create_engine", _once(storage.create_engine))
        patch.setattr(ScriptDirectory, "from_config", staticmethod(_once_for_each_folder()))
        yield


def _once(create_engine: Callable[..., Any]) -> Callable[..., Any]:
    known = lru_cache(ENGINES)(
        lambda address, pool, arguments: create_engine(
            address, poolclass=pool, connect_args=dict(arguments)
        )
    )

    def engine(address: str, *, poolclass: Any, connect_args: dict[str, Any] | None = None) -> Any:
        return known(address, poolclass, tuple((connect_args or {}).items()))

    return engine


def _once_for_each_folder() -> Callable[[Any], Any]:
    read: dict[str | None, Any] = {}
    from_config = ScriptDirectory.from_config

    def scripts(config: Any) -> Any:
        folder = config.get_main_option("script_location")
        if folder not in read:
            read[folder] = from_config(config)
        return read[folder]

    return scripts
