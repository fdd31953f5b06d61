"""What dlt's incremental step has when it is bound: its state, and the pipe that it is in."""

from typing import Any, TypeVar

from dlt.extract.incremental import Incremental

Value = TypeVar("Value")


class BoundIncremental(Incremental[Value]):
    """dlt's step, of which these are not private."""

    def take_as_resolved(self) -> None:
        """dlt has nothing to look up, and nothing to check: it would compare both ends of a range
        by their letters."""
        self.__is_resolved__ = True

    @property
    def kept(self) -> Any:
        """dlt's state of the cursor, a dict, which the next load gets; None until it is bound."""
        return self._cached_state

    def close_pipe(self) -> None:
        """Take no more pages from whoever gives them; what was given is processed."""
        self._bound_pipe.close()
