"""What an API has written stands in lines of ours, and does nothing else there."""

import json
import logging

import pytest

from restsrc_dagster.cli.sample.report import as_text
from restsrc_dagster.connector.visible import visible, without_markup
from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster.orchestrate.metadata import materialization_metadata
from restsrc_dagster.orchestrate.storage import Storage
from restsrc_dagster.scaffold.openapi import from_openapi
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.security.shapes import UNSEEN, since
from restsrc_dagster_tests.security.wire import Wire, answer
from restsrc_dagster_tests.support.connectors import connector, items

pytestmark = pytest.mark.usefixtures("one_try")

MARKUP = "[click](http://evil.example) ![x](http://evil.example/x.png) <img src=x> www.evil.example"
TOKEN = "tok_8fj3k2-Xq91"


def test_what_is_not_seen_is_escaped() -> None:
    unseen = "\n\r\x1b\x00\x7f\x85\u200b\u202e\u2066\u2028\ufeff\ud800\U000e0041"
    assert visible(unseen).isascii()
    assert visible(f"a{UNSEEN}b") == r"a\u202e\u200b\x1b[31m\nb"
    assert visible("Größe 12 €, 日本 👍") == "Größe 12 €, 日本 👍"


def test_no_link_picture_or_html_is_left() -> None:
    text = without_markup(f"{MARKUP} a@evil.example &#60;b&#62; [a]: http://evil.example")
    for mark in ("](", "<img", "http:/", "www.", "a@e", "&#", "]:"):
        assert mark not in text
    ours = '"processing_steps": [{"map": {"exclude": ["a"]}}] is 3 < 4'
    assert without_markup(ours) == ours


def test_what_a_document_says_of_an_api_is_no_markup() -> None:
    """Dagster shows descriptions as Markdown, and an OpenAPI document is written by others."""
    text = f"A shop {UNSEEN}{MARKUP}"
    note = {"type": "string", "description": text}
    items = {"type": "array", "items": {"type": "object", "properties": {"note": note}}}
    answer = {"description": text, "content": {"application/json": {"schema": items}}}
    document = {
        "openapi": "3.0.0",
        "info": {"title": text, "version": "1"},
        "servers": [{"url": "https://api.example.com"}],
        "paths": {"/items": {"get": {"responses": {"200": answer}}}},
    }
    first = from_openapi(json.dumps(document), "acme", ["/items"])
    (resource,) = first.configuration["resources"]
    for shown in (first.description or "", resource["columns"]["note"]["description"]):
        assert shown.startswith("A shop")
        assert shown == without_markup(visible(shown))
        assert r"\u202e" in shown
        assert "](" not in shown


def test_warnings_metadata_and_logs_of_a_load(
    duck: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    record = {"id": 1, f"name{UNSEEN}{MARKUP}": "a\0b", "at": f"{TOKEN}{'x' * 2000}{MARKUP}"}
    auth = {"type": "bearer", "token": TOKEN}
    with Wire({"/items": answer({"data": [record]})}) as wire:
        acme = duck.connector(wire.url, [items(**since("a"))], client={"auth": auth})
        acme = acme.changed(configuration=_sorted(acme.configuration))
        lines: list[str] = []
        with caplog.at_level(logging.DEBUG):
            load = duck.load(acme, on_message=lines.append)
    report = load.resources["items"]
    assert TOKEN in report.cursor_after, "nothing would be seen"
    (warning,) = report.warnings
    assert visible(warning) == warning
    assert r"name\u202e\u200b\x1b[31m\n" in warning
    metadata = materialization_metadata(acme, load, report, Storage("duckdb", None, "acme", None))
    cursor = metadata["cursor_after"]
    assert cursor.startswith("***")
    assert len(cursor) <= 501
    assert "](" not in cursor
    told = [
        message
        for one in caplog.records
        if one.name.startswith("restsrc")
        for message in one.getMessage().split("\n    ")
    ]
    assert all(visible(text) == text and TOKEN not in text for text in [*told, *lines])


def _sorted(configuration: dict) -> dict:
    resources = [
        {
            **one,
            "endpoint": {
                **one["endpoint"],
                "incremental": {**one["endpoint"]["incremental"], "row_order": "asc"},
            },
        }
        for one in configuration["resources"]
    ]
    return {**configuration, "resources": resources}


def test_a_terminal_is_told_and_not_taken_over(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by the words of `restsrc test`, nor by what libraries log beside them."""
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("ACME_HEADER", TOKEN)
    body = {"data": [{f"a{UNSEEN}": f"x{UNSEEN}"}], f"b{UNSEEN}": 1}
    with Wire({"/items": answer(body), "/none": answer({f"k{UNSEEN}": TOKEN})}) as wire:
        acme = connector(
            "acme",
            wire.url,
            [items(), items("none")],
            client={"headers": {"X-A": "${ACME_HEADER}"}},
        )
        samples = list(
            read_samples(
                acme,
                {"ACME_HEADER": TOKEN},
                resources=["items", "none"],
                limit=5,
                progress=lambda line: print(line),
            )
        )
    lines = [line for sample in samples for line in as_text(sample)]
    assert [line for line in lines if visible(line) != line or TOKEN in line] == []
    assert any(r"x\u202e" in line for line in lines)
    printed = "".join(capfd.readouterr())
    assert "reading items" in printed
    assert TOKEN not in printed
    assert "\x1b[31m" not in printed
