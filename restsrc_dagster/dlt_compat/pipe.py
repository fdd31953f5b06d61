"""The steps of the pipe that dlt is about to read."""

from collections.abc import Callable
from typing import Any

from dlt.extract.pipe import ForkPipe


def replace_steps(
    pipe: Any, *, pages: Callable[[Any], Any], step: Callable[[Any], Any], but: object
) -> None:
    """Put something else in the place of each step of a pipe.

    What hands records on to the children stays, as does `but`. A pipe that has a parent gets its
    pages by a step.

    Args:
        pages: gives what replaces the iterator of pages, by that.
        step: gives what replaces a step, by that.
    """
    for position, one in enumerate(pipe.steps):
        if position == 0 and not pipe.has_parent:
            pipe.steps[0] = pages(one)
        elif one is not but and not isinstance(one, ForkPipe):
            pipe.steps[position] = step(one)
