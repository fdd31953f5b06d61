"""A GraphQL query: where its records will be, and how their next page is asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    parse,
)

Path = tuple[str, ...]


@dataclass(frozen=True)
class Connection:
    """The outermost one of a query.

    Attributes:
        name: of its field in the answer.
        endpoint: `data_selector` and `paginator`, as far as the query asks for what they need.
    """

    name: str
    endpoint: Mapping[str, Any]


def connection_of(body: Any) -> Connection | None:
    """That of the JSON body of a request: it has `pageInfo` beside `nodes`, or beside `edges` with
    a `node` each. None of anything else."""
    query = body.get("query") if isinstance(body, Mapping) else None
    fields = dict(_fields_of(query)) if isinstance(query, str) else {}
    infos = [path for path in fields if path[-1] == "pageInfo" and len(path) > 1]
    if not infos:
        return None
    info = min(infos, key=len)
    above = info[:-1]
    endpoint: dict[str, Any] = {}
    if (*above, "nodes") in fields:
        endpoint["data_selector"] = _written((*above, "nodes"))
    elif (*above, "edges", "node") in fields:
        endpoint["data_selector"] = _written((*above, "edges[*]", "node"))
    variable = _after(fields[above])
    if variable and (*info, "endCursor") in fields:
        endpoint["paginator"] = {
            "type": "cursor",
            "cursor_path": _written((*info, "endCursor")),
            "cursor_body_path": f"variables.{variable}",
        }
        if (*info, "hasNextPage") in fields:
            endpoint["paginator"]["has_more_path"] = _written((*info, "hasNextPage"))
    return Connection(above[-1], endpoint)


def _written(path: Path) -> str:
    return ".".join(("data", *path))


def _after(connection: FieldNode) -> str | None:
    """The variable that takes the cursor."""
    for argument in connection.arguments:
        if argument.name.value == "after" and isinstance(argument.value, VariableNode):
            return argument.value.name.value
    return None


def _fields_of(query: str) -> Iterator[tuple[Path, FieldNode]]:
    """Each field by its path in the answer; what stands in fragments is passed over."""
    try:
        document = parse(query, no_location=True)
    except (GraphQLError, RecursionError):
        return
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            yield from _below((), one.selection_set)


def _below(above: Path, selected: SelectionSetNode | None) -> Iterator[tuple[Path, FieldNode]]:
    for one in selected.selections if selected else ():
        if isinstance(one, FieldNode):
            path = (*above, (one.alias or one.name).value)
            yield path, one
            yield from _below(path, one.selection_set)
