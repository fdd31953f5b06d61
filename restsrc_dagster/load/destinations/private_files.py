"""Files that a load makes are its user's: databases, logs of them, locks, buckets in a folder."""

import os

from restsrc_dagster.process_wide import ProcessWide

OTHERS = 0o007
_before: list[int] = []


def _put_in() -> None:
    """A deployment whose files a group shares says so by its umask, which lets a group write."""
    before = os.umask(0o077)
    _before.append(before)
    if not before & 0o020:
        os.umask(before | OTHERS)


def _take_out() -> None:
    os.umask(_before.pop())


PRIVATE_FILES = ProcessWide(_put_in, _take_out)
