"""What no other try changes is not tried again, and is told with what to do."""

from pathlib import Path
from typing import Any

import pytest

from restsrc_dagster.errors import ApiUnavailable, ReadError
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import RECORDS, load_all, page, read
from restsrc_dagster_tests.support import certificates
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

CURES = {
    "local": (
        "self-signed certificate",
        "name a file with the certificates of those who issued it in h",
    ),
    "elsewhere": ("IP address mismatch", "write the name that it is for in configuration.client.b"),
    "expired": ("certificate has expired", "the API's own people have to renew it"),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")


@pytest.mark.parametrize("name", CURES)
def test_a_certificate_that_is_not_trusted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The API answers: no resource is left out as if it were silent, and no run tried again."""
    reason, cure = CURES[name]
    if name != "local":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.path_of(name)))
    resources = [items(letter) for letter in "abcd"]
    with Api(tls=certificates.served(name)) as api:
        acme = connector("acme", api.url, resources)
        report = load(
            acme, LoadRequest(selection=frozenset("abcd")), settings=settings, environment={}
        )
    assert {type(error) for error in report.failed.values()} == {ReadError}
    told = str(report.failed["d"])
    assert told.startswith(f"d: {api.url}/d: its certificate is not trusted ({reason}")
    assert f"); {cure}" in told


def test_the_cure_for_a_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.path_of("local")))
    with Api({"/items": lambda _: {"data": RECORDS}}, tls=certificates.served("local")) as api:
        assert read(connector("acme", api.url)) == RECORDS


def test_a_link_without_encryption_is_followed_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The proxy speaks TLS, and the server behind it does not know."""

    def route(asked: Asked) -> Any:
        at = int(asked.params.get("page", 0))
        following = {"next": f"http://{asked.headers['Host']}/items?page={at + 1}"}
        return {"data": page(at), **(following if at < 2 else {})}

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.path_of("local")))
    client = {"paginator": {"type": "json_link"}, "auth": {"type": "bearer", "token": "s3cr3t"}}
    with Api({"/items": route}, tls=certificates.served("local")) as api:
        http: dict[str, Any] = {"allowed_hosts": [api.url.removeprefix("https://")]}
        with pytest.raises(Exception, match="where the credentials would go unencrypted"):
            read(connector("acme", api.url, client=client, http=http))
        http = {"follow_below_base_url": True}
        assert read(connector("acme", api.url, client=client, http=http)) == RECORDS


@pytest.mark.parametrize("status", [301, 302])
@pytest.mark.parametrize("location", ["/search/", "{url}/search/"])
def test_a_post_that_a_redirect_would_make_a_get(
    api: Api, settings: Settings, status: int, location: str
) -> None:
    """Its body, which holds the filter, would be left out."""
    where = {"Location": location.format(url=api.url)}
    api.routes["/search"] = lambda _: Answer(status=status, headers=where)
    api.routes["/search/"] = lambda _: {"data": RECORDS}
    search = items("search", method="POST", json={"open": True})
    with pytest.raises(ReadError) as raised:
        load_all(connector("acme", api.url, [search]), settings)
    assert str(raised.value) == (
        f"search: {api.url}/search answers a POST with a redirect ({status}) to {api.url}/search/, "
        "which would be asked by GET, without the body. Write that address in the endpoint's path, "
        "or in configuration.client.base_url"
    )
    assert len(api.asked) == 1


@pytest.mark.parametrize(("status", "method"), [(303, "GET"), (307, "POST"), (308, "POST")])
def test_a_post_that_is_redirected_as_it_is_meant(api: Api, status: int, method: str) -> None:
    api.routes["/search"] = lambda _: Answer(status=status, headers={"Location": "/found"})
    api.routes["/found"] = lambda _: {"data": RECORDS}
    assert read(connector("acme", api.url, [items("search", method="POST", json={"q": 1})]))
    assert api.asked[-1].method == method


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (304, {}, "though nothing was asked for on that condition: a cache or proxy on the way"),
        (304, {"If-None-Match": '"a"'}, "as the request has If-None-Match: take that out of head"),
        (302, {}, "answered 302 Found, and does not say where else"),
        (300, {}, "answered 300"),
    ],
)
def test_an_answer_that_is_elsewhere_is_no_empty_list(
    api: Api, settings: Settings, status: int, headers: dict[str, str], told: str
) -> None:
    api.routes["/items"] = lambda _: {"data": RECORDS}
    acme = connector("acme", api.url, [items(headers=headers)])
    load_all(acme, settings)
    api.asked.clear()
    api.routes["/items"] = lambda _: Answer(b"", status=status, headers={"ETag": '"a"'})
    with pytest.raises(ReadError) as raised:
        load_all(acme, settings)
    assert told in str(raised.value)
    assert len(api.asked) == 1
    ignores = [{"status_code": status, "action": "ignore"}]
    assert read(connector("acme", api.url, [items(response_actions=ignores)])) == []


def test_nothing_modified_since_the_cursor_is_an_empty_list(api: Api, settings: Settings) -> None:
    """Where the request has it as a condition."""

    def answer(asked: Asked) -> Any:
        since = asked.headers["If-Modified-Since"]
        found = [one for one in changed if one["at"] > since]
        return {"data": found} if found else Answer(b"", status=304)

    changed = [{"id": 1, "at": "2024-01-02"}]
    api.routes["/items"] = answer
    cursor = {"cursor_path": "at", "initial_value": "2024-01-01"}
    sent = {"If-Modified-Since": "{incremental.start_value}"}
    described = items(incremental=cursor, headers=sent) | {"primary_key": "id"}
    acme = connector("acme", api.url, [described])
    for rows in (1, 1, 2):
        (report,) = load_all(acme, settings).resources.values()
        assert report.rows_in_table == rows
        changed += [{"id": 2, "at": "2024-01-03"}] if rows == len(api.asked) - 1 else []


@pytest.mark.parametrize("status", [404, 410])
def test_a_child_that_is_not_there(api: Api, settings: Settings, status: int) -> None:
    """One is told by the check; where most are not, the child fails, and the cure that is told
    works."""
    api.routes["/posts"] = lambda _: {"data": [{"id": 1}, {"id": 2}, {"id": 3}]}
    for number in (1, 3):
        api.routes[f"/posts/{number}/parts"] = lambda asked: {"data": [{"of": asked.path}]}
    api.routes["/posts/2/parts"] = lambda _: Answer({"error": "none"}, status=status)
    posts, parts = items("posts"), items("parts", path="posts/{resources.posts.id}/parts")
    report = load_all(connector("acme", api.url, [posts, parts]), settings).resources["parts"]
    assert report.rows_in_table == 2
    assert report.warnings == [
        "1 of the parents that were listed answered 404 or 410 when their records were requested: "
        "they have none"
    ]
    api.routes["/posts/1/parts"] = api.routes["/posts/2/parts"]
    with pytest.raises(ReadError) as raised:
        load_all(connector("acme", api.url, [posts, parts]), settings)
    told = str(raised.value)
    assert told.startswith(f"parts: {api.url}/posts/2/parts answered {status} ")
    action = f'{{"status_code": {status}, "action": "ignore"}}'
    assert told.endswith(
        "; the children of the other records of posts are held back as well. If some have none, "
        f'say so in the endpoint: "response_actions": [{action}]'
    )
    parts["endpoint"]["response_actions"] = [{"status_code": status, "action": "ignore"}]
    report = load_all(connector("acme", api.url, [posts, parts]), settings).resources["parts"]
    assert report.rows_in_table == 1


def test_a_list_that_is_not_there_has_no_such_cure(api: Api, settings: Settings) -> None:
    with pytest.raises(ReadError) as raised:
        load_all(connector("acme", api.url), settings)
    assert "response_actions" not in str(raised.value)


def test_who_is_silent_is_tried_again_later(settings: Settings) -> None:
    with Api() as gone:
        url = gone.url
    with pytest.raises(ApiUnavailable):
        load_all(connector("acme", url), settings)
