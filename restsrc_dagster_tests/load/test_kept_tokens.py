"""Refresh tokens that rotate: each is used once, and the next one is where the rows are."""

import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import duckdb
import psycopg2
import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import AccessDenied, SettingsError
from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster.load.tokens import tokens_beside_loads
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import RECORDS, load_all, unauthorized
from restsrc_dagster_tests.load.worker import KILLED, Worker
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, content, items

KEY = "a long random text of a deployment"
FIRST = "r3fresh-0"


class Family:
    """An OAuth 2.0 server that takes each refresh token once, and trusts nobody after a replay."""

    def __init__(self, api: Api, *, lives: int = 3600) -> None:
        self.lives = lives
        self.good, self.access = FIRST, ""
        self.renewals = 0
        self.is_revoked = False
        self._lock = threading.Lock()
        api.routes["/token"] = self.token
        api.routes["/items"] = self.items

    def begin_anew(self, first: str) -> None:
        """As when a person lets the connector in again."""
        self.good, self.is_revoked = first, False

    def token(self, asked: Asked) -> Any:
        sent = parse_qs(asked.body.decode())
        with self._lock:
            if sent["refresh_token"] != [self.good] or self.is_revoked:
                self.is_revoked = True
                return Answer({"error": "invalid_grant"}, status=400)
            self.renewals += 1
            self.good = f"r3fresh-{self.renewals}-mark"
            self.access = f"acc3ss-{self.renewals}-mark"
            return {
                "access_token": self.access, "refresh_token": self.good, "expires_in": self.lives
            }  # fmt: skip

    def items(self, asked: Asked) -> Any:
        is_good = asked.headers.get("Authorization") == f"Bearer {self.access}"
        return {"data": RECORDS} if is_good else unauthorized(asked)


@pytest.fixture(params=["duckdb", "postgres"])
def destination(request: pytest.FixtureRequest, settings: Settings) -> Mapping[str, Any]:
    if request.param == "duckdb":
        return {"type": "duckdb"}
    url = request.getfixturevalue("postgres")
    dataset = "".join(one for one in request.node.name if one.isalpha()).lower()[:40]
    return {"type": "postgres", "credentials": url, "dataset": dataset}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", progress_seconds=3600, secret_key=KEY)


def auth(api: Api, first: str = FIRST, **options: Any) -> dict[str, Any]:
    return {
        "type": "oauth2_refresh_token",
        "access_token_url": f"{api.url}/token",
        "client_id": "us",
        "client_secret": "s3cr3t",
        "refresh_token": first,
        **options,
    }


def acme(api: Api, destination: Mapping[str, Any], first: str = FIRST) -> Connector:
    return connector("acme", api.url, client={"auth": auth(api, first)}, destination=destination)


def kept(destination: Mapping[str, Any], settings: Settings) -> list[Any]:
    """The rows of what is kept."""
    if destination["type"] == "duckdb":
        assert settings.data_dir
        with closing(duckdb.connect(settings.data_dir / "restsrc_acme.duckdb")) as duck:
            return duck.execute("SELECT * FROM acme.restsrc_kept_tokens").fetchall()
    with closing(psycopg2.connect(destination["credentials"])) as connection:
        cursor = connection.cursor()
        cursor.execute(f'SELECT * FROM "{destination["dataset"]}".restsrc_kept_tokens')
        return cursor.fetchall()


def test_each_refresh_token_is_used_once_and_an_access_token_as_long_as_it_lives(
    api: Api, destination: Mapping[str, Any], settings: Settings
) -> None:
    server = Family(api)
    one = acme(api, destination)
    assert load_all(one, settings).resources["items"].rows_loaded == 7
    load_all(one, settings)
    assert server.renewals == 1, "the access token is still good"
    server.access = "ended"
    load_all(one, settings)
    assert server.renewals == 2, "renewed as the API refuses it"
    server.lives = 0
    server.access = "ended"
    load_all(one, settings)
    load_all(one, settings)
    assert server.renewals >= 4, "renewed as it is old"
    assert len(rows := kept(destination, settings)) == 1
    for token in (FIRST, server.good, server.access, "s3cr3t"):
        assert token not in repr(rows)


def test_a_run_that_is_killed_before_it_uses_its_token_loses_nothing(
    api: Api,
    destination: Mapping[str, Any],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, workers = Family(api), list[Worker]()

    def items_of(asked: Asked) -> Any:
        if workers:
            workers.pop().kill()
            return Answer(fault="reset")
        return server.items(asked)

    api.routes["/items"] = items_of
    monkeypatch.setenv("RESTSRC_SECRET_KEY", KEY)
    written = content(api.url, client={"auth": auth(api)}, destination=destination)
    order = {"content": written, "data_dir": str(settings.data_dir), "holder": "a run"}
    worker = Worker(order)
    workers.append(worker)
    assert worker.wait(60) == KILLED
    assert server.renewals == 1
    assert load_all(acme(api, destination), settings).resources["items"].rows_loaded == 7
    assert server.renewals == 1
    assert not server.is_revoked


def test_two_who_read_at_once_renew_it_once(
    api: Api, destination: Mapping[str, Any], settings: Settings
) -> None:
    server = Family(api)
    one, read = acme(api, destination), list[int]()

    def sample() -> None:
        with tokens_beside_loads(one, settings, {}) as tokens:
            found = list(read_samples(one, {}, resources=["items"], limit=100, tokens=tokens))
            read.extend(len(sample.records) for sample in found)

    load_all(one, settings)
    server.access = "ended"
    readers = [threading.Thread(target=sample) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(60)
    assert read == [7, 7, 7]
    assert server.renewals == 2
    assert not server.is_revoked


def test_a_new_refresh_token_in_the_file_takes_the_place_of_what_is_kept(
    api: Api, destination: Mapping[str, Any], settings: Settings
) -> None:
    server = Family(api)
    load_all(acme(api, destination), settings)
    server.access, server.is_revoked = "ended", True
    with pytest.raises(AccessDenied, match="let the connector in anew at the API") as caught:
        load_all(acme(api, destination), settings)
    assert "r3fresh" not in str(caught.value)
    server.begin_anew("r3fresh-new")
    load_all(acme(api, destination, "r3fresh-new"), settings)
    server.access = "ended"
    load_all(acme(api, destination, "r3fresh-new"), settings)
    assert server.renewals == 3


def test_the_key_may_be_changed_beside_the_old_one(
    api: Api, destination: Mapping[str, Any], settings: Settings
) -> None:
    server = Family(api)
    one = acme(api, destination)
    load_all(one, settings)
    other = replace(settings, secret_key="another key of the same length")
    with pytest.raises(SettingsError, match="encrypted with another RESTSRC_SECRET_KEY"):
        load_all(one, other)
    assert server.renewals == 1
    both = replace(settings, secret_key=f"{other.secret_key},{KEY}")
    server.access = "ended"
    load_all(one, both)
    load_all(one, other)
    assert server.renewals == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"secret_key": None}, 'set RESTSRC_SECRET_KEY to a long .* say "rotates": false'),
        ({"secret_key": "short"}, "has a key of 5 characters"),
    ],
)
def test_without_a_place_nothing_is_asked(
    api: Api, settings: Settings, change: Any, told: str
) -> None:
    server = Family(api)
    with pytest.raises(SettingsError, match=told):
        load_all(acme(api, {"type": "duckdb"}), replace(settings, **change))
    assert (api.asked, server.renewals) == ([], 0)


def test_files_are_no_place(api: Api, settings: Settings, tmp_path: Path) -> None:
    bucket = {"type": "filesystem", "bucket_url": (tmp_path / "lake").as_uri()}
    with pytest.raises(SettingsError, match="load this connector into a database"):
        load_all(acme(api, bucket), settings)
    assert api.asked == []


def test_one_grant_for_two_endpoints_is_renewed_for_both(
    api: Api, destination: Mapping[str, Any], settings: Settings
) -> None:
    server = Family(api)
    resources = [items(auth=auth(api)), items("more", path="items", auth=auth(api))]
    one = connector("acme", api.url, resources, destination=destination)
    for _ in range(2):
        load_all(one, settings)
        server.access = "ended"
    assert server.renewals == 2


def test_a_token_that_ends_between_two_passes_of_a_load_is_renewed(
    api: Api, destination: Mapping[str, Any], settings: Settings
) -> None:
    """What is kept is then the very token that the API refuses."""
    server = Family(api)

    def pages(asked: Asked) -> Any:
        if len([one for one in api.asked if one.path == "/items"]) % 3 == 0:
            server.access = "ended"
        if (answer := server.items(asked)) == {"data": RECORDS}:
            first = 10 * int(asked.params["page"])
            return {"data": [{"id": n} for n in range(first, first + 10) if n < 60]}
        return answer

    api.routes["/items"] = pages
    paged = items(paginator={"type": "page_number", "base_page": 0, "total_path": None})
    one = connector(
        "acme",
        api.url,
        [{**paged, "primary_key": "id"}],
        client={"auth": auth(api)},
        destination=destination,
    )
    often = replace(settings, commit_after_records=10)
    assert load_all(one, often).resources["items"].rows_loaded == 60
    assert server.renewals > 2
    assert not server.is_revoked


def test_the_next_refresh_token_is_found_beside_a_token_that_stands_deep(
    api: Api, settings: Settings
) -> None:
    server = Family(api)
    api.routes["/token"] = lambda asked: (
        {"ok": True, "user": given} if isinstance(given := server.token(asked), dict) else given
    )
    deep = auth(api, access_token_path="user.access_token")
    one = connector("acme", api.url, client={"auth": deep})
    for _ in range(2):
        load_all(one, settings)
        server.access = "ended"
    assert server.renewals == 2
    assert not server.is_revoked
