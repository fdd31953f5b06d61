"""An API that lets in who has logged in: for so many requests, and no more by the same token.

`session` gives a token for a password, `rotating` one for a refresh token, which is another one
each time: whoever comes with an old one is trusted no more.
"""

from typing import Any
from urllib.parse import parse_qs

from restsrc_dagster_tests.support.api import Answer, Asked
from restsrc_dagster_tests.worlds.world import How

KEY = "a long text of the worlds' deployment"
REFUSED = Answer({"message": "who are you?"}, status=401)


def auth_of(how: How, url: str) -> dict[str, Any] | None:
    """In the connector's file."""
    match how.login:
        case "session":
            login = {"url": "login", "json": {"password": "open"}}
            return {"type": "session_token", "login": login, "token_path": "token"}
        case "rotating":
            return {
                "type": "oauth2_refresh_token",
                "access_token_url": f"{url}/token",
                "client_id": "us",
                "refresh_token": "refresh-0",
            }
    return None


class Door:
    """What the API knows of who comes."""

    def __init__(self, how: How) -> None:
        self._how = how
        self._given = self._used = 0
        self._is_shut = False

    def answer(self, asked: Asked) -> Answer | None:
        """To a login, or to who may not come in; None where a request may pass."""
        if not self._how.login:
            return None
        if asked.path in ("/login", "/token"):
            return self._logged_in(asked)
        self._used += 1
        is_good = asked.headers.get("Authorization") == f"Bearer token-{self._given}"
        return None if is_good and self._used <= self._how.lives else REFUSED

    def _logged_in(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            sent = parse_qs(asked.body.decode()).get("refresh_token")
            self._is_shut |= sent != [f"refresh-{self._given}"]
        if self._is_shut:
            return Answer({"error": "invalid_grant"}, status=400)
        self._given, self._used = self._given + 1, 0
        token, following = f"token-{self._given}", f"refresh-{self._given}"
        given = {"token": token, "access_token": token, "refresh_token": following}
        return Answer({**given, "expires_in": 3600})
