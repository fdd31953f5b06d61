"""Values that a list has got since resources below a cursor went through it.

Such a resource is asked only for the parents that have changed: of a value that is new, it would
never get what the others have. So the state remembers by which values it was read.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.resources.values import ValueList
from restsrc_dagster.errors import MissingVariable
from restsrc_dagster.extract.records.field import sorted_bytes_of

Digests = Mapping[str, Sequence[str]]
"""Of the values of each list, by its name; nothing of a list that is not there."""


def digests_of(lists: Mapping[str, ValueList], environment: Mapping[str, str]) -> Digests:
    """Those of lists as they are now."""
    found = {}
    for name, one in lists.items():
        try:
            records = one.records(environment)
        except MissingVariable:  # whoever goes through it fails, and is told
            continue
        found[name] = sorted(
            blake2b(sorted_bytes_of(record), digest_size=6).hexdigest() for record in records
        )
    return found


def missing(
    lists: Mapping[str, ValueList], environment: Mapping[str, str]
) -> dict[str, MissingVariable]:
    """Why lists are not there, by their names."""
    found = {}
    for name, one in lists.items():
        try:
            one.records(environment)
        except MissingVariable as error:
            found[name] = error
    return found


def gone_through(resources: Resources, name: str, digests: Digests) -> dict[str, Sequence[str]]:
    """Those with which the records of a resource below a cursor are taken, in a resource or above
    it. A cursor below a list has its own place for a value that is new."""
    found = {
        one
        for above in (name, *resources.ancestors(name))
        if resources.below_incremental(above)
        for one in resources[above].lists
    }
    return {one: digests[one] for one in sorted(found & digests.keys())}


def grown(before: Digests, now: Digests) -> str | None:
    """The first list that has a value which it had not, or that is new."""
    return next((one for one in now if not {*now[one]} <= {*before.get(one, ())}), None)
