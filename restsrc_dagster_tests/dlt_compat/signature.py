"""What a function of dlt looks like, by which an upgrade is noticed that changes it."""

import inspect
from typing import Any


def names(function: Any) -> list[str]:
    """Of its parameters."""
    return list(inspect.signature(function).parameters)


source = inspect.getsource
