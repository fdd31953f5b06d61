"""What can go wrong, classed by what the person does next.

RestsrcError             change the configuration, if it is none of those below
├── ConnectorError       change the connector file (carries every problem found)
├── MissingVariable      set an environment variable, then run again
│   └── WrongVariable    set it to something else
├── SettingsError        change the deployment's settings
│   └── MissingPackage   install a package where runs are
├── PolicyRefused        change the connector file, or what the deployment allows
├── ConnectorBusy        wait for the run that is going, or stop it
├── ReadError            the API answered what cannot be loaded
│   ├── AccessDenied     fix the access at the API (401, 403)
│   ├── OriginRefused    the API points to a host that may not get the credentials
│   └── HostRefused      an address that a connector may not reach
└── TryLater             wait: a run tries again by itself, after a while
    ├── ApiUnavailable          the API does not answer, or not yet
    │   └── RateLimited         it wants a longer pause than the connector makes
    └── DestinationUnavailable  the destination is away, locked or full
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LONGEST_MESSAGE = 2000
"""Characters of what is told of one problem: names and values of a file may be as long as it."""


class RestsrcError(Exception):
    """Base of everything that this package raises on purpose."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to change: `file:line: path: message`, the path in dots and brackets."""

    file: str
    path: str
    message: str
    line: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        message, more = self.message[:LONGEST_MESSAGE], len(self.message) - LONGEST_MESSAGE
        cut = f"{message} … ({more:,} more characters)" if more > 0 else message
        return ": ".join(part for part in (place, self.path[:LONGEST_MESSAGE], cut) if part)


class ConnectorError(RestsrcError, ValueError):
    """A connector file is wrong; `problems` holds everything found in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class MissingVariable(RestsrcError):
    """A `${NAME}` reference names an environment variable that is not set."""


class WrongVariable(MissingVariable):
    """A `${NAME}` reference stands for a number, say, and the variable holds none."""


class SettingsError(RestsrcError):
    """A setting of the deployment is missing or impossible."""


class MissingPackage(SettingsError):
    """The destination wants a package that is not installed."""


class PolicyRefused(RestsrcError):
    """A connector file does what it may not in this deployment, or nowhere."""


class ConnectorBusy(RestsrcError):
    """Another load of the same connector is going."""


class ReadError(RestsrcError):
    """The API's answer cannot be loaded."""


class AccessDenied(ReadError):
    """The API refuses the credentials."""


class OriginRefused(ReadError):
    """A next link or a redirect leads to an origin that may not get the credentials."""


class HostRefused(ReadError):
    """A request would go to an address that a connector may not reach."""


class TryLater(RestsrcError):
    """What may go well the next time, with nothing changed."""


class ApiUnavailable(TryLater):
    """The API does not answer, or with its own failure, or not yet."""


class RateLimited(ApiUnavailable):
    """The API wants a longer pause than the connector makes: of all that would be asked next."""


class DestinationUnavailable(TryLater):
    """The destination cannot be reached, is locked by somebody else, or has no space left."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, its cause, the cause of that, and so on."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
