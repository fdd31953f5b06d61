"""What dlt makes of the type of a field of its configuration, or of a schema, found once.

For every field of every configuration, in each place where a value may be, dlt walks the type
again: whether it is a secret's, and what is inside of `Optional` and the like. A load asks fifteen
hundred times, of a hundred types, which is a fifth of a small load's time. Whenever it makes a
schema, it also finds anew which keys its parts may have.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from dlt.common import validation
from dlt.common.configuration import resolve
from dlt.common.configuration.providers import environ

from restsrc_dagster.dlt_compat.replaced import Place, replaced

KEPT = 2048
"""Types are made on the way, too: those asked for last are kept."""


def once(of_dlt: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a type alone, which keeps what it has found.

    Types that cannot be looked up, as an `Annotated` with a list, are walked each time.
    """
    found = lru_cache(maxsize=KEPT)(of_dlt)

    @wraps(of_dlt)
    def looked_up(hint: Any, **keys: bool) -> Any:
        try:
            return found(hint, **keys)
        except TypeError:
            return of_dlt(hint, **keys)

    return looked_up


def asked_as(module: object, name: str) -> tuple[Place, Callable[..., Any]]:
    """A name by which a module asks for such a function, and what is put there."""
    place = Place(vars(module), name)
    return place, once(place.value)


def keys_once(of_dlt: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """`get_type_hints` of a TypedDict, in the global names of whose module dlt always looks."""
    found: dict[type, dict[str, Any]] = {}

    @wraps(of_dlt)
    def looked_up(spec: type, globalns: dict[str, Any] | None = None) -> dict[str, Any]:
        if spec not in found:
            found[spec] = of_dlt(spec, globalns=globalns)
        return found[spec]

    return looked_up


KEYS = Place(vars(validation), "get_type_hints")
TYPES_ONCE = replaced(
    asked_as(environ, "is_secret_hint"),
    asked_as(resolve, "is_secret_hint"),
    asked_as(resolve, "extract_inner_hint"),
    (KEYS, keys_once(KEYS.value)),
)
"""While a load goes on."""
