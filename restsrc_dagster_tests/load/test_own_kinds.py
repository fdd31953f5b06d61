"""Kinds of paginators and auths that a person has registered with dlt: a file names them, and what
they do goes through our session, guards and checks."""

import hmac
import json
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from dlt.common.configuration import configspec
from dlt.common.typing import TSecretStrValue
from dlt.sources.helpers.rest_client.auth import AuthConfigBase, OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.paginators import BasePaginator, PageNumberPaginator
from dlt.sources.rest_api.config_setup import (
    AUTH_MAP,
    PAGINATOR_MAP,
    register_auth,
    register_paginator,
)
from dlt.sources.rest_api.typing import AuthType, PaginatorType

from restsrc_dagster.connector.lint import lint
from restsrc_dagster.errors import (
    ConnectorError,
    OriginRefused,
    ReadError,
    RestsrcError,
    causes,
)
from restsrc_dagster.extract.validation import validate_with_dlt
from restsrc_dagster_tests.extract.reading import (
    load_all,
    read,
    read_with_traffic,
    seen,
    unauthorized,
)
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Answer, Api, Asked, Route
from restsrc_dagster_tests.support.connectors import connector, content, items

SECRET = "s3cr3t-mark"
LETTERS = {"a": [1, 2], "b": [3], "c": [4, 5], "d": [6]}
BY_LETTER = {"type": "by_letter", "param": "letter", "letters": ["a", "b", "c", "d"]}
SIGNED = {"type": "signed", "key_id": "ann", "signing": {"key": "${SIGNING_KEY}"}}
VARIABLES = {"SIGNING_KEY": SECRET}


class ByLetter(BasePaginator):
    """A page for each letter; of those that are left it keeps a list, which it empties."""

    def __init__(self, param: str, letters: list[str]) -> None:
        super().__init__()
        self.param, self.left = param, deque(letters)

    def init_request(self, request: requests.Request) -> None:
        self.update_request(request)

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:
        self.left.popleft()
        self._has_next_page = bool(self.left)

    def update_request(self, request: requests.Request) -> None:
        if self.left:
            request.params = {**(request.params or {}), self.param: self.left[0]}


class ByLink(BasePaginator):
    """Where the answer says."""

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:
        self.link = response.json().get("further")
        self._has_next_page = self.link is not None

    def update_request(self, request: requests.Request) -> None:
        request.url = self.link


class Pages(PageNumberPaginator):
    """Pages from 1."""

    def __init__(self) -> None:
        super().__init__(base_page=1, total_path=None)


@configspec
class Signed(AuthConfigBase):
    """A signature of each path."""

    key_id: str = None  # type: ignore[assignment]
    signing: dict[str, str] = None  # type: ignore[assignment]

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-Signature"] = signature(request.path_url, self.signing["key"])
        request.headers["X-Key-Id"] = self.key_id
        return request


@configspec
class Token(AuthConfigBase):
    """As little as there is."""

    token: TSecretStrValue = None  # type: ignore[assignment]

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-Token"] = self.token
        return request


@configspec
class JsonOAuth2(OAuth2ClientCredentials):
    """Asks for its token with a JSON body."""

    def build_access_token_request(self) -> dict[str, Any]:
        return {"json": {"id": self.client_id, "secret": self.client_secret}}


def signature(path: str, key: str) -> str:
    return hmac.new(key.encode(), path.encode(), "sha256").hexdigest()


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a person does it; and as if nobody had, for other tests."""
    before = PaginatorType.__args__, AuthType.__args__  # type: ignore[attr-defined]
    paginators, auths = dict(PAGINATOR_MAP), dict(AUTH_MAP)
    register_paginator("by_letter", ByLetter)
    register_paginator("by_link", ByLink)
    register_paginator("pages", Pages)
    register_auth("signed", Signed)
    register_auth("x_token", Token)
    register_auth("json_oauth2", JsonOAuth2)
    yield
    for known, kept in ((PAGINATOR_MAP, paginators), (AUTH_MAP, auths)):
        known.clear()
        known.update(kept)  # type: ignore[arg-type]
    PaginatorType.__args__, AuthType.__args__ = before  # type: ignore[attr-defined]


def by_letter(asked: Asked) -> Any:
    return {"data": [{"id": number} for number in LETTERS[asked.params["letter"]]]}


def only(allowed: Callable[[Asked], bool], route: Route) -> Route:
    return lambda asked: route(asked) if allowed(asked) else unauthorized(asked)


def is_signed(asked: Asked) -> bool:
    path = f"{asked.path}?{asked.query}" if asked.query else asked.path
    return asked.headers.get("X-Signature") == signature(path, SECRET)


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("at_once", [1, 5])
def test_rows_come_by_a_paginator_and_an_auth_of_ones_own(
    api: Api, duck: Warehouse, at_once: int
) -> None:
    """Pages of one list, and those of children, which are asked for side by side."""
    api.routes["/items"] = only(is_signed, by_letter)
    for number in range(1, 7):
        api.routes[f"/items/{number}/parts"] = only(is_signed, by_letter)
    parts = items("parts", path="items/{resources.items.id}/parts", paginator=BY_LETTER)
    acme = connector(
        "acme",
        api.url,
        [items(), {**parts, "include_from_parent": ["id"]}],
        client={"paginator": BY_LETTER, "auth": SIGNED},
        http={"max_concurrency": at_once},
    )
    load_all(acme, duck.settings, VARIABLES)
    assert duck.rows("SELECT id FROM acme.items ORDER BY id") == [(n,) for n in range(1, 7)]
    found = duck.rows("SELECT _items_id, count(*), sum(id) FROM acme.parts GROUP BY 1 ORDER BY 1")
    assert found == [(number, 6, 21) for number in range(1, 7)]
    assert len(api.asked) == 4 + 6 * 4
    assert SECRET not in seen(api)


@pytest.mark.usefixtures("registered")
def test_a_name_alone_is_enough_where_the_class_needs_no_option(api: Api) -> None:
    api.routes["/items"] = lambda asked: {"data": [{"id": 1}, {"id": 2}][: 3 - number(asked)]}
    assert read(connector("acme", api.url, client={"paginator": "pages"})) == [
        {"id": 1}, {"id": 2}, {"id": 1},
    ]  # fmt: skip
    assert [asked.params for asked in api.asked] == [{"page": "1"}, {"page": "2"}, {"page": "3"}]


def number(asked: Asked) -> int:
    return int(asked.params["page"])


@pytest.mark.usefixtures("registered")
def test_it_follows_no_link_to_where_no_credentials_may_go(api: Api) -> None:
    with Api() as other:
        api.routes["/items"] = lambda _: {"data": [{"id": 1}], "further": f"{other.url}/items"}
        auth = {"type": "x_token", "token": SECRET}
        acme = connector("acme", api.url, client={"paginator": "by_link", "auth": auth})
        with pytest.raises(Exception, match="the API points to") as told:
            read(acme)
        assert isinstance(root(told.value), OriginRefused)
        assert other.asked == []


@pytest.mark.usefixtures("registered")
def test_a_try_again_and_paging_in_a_circle_are_seen(api: Api, duck: Warehouse) -> None:
    answers = [Answer(status=503), {"data": [{"id": 1}], "further": f"{api.url}/items"}]
    api.routes["/items"] = lambda _: answers.pop(0) if len(answers) > 1 else answers[0]
    acme = connector("acme", api.url, client={"paginator": "by_link"})
    with pytest.raises(ReadError, match="paging goes round in circles"):
        load_all(acme, duck.settings)
    assert len(api.asked) >= 2


@pytest.mark.usefixtures("registered")
def test_numbered_pages_that_the_api_does_not_heed_are_a_repetition(
    api: Api, duck: Warehouse
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    with pytest.raises(ReadError, match="the same page came twice"):
        load_all(connector("acme", api.url, client={"paginator": "pages"}), duck.settings)


@pytest.mark.usefixtures("registered")
def test_its_secrets_are_shown_to_nobody(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda _: Answer({"error": f"{SECRET} is not known"}, status=400)
    acme = connector("acme", api.url, client={"auth": SIGNED})
    with pytest.raises(RestsrcError) as told:
        load_all(acme, duck.settings, VARIABLES)
    assert "*** is not known" in str(told.value)
    assert SECRET not in str(told.value)


@pytest.mark.usefixtures("registered")
def test_a_secret_in_plain_text_is_warned_of_where_it_is_called_like_one() -> None:
    auth = {"type": "x_token", "token": SECRET, "region": "eu-west-1"}
    found = [found for found in lint(connector(client={"auth": auth})) if found.code[0] == "l"]
    assert [one.path for one in found] == ["configuration.client.auth.token"]


@pytest.mark.usefixtures("registered")
def test_its_tokens_are_asked_for_by_our_session(api: Api) -> None:
    """Within the budget, and of nobody but whom the file names."""
    with Api() as authority:
        authority.routes["/token"] = lambda asked: {"access_token": "t0ken", "got": asked.json}
        api.routes["/items"] = only(
            lambda asked: asked.headers.get("Authorization") == "Bearer t0ken",
            lambda _: {"data": [{"id": 1}]},
        )
        auth = {"type": "json_oauth2", "access_token_url": f"{authority.url}/token"}
        auth |= {"client_id": "ann", "client_secret": SECRET}
        acme = connector("acme", api.url, client={"auth": auth})
        reading = read_with_traffic(acme)[1]
        assert [asked.json for asked in authority.asked] == [{"id": "ann", "secret": SECRET}]
        traffic = reading.sessions.adapter.metrics.traffic.values()
        assert sum(one.requests for one in traffic) == 2


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("client", "told"),
    [
        ({"auth": {"type": "x_token", "tokn": "x"}}, "x_token: tokn: unknown key; did you mean"),
        ({"auth": {"type": "x_token"}}, "the auth x_token needs more, of token"),
        (
            {"paginator": {"type": "by_letter", "x": 1}},
            "the paginator by_letter: ByLetter.__init__",
        ),
    ],
)
def test_what_its_class_does_not_take_is_told(
    client: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no secret of another API is taken that the environment has under its name."""
    monkeypatch.setenv("TOKEN", SECRET)
    assert told in (validate_with_dlt(connector(client=client)) or "")


@pytest.mark.parametrize(
    ("client", "told"),
    [
        ({"paginator": {"type": "by_letter"}}, "paginator.type: 'by_letter' is not one of auto,"),
        ({"paginator": {"type": "by_letter"}}, "is registered first, by dlt's register_paginator"),
        ({"auth": {"type": "signed"}}, "is registered first, by dlt's register_auth"),
        ({"paginator": "by_letter"}, "paginator: 'by_letter' is not one of auto,"),
    ],
)
def test_one_that_nobody_has_registered_is_refused(client: dict[str, Any], told: str) -> None:
    with pytest.raises(ConnectorError) as refused:
        connector(client=client)
    assert told in str(refused.value)


@pytest.mark.usefixtures("registered")
def test_a_mistyped_one_is_told_with_the_nearest() -> None:
    with pytest.raises(ConnectorError, match="did you mean by_letter") as refused:
        connector(client={"paginator": {"type": "by_leter"}})
    assert "is registered first" not in str(refused.value)


def root(error: BaseException) -> BaseException:
    return list(causes(error))[-1]


PAGE = (Path(__file__).parents[2] / "docs" / "own-kinds.md").read_text(encoding="utf-8")
RUN = "import location; ended = location.defs().resolve_job_def('acme_sync').execute_in_process()"


def test_what_the_page_shows_loads(api: Api, duck: Warehouse, tmp_path: Path) -> None:
    """Validated by Dagster's command, and run, each in a process that imports the module alone."""

    def events(asked: Asked) -> Any:
        last = int(asked.params.get("starting_after", 0))
        return {"data": [{"id": number} for number in range(last + 1, min(last + 3, 6))]}

    api.routes["/v1/events"] = only(is_signed, events)
    shown = dict(re.findall(r"^```\w+ (\S+)\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL))
    (tmp_path / "location.py").write_text(shown["location"], encoding="utf-8")
    text = shown["own"].replace("https://api.example.com", api.url)
    whole = {**content(), "configuration": json.loads(text)}
    file = tmp_path / "connectors" / "acme.json"
    file.parent.mkdir()
    file.write_text(json.dumps(whole), encoding="utf-8")
    validate = [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "location"]
    assert ended(tmp_path, validate, duck).returncode == 0
    done = ended(tmp_path, [sys.executable, "-c", RUN], duck)
    assert done.returncode == 0, done.stderr
    assert duck.values("SELECT id FROM acme.events") == [1, 2, 3, 4, 5]
    assert SECRET not in done.stdout + done.stderr
    file.write_text(json.dumps(whole).replace("after_last", "after_first"), encoding="utf-8")
    refused = ended(tmp_path, validate, duck)
    assert refused.returncode != 0
    assert "did you mean after_last?" in refused.stdout + refused.stderr


def ended(folder: Path, words: list[str], duck: Warehouse) -> subprocess.CompletedProcess[str]:
    own = {"ACME_KEY": SECRET, "RESTSRC_DATA_DIR": str(duck.settings.data_dir)}
    return subprocess.run(
        words, cwd=folder, env={**os.environ, **own}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
