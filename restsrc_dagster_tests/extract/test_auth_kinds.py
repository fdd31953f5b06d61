"""Each auth that dlt lacks, against a server that refuses what the real one refuses."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from oauthlib.oauth1 import RequestValidator, ResourceEndpoint

from restsrc_dagster.errors import AccessDenied, RestsrcError
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import RECORDS, load_all, read, unauthorized
from restsrc_dagster_tests.support.api import Answer, Api, Asked, Route
from restsrc_dagster_tests.support.connectors import connector, items

SECRET = "s3cr3t-mark"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
LATE = 120
"""Seconds by which a clock is wrong."""


def pem(key: Any, passphrase: str = "") -> str:
    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()


def only(allowed: Callable[[Asked], bool]) -> Route:
    return lambda asked: {"data": RECORDS} if allowed(asked) else unauthorized(asked)


def bearer(asked: Asked) -> str:
    return asked.headers.get("Authorization", "").removeprefix("Bearer ")


def form(asked: Asked) -> dict[str, str]:
    return {key: value[0] for key, value in parse_qs(asked.body.decode()).items()}


def rows(api: Api, auth: Mapping[str, Any], resources: Any = None, **client: Any) -> list[Any]:
    client = {"auth": auth, **client}
    return read(connector("acme", api.url, resources or [items()], client=client))


class Authority:
    """An OAuth 2.0 server: tokens for what `grant` says, each good for the requests after it."""

    def __init__(self, api: Api, grant: Mapping[str, str], *, basic: str = "") -> None:
        self.issued: list[str] = []
        self.lives: int | None = 3600
        self._grant, self._basic = dict(grant), basic
        api.routes["/token"] = self.token

    def token(self, asked: Asked) -> Any:
        if self._basic and asked.headers.get("Authorization") != f"Basic {self._basic}":
            return unauthorized(asked)
        if form(asked) != self._grant:
            return Answer({"error": "invalid_grant", "error_description": "no"}, status=400)
        self.issued.append(f"acc3ss-{len(self.issued)}")
        return {"access_token": self.issued[-1], "expires_in": self.lives}

    def lets_in(self, asked: Asked) -> bool:
        return bool(self.issued) and bearer(asked) == self.issued[-1]


@pytest.fixture
def authority() -> Iterator[Api]:
    """A second origin, which hands out tokens."""
    with Api() as running:
        yield running


def test_a_users_password_is_exchanged_for_a_token(api: Api, authority: Api) -> None:
    grant = {"grant_type": "password", "username": "ann", "password": SECRET, "scope": "read"}
    server = Authority(authority, {**grant, "client_id": "us"})
    api.routes["/items"] = only(server.lets_in)
    auth = {
        "type": "oauth2_password",
        "access_token_url": f"{authority.url}/token",
        "username": "ann",
        "password": SECRET,
        "client_id": "us",
        "access_token_request_data": {"scope": "read"},
    }
    assert rows(api, auth) == RECORDS


def test_a_refresh_token_that_stays_with_the_client_as_basic(api: Api, authority: Api) -> None:
    basic = base64.b64encode(f"us:{SECRET}".encode()).decode()
    server = Authority(
        authority, {"grant_type": "refresh_token", "refresh_token": "r3fresh"}, basic=basic
    )
    api.routes["/items"] = only(server.lets_in)
    auth = {
        "type": "oauth2_refresh_token",
        "access_token_url": f"{authority.url}/token",
        "client_id": "us",
        "client_secret": SECRET,
        "refresh_token": "r3fresh",
        "rotates": False,
        "client_authentication": "basic",
    }
    assert rows(api, auth, [items("items"), items("more", path="items")]) == RECORDS * 2
    assert len(server.issued) == 1


def test_a_refused_grant_says_what_the_server_said_and_what_to_do(
    api: Api, authority: Api, settings: Settings
) -> None:
    Authority(authority, {"grant_type": "refresh_token", "refresh_token": "another"})
    auth = {
        "type": "oauth2_refresh_token",
        "access_token_url": f"{authority.url}/token",
        "client_id": "us",
        "refresh_token": SECRET,
        "rotates": False,
    }
    with pytest.raises(AccessDenied) as caught:
        load_all(connector("acme", api.url, client={"auth": auth}), settings)
    assert "answered 400" in str(caught.value)
    assert "invalid_grant" in str(caught.value)
    assert "let the connector in anew at the API" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert api.asked == []


def test_a_token_that_stands_deep_in_the_answer(api: Api, authority: Api) -> None:
    authority.routes["/token"] = lambda _: {"ok": True, "authed_user": {"access_token": "t0ken"}}
    api.routes["/items"] = only(lambda asked: bearer(asked) == "t0ken")
    auth = {
        "type": "oauth2_password",
        "access_token_url": f"{authority.url}/token",
        "username": "ann",
        "password": SECRET,
        "access_token_path": "authed_user.access_token",
    }
    assert rows(api, auth) == RECORDS


# Signed tokens


def verified(asked: Asked, key: Any, algorithm: str, *, ahead: float = 0, **wanted: Any) -> bool:
    """Whether the token is good by a clock that is so far ahead, within some seconds."""
    try:
        claims = jwt.decode(
            bearer(asked), key, [algorithm],
            options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
        )  # fmt: skip
    except jwt.PyJWTError:
        return False
    now = time.time() + ahead
    in_time = claims["iat"] <= now + 5 and now < claims["exp"] and claims["exp"] < now + 600
    return in_time and claims.items() >= wanted.items()


@pytest.mark.parametrize(
    ("algorithm", "key", "verifies"),
    [
        ("HS256", {"key": SECRET * 4}, SECRET * 4),
        ("HS512", {"key": "6d61726b" * 16, "key_encoding": "hex"}, b"mark" * 16),
        ("RS256", {"key": pem(RSA).replace("\n", "\\n")}, RSA.public_key()),
        ("ES256", {"key": pem(EC)}, EC.public_key()),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) == 5 else "",
)
def test_a_token_that_is_signed_here(api: Api, algorithm: str, key: Any, verifies: Any) -> None:
    api.routes["/items"] = only(
        lambda asked: (
            verified(asked, verifies, algorithm, iss="us", aud="them")
            and jwt.get_unverified_header(bearer(asked))["kid"] == "k1"
        )
    )
    auth = {
        "type": "jwt",
        "algorithm": algorithm,
        "expires_in": 120,
        **key,
        "claims": {"iss": "us", "aud": "them"},
        "token_headers": {"kid": "k1"},
    }
    assert rows(api, auth) == RECORDS


@pytest.mark.parametrize("ahead", [-LATE, LATE])
def test_a_signed_token_is_made_by_the_apis_clock_where_that_differs(api: Api, ahead: int) -> None:
    def answer(asked: Asked) -> Any:
        date = {"Date": formatdate(time.time() + ahead, usegmt=True)}
        if verified(asked, SECRET * 4, "HS256", ahead=ahead):
            return Answer({"data": RECORDS}, headers=date)
        return Answer({"error": "the token is old, or not yet made"}, status=401, headers=date)

    api.routes["/items"] = answer
    auth = {"type": "jwt", "key": SECRET * 4, "expires_in": 100}
    assert rows(api, auth, [items("items"), items("more", path="items")]) == RECORDS * 2
    assert len(api.asked) == 3


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ({"algorithm": "RS256", "key": SECRET}, "private key of the auth cannot be read"),
        ({"algorithm": "ES256", "key": pem(RSA)}, "cannot be signed with the key by ES256"),
        ({"key": "not base64!", "key_encoding": "base64"}, "key is not base64"),
    ],
)
def test_a_key_that_does_not_do_is_told_before_anything_is_asked(
    api: Api, settings: Settings, key: Any, told: str
) -> None:
    with pytest.raises(RestsrcError, match=told) as caught:
        load_all(connector("acme", api.url, client={"auth": {"type": "jwt", **key}}), settings)
    assert str(key["key"])[:40] not in str(caught.value)
    assert api.asked == []


@pytest.mark.parametrize("ahead", [0, -LATE, LATE])
def test_a_service_account(api: Api, authority: Api, ahead: int) -> None:
    def token(asked: Asked) -> Any:
        date = {"Date": formatdate(time.time() + ahead, usegmt=True)}
        sent = form(asked)
        try:
            claims = jwt.decode(
                sent["assertion"], RSA.public_key(), ["RS256"], audience="https://them",
                options={"verify_exp": False, "verify_iat": False},
            )  # fmt: skip
        except jwt.PyJWTError as error:
            return Answer({"error": "invalid_grant", "why": str(error)}, 400, date)
        now = time.time() + ahead
        if not (claims["iat"] <= now + 5 < claims["exp"]) or claims["exp"] - now > 3605:
            return Answer({"error": "invalid_grant", "why": "clock"}, 400, date)
        assert (claims["iss"], claims["sub"]) == ("bot@us", "ann@us")
        assert claims["scope"] == "read write"
        assert jwt.get_unverified_header(sent["assertion"])["kid"] == "k1"
        return Answer({"access_token": "acc3ss", "expires_in": 3600}, headers=date)

    authority.routes["/token"] = token
    api.routes["/items"] = only(lambda asked: bearer(asked) == "acc3ss")
    auth = {
        "type": "oauth2_jwt",
        "auth_endpoint": f"{authority.url}/token",
        "key_id": "k1",
        "client_id": "bot@us",
        "subject": "ann@us",
        "audience": "https://them",
        "scopes": ["read", "write"],
        "private_key": pem(RSA, "open"),
        "headers": {"X-A": "b"},
        "private_key_passphrase": "open",
    }
    assert rows(api, auth, [items("items"), items("more", path="items")]) == RECORDS * 2
    assert len(authority.asked) == (2 if ahead < 0 else 1)


# Logins


class Sessions:
    """An API that wants a login; at most one session is good, and it may be ended."""

    def __init__(self) -> None:
        self.logins = 0
        self.lock = threading.Lock()

    def new(self) -> str:
        with self.lock:
            self.logins += 1
            return f"s3ssion-{self.logins}"

    @property
    def current(self) -> str:
        return f"s3ssion-{self.logins}"


LOGIN = {"url": "auth/login", "json": {"user": "ann", "password": SECRET}}
WAYS: dict[str, tuple[Mapping[str, Any], Callable[[str], Any], Callable[[Asked], str]]] = {
    "a bearer from the body": (
        {"token_path": "data.token"},
        lambda token: {"data": {"token": token}},
        bearer,
    ),
    "a header from a header": (
        {"token_header": "X-Session", "name": "X-Session"},
        lambda token: Answer({}, headers={"X-Session": token}),
        lambda asked: asked.headers.get("X-Session", ""),
    ),
    "a cookie from a cookie": (
        {"token_cookie": "sid", "name": "sid", "location": "cookie"},
        lambda token: Answer({}, headers={"Set-Cookie": f"sid={token}; Path=/; HttpOnly"}),
        lambda asked: asked.headers.get("Cookie", "").removeprefix("sid="),
    ),
    "a param from a text": (
        {"token_path": "$", "name": "session", "location": "query"},
        lambda token: Answer(token.encode(), headers={"Content-Type": "text/plain"}),
        lambda asked: asked.params.get("session", ""),
    ),
    "a scheme of its own": (
        {"token_path": "key", "prefix": "Token "},
        lambda token: {"key": token},
        lambda asked: asked.headers.get("Authorization", "").removeprefix("Token "),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_login_is_made_once_for_all_and_again_when_its_session_ends(api: Api, way: str) -> None:
    """Twelve parents, four at once; the API ends the session in the middle, for all who use it."""
    options, told, given = WAYS[way]
    sessions = Sessions()

    def login(asked: Asked) -> Any:
        if asked.json != LOGIN["json"]:
            return unauthorized(asked)
        return told(sessions.new())

    def answer(asked: Asked) -> Any:
        if "/5/" in asked.path and not ended:
            ended.append(sessions.new())
        is_good = given(asked) == sessions.current and sessions.logins != 2
        return {"data": RECORDS} if is_good else unauthorized(asked)

    ended: list[str] = []
    api.routes["/auth/login"] = login
    api.routes["/parents"] = lambda _: {"data": [{"id": number} for number in range(12)]}
    api.routes |= {f"/parents/{number}/items": answer for number in range(12)}
    child = items(path="parents/{resources.parents.id}/items")
    auth = {"type": "session_token", "login": LOGIN, **options}
    assert len(rows(api, auth, [items("parents"), child])) == 12 + 12 * len(RECORDS)
    assert sessions.logins == 3, "two logins, and the end of the first session"


def test_a_login_by_basic_at_another_place_whose_token_ends_as_it_says(
    api: Api, authority: Api
) -> None:
    basic = "Basic " + base64.b64encode(f"ann:{SECRET}".encode()).decode()
    sessions = Sessions()

    def login(asked: Asked) -> Any:
        if asked.method != "GET" or asked.headers.get("Authorization") != basic:
            return unauthorized(asked)
        return {"token": sessions.new(), "expiresIn": 0 if sessions.logins < 2 else 900}

    authority.routes["/login"] = login
    api.routes["/items"] = only(lambda asked: bearer(asked) == sessions.current)
    auth = {
        "type": "session_token",
        "login": {
            "url": f"{authority.url}/login", "method": "GET", "username": "ann", "password": SECRET
        },
        "token_path": "token",
        "expires_in_path": "expiresIn",
    }  # fmt: skip
    assert rows(api, auth, [items("items"), items("more", path="items")]) == RECORDS * 2
    assert sessions.logins == 2


def test_a_session_may_be_refused_by_another_status(api: Api) -> None:
    sessions = Sessions()
    api.routes["/auth/login"] = lambda _: {"token": sessions.new()}
    api.routes["/items"] = lambda asked: (
        {"data": RECORDS} if bearer(asked) == "s3ssion-2" else Answer({"error": "x"}, status=419)
    )
    auth = {
        "type": "session_token",
        "login": LOGIN,
        "token_path": "token",
        "refused_with": [401, 419],
    }
    assert rows(api, auth) == RECORDS


def moved(status: int, to: str, **headers: str) -> Answer:
    return Answer({}, status=status, headers={"Location": to, **headers})


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_login_that_is_redirected(api: Api, status: int) -> None:
    """With its body, or after the cookie was given, as a form of a browser is."""
    cookie = {"Set-Cookie": "sid=s3ssion; Path=/"} if status == 302 else {}

    def login(asked: Asked) -> Any:
        is_right = asked.method == "POST" and asked.json == LOGIN["json"]
        return {"token": "s3ssion"} if is_right or status == 302 else unauthorized(asked)

    api.routes |= {
        "/auth/login": lambda _: moved(status, "/home", **cookie),
        "/home": login,
        "/items": only(
            lambda asked: (
                "sid=s3ssion" in asked.headers.get("Cookie", "") or bearer(asked) == "s3ssion"
            )
        ),
    }
    way = {"token_cookie": "sid", "name": "sid", "location": "cookie"}
    options = way if status == 302 else {"token_path": "token"}
    assert rows(api, {"type": "session_token", "login": LOGIN, **options}) == RECORDS


@pytest.mark.parametrize("answer", [Answer({}, status=405), {"name": "home"}])
def test_a_redirect_that_loses_the_login_is_told(api: Api, settings: Settings, answer: Any) -> None:
    api.routes |= {
        "/auth/login": lambda _: moved(301, "/auth/login/"),
        "/auth/login/": lambda _: answer,
    }
    auth = {"type": "session_token", "login": LOGIN, "token_path": "token"}
    with pytest.raises(AccessDenied) as raised:
        load_all(connector("acme", api.url, client={"auth": auth}), settings)
    assert (
        f"{api.url}/auth/login was redirected (301) to {api.url}/auth/login/, which was asked by "
        "GET, without the body: write that address in its place"
    ) in str(raised.value)


def test_a_redirect_takes_no_password_to_another_host(api: Api, settings: Settings) -> None:
    with Api() as thief:
        thief.other = lambda _: {"token": "s3ssion"}
        api.routes["/auth/login"] = lambda _: moved(307, f"{thief.url}/login")
        auth = {"type": "session_token", "login": LOGIN, "token_path": "token"}
        with pytest.raises(RestsrcError, match=r"127\.0\.0\.1"):
            load_all(connector("acme", api.url, client={"auth": auth}), settings)
        assert thief.asked == []


# Signatures


def test_http_digest(api: Api) -> None:
    """Each challenge is another one, and good for four requests; each of its numbers is so once."""
    used: dict[str, list[str]] = {}

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    def is_right(asked: Asked) -> bool:
        text = asked.headers.get("Authorization", "")
        if not text.startswith("Digest "):
            return False
        sent = {
            key.strip(): value.strip('"')
            for key, _, value in (one.partition("=") for one in text[7:].split(","))
        }
        nonce, number = sent["nonce"], sent["nc"]
        ha1, ha2 = md5(f"ann:acme:{SECRET}"), md5(f"{asked.method}:{sent['uri']}")
        digest = md5(":".join([ha1, nonce, number, sent["cnonce"], "auth", ha2]))
        if digest != sent["response"] or sent["uri"] != f"{asked.path}?{asked.query}":
            return False
        is_new = number not in used[nonce] and len(used[nonce]) < 4
        used[nonce].append(number)
        return is_new

    def answer(asked: Asked) -> Any:
        if not is_right(asked):
            nonce = f"n{len(used)}"
            used[nonce] = []
            is_stale = "Authorization" in asked.headers
            challenge = f'Digest realm="acme", qop="auth", nonce="{nonce}", stale={is_stale}'
            return Answer({}, status=401, headers={"WWW-Authenticate": challenge})
        if not broken:
            broken.append(asked.params["page"])
            return Answer({}, status=503)  # the number is spent, though
        page = int(asked.params["page"])
        return {"data": [{"id": page}] if page < 12 else []}

    broken: list[str] = []
    api.routes["/items"] = answer
    auth = {"type": "http_digest", "username": "ann", "password": SECRET}
    paged = items(paginator={"type": "page_number", "base_page": 1, "total_path": None})
    assert rows(api, auth, [paged]) == [{"id": page} for page in range(1, 12)]
    assert len(used) < 10, "a challenge is answered in advance"


def test_a_wrong_password_is_not_sent_for_ever(api: Api, settings: Settings) -> None:
    headers = {"WWW-Authenticate": 'Digest realm="acme", qop="auth", nonce="n"'}
    api.routes["/items"] = lambda _: Answer({}, status=401, headers=headers)
    auth = {"type": "http_digest", "username": "ann", "password": SECRET}
    with pytest.raises(AccessDenied, match="answered 401"):
        load_all(connector("acme", api.url, client={"auth": auth}), settings)
    assert len(api.asked) == 2


class Nonces(RequestValidator):
    """What an OAuth 1.0a server knows: one client, one user, each nonce once."""

    enforce_ssl = False
    client_key_length = access_token_length = nonce_length = (2, 60)

    def __init__(self, ahead: int) -> None:
        super().__init__()
        self.used: set[tuple[str, str]] = set()
        self.ahead = ahead

    def validate_timestamp_and_nonce(
        self, client_key: str, timestamp: str, nonce: str, *_: Any, **__: Any
    ) -> bool:
        is_new = (timestamp, nonce) not in self.used
        self.used.add((timestamp, nonce))
        return is_new and abs(int(timestamp) - time.time() - self.ahead) < 60

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        return client_key == "cl13nt"

    def validate_access_token(self, client_key: str, token: str, request: Any) -> bool:
        return token == "t0ken"

    def validate_realms(self, *_: Any, **__: Any) -> bool:
        return True

    def get_client_secret(self, client_key: str, request: Any) -> str:
        return SECRET

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        return "0ther"

    dummy_client = "dummy"
    dummy_access_token = "dummy"


@pytest.mark.parametrize("ahead", [0, LATE])
def test_oauth1_signs_each_try_anew(api: Api, ahead: int) -> None:
    validator = Nonces(ahead)
    endpoint = ResourceEndpoint(validator)
    tries: list[int] = []

    def answer(asked: Asked) -> Any:
        date = {"Date": formatdate(time.time() + ahead, usegmt=True)}
        url = f"{api.url}{asked.path}?{asked.query}"
        headers = {"Authorization": asked.headers.get("Authorization", "")}
        valid, _ = endpoint.validate_protected_resource_request(
            url, asked.method, "", headers, ["x"]
        )
        if not valid:
            return Answer({"error": "signature"}, status=401, headers=date)
        tries.append(1)
        if len(tries) == 1:
            return Answer({}, status=503, headers=date)
        return Answer({"data": RECORDS}, headers=date)

    api.routes["/items"] = answer
    auth = {
        "type": "oauth1",
        "client_key": "cl13nt",
        "client_secret": SECRET,
        "realm": "x",
        "resource_owner_key": "t0ken",
        "resource_owner_secret": "0ther",
        "signature_method": "HMAC-SHA256",
    }
    assert rows(api, auth, [items(params={"q": "a b&c", "day": "2026-01-01"})]) == RECORDS
    assert len(api.asked) == (3 if ahead else 2)


def test_aws_signs_each_request_and_its_body(api: Api) -> None:
    """The signature is made again by the server, of what it got."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    dates: list[str] = []

    def answer(asked: Asked) -> Any:
        sent = asked.headers.get("Authorization", "")
        named = sent.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        headers = {
            name: value
            for name, value in asked.headers.items()
            if name.lower() in named and name.lower() != "x-amz-date"
        }
        request = AWSRequest(
            asked.method, f"{api.url}{asked.path}?{asked.query}", headers, asked.body
        )
        signer = SigV4Auth(Credentials("AK1D", SECRET, "t3mporary"), "execute-api", "eu-west-1")
        request.context["timestamp"] = asked.headers["X-Amz-Date"]
        request.headers["X-Amz-Date"] = asked.headers["X-Amz-Date"]
        text = signer.string_to_sign(request, signer.canonical_request(request))
        if not sent.endswith(f"Signature={signer.signature(text, request)}"):
            return Answer({"message": "signature does not match"}, status=403)
        dates.append(asked.headers["X-Amz-Date"])
        return Answer({}, status=503) if len(dates) == 1 else {"data": RECORDS}

    api.routes["/items"] = answer
    auth = {
        "type": "aws_sigv4",
        "access_key_id": "AK1D",
        "secret_access_key": SECRET,
        "session_token": "t3mporary",
        "region": "eu-west-1",
    }
    posted = items(method="POST", json={"size": 5}, params={"q": "a b"})
    assert rows(api, auth, [posted]) == RECORDS
    assert len(dates) == 2
    assert json.loads(api.asked[0].body) == {"size": 5}


@pytest.mark.parametrize("to", ["same", "other"])
def test_a_redirect_is_signed_for_its_new_address_and_nowhere_else(
    api: Api, authority: Api, settings: Settings, to: str
) -> None:
    place = api if to == "same" else authority
    headers = {"Location": f"{place.url}/moved"}
    api.routes["/items"] = lambda _: Answer(status=302, headers=headers)
    place.routes["/moved"] = lambda _: {"data": RECORDS}
    auth = {"type": "oauth1", "client_key": "cl13nt", "client_secret": SECRET}
    acme = connector("acme", api.url, client={"auth": auth})
    if to == "other":
        with pytest.raises(RestsrcError, match="may not get the credentials"):
            load_all(acme, settings)
        assert authority.asked == []
        return
    assert read(acme) == RECORDS
    first, second = (asked.headers["Authorization"] for asked in api.asked)
    assert "oauth_signature" in second
    assert first != second


@pytest.mark.parametrize("kind", ["oauth1", "aws_sigv4"])
def test_a_package_that_is_missing_is_named_with_its_extra(
    api: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for module in ("requests_oauthlib", "botocore.auth"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    auth = {
        "oauth1": {"type": "oauth1", "client_key": "k", "client_secret": "s"},
        "aws_sigv4": {
            "type": "aws_sigv4",
            "access_key_id": "k",
            "secret_access_key": "s",
            "region": "eu-west-1",
        },
    }[kind]
    extra = {"oauth1": "oauth1", "aws_sigv4": "aws"}[kind]
    with pytest.raises(RestsrcError, match=rf"pip install 'restsrc-dagster\[{extra}\]'"):
        load_all(connector("acme", api.url, client={"auth": auth}), settings)


def test_a_login_is_good_for_all_passes_of_a_load(api: Api, settings: Settings) -> None:
    """A long list is read in several parts, each with connections of its own."""
    sessions = Sessions()
    api.routes["/auth/login"] = lambda _: {"token": sessions.new()}

    def answer(asked: Asked) -> Any:
        first = 10 * int(asked.params["page"])
        records = [{"id": number} for number in range(first, first + 10) if number < 50]
        return {"data": records} if bearer(asked) == "s3ssion-1" else unauthorized(asked)

    api.routes["/items"] = answer
    auth = {"type": "session_token", "login": LOGIN, "token_path": "token"}
    paged = items(paginator={"type": "page_number", "base_page": 0, "total_path": None})
    acme = connector("acme", api.url, [{**paged, "primary_key": "id"}], client={"auth": auth})
    often = replace(settings, commit_after_records=10)
    assert load_all(acme, often).resources["items"].rows_loaded == 50
    assert sessions.logins == 1
