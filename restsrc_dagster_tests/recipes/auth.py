"""APIs whose requests prove in their own way who sends them."""

from base64 import b64encode
from typing import Any
from urllib.parse import parse_qsl

from restsrc_dagster_tests.recipes.mock import SECRETS, Mock, at, newer, only_with, orders, since
from restsrc_dagster_tests.support.api import Answer, Asked

AFTER = [("1", "10"), ("2", "20"), ("3", "30")]


def refresh_token() -> Mock:
    records = orders(1, 2)

    def token(asked: Asked) -> Any:
        form = dict(parse_qsl(asked.body.decode()))
        if form != {
            "grant_type": "refresh_token",
            "refresh_token": SECRETS["ACME_REFRESH_TOKEN"],
            "client_id": SECRETS["ACME_CLIENT_ID"],
            "client_secret": SECRETS["ACME_CLIENT_SECRET"],
        }:
            return Answer({"error": "invalid_grant"}, status=400)
        return {"access_token": "for-an-hour", "expires_in": 3600}

    return Mock(
        routes={"/token": token, "/orders": only_with("Bearer for-an-hour", since(records))},
        later=lambda: records.extend(orders(3)),
        delivered={"orders": 2},
        rows=AFTER,
    )


def basic_at_the_token_url(secret: str = SECRETS["ACME_CLIENT_SECRET"]) -> Mock:
    records = orders(1, 2)
    pair = f"{SECRETS['ACME_CLIENT_ID']}:{secret}"

    def token(asked: Asked) -> Any:
        form = dict(parse_qsl(asked.body.decode()))
        if (form["grant_type"], form["scope"]) != ("client_credentials", "orders:read"):
            return Answer({"error": "invalid_scope"}, status=400)
        return {"access_token": "for-an-hour", "expires_in": 3600}

    return Mock(
        routes={
            "/token": only_with(f"Basic {b64encode(pair.encode()).decode()}", token),
            "/orders": only_with("Bearer for-an-hour", since(records)),
        },
        later=lambda: records.extend(orders(3)),
        delivered={"orders": 2},
        rows=AFTER,
    )


def session_token() -> Mock:
    records, sessions = orders(1, 2), []

    def login(asked: Asked) -> Any:
        if asked.json != {"user": SECRETS["ACME_USER"], "password": SECRETS["ACME_PASSWORD"]}:
            return Answer({"error": "who are you?"}, status=401)
        sessions.append(f"session-{len(sessions)}")
        return {"token": sessions[-1], "valid_until": at(31)}

    def listed(asked: Asked) -> Any:
        if asked.headers.get("X-Session") != sessions[-1]:
            return Answer({"error": "log in first"}, status=401)
        return {"data": newer(records, asked.params["since"])}

    return Mock(
        routes={"/login": login, "/orders": listed},
        later=lambda: records.extend(orders(3)),
        delivered={"orders": 2},
        rows=AFTER,
    )
