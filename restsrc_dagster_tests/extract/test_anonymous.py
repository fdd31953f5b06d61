"""Links and redirects to where no credentials may go: followed with nothing of the connector's."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import OriginRefused
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import RECORDS, load_all, page, read, seen
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

SECRET = "s3cr3t/mark"
ENVIRONMENT = {"TOKEN": SECRET}
BY_LINK = {"type": "json_link", "next_url_path": "next"}
AUTHS: Mapping[str, Mapping[str, Any]] = {
    "bearer": {"type": "bearer", "token": "${TOKEN}"},
    "basic": {"type": "http_basic", "username": "ann", "password": "${TOKEN}"},
    "header": {"type": "api_key", "name": "X-Custom", "api_key": "${TOKEN}"},
    "query": {"type": "api_key", "name": "k", "api_key": "${TOKEN}", "location": "query"},
    "login": {
        "type": "session_token",
        "token_path": "token",
        "name": "sid",
        "location": "cookie",
        "login": {"url": "login", "json": {"password": "${TOKEN}"}},
    },
    "oauth1": {"type": "oauth1", "client_key": "${TOKEN}", "client_secret": "${TOKEN}"},
    "aws": {
        "type": "aws_sigv4",
        "access_key_id": "AK",
        "secret_access_key": "${TOKEN}",
        "session_token": "${TOKEN}",
        "region": "eu-west-1",
    },
}


@pytest.fixture
def store() -> Iterator[Api]:
    """An object store, which is given no credentials."""
    with Api({"/file": lambda _: {"data": RECORDS}}) as running:
        yield running


def of(api: Api, store: Api, resource: Any = None, **client: Any) -> Connector:
    """A connector with secrets wherever a request may hold one."""
    client = {
        "headers": {
            "X-Account": "${TOKEN}",
            "X-Plain": "pl4in",
            "User-Agent": "acme ${TOKEN}",
            "Accept": "application/json",
        },
        "paginator": BY_LINK,
        **client,
    }
    resource = resource or items(params={"tenant": "${TOKEN}", "size": 5})
    http = {"anonymous_hosts": [store.url]}
    return connector("acme", api.url, [resource], client=client, http=http)


def assert_was_told_nothing(store: Api) -> None:
    assert store.asked
    for form in (SECRET, "s3cr3t", "pl4in", "Authorization", "Cookie", "tenant", "size"):
        assert form not in seen(store)
    for asked in store.asked:
        assert set(asked.headers) <= {
            *("Host", "Accept", "Accept-Encoding", "User-Agent", "Connection")
        }


def answering(answer: Any) -> Any:
    """A route that sets a cookie, too."""
    given = answer if isinstance(answer, Answer) else Answer(answer)
    return lambda _: Answer(
        given.body, given.status, {"Set-Cookie": "session=c00kie", **given.headers}
    )


@pytest.mark.parametrize("auth", AUTHS)
def test_a_next_link_is_followed_with_the_query_that_the_api_wrote(
    api: Api, store: Api, auth: str
) -> None:
    link = f"{store.url}/file?Signature=of%2Fthe%20api&k=theirs"
    api.routes["/items"] = answering({"data": page(0), "next": link})
    api.routes["/login"] = lambda _: {"token": "s3cr3t-session"}
    assert read(of(api, store, auth=AUTHS[auth]), ENVIRONMENT) == page(0) + RECORDS
    assert SECRET.partition("/")[0] in seen(api)
    assert store.asked[0].params == {"Signature": "of/the api", "k": "theirs"}
    assert store.asked[0].headers["Accept"] == "application/json"
    assert_was_told_nothing(store)


def test_a_link_of_the_header_is_followed_as_well(api: Api, store: Api) -> None:
    link = {"Link": f'<{store.url}/file?page=2>; rel="next"'}
    api.routes["/items"] = answering(Answer({"data": page(0)}, headers=link))
    found = read(of(api, store, auth=AUTHS["header"], paginator="header_link"), ENVIRONMENT)
    assert found == page(0) + RECORDS
    assert store.asked[0].params == {"page": "2"}
    assert_was_told_nothing(store)


@pytest.mark.parametrize("auth", AUTHS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(api: Api, store: Api, auth: str, status: int) -> None:
    headers = {"Location": f"{store.url}/file?Signature=theirs"}
    api.routes["/items"] = answering(Answer(status=status, headers=headers))
    api.routes["/login"] = lambda _: {"token": "s3cr3t-session"}
    assert read(of(api, store, auth=AUTHS[auth]), ENVIRONMENT) == RECORDS
    assert store.asked[0].params == {"Signature": "theirs"}
    assert_was_told_nothing(store)


def test_an_address_among_the_records_is_followed(api: Api, store: Api) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "url": f"{store.url}/file?id=1"}]}
    child = items("files", path="{resources.items.url}", params={"key": "${TOKEN}"})
    there = connector(
        "acme",
        api.url,
        [items(), child],
        client={"auth": AUTHS["query"]},
        http={"anonymous_hosts": ["127.0.0.1"]},
    )
    assert len(read(there, ENVIRONMENT)) == 1 + len(RECORDS)
    assert api.asked[0].params == {"k": SECRET}
    assert store.asked[0].params == {"id": "1"}
    assert_was_told_nothing(store)


def test_back_at_the_api_it_is_still_without(api: Api, store: Api) -> None:
    """Else a stranger could send our credentials wherever he likes."""
    api.routes["/items"] = lambda _: Answer(status=302, headers={"Location": f"{store.url}/back"})
    store.routes["/back"] = lambda _: Answer(status=302, headers={"Location": f"{api.url}/open"})
    api.routes["/open"] = lambda _: {"data": RECORDS}
    assert read(of(api, store, auth=AUTHS["header"]), ENVIRONMENT) == RECORDS
    assert api.asked[0].headers["X-Custom"] == SECRET
    assert SECRET not in repr(api.asked[1])


def test_a_refusal_there_brings_out_no_token(api: Api, store: Api) -> None:
    """The OAuth2 auth answers 401 with a new token, at the API."""
    api.routes["/token"] = lambda _: {"access_token": "t0ken-mark", "expires_in": 3600}
    api.routes["/items"] = lambda _: Answer(status=302, headers={"Location": f"{store.url}/file"})
    store.routes["/file"] = lambda _: Answer({"error": "who are you?"}, status=401)
    auth = {
        "type": "oauth2_client_credentials",
        "access_token_url": f"{api.url}/token",
        "client_id": "ann",
        "client_secret": "${TOKEN}",
    }
    with pytest.raises(Exception, match="401"):
        read(of(api, store, auth=auth), ENVIRONMENT)
    assert "t0ken-mark" in repr(api.asked[1])
    assert "t0ken-mark" not in seen(store)
    assert_was_told_nothing(store)


@pytest.mark.parametrize("spelled", ["s3cr3t%2Fmark", "s3cr3t/mark", "s3cr3t%252Fmark"])
@pytest.mark.parametrize("way", ["next", "redirect"])
def test_a_link_that_repeats_a_secret_is_refused(
    api: Api, store: Api, settings: Settings, way: str, spelled: str
) -> None:
    link = f"{store.url}/file?api_key={spelled}"

    def answer(_: Asked) -> Any:
        redirect = Answer(status=302, headers={"Location": link})
        return redirect if way == "redirect" else {"data": page(0), "next": link}

    api.routes["/items"] = answer
    with pytest.raises(OriginRefused, match=r"^items: .*holds a secret.*allowed_hosts") as caught:
        load_all(of(api, store, auth=AUTHS["bearer"]), settings, ENVIRONMENT)
    assert store.asked == []
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("status", [307, 308])
def test_a_body_is_not_sent_there(api: Api, store: Api, settings: Settings, status: int) -> None:
    headers = {"Location": f"{store.url}/file"}
    api.routes["/items"] = lambda _: Answer(status=status, headers=headers)
    posting = items(method="POST", json={"q": "pl4in"})
    with pytest.raises(OriginRefused, match=r"^items: .*only a GET without a body.*a POST"):
        load_all(of(api, store, posting), settings, ENVIRONMENT)
    assert store.asked == []


def test_the_origin_of_base_url_and_who_is_not_named_are_what_they_were(
    api: Api, store: Api, settings: Settings
) -> None:
    with Api({"/file": lambda _: {"data": RECORDS}}) as third:
        api.routes["/items"] = lambda _: {"data": page(0), "next": f"{third.url}/file"}
        with pytest.raises(OriginRefused, match=r"^items: .*http\.anonymous_hosts"):
            load_all(of(api, store, auth=AUTHS["bearer"]), settings, ENVIRONMENT)
        assert third.asked == []
    assert SECRET in api.asked[0].headers["Authorization"]


def test_a_name_without_a_port_leaves_the_api_its_credentials(api: Api, store: Api) -> None:
    api.routes["/items"] = lambda _: {"data": page(0), "next": f"{store.url}/file"}
    named = connector(
        "acme",
        api.url,
        client={"paginator": BY_LINK, "auth": AUTHS["bearer"]},
        http={"anonymous_hosts": ["127.0.0.1"]},
    )
    assert read(named, ENVIRONMENT) == page(0) + RECORDS
    assert SECRET in api.asked[0].headers["Authorization"]
    assert_was_told_nothing(store)
