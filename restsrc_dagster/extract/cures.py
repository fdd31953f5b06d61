"""What a person writes into the configuration against a surprise, as it is told to them."""

from collections.abc import Sequence

FILTER = '"processing_steps": [{"filter": "…"}]'


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
