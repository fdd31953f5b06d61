"""What a rule is, and what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from restsrc_dagster.connector.lint.subject import Subject
from restsrc_dagster.connector.model import Connector

LintFinding = Iterator[tuple[str, str]]
"""(path in the file, reason and cure) of everything that a rule finds; never a secret."""


@dataclass(frozen=True)
class Lint:
    """A warning: what is valid at `path` of the file, and will hurt later.

    `resources` are those whose rows it is about, or what their rows cost, in the order of the file;
    none where it is about no rows, such as a secret.
    """

    code: str
    path: str
    message: str
    resources: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The message, whom it is about where the path does not say, and the code."""
        shared = self.resources and not self.path.startswith("configuration.resources[")
        about = f" ({', '.join(self.resources)})" if shared else ""
        return f"{self.message}{about} [{self.code}]"


@dataclass(frozen=True)
class Rule:
    """A code, what happens if nobody heeds it, and how it is found in a connector."""

    code: str
    harm: str
    find: Callable[[Connector, list[Subject]], Iterator[Lint]]


def rule_of_resource(code: str) -> Callable[[Callable[[Subject], LintFinding]], Rule]:
    """Make a rule of a function that looks at one resource; its docstring is the harm.

    What stands once for several resources, in the defaults or the client, is told once.
    """

    def make(finder: Callable[[Subject], LintFinding]) -> Rule:
        def find(_: Connector, subjects: list[Subject]) -> Iterator[Lint]:
            found: dict[tuple[str, str], Lint] = {}
            for subject in subjects:
                for path, message in finder(subject):
                    before = found.get((path, message))
                    names = (*(before.resources if before else ()), subject.name)
                    found[path, message] = Lint(code, path, message, names)
            yield from found.values()

        return Rule(code, finder.__doc__ or "", find)

    return make


def rule_of_connector(code: str) -> Callable[[Callable[[Connector], LintFinding]], Rule]:
    """Make a rule of a function that looks at the connector as a whole; its docstring is the harm.

    What it finds is about no rows.
    """

    def make(finder: Callable[[Connector], LintFinding]) -> Rule:
        def find(connector: Connector, _: list[Subject]) -> Iterator[Lint]:
            for path, message in finder(connector):
                yield Lint(code, path, message)

        return Rule(code, finder.__doc__ or "", find)

    return make
