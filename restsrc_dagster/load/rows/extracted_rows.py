"""The rows of one table as dlt has extracted them, before they are normalized."""

import gzip
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import Any

from dlt.common.json import json
from dlt.common.storages import FileStorage

from restsrc_dagster.load.columns.handover import Handover


class ExtractedRows:
    """The records in some files of one package, in their order.

    Args:
        files: that hold them, a list of records a line.
        handover: keeps the columns of lists that are handed over by their number.
    """

    def __init__(self, files: Sequence[Path], handover: Handover | None) -> None:
        self._files = files
        self._handover = handover

    def __iter__(self) -> Iterator[list[Any]]:
        """The records, list by list."""
        for path in self._files:
            with FileStorage.open_zipsafe_ro(str(path), "rb") as file:
                for line in file:
                    yield self._unpacked(line)

    def remove(self, dropped: Set[int]) -> None:
        """Take records out, by their ordinals."""
        ordinal = 0
        for path in self._files:
            new = path.with_name(f"{path.name}.new")
            is_packed = path.name.endswith(".gz")
            with FileStorage.open_zipsafe_ro(str(path), "rb") as old:
                lines = list(old) if is_packed else old
                with _opened(new, is_packed=is_packed) as file:
                    for line in lines:
                        records = self._unpacked(line)
                        numbered = enumerate(records, ordinal)
                        kept = [record for number, record in numbered if number not in dropped]
                        ordinal += len(records)
                        if len(kept) == len(records):
                            file.write(line)
                        elif kept:
                            file.write(json.typed_dumpb(kept) + b"\n")
            new.replace(path)

    def _unpacked(self, line: bytes) -> list[Any]:
        """The records of a line, as they were when dlt wrote them."""
        items: list[Any] = json.typed_loadb(line)
        columns = self._handover.get(items) if self._handover is not None else None
        if columns is None:
            return items
        records = columns.records()
        if columns.may_have_pua:
            records = json.typed_loadb(json.dumpb(records))
        return records


def _opened(path: Path, *, is_packed: bool) -> Any:
    return gzip.open(path, "wb") if is_packed else path.open("wb")
