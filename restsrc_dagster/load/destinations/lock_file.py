"""The file by which loads into one file of a database keep apart: beside it, and its own.

A connector's file says where the database is, so what lies beside it may be anybody's: a file that
is no lock is not written to, and no link is followed.
"""

import os
import stat
from pathlib import Path

from restsrc_dagster.errors import SettingsError

MARK = b"lock of restsrc_dagster\n"
"""The first line of each. A file that has content, and not this one, is somebody else's."""
LONGEST = 500


def lock_beside(file: Path) -> Path:
    """The lock of a database's file, whichever link leads to it."""
    real = Path(os.path.realpath(file))
    return real.with_name(f"{real.name}.restsrc-lock")


def open_lock(path: Path, *, make: bool) -> int | None:
    """A descriptor of the lock; None if there is none, and it is not to be made.

    Raises:
        SettingsError: something else is there.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_CREAT if make else 0)
    is_new = not path.exists()
    try:
        descriptor = os.open(path, flags, 0o666)
    except FileNotFoundError:
        return None
    except OSError as error:
        if path.is_symlink() or path.is_dir():
            raise _no_lock(path) from None
        raise error
    if not _is_lock(descriptor):
        os.close(descriptor)
        raise _no_lock(path)
    if is_new:
        _let_in_whom_the_database_does(descriptor, path)
    return descriptor


def write(descriptor: int, text: str) -> None:
    """Leave a note for who finds the lock held; an empty one when it is given back."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, MARK + text.encode(), 0)


def read(descriptor: int) -> str:
    return os.pread(descriptor, LONGEST, 0).removeprefix(MARK).decode(errors="replace")


def _is_lock(descriptor: int) -> bool:
    about = os.fstat(descriptor)
    is_own = stat.S_ISREG(about.st_mode) and about.st_nlink <= 1
    return is_own and (about.st_size == 0 or os.pread(descriptor, len(MARK), 0) == MARK)


def _let_in_whom_the_database_does(descriptor: int, path: Path) -> None:
    """Where a group shares a database, its members wait for each other."""
    database = path.with_name(path.name.removesuffix(".restsrc-lock"))
    if database.exists():
        shared = database.stat().st_mode & 0o060
        os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) | shared)


def _no_lock(path: Path) -> SettingsError:
    return SettingsError(
        f"{path} is where the lock of this database would be, and it is no lock of ours: move it "
        "away, or name another file in destination.credentials"
    )
