"""Pages on their way from the step that reads them to the step that normalizes them.

dlt writes records down as JSON, and reads them again. Where all records of a chunk have the same
keys, its columns are put down beside dlt's file instead, those of plain values as Arrow, which
need not be read value by value again; in dlt's file stands where they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

import pyarrow as pa
from dlt.common.json import json, may_have_pua

from restsrc_dagster.extract.records.transpose import aligned
from restsrc_dagster.json_types import Json
from restsrc_dagster.load.columns.columns import Columns, Values, as_arrow

_CURRENT: "ContextVar[Handover | None]" = ContextVar("restsrc_handover", default=None)


class Handover:
    """A file of columns, written by one step and read by the next one.

    Args:
        path: of the file, which is there as soon as something was put down.

    Attributes:
        mark: the only key of what stands in dlt's file, which no record of an API has. A column of
            that name would be one that was not found.
    """

    def __init__(self, path: Path) -> None:
        self.mark = f"restsrc_{token_hex(8)}"
        self._path = path
        self._file: IO[bytes] | None = None

    @classmethod
    def current(cls) -> "Handover | None":
        """That of the load that goes on in this context."""
        return _CURRENT.get()

    def __enter__(self) -> "Handover":
        self._before = _CURRENT.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        """The file is gone afterwards."""
        _CURRENT.reset(self._before)
        if self._file:
            self._file.close()
        self._path.unlink(missing_ok=True)

    def put(self, records: Sequence[Json]) -> dict[str, str] | None:
        """What stands for the records; None where they cannot be put down."""
        if not records or set(map(type, records)) != {dict}:
            return None
        columns = aligned(records)
        if columns is None:
            return None
        keys, arrays, others = [], {}, {}
        try:
            for key, values in columns:
                keys.append(key)
                array = as_arrow(values)
                if array is not None:
                    arrays[key] = array
                else:
                    others[key] = json.typed_dumpb(list(values))
            batch = _serialized(arrays)
        except (TypeError, UnicodeEncodeError):  # dlt cannot write it either, and will say so
            return None
        if any(map(_may_have_pua, arrays.values())):
            return None
        place = {
            "at": self._written([batch, *others.values()]),
            "rows": len(records),
            "keys": keys,
            "arrow": batch.size,
            "others": {key: len(text) for key, text in others.items()},
        }
        return {self.mark: json.dumps(place)}

    def get(self, items: Sequence[Any]) -> Columns | None:
        """The columns for which a chunk of one item stands; None where it stands for itself."""
        if len(items) != 1 or type(items[0]) is not dict or items[0].keys() != {self.mark}:
            return None
        place = json.loads(items[0][self.mark])
        with self._path.open("rb") as file:
            file.seek(place["at"])
            batch = pa.ipc.open_stream(file.read(place["arrow"])).read_next_batch()
            texts = {key: file.read(size) for key, size in place["others"].items()}
        arrays = dict(zip(batch.schema.names, batch.columns, strict=True))
        values: dict[str, Values] = {
            key: json.loadb(texts[key]) if key in texts else arrays[key] for key in place["keys"]
        }
        return Columns(values, place["rows"], any(map(may_have_pua, texts.values())))

    def _written(self, pieces: Iterable[Any]) -> int:
        """Where the first of them is."""
        if self._file is None:
            self._file = self._path.open("wb")
        at = self._file.tell()
        for piece in pieces:
            self._file.write(piece)
        self._file.flush()  # it is read by its path
        return at


def _may_have_pua(array: pa.Array) -> bool:
    """Whether texts may look like values as dlt writes them."""
    if array.type != pa.string():
        return False
    *_, letters = array.buffers()
    return letters is not None and may_have_pua(letters.to_pybytes())


def _serialized(arrays: Mapping[str, pa.Array]) -> pa.Buffer:
    batch = pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return sink.getvalue()
