"""A connector with what its file takes from the environment, as a run reads it."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from typing import Any

from restsrc_dagster.connector.deferred import LEFT_OUT, RESOLVED_WHOLE, put, value_of
from restsrc_dagster.connector.files.folder import checked
from restsrc_dagster.connector.model import Connector, Deferred, Later
from restsrc_dagster.connector.secrets import is_shown
from restsrc_dagster.connector.syntax.references import resolve
from restsrc_dagster.connector.syntax.variables import REFERENCE
from restsrc_dagster.errors import MissingVariable, Problem, WrongVariable


def in_environment(
    connector: Connector, environment: Mapping[str, str], *, as_far_as_set: bool = False
) -> Connector:
    """The connector with the numbers, lists and texts of its variables where stand-ins were.

    What is sent stays a reference until it is sent: texts of `configuration` and `destination`.

    Args:
        as_far_as_set: leave the stand-ins of variables that are not set, as `restsrc validate`
            does.

    Raises:
        MissingVariable: a variable is not set; all that are missing are named, with their places.
        WrongVariable: what a variable holds is not what its place wants.
    """
    later = connector.later
    if later is None:
        return connector
    content: dict[str, Any] = deepcopy(dict(later.written))
    problems = list(_put_values(content, connector, later, environment, as_far_as_set))
    if not problems:
        _resolve_whole(content, environment, as_far_as_set)
        resolved, found = checked(connector.name, content, file="")
        problems = [(WrongVariable, told) for told in _in_words(found, later, environment)]
        if not problems and resolved is not None:
            return connector.changed(
                configuration=resolved.configuration,
                http=resolved.http,
                reading=resolved.reading,
                later=None,
            )
    kind = (
        MissingVariable if any(kind is MissingVariable for kind, _ in problems) else WrongVariable
    )
    raise kind("; ".join(told for _, told in problems))


def _put_values(
    content: dict[str, Any],
    connector: Connector,
    later: Later,
    environment: Mapping[str, str],
    as_far_as_set: bool,
) -> Iterator[tuple[type[MissingVariable], str]]:
    """Write the value of each reference into `content`; yields what is wrong with the others."""
    leaving_out = []
    for one in later.deferred:
        try:
            value = value_of(one, environment)
        except KeyError as error:
            if as_far_as_set:
                put(content, one, _stand_in(connector, one))
            else:
                name = error.args[0]
                yield (
                    MissingVariable,
                    f"environment variable {name} is not set, but {one.place} wants it",
                )
        except ValueError as error:
            yield WrongVariable, f"{_named(one, environment)}, which {error}, in {one.place}"
        else:
            if value is LEFT_OUT:
                leaving_out.append(one)
            else:
                put(content, one, value)
    for one in reversed(leaving_out):
        put(content, one, LEFT_OUT)


def _stand_in(connector: Connector, one: Deferred) -> Any:
    part: Any = connector.model_dump(by_alias=True, exclude_unset=True)
    for key in one.keys:
        part = part[key]
    return part


def _resolve_whole(
    content: dict[str, Any], environment: Mapping[str, str], as_far_as_set: bool
) -> None:
    for part in RESOLVED_WHOLE:
        if part in content:
            with suppress(*((MissingVariable,) if as_far_as_set else ())):
                content[part] = resolve(content[part], environment, part)


def _in_words(
    problems: list[Problem], later: Later, environment: Mapping[str, str]
) -> Iterator[str]:
    """What is wrong with a file, now that its variables are known: by the variable that did it."""
    by_place = {one.place: one for one in later.deferred}
    for problem in problems:
        one = by_place.get(problem.path) or by_place.get(problem.path.rpartition("[")[0])
        if one is None:
            yield f"{problem.path}: {problem.message}"
        else:
            yield f"{_named(one, environment)}: {problem.message}, in {one.place}"


def _named(one: Deferred, environment: Mapping[str, str]) -> str:
    """`PAGE_SIZE is "abc"`; of what may be a secret, the variable alone."""
    names = [match["name"] for match in REFERENCE.finditer(one.text) if match["name"]]
    name = " and ".join(names)
    if len(names) != 1 or not is_shown(one.place) or names[0] not in environment:
        return f"environment variable {name} has a value"
    return f'{name} is "{environment[name]}"'
