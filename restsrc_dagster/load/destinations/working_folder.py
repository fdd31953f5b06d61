"""The folder that a load works in, and what killed loads left of theirs."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from restsrc_dagster.load.destinations.private_files import PRIVATE_FILES

PREFIX = "restsrc_"
OWNED = "owned"
"""A file that the load keeps locked: the kernel lets go of it when the process ends."""


@contextmanager
def working_folder() -> Iterator[Path]:
    """A folder in the temporary one, which vanishes with the load. Meanwhile, files that are made
    anywhere are the user's alone.

    Folders of loads that were killed are removed first: they hold rows, and fill the disk.
    """
    _sweep(Path(tempfile.gettempdir()))
    with PRIVATE_FILES, tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        # Locked before it has its name, or a sweep could find it without its lock.
        descriptor, path = tempfile.mkstemp(dir=folder)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            Path(path).rename(folder / OWNED)
            yield folder
        finally:
            os.close(descriptor)


def _sweep(parent: Path) -> None:
    for owned in parent.glob(f"{PREFIX}*/{OWNED}"):
        with suppress(OSError):  # gone by now, or somebody else's
            descriptor = os.open(owned, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(owned.parent, ignore_errors=True)
            finally:
                os.close(descriptor)
