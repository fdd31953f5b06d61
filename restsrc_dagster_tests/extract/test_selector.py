"""A list that is not where `data_selector` says is an error; an empty list is none."""

from typing import Any

import pytest

from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.paging.empty_list import is_empty_there
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import load_all
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items


def read(settings: Settings, api: Api, *resources: dict[str, Any], **keys: Any) -> LoadReport:
    return load_all(connector("acme", api.url, list(resources) or None, **keys), settings)


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ({"records": [{"id": 1}]}, "has the keys records"),
        ({"result": {"data": [1]}, "page": 1}, "has the keys result, page"),
        ([{"id": 1}], "is a list"),
    ],
)
def test_nothing_at_the_selector_fails_and_empties_no_table(
    api: Api, settings: Settings, body: Any, shape: str
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    assert read(settings, api).resources["items"].rows_in_table == 1
    api.routes["/items"] = lambda _: body
    with pytest.raises(ReadError) as failed:
        read(settings, api)
    assert str(failed.value) == (
        f"items: nothing is at data_selector 'data': the answer {shape}. Correct the selector, or, "
        "if the API leaves an empty list out, name 'items' in http.allow_missing_selector"
    )
    api.routes["/items"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    assert read(settings, api).resources["items"].rows_in_table == 2


@pytest.mark.parametrize("body", [{"data": []}, {}, {"total": 0}, {"data": None}])
def test_an_empty_answer_is_no_rows(api: Api, settings: Settings, body: Any) -> None:
    api.routes["/items"] = lambda _: body
    assert read(settings, api).resources["items"].rows_loaded == 0


@pytest.mark.parametrize(
    ("selector", "body", "is_empty"),
    [
        ("data[*].payment", {"data": []}, True),
        ("data[*].payment", {"data": None}, True),
        ("data[*].payment", {"data": [{"refund": {}}]}, False),
        ("data[*].payment", {"list": []}, False),
        ("data.*", {"data": {}}, True),
        ("data.*", {"error": {}}, False),
        ("data[*].lines[*]", {"data": [{"lines": []}, {"lines": []}]}, True),
        ("data[*].lines[*]", {"data": [{"lines": []}, {"lines": 1}]}, False),
        ("[1:]", [["NAME", "POP"]], True),
        ("[1:]", {"message": "none"}, False),
        ("data[?(@.kind=='a')]", {"data": [{"kind": "b"}]}, True),
        ("data[?(@.kind=='a')]", {"dataset": [{"kind": "b"}]}, False),
    ],
)
def test_a_list_without_what_is_selected_is_an_empty_one(
    selector: str, body: Any, is_empty: bool
) -> None:
    assert is_empty_there(selector, body) is is_empty


def test_a_run_without_news_reads_an_empty_list(api: Api, settings: Settings) -> None:
    api.routes["/items"] = lambda _: {"data": []}
    deep = items(data_selector="data[*].payment")
    assert read(settings, api, deep).resources["items"].rows_loaded == 0


def test_a_resource_may_leave_its_list_out(api: Api, settings: Settings) -> None:
    api.routes["/items"] = lambda _: {"page": 1}
    report = read(settings, api, http={"allow_missing_selector": ["items"]})
    assert report.resources["items"].rows_loaded == 0


def test_a_later_page_may_leave_the_list_out(api: Api, settings: Settings) -> None:
    def pages(asked: Asked) -> Any:
        return (
            {"page": 2}
            if "page" in asked.params
            else {"data": [{"id": 1}], "next": "/items?page=2"}
        )

    api.routes["/items"] = pages
    linked = items(paginator={"type": "json_link", "next_url_path": "next"})
    assert read(settings, api, linked).resources["items"].rows_loaded == 1


def test_each_parent_is_looked_at(api: Api, settings: Settings) -> None:
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    api.routes["/posts/1/comments"] = lambda _: {"data": [{"text": "a"}]}
    api.routes["/posts/2/comments"] = lambda _: Answer({"message": "try later"})
    comments = items("comments", path="posts/{resources.posts.id}/comments")
    with pytest.raises(ReadError, match="comments: nothing is at data_selector"):
        read(settings, api, items("posts"), comments)


def test_what_an_answer_holds_is_not_told(api: Api, settings: Settings) -> None:
    api.routes["/items"] = lambda _: {"items": [{"mail": "ada@example.com"}]}
    paged = items(data_selector="items", paginator={"type": "page_number", "base_page": 1})
    with pytest.raises(ReadError) as failed:
        read(settings, api, paged)
    assert "nothing is at the paginator's total_path, 'total'" in str(failed.value)
    assert "ada@example.com" not in str(failed.value)


SCHEMAS = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]


def test_a_list_of_texts_is_not_taken_for_records_beside_one_of_objects(
    api: Api, settings: Settings
) -> None:
    """dlt takes the first list where none has a name that it knows."""
    api.routes["/items"] = lambda _: {"schemas": SCHEMAS, "found": {"Resources": [{"id": 1}]}}
    unnamed = {"name": "items", "endpoint": {"path": "items"}}
    with pytest.raises(ReadError) as failed:
        read(settings, api, unnamed)
    told = str(failed.value)
    assert told.startswith("items: the records were not named, and a list without objects was")
    assert told.endswith('name the right one, "data_selector": "found.Resources"')
    named = items(data_selector="schemas")
    assert read(settings, api, named).resources["items"].rows_loaded == 1
    api.routes["/items"] = lambda _: {"names": ["a", "b"], "none": [], "of": {"x": 1}}
    assert read(settings, api, unnamed).resources["items"].rows_loaded == 2
