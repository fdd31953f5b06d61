"""Every auth of dlt from JSON alone, against servers that answer 401 to anything else."""

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from restsrc_dagster.errors import AccessDenied, MissingVariable
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import (
    RECORDS,
    load_all,
    read,
    read_with_traffic,
    seen,
    unauthorized,
)
from restsrc_dagster_tests.support.api import Answer, Api, Asked, Route
from restsrc_dagster_tests.support.connectors import connector, items

SECRET = "s3cr3t-mark"
TOKEN = "acc3ss-mark"
CLIENT = {"client_id": "restsrc", "client_secret": SECRET}


def only(allowed: Callable[[Asked], bool]) -> Route:
    return lambda asked: {"data": RECORDS} if allowed(asked) else unauthorized(asked)


def with_header(name: str, value: str) -> Route:
    return only(lambda asked: asked.headers.get(name) == value)


def tokens(**expected: str) -> Route:
    """A token endpoint that wants exactly these form fields."""

    def answer(asked: Asked) -> Any:
        form = sorted(asked.body.decode().split("&"))
        wanted = {"grant_type": "client_credentials", **CLIENT, **expected}
        if asked.method != "POST" or form != sorted(f"{k}={v}" for k, v in wanted.items()):
            return unauthorized(asked)
        return {"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600}

    return answer


def oauth2(token_url: str, **keys: Any) -> dict[str, Any]:
    return {
        "type": "oauth2_client_credentials",
        "access_token_url": token_url,
        **CLIENT,
        **keys,
    }


@pytest.fixture
def authority() -> Iterator[Api]:
    """A second origin, which hands out tokens."""
    with Api() as running:
        yield running


def test_bearer(api: Api) -> None:
    api.routes["/items"] = with_header("Authorization", f"Bearer {SECRET}")
    auth = {"type": "bearer", "token": SECRET}
    assert read(connector("acme", api.url, client={"auth": auth})) == RECORDS


def test_an_auth_without_a_type_is_a_bearer(api: Api) -> None:
    api.routes["/items"] = with_header("Authorization", f"Bearer {SECRET}")
    assert read(connector("acme", api.url, client={"auth": {"token": SECRET}})) == RECORDS


def test_api_key_in_a_header(api: Api) -> None:
    api.routes["/items"] = with_header("X-Api-Key", SECRET)
    auth = {"type": "api_key", "name": "X-Api-Key", "api_key": SECRET, "location": "header"}
    assert read(connector("acme", api.url, client={"auth": auth})) == RECORDS


def test_api_key_in_the_query_beside_the_other_params(api: Api) -> None:
    api.routes["/items"] = only(lambda asked: asked.params == {"size": "7", "hapikey": SECRET})
    auth = {"type": "api_key", "name": "hapikey", "api_key": SECRET, "location": "query"}
    resources = [items(params={"size": 7})]
    assert read(connector("acme", api.url, resources, client={"auth": auth})) == RECORDS


def test_http_basic(api: Api) -> None:
    credentials = base64.b64encode(f"ann:{SECRET}".encode()).decode()
    api.routes["/items"] = with_header("Authorization", f"Basic {credentials}")
    auth = {"type": "http_basic", "username": "ann", "password": SECRET}
    assert read(connector("acme", api.url, client={"auth": auth})) == RECORDS


def test_oauth2_client_credentials(api: Api) -> None:
    api.routes["/oauth/token"] = tokens()
    api.routes["/items"] = with_header("Authorization", f"Bearer {TOKEN}")
    auth = oauth2(f"{api.url}/oauth/token")
    assert read(connector("acme", api.url, client={"auth": auth})) == RECORDS
    assert api.paths() == ["/oauth/token", "/items"]


def test_oauth2_takes_a_scope_in_the_data_of_the_token_request(api: Api) -> None:
    api.routes["/oauth/token"] = tokens(scope="read")
    api.routes["/items"] = with_header("Authorization", f"Bearer {TOKEN}")
    auth = oauth2(f"{api.url}/oauth/token", access_token_request_data={"scope": "read"})
    assert read(connector("acme", api.url, client={"auth": auth})) == RECORDS


def test_oauth2_at_another_origin_tells_each_only_what_it_may_know(
    api: Api, authority: Api
) -> None:
    authority.routes["/token"] = tokens(scope="read")
    api.routes["/items"] = with_header("Authorization", f"Bearer {TOKEN}")
    auth = oauth2(f"{authority.url}/token", access_token_request_data={"scope": "read"})
    assert read(connector("acme", api.url, client={"auth": auth})) == RECORDS
    assert authority.paths() == ["/token"]
    assert SECRET not in seen(api)
    assert TOKEN not in seen(authority)


def test_oauth2_asks_for_a_token_once_for_all_pages_and_again_when_it_has_expired(
    api: Api, authority: Api
) -> None:
    lifetimes = iter([0, 3600])
    authority.routes["/token"] = lambda _: {"access_token": TOKEN, "expires_in": next(lifetimes)}
    wanted = with_header("Authorization", f"Bearer {TOKEN}")
    api.routes["/items"] = lambda asked: {"data": [*wanted(asked)["data"], dict(asked.params)]}
    auth = oauth2(f"{authority.url}/token")
    resources = [
        items(
            paginator={"type": "page_number", "base_page": 1, "maximum_page": 4, "total_path": None}
        )
    ]
    records = read(connector("acme", api.url, resources, client={"auth": auth}))
    assert len(records) == 3 * (len(RECORDS) + 1)
    assert len(authority.asked) == 2


@pytest.mark.parametrize("status", [302, 307])
def test_the_api_cannot_send_the_access_token_to_the_token_origin(
    api: Api, authority: Api, settings: Settings, status: int
) -> None:
    """By a link or a redirect to the token URL itself, which is the one place it may name."""
    token_url = f"{authority.url}/token"
    authority.routes["/token"] = lambda _: {"access_token": TOKEN}
    linked = connector(
        "acme",
        api.url,
        [items(paginator={"type": "json_link", "next_url_path": "next"})],
        client={"auth": oauth2(token_url)},
    )
    api.routes["/items"] = lambda _: {"data": RECORDS, "next": token_url}
    with pytest.raises(Exception, match="may not get the credentials"):
        read(linked)
    assert TOKEN not in seen(authority)
    api.routes["/items"] = lambda _: Answer(status=status, headers={"Location": token_url})
    with pytest.raises(Exception, match="may not get the credentials"):
        read(linked)
    assert [asked.method for asked in authority.asked] == ["POST", "POST"]


@pytest.mark.parametrize("status", [307, 308])
def test_the_token_origin_cannot_send_the_client_secret_to_the_api(
    api: Api, authority: Api, status: int
) -> None:
    headers = {"Location": f"{api.url}/items"}
    authority.routes["/token"] = lambda _: Answer(status=status, headers=headers)
    auth = oauth2(f"{authority.url}/token")
    with pytest.raises(Exception, match="may not get the credentials"):
        read(connector("acme", api.url, client={"auth": auth}))
    assert api.asked == []


def test_auth_of_one_endpoint_only(api: Api) -> None:
    api.routes["/secret"] = with_header("Authorization", f"Bearer {SECRET}")
    api.routes["/open"] = only(lambda asked: SECRET not in repr(asked))
    resources = [items("secret", auth={"type": "bearer", "token": SECRET}), items("open")]
    assert read(connector("acme", api.url, resources)) == RECORDS * 2


def test_oauth2_of_one_endpoint_only(api: Api, authority: Api) -> None:
    authority.routes["/token"] = tokens()
    api.routes["/secret"] = with_header("Authorization", f"Bearer {TOKEN}")
    api.routes["/open"] = only(lambda asked: TOKEN not in repr(asked))
    resources = [items("secret", auth=oauth2(f"{authority.url}/token")), items("open")]
    records, reading = read_with_traffic(connector("acme", api.url, resources))
    assert records == RECORDS * 2
    assert reading.traffic("secret").requests == 2  # the token's passes the budget as well
    assert reading.traffic("secret").pages == 1


@pytest.mark.parametrize(
    "auth",
    [
        {"type": "bearer", "token": "${ACME_TOKEN}"},
        {"type": "api_key", "name": "Authorization", "api_key": "Bearer ${ACME_TOKEN}"},
    ],
)
def test_references_are_resolved_when_it_reads(api: Api, auth: Mapping[str, str]) -> None:
    api.routes["/items"] = only(
        lambda asked: asked.headers["Authorization"] == f"Bearer {wanted[0]}"
    )
    built_once = connector("acme", api.url, client={"auth": auth})
    for wanted in (["first-mark"], ["second-mark"]):
        assert read(built_once, {"ACME_TOKEN": wanted[0]}) == RECORDS


def test_a_missing_reference_is_named_before_anything_is_asked(api: Api) -> None:
    auth = {"type": "bearer", "token": "${ACME_TOKEN}"}
    with pytest.raises(
        MissingVariable, match=r"ACME_TOKEN is not set, .*configuration\.client\.auth\.token"
    ):
        open_reading(connector("acme", api.url, client={"auth": auth}), {})
    assert api.asked == []


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    "auth",
    [
        {"type": "bearer", "token": "${ACME_SECRET}"},
        {"type": "api_key", "name": "appid", "api_key": "${ACME_SECRET}", "location": "query"},
        {"type": "http_basic", "username": "ann", "password": "${ACME_SECRET}"},
    ],
    ids=lambda auth: auth["type"],
)
def test_a_refusal_names_the_resource_and_not_the_secret(
    api: Api, settings: Settings, auth: Mapping[str, str], status: int
) -> None:
    api.routes["/items"] = lambda asked: Answer({"echo": repr(asked)}, status=status)
    refused = connector("acme", api.url, client={"auth": auth})
    with pytest.raises(AccessDenied, match=rf"^items: .* answered {status} ") as caught:
        load_all(refused, settings, {"ACME_SECRET": SECRET})
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert len(api.asked) == 1


def test_a_refused_client_secret_is_access_denied_as_well(api: Api, settings: Settings) -> None:
    api.routes["/token"] = unauthorized
    refused = connector("acme", api.url, client={"auth": oauth2(f"{api.url}/token")})
    with pytest.raises(AccessDenied, match=r"^items: .* answered 401 ") as caught:
        load_all(refused, settings)
    assert SECRET not in str(caught.value)
    assert api.paths() == ["/token"]


def test_a_token_that_is_revoked_early_is_renewed_once_for_all(api: Api, authority: Api) -> None:
    """Also where requests are under way side by side: they share the new token."""
    issued: list[str] = []

    def token(_: Asked) -> Any:
        issued.append(f"{TOKEN}-{len(issued)}")
        return {"access_token": issued[-1], "expires_in": 3600}

    def answer(asked: Asked) -> Any:
        if len(issued) == 1 and "/3/" in asked.path:
            revoked.append(issued[0])
        token = asked.headers["Authorization"].removeprefix("Bearer ")
        return unauthorized(asked) if token in revoked else {"data": RECORDS}

    revoked: list[str] = []
    authority.routes["/token"] = token
    api.routes["/parents"] = lambda _: {"data": [{"id": number} for number in range(8)]}
    api.routes |= {f"/parents/{number}/items": answer for number in range(8)}
    child = items(path="parents/{resources.parents.id}/items") | {"parallelized": True}
    auth = oauth2(f"{authority.url}/token")
    acme = connector("acme", api.url, [items("parents"), child], client={"auth": auth})
    assert len(read(acme)) == 8 + 8 * len(RECORDS)
    assert len(issued) == 2


def test_a_new_token_is_tried_once(api: Api, authority: Api, settings: Settings) -> None:
    authority.routes["/token"] = tokens()
    api.routes["/items"] = unauthorized
    refused = connector("acme", api.url, client={"auth": oauth2(f"{authority.url}/token")})
    with pytest.raises(AccessDenied, match=r"^items: .* answered 401 "):
        load_all(refused, settings)
    assert (len(api.asked), len(authority.asked)) == (2, 2)


@pytest.mark.parametrize("answer", [{"error": "x", "hint": "y"}, ["x"], {"access_token": ""}])
def test_an_answer_without_a_token_is_told(
    api: Api, authority: Api, settings: Settings, answer: Any
) -> None:
    authority.routes["/token"] = lambda _: answer
    refused = connector("acme", api.url, client={"auth": oauth2(f"{authority.url}/token")})
    with pytest.raises(AccessDenied, match=r"^items: .*/token gave no access_token") as caught:
        load_all(refused, settings)
    assert ("has the keys error, hint" in str(caught.value)) == ("error" in answer)
    assert api.asked == []


def test_a_token_is_renewed_before_its_time_is_over(api: Api, authority: Api) -> None:
    authority.routes["/token"] = lambda _: {"access_token": TOKEN, "expires_in": "20"}
    api.routes["/items"] = with_header("Authorization", f"Bearer {TOKEN}")
    acme = connector("acme", api.url, client={"auth": oauth2(f"{authority.url}/token")})
    assert read(acme) == RECORDS
    assert len(authority.asked) == 1
