"""Packages that only some kinds of auth need."""

from importlib import import_module
from typing import Any

from restsrc_dagster.errors import MissingPackage


def wanted(kind: str, module: str, extra: str) -> Any:
    """The module by which a kind of auth signs.

    Raises:
        MissingPackage: it is not installed, and how it is.
    """
    try:
        return import_module(module)
    except ImportError:
        raise MissingPackage(
            f"the auth {kind} wants a package: pip install 'restsrc-dagster[{extra}]'"
        ) from None
