"""Addresses that an API names: next links, redirects, where a job is found."""

from urllib.parse import urlsplit

from restsrc_dagster.connector.wording import kind_of
from restsrc_dagster.errors import ReadError

LONGEST = 1 << 16
"""Characters of an address, or of a cursor that is sent in one; servers take some thousands."""


def link_of(found: object, said_by: str) -> str:
    """An address, as it is; raises ReadError where it is none.

    Args:
        found: what the API names.
        said_by: `the paginator's next_url_path, 'next', leads to`.
    """
    if not isinstance(found, str):
        raise ReadError(f"{said_by} {kind_of(found)}, and no address")
    refuse_endless(found, said_by)
    try:
        parts = urlsplit(found)
        is_right = bool(parts.hostname) or not (parts.netloc or "://" in found.partition("?")[0])
        parts.port  # noqa: B018 - it raises ValueError
    except ValueError:
        is_right = False
    if not is_right:
        raise ReadError(f"{said_by} what is no address: {found[:120]!r}")
    return found


def refuse_endless(text: str, said_by: str) -> None:
    """Raises ReadError where a text is longer than anybody sends one."""
    if len(text) > LONGEST:
        raise ReadError(
            f"{said_by} {len(text):,} characters, which are not sent; at most {LONGEST:,} are"
        )
