"""What an API writes is a text on Dagster's pages, and nothing that one can click or that loads."""

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from restsrc_dagster.scaffold.openapi import from_openapi
from restsrc_dagster_tests.support.api import Answer, Api
from restsrc_dagster_tests.support.browser import Browser, needs_chromium
from restsrc_dagster_tests.support.connectors import content
from restsrc_dagster_tests.support.dagster_dev import DagsterDev

pytestmark = pytest.mark.timeout(600)

OF_OTHERS = """
const marks = ["evil", "javascript:", arguments[0]];
const attributes = ["href", "src", "srcset", "action", "style", "onerror", "onclick", "onload"];
return [...document.querySelectorAll("*")].flatMap(element =>
  attributes
    .map(name => element.getAttribute(name) || "")
    .filter(value => marks.some(mark => value.toLowerCase().includes(mark)))
    .map(value => `<${element.tagName.toLowerCase()}> ${value}`));
"""
"""Every element of the page that has something of theirs in an attribute that acts."""


def host_of(pixel: Api) -> str:
    return f"127.0.0.1:{pixel.port}"


def hostile(host: str) -> str:
    """With `evil-text`, by which one sees that it is shown."""
    return (
        f"evil-text <img src=http://{host}/pixel onerror=fetch('http://{host}/run')> "
        f"[link](http://{host}/evil) [run](javascript:evil()) ![p](http://{host}/pixel) "
        f"<a href=http://{host}/evil>a</a> http://{host}/evil \u202etxet\u200b"
    )


@pytest.fixture
def pixel() -> Iterator[Api]:
    """Is asked if a picture of theirs is shown, or a script of theirs runs."""
    with Api() as pixel:
        yield pixel


def test_texts_of_an_api_are_texts(tmp_path: Path, api: Api, pixel: Api) -> None:
    needs_chromium()
    text = hostile(host_of(pixel))
    write_connector(tmp_path, api, pixel)
    with DagsterDev(tmp_path) as dagster:
        url = dagster._url.removesuffix("/graphql")
        dagster.wait("first runs", lambda: len(dagster.ended("initial")) == 2)
        (first,) = [run for run in dagster.ended("initial") if run["jobName"] == "acme_sync"]
        api.routes["/items"] = lambda _: {"data": [record(2, text), record(3, text, text)]}
        second = dagster.launch("acme_sync")
        dagster.wait("second run", lambda: dagster.status(second) in ("SUCCESS", "FAILURE"))
        assert dagster.status(second) == "FAILURE", "of the two that are refused"
        with Browser(url, profile=tmp_path / "profile") as ui:
            pages = {
                "/assets/acme/items": "evil-text",
                "/assets/acme/items?view=events": "cursor_after",
                "/assets/acme/items?view=checks&checkDetail=delivery": "delivery",
                "/assets/acme/items?view=checks&checkDetail=column_schema_change": "New columns",
                f"/runs/{first['runId']}": "evil-text",
                f"/runs/{second}": "evil-text",
            }
            found = {}
            for page, seen in pages.items():
                ui.open(page)
                ui.sees(seen)
                found[page] = ui.runs(OF_OTHERS, host_of(pixel))
            assert {page: one for page, one in found.items() if one} == {}
            assert pixel.paths() == []
            the_person_s_own_text_is_markdown(ui, pixel)


def the_person_s_own_text_is_markdown(ui: Browser, pixel: Api) -> None:
    """So the test could fail: the description of the file, which a person writes, is shown so."""
    ui.open("/assets/mine/own")
    ui.sees("my own words")
    assert ui.runs(OF_OTHERS, host_of(pixel)) != []
    assert "/own-picture" in pixel.paths()


def record(number: int, text: str, *more: str) -> dict[str, Any]:
    fields = {f"new {one}": 1 for one in more}
    return {"id": number, "at": f"k{number} {text}", text: text, "note": text, **fields}


def write_connector(folder: Path, api: Api, pixel: Api) -> None:
    text = hostile(host_of(pixel))
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "note": {"type": "string", "description": f"{text} And more."},
        },
    }
    answer = {"application/json": {"schema": {"type": "array", "items": schema}}}
    responses = {"200": {"description": text, "content": answer}}
    document = {
        "openapi": "3.0.0",
        "info": {"title": f"{text}", "version": "1", "description": text},
        "servers": [{"url": api.url, "description": text}],
        "paths": {"/items": {"get": {"description": text, "responses": responses}}},
    }
    first = from_openapi(json.dumps(document), "acme", ["/items"])
    (items,) = first.configuration["resources"]
    items["primary_key"] = "id"
    items["endpoint"] |= {
        "path": "items",
        "data_selector": "data",
        "paginator": "single_page",
        "params": {"since": "{incremental.start_value}"},
        "incremental": {"cursor_path": "at", "initial_value": "a", "row_order": "asc"},
    }
    resources = [
        items,
        {"name": "refused", "endpoint": {"path": "refused"}},
        {"name": "elsewhere", "endpoint": {"path": "elsewhere", "paginator": LINK}},
    ]
    api.routes |= {
        "/items": lambda _: {"data": [record(1, text), record(2, text)]},
        "/refused": lambda _: Answer({"error": {"message": text}}, status=400),
        "/elsewhere": lambda _: {"data": [{"id": 1}], "next": f"http://evil.example/{text}"},
        "/own": lambda _: {"data": [{"id": 1}]},
    }
    created_at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    keys = {"created_at": created_at, "schedule": {"mode": "days"}}
    made = content(api.url, resources, client=first.configuration["client"], **keys)
    if first.description:
        made["description"] = first.description
    own = f"my own words ![mine](http://{host_of(pixel)}/own-picture)"
    connectors = folder / "connectors"
    connectors.mkdir()
    (connectors / "acme.json").write_text(json.dumps(made), encoding="utf-8")
    mine = content(api.url, [{"name": "own", "endpoint": {"path": "own"}}], description=own, **keys)
    (connectors / "mine.json").write_text(json.dumps(mine), encoding="utf-8")


LINK = {"type": "json_link", "next_url_path": "next"}
