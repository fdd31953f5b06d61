"""Links of a server that does not know by what name it is reached, and who gets the credentials."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from restsrc_dagster.connector.http import Http
from restsrc_dagster.connector.syntax.origins import below
from restsrc_dagster.errors import OriginRefused
from restsrc_dagster.extract.http.allowed_origins import AllowedOrigins
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import RECORDS, load_all, page, read
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

SECRET = "s3cr3t-mark"
BEHIND_A_PROXY = {"follow_below_base_url": True}
CLIENT = {
    "paginator": {"type": "json_link", "next_url_path": "next"},
    "auth": {"type": "bearer", "token": SECRET},
}
INNER = [
    "https://{host}",  # where nobody listens, or no TLS
    "http://127.0.0.1:{port}1",
    "http://backend:8080",
    "http://acme-prod.azurewebsites.net",
    "http://user:pw@10.0.0.7:8080",
]


@pytest.fixture
def other() -> Iterator[Api]:
    with Api({"/v1/items": lambda _: {"data": RECORDS}}) as running:
        yield running


def inner(api: Api, name: str) -> str:
    host = api.url.removeprefix("http://")
    return name.format(host=host, port=host.partition(":")[2][:3])


def pages(link: str) -> Any:
    def route(asked: Asked) -> Any:
        at = int(asked.params.get("page", 0))
        following = {"next": f"{link}/v1/items?page={at + 1}"} if at < 2 else {}
        return {"data": page(at), **following}

    return route


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("name", INNER)
@pytest.mark.parametrize("paginator", [CLIENT["paginator"], "auto", "header_link"], ids=str)
def test_a_next_link_is_followed_below_base_url(
    api: Api, name: str, paginator: Any, at_once: int
) -> None:
    def route(asked: Asked) -> Answer:
        body = pages(inner(api, name))(asked)
        link = body.get("next")
        return Answer(body, headers={"Link": f'<{link}>; rel="next"'} if link else {})

    api.routes["/v1/items"] = route
    client = {**CLIENT, "paginator": paginator}
    http = {**BEHIND_A_PROXY, "max_concurrency": at_once}
    assert read(connector("acme", f"{api.url}/v1", client=client, http=http)) == RECORDS
    assert [asked.params for asked in api.asked] == [{}, {"page": "1"}, {"page": "2"}]
    assert {asked.headers["Authorization"] for asked in api.asked} == {f"Bearer {SECRET}"}


def test_below_a_parent_and_into_a_table(api: Api, settings: Settings) -> None:
    def parts(asked: Asked) -> Any:
        at = int(asked.params.get("page", 0))
        following = {"next": f"http://backend{asked.path}?page={at + 1}"} if at < 2 else {}
        return {"data": [{"n": at}], **following}

    api.routes["/v1/items"] = pages("http://backend")
    api.routes |= {f"/v1/items/{row['id']}": parts for row in RECORDS}
    child = items("parts", path="items/{resources.items.id}", paginator=CLIENT["paginator"])
    acme = connector("acme", f"{api.url}/v1", [items(), child], client=CLIENT, http=BEHIND_A_PROXY)
    report = load_all(acme, settings).resources
    assert (report["items"].rows_in_table, report["parts"].rows_in_table) == (7, 21)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_followed_below_base_url(api: Api, status: int) -> None:
    """As of a server that adds a slash, and does not know of https."""
    location = {"Location": "http://backend:8080/v1/items/?a=b"}
    api.routes["/v1/items"] = lambda _: Answer(status=status, headers=location)
    api.routes["/v1/items/"] = lambda _: {"data": RECORDS}
    assert read(connector("acme", f"{api.url}/v1", client=CLIENT, http=BEHIND_A_PROXY)) == RECORDS
    assert api.asked[-1].params == {"a": "b"}
    assert api.asked[-1].headers["Authorization"] == f"Bearer {SECRET}"


def test_a_redirect_to_the_same_address_is_not_followed_for_ever(api: Api) -> None:
    location = {"Location": "http://backend:8080/v1/items"}
    api.routes["/v1/items"] = lambda _: Answer(status=301, headers=location)
    acme = connector("acme", f"{api.url}/v1", client=CLIENT, http=BEHIND_A_PROXY)
    with pytest.raises(Exception, match="below base_url it would lead to itself: correct conf"):
        read(acme)
    assert len(api.asked) == 1


def test_another_path_is_not_followed(api: Api, settings: Settings) -> None:
    api.routes["/v1/items"] = lambda _: {"data": page(0), "next": "http://backend/v2/items"}
    acme = connector("acme", f"{api.url}/v1", client=CLIENT, http=BEHIND_A_PROXY)
    with pytest.raises(OriginRefused, match=r"points to http://backend:80, .*allowed_hosts"):
        load_all(acme, settings)


@pytest.mark.parametrize("named", ["allowed_hosts", "anonymous_hosts"])
def test_who_is_named_is_asked_himself(api: Api, other: Api, named: str) -> None:
    api.routes["/v1/items"] = lambda _: {"data": page(0), "next": f"{other.url}/v1/items"}
    http = {**BEHIND_A_PROXY, named: [other.url]}
    acme = connector("acme", f"{api.url}/v1", client=CLIENT, http=http)
    assert read(acme) == page(0) + RECORDS
    assert ("Authorization" in other.asked[0].headers) == (named == "allowed_hosts")


BASE = "https://api.acme.com/v1"


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("http://api.acme.com/v1/items?page=2", "https://api.acme.com/v1/items?page=2"),
        ("https://api.acme.com:8443/v1", "https://api.acme.com/v1"),
        ("http://10.0.0.7/v1/a%2Fb?x=%20", "https://api.acme.com/v1/a%2Fb?x=%20"),
        ("http://u:p@inner/v1/items#top", "https://api.acme.com/v1/items"),
        ("http://inner/v10/items", None),
        ("http://inner/items", None),
        ("/v1/items", None),
    ],
)
def test_path_and_query_stay_and_the_rest_is_of_base_url(url: str, followed: str | None) -> None:
    assert below(BASE, url) == followed
    assert below(f"{BASE}/", url) == followed


def refusal(url: str, base_url: str = BASE, **http: Any) -> str:
    reach = AllowedOrigins.of(base_url, Http(**http))
    with pytest.raises(OriginRefused) as raised:
        reach.guard(reach.followed(url), reach.allowed)
    return str(raised.value)


FOLLOW = "if it is the API itself, behind a proxy, set http.follow_below_base_url to true"


def test_where_only_the_scheme_differs_nobody_is_told_to_send_the_token_openly() -> None:
    told = refusal("http://api.acme.com/v1/items")
    assert told.startswith("the API points to http://api.acme.com:80, where the credentials would")
    assert FOLLOW in told
    assert "allowed_hosts" not in told
    told = refusal("https://api.acme.com/v1/items", base_url="http://api.acme.com/v1")
    assert told.endswith("write https in configuration.client.base_url")


def test_where_more_differs_there_is_a_choice() -> None:
    told = refusal("https://inner.acme.com/v1/items")
    assert FOLLOW in told
    assert "name it in http.allowed_hosts" in told
    told = refusal("http://inner.acme.com/v1/items")
    assert "allowed_hosts" not in told
    assert "http.anonymous_hosts" in told
    assert FOLLOW not in refusal("https://files.acme.com/x")


@pytest.mark.parametrize("host", ["api.acme.com", "files.acme.com", "files.acme.com:80"])
def test_a_bare_host_means_https_where_base_url_does(host: str) -> None:
    url = f"http://{host}/v1/items"
    assert "unencrypted" in refusal(url, allowed_hosts=[host])
    AllowedOrigins.of("http://api.acme.com", Http(allowed_hosts=[host])).guard(
        url, AllowedOrigins.of("http://api.acme.com", Http(allowed_hosts=[host])).allowed
    )
    named = AllowedOrigins.of(BASE, Http(allowed_hosts=[f"http://{host}"]))
    named.guard(url, named.allowed)


def test_a_bare_host_means_the_service_of_its_scheme() -> None:
    """Any other port of the host may be somebody else's."""
    assert "files.acme.com:8080" in refusal(
        "https://files.acme.com:8080/x", allowed_hosts=["files.acme.com"]
    )
    named = AllowedOrigins.of(BASE, Http(allowed_hosts=["files.acme.com:8080"]))
    named.guard("https://files.acme.com:8080/x", named.allowed)
    local = AllowedOrigins.of("http://127.0.0.1:8000", Http(allowed_hosts=["127.0.0.1"]))
    local.guard("http://127.0.0.1:9000/x", local.allowed)


@pytest.mark.parametrize(
    "host",
    [
        *("https://files.acme.com/only/this", "me:secret@files.acme.com", "@files.acme.com"),
        *("files.acme.com?x", "https://files.acme.com/#x", "https://", "", "files.acme.com:port"),
    ],
)
def test_what_an_origin_cannot_say_is_refused(host: str) -> None:
    """And is not repeated: it may hold a password."""
    for key in ("allowed_hosts", "anonymous_hosts"):
        with pytest.raises(ValidationError, match="is no host, host:port or origin"):
            Http(**{key: [host]})


def test_a_bare_host_without_credentials_means_any_scheme() -> None:
    reach = AllowedOrigins.of(BASE, Http(anonymous_hosts=["files.acme.com"]))
    assert reach.is_anonymous("http://files.acme.com/x")
    assert reach.is_anonymous("https://files.acme.com/x")
