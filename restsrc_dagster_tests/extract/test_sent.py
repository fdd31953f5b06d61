"""What the file and a parent's record say is sent as what it is in JSON."""

from typing import Any

import pytest

from restsrc_dagster_tests.extract.reading import read
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items


def asked_with(api: Api, **endpoint: Any) -> Asked:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    read(connector("acme", api.url, [items(**endpoint)]))
    return api.asked[-1]


@pytest.mark.parametrize(
    ("value", "sent"), [(True, "true"), (False, "false"), (3, "3"), (1.5, "1.5"), ("a b", "a b")]
)
def test_params_of_the_file(api: Api, value: Any, sent: str) -> None:
    assert asked_with(api, params={"p": value}).params == {"p": sent}


def test_null_is_not_sent(api: Api) -> None:
    assert asked_with(api, params={"p": None, "q": 1}).params == {"q": "1"}


def test_a_list_is_one_param_for_each_value(api: Api) -> None:
    assert asked_with(api, params={"p": ["a", True, 2]}).query == "p=a&p=true&p=2"


def child(api: Api, parent: dict[str, Any], **endpoint: Any) -> Asked:
    api.routes["/posts"] = lambda _: {"data": [{"id": 1, **parent}]}
    api.routes["/notes"] = lambda _: {"data": [{"n": 1}]}
    read(connector("acme", api.url, [items("posts"), items("notes", **endpoint)]))
    return api.asked[-1]


FIELD = "{resources.posts.v}"


@pytest.mark.parametrize(
    ("value", "sent"), [(True, "true"), (False, "false"), (3, "3"), ("é&b", "é&b")]
)
def test_a_parents_value(api: Api, value: Any, sent: str) -> None:
    asked = child(api, {"v": value}, params={"v": FIELD, "q": f"v:{FIELD}"})
    assert asked.params == {"v": sent, "q": f"v:{sent}"}


@pytest.mark.parametrize("value", [True, 3, "x"])
def test_in_a_body_it_keeps_its_type(api: Api, value: Any) -> None:
    asked = child(api, {"v": value}, method="POST", json={"v": FIELD, "in": [FIELD]})
    assert asked.json == {"v": value, "in": [value]}


@pytest.mark.parametrize("parent", [{"v": None}, {}], ids=["null", "missing"])
@pytest.mark.parametrize(
    "endpoint",
    [
        {"params": {"v": FIELD}},
        {"params": {"q": f"v:{FIELD}"}},
        {"headers": {"X-V": FIELD}},
        {"method": "POST", "json": {"v": FIELD}},
        {"method": "POST", "json": {"q": f"v:{FIELD}"}},
        {"path": "notes/" + FIELD},
    ],
    ids=["param", "part of a param", "header", "body", "part of a body", "path"],
)
def test_nothing_fails_by_name(api: Api, parent: dict[str, Any], endpoint: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"a record of 'posts' has no v, which is wanted in"):
        child(api, parent, **endpoint)
    assert [asked.path for asked in api.asked] == ["/posts"]
