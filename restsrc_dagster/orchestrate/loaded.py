"""What a code server has loaded, until Dagster asks for it again.

A code server calls a function with `@dg.definitions` twice: first to see what there is, which it
drops, and at once again as every process does that is there for a run. It is to serve the whole
location, and the second time it gets what it made the first time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from restsrc_dagster.connector.files.folder import Signature, folder_signature
from restsrc_dagster.settings import Settings


@dataclass(frozen=True)
class BuildRequest:
    """What the definitions are made of, beside the files as they are."""

    folder: Path
    settings: Settings
    translator: Any
    executor: dg.ExecutorDefinition | None


@dataclass(frozen=True)
class _Loaded:
    order: BuildRequest
    signature: Signature
    definitions: dg.Definitions


class LoadedByThisProcess:
    """The last definitions of each folder; each is asked for once, so that nothing is kept long."""

    def __init__(self) -> None:
        self._by_folder: dict[Path, _Loaded] = {}

    def load(self, order: BuildRequest, make: Callable[[], dg.Definitions]) -> dg.Definitions:
        """Make the definitions, and note them."""
        signature = folder_signature(order.folder)
        definitions = make()
        self._by_folder[order.folder.absolute()] = _Loaded(order, signature, definitions)
        return definitions

    def again(
        self, order: BuildRequest, make: Callable[[], dg.Definitions]
    ) -> dg.Definitions | None:
        """The noted definitions, made anew if they would differ now; None if none are noted."""
        loaded = self._by_folder.pop(order.folder.absolute(), None)
        if loaded is None:
            return None
        if loaded.order == order and loaded.signature == folder_signature(order.folder):
            return loaded.definitions
        return make()


LOADED = LoadedByThisProcess()
