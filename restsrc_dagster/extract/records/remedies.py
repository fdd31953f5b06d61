"""What a person writes into the configuration against a surprise, as it is told to them."""

import json
from collections.abc import Sequence

from restsrc_dagster.connector.resources.resource import Resource

FILTER = '"processing_steps": [{"filter": "…"}]'
NEVER_EMPTY = "which its table has never empty"
"""Why a column must not be empty of which the file says nothing."""


def type_hint(table: Sequence[str], column: str, kind: str = "text") -> str:
    """What the person writes to give a column a type; `table` is its path below the resource's."""
    columns = f'"columns": {{"{column}": {{"data_type": "{kind}"}}}}'
    match table:
        case ():
            return columns
        case (name,):
            return f'"nested_hints": {{"{name}": {{{columns}}}}}'
        case _:  # dlt takes a path of names there, which JSON cannot say
            return "processing_steps that give it one type"


def excluding(path: str) -> str:
    """The step that leaves a field out."""
    return f'"processing_steps": [{{"map": {{"exclude": ["{path}"]}}}}]'


def key_of_child(child: Resource) -> str:
    """The key that tells a child's records apart, where its own does only within one parent."""
    parent, bound = str(child.parent), [field.split(".")[0] for field in child.bound_fields]
    own = child.primary_key
    named = [own] if isinstance(own, str) else list(own or ["…"])
    of_lists = [(name, path) for name, path in child.links_beside if name in child.lists]
    wanted = [*bound, *(path.split(".")[0] for _, path in of_lists)]
    copied = list(dict.fromkeys([*(child.hints.get("include_from_parent") or ()), *wanted]))
    key = [*(f"_{parent}_{field}" for field in bound)]
    key += [f"_{name}_{path.split('.')[0]}" for name, path in of_lists]
    whose = " and ".join(["one record of " + parent, *(f"one of {name}" for name in child.lists)])
    return (
        f"the key tells records apart only within {whose}, and they replace one "
        f'another. Write "include_from_parent": {json.dumps(copied)}, "primary_key": '
        f"{json.dumps([*key, *named])}"
    )


def without(why: str) -> str:
    """What to do about a record that has nothing in a column that is never empty, and why it is."""
    if why == NEVER_EMPTY:
        return f"read the resource again with full_refresh, or keep such records out: {FILTER}"
    return f"name a field that each record has, or keep such records out: {FILTER}"


def retyping(table: Sequence[str], column: str, *, again: bool = True) -> str:
    """What to do about a value that a column cannot hold; `again` if the column is there."""
    refresh = ", and read the resource again with full_refresh," if again else ","
    return (
        f"give it a type that holds both, {type_hint(table, column)}{refresh} or keep such records "
        f"out: {FILTER}"
    )
