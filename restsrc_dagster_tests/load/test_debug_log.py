"""What an engineer sees at DEBUG, and what nobody sees."""

import importlib
import logging
import re
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.orchestrate.assets import build_connector_assets
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

MARKER = "mArKeR-9f4c2a77d1"
LAST = 3
PAGES = {"type": "page_number", "base_page": 1, "total_path": "pages"}
AUTHS: dict[str, dict[str, Any]] = {
    "header": {"type": "api_key", "name": "X-Key", "api_key": "${SECRET}"},
    "bearer": {"type": "bearer", "token": "${SECRET}"},
    "query": {"type": "api_key", "name": "appid", "api_key": "${SECRET}", "location": "query"},
    "oauth2": {
        "type": "oauth2_client_credentials",
        "access_token_url": "/token",
        "client_id": "me",
        "client_secret": "${SECRET}",
    },
}
PAGE = (Path(__file__).parents[2] / "docs" / "logging.md").read_text(encoding="utf-8")
LOGGERS = re.findall(r"^\| `(restsrc_dagster[\w.]+)` \|", PAGE, re.MULTILINE)


class Flaky:
    """Pages that are refused once, fail once, and repeat what they were sent."""

    def __init__(self, api: Api) -> None:
        self._wrong = [
            Answer({"sent": MARKER}, status=429, headers={"Retry-After": "0.1"}),
            Answer({"sent": MARKER}, status=500),
            Answer(fault="cut", body={"sent": MARKER}),
        ]
        api.routes["/items"] = self._answer
        api.routes["/token"] = lambda _: {"access_token": f"of-{MARKER}", "expires_in": 3600}

    def _answer(self, asked: Asked) -> Any:
        page = int(asked.params["page"])
        if page > 1 and self._wrong:
            return self._wrong.pop(0)
        headers = {"X-RateLimit-Remaining": "40", "X-RateLimit-Reset": "60"}
        data = [{"id": 3 * page + number, "secret": MARKER} for number in range(3)]
        return Answer({"data": data, "pages": LAST}, headers=headers)


@pytest.mark.parametrize("kind", AUTHS)
def test_a_load_says_all_that_it_decides_and_no_secret(
    api: Api, settings: Settings, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    Flaky(api)
    auth = dict(AUTHS[kind])
    if "access_token_url" in auth:
        auth["access_token_url"] = api.url + auth["access_token_url"]
    endpoint = {"paginator": PAGES, "params": {"hapikey": "${SECRET}"}}
    acme = connector(
        "acme",
        api.url,
        [items(**endpoint, headers={"X-Also": "${SECRET}"})],
        client={"auth": auth},
    )
    environment = {"SECRET": MARKER}
    order = LoadRequest(selection=frozenset({"items"}))
    with caplog.at_level(logging.DEBUG, logger="restsrc_dagster"):
        report = load(acme, order, settings=settings, environment=environment)
    assert not report.failed
    assert any(MARKER in str(asked) for asked in api.asked)
    own = [record for record in caplog.records if record.name.startswith("restsrc_dagster")]
    lines = [record.getMessage() for record in own]
    assert not [line for line in lines if MARKER in line]
    said = "\n".join(lines)
    for expected in (
        r"items: GET http://127.0.0.1:\d+/items\S* is sent",
        r"items: GET \S+/items\S* answered 200, 0\.\d+ s, \d+ bytes",
        r"throttle: a pause of 0\.1 s: it answered 429 \(Retry-After\)",
        r"throttle: the API says that 40 requests are left for 60",
        r"items: sent again in \S+ s, after status 500",
        r"items: sent again in \S+ s, after a broken connection",
        r"items: the page that is wanted now was asked for ahead",
        r"normalizing, after \d+\.\d+ s of reading",
        r"items: row by row, 1 record: the table is new",
    ):
        assert re.search(expected, said), expected
    assert (f"items: POST {api.url}/token answered 200" in said) is (kind == "oauth2")


def test_nothing_is_said_unless_it_is_asked_for(
    api: Api, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    Flaky(api)
    acme = connector("acme", api.url, [items(paginator=PAGES)])
    load(acme, LoadRequest(selection=frozenset({"items"})), settings=settings, environment={})
    assert not [one for one in caplog.records if one.name.startswith("restsrc_dagster")]


@pytest.mark.parametrize("name", LOGGERS)
def test_the_page_names_loggers_that_are_there(name: str) -> None:
    assert importlib.import_module(name).log.name == name


def test_the_page_names_all_of_them() -> None:
    package = Path(__file__).parents[2] / "restsrc_dagster"
    found = {
        ".".join(file.relative_to(package.parent).with_suffix("").parts)
        for file in package.rglob("*.py")
        if "log = logging.getLogger(__name__)" in file.read_text(encoding="utf-8")
    }
    assert found == set(LOGGERS)


def test_a_run_of_dagster_has_the_lines_as_the_page_says(
    api: Api, settings: Settings, tmp_path: Path
) -> None:
    Flaky(api)
    (yaml,) = re.findall(r"```yaml\n(.+?)```", PAGE, re.DOTALL)
    (tmp_path / "dagster.yaml").write_text(f"{yaml}\ntelemetry: {{enabled: false}}\n")
    assets = build_connector_assets(connector("acme", api.url, [items(paginator=PAGES)]),
                                    settings=settings)  # fmt: skip
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        run = dg.materialize([assets], instance=instance)
        told = [entry.user_message for entry in instance.all_logs(run.run_id)]
    assert any(re.search(r"items: GET \S+ answered 200", line) for line in told)
