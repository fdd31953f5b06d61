"""A paginator that is proposed, as a person writes it into a file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from restsrc_dagster.extract.paging.answer import Asked


@dataclass(frozen=True)
class Proposal:
    """A paginator, and which of its options the answer does not tell.

    Attributes:
        written: the configuration.
        guessed: options whose value is what most APIs take.
    """

    written: Mapping[str, Any]
    guessed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return json.dumps(self.written)

    @property
    def doubt(self) -> str:
        """What a person has to look up; empty if nothing."""
        if not self.guessed:
            return ""
        names = " and ".join(self.guessed)
        are = "is a guess" if len(self.guessed) == 1 else "are guesses"
        return f"{names} {are} that the API's documentation must confirm"


def proposed(kind: str, **options: Any) -> Proposal | None:
    """A proposal; None where an option is not known. What is `Asked` may be a guess."""
    missing = [name for name, value in options.items() if value is None and name != "total_path"]
    if missing:
        return None
    guessed = [
        name for name, value in options.items() if isinstance(value, Asked) and not value.is_sure
    ]
    written = {
        name: value.name if isinstance(value, Asked) else value
        for name, value in options.items()
        if value is not False
    }
    return Proposal({"type": kind, **written}, tuple(guessed))
