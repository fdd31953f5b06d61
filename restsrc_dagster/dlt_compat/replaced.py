"""What is put in the place of a name of dlt's modules, or of a method of one of its objects.

dlt has no place of its own for these. A module belongs to the whole process: what is put in there
is counted, and taken out by the last who needs it. An object belongs to one load, and what is put
in there goes with it.
"""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from restsrc_dagster.process_wide import ProcessWide


@dataclass(frozen=True)
class Place:
    """A name under which dlt looks for something.

    Args:
        names: where; `vars` of a module, or a table of dlt's.
        name: the key; a KeyError follows where dlt has none such any more.
    """

    names: MutableMapping[Any, Any]
    name: Any

    @property
    def value(self) -> Any:
        """What is there."""
        return self.names[self.name]

    def put(self, value: Any) -> None:
        """Let it be `value`."""
        self.names[self.name] = value


def replaced(*changes: tuple[Place, Any]) -> ProcessWide:
    """Values that are in their places while at least one user is inside."""
    before: list[Any] = []

    def put_in() -> None:
        before[:] = [place.value for place, _ in changes]
        for place, value in changes:
            place.put(value)

    def take_out() -> None:
        for (place, _), value in zip(changes, before, strict=True):
            place.put(value)

    return ProcessWide(put_in, take_out)


def replace_method(of: object, name: str, around: Callable[[Any], Any]) -> None:
    """Let one object have another method for as long as it lives.

    Args:
        around: gives the method, by the one that is there.

    Raises:
        AttributeError: dlt has no such method any more.
    """
    setattr(of, name, around(getattr(of, name)))
