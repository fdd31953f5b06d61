"""Our page loop in place of dlt's two functions: the same requests, the same records."""

import inspect
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import dlt
import pytest
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import SinglePagePaginator
from dlt.sources.rest_api import config_setup, rest_api_source

from restsrc_dagster.dlt_compat.rest_api import (
    get_auth_class,
    get_paginator_class,
    read_by,
)
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

READ_AT_DLT_1_31 = {
    config_setup.paginate_resource: "dae17160dce5",
    config_setup.paginate_dependent_resource: "63965dd36127",
    RESTClient.paginate: "1d63f8e4c556",
    RESTClient._create_request: "259989f11fde",
}


@pytest.mark.parametrize("function", READ_AT_DLT_1_31, ids=lambda one: one.__name__)
def test_what_is_replaced_of_dlt_is_as_it_was_read(function: Callable[..., Any]) -> None:
    """Whoever raises dlt's version compares the function with `extract/paging/list_reader.py`, and
    writes down its new digest."""
    digest = blake2b(inspect.getsource(function).encode(), digest_size=6).hexdigest()
    assert digest == READ_AT_DLT_1_31[function]


PAGE = {"type": "page_number", "base_page": 1, "total_path": None}
PARENTS = items("parents", paginator="single_page")
CONFIGURATIONS: dict[str, list[Any]] = {
    "a path alone": ["parents"],
    "pages by number": [items(paginator=PAGE, params={"size": 2, "tags": ["a", "b"]})],
    "pages by link": [items(paginator={"type": "json_link", "next_url_path": "next"})],
    "a list at the root": [items(path="root", data_selector="$")],
    "a guessed selector and paginator": [{"name": "items", "endpoint": "items"}],
    "a body, headers": [
        items(
            method="POST",
            json={"query": {"all": True}, "braces": "{{x}}"},
            headers={"X-One": "1"},
            params={"q": "{{a}}"},
        )
    ],
    "a form": [items(method="POST", data={"a": "1", "b": "{{2}}"})],
    "an ignored answer": [
        items(path="gone", response_actions=[{"status_code": 404, "action": "ignore"}])
    ],
    "one record": [PARENTS, {"name": "one", "endpoint": "parents/{resources.parents.id}"}],
    "children, two forms": [
        PARENTS,
        items(
            "by_param",
            path="parents/{key}/items",
            params={"key": {"type": "resolve", "resource": "parents", "field": "id"}, "n": 1},
            paginator=PAGE,
        ),
        {
            **items(
                "by_place",
                path="items",
                method="POST",
                json={"of": "{resources.parents.id}", "as": "no {resources.parents.id}"},
                headers={"X-Of": "{resources.parents.name}"},
                params={"of": "{resources.parents.name}"},
                paginator="single_page",
            ),
            "include_from_parent": ["id", "name"],
        },
    ],
    "grandchildren": [
        PARENTS,
        items("b", path="parents/{resources.parents.id}/items", paginator=PAGE),
        items("c", path="items/{resources.b.id}/more", paginator="single_page"),
    ],
}


def page(asked: Asked) -> Any:
    at = int(asked.params.get("page", 1))
    of = int("".join(filter(str.isdigit, asked.path)) or 0)
    first = 100 * of + 10 * at
    body: dict[str, Any] = {"data": [{"id": first + n, "name": f"n{n}"} for n in (1, 2)]}
    if at < 3 and not asked.body:
        body["next"] = f"{asked.path}?page={at + 1}"
    return body if at <= 3 else {"data": []}


def answer(asked: Asked) -> Any:
    if asked.path == "/gone":
        return Answer({"error": "gone"}, status=404)
    if asked.path == "/root":
        return page(asked)["data"]
    if asked.path == "/parents":
        return {"data": [{"id": 1, "name": "a b"}, {"id": 2, "name": "c"}]}
    parts = asked.path.strip("/").split("/")
    return {"id": int(parts[1])} if parts[0] == "parents" and len(parts) == 2 else page(asked)


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("resources", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_the_requests_and_records_are_those_of_dlt(
    api: Api, monkeypatch: pytest.MonkeyPatch, resources: list[Any], at_once: int
) -> None:
    monkeypatch.setattr(api, "answer", lambda asked: answered(api, asked))
    acme = connector("acme", api.url, resources, http={"max_concurrency": at_once})
    configuration: Any = acme.configuration
    for name in acme.resources:
        expected = records(rest_api_source(configuration), name)
        of_dlt = requested(api)
        with open_reading(acme, {}) as reading:
            assert records(reading.source, name) == expected
        assert requested(api) == of_dlt


def answered(api: Api, asked: Asked) -> Answer:
    api.asked.append(asked)
    made = answer(asked)
    return made if isinstance(made, Answer) else Answer(made)


def records(source: Any, name: str) -> list[dict[str, Any]]:
    return sorted((dict(record) for record in source.resources[name]), key=str)


def requested(api: Api) -> list[Any]:
    """What an API can tell one request from another by, in any order."""
    own = ("X-One", "X-Of", "Content-Type", "Accept")
    made = sorted(
        (one.method, one.path, one.query, one.body, [str(one.headers.get(name)) for name in own])
        for one in api.asked
    )
    api.asked.clear()
    return made


def test_a_resource_is_read_by_another_function() -> None:
    """By its pipe, which dlt keeps as `_pipe`."""
    resource = dlt.resource([1], name="items")
    read_by(resource, lambda: iter([2, 3]))
    assert list(resource) == [2, 3]


def test_the_classes_of_a_kind_are_those_that_dlt_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(SinglePagePaginator):
        pass

    monkeypatch.setitem(config_setup.PAGINATOR_MAP, "own", Own)
    assert get_paginator_class("own") is Own
    assert get_auth_class("bearer") is BearerTokenAuth
