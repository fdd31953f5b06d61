"""Stand-ins for known APIs, as their documentation describes them: pages, filters, limits, errors.

A recipe of that name is tried against each, and `restsrc demo --recipe` serves it.

server      an API on loopback, whose answers somebody else decides
mock        what a stand-in is
known       one with the records of a recipe's resources
*           the APIs, by the names of their recipes
"""

import inspect
from importlib import import_module

from restsrc_dagster.demo.apis.known import Known

__all__ = ["mock_of"]


def mock_of(recipe: str) -> type[Known]:
    """The stand-in of a recipe that there is."""
    module = import_module(f"{__name__}.{recipe}")
    (found,) = (
        one
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, Known) and one.__module__ == module.__name__
    )
    return found
