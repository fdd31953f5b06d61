"""An API that lets in who has logged in: for so many requests, and no more by the same token.

`session` gives a token for a password, `rotating` one for a refresh token, which is another one
each time: whoever comes with an old one is trusted no more. `digest` asks for a proof of the
password with each request, by a challenge that is good for so many of them.
"""

from hashlib import md5
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
        case "digest":
            return {"type": "http_digest", "username": "us", "password": "open"}
    return None


def _md5(text: str) -> str:
    return md5(text.encode()).hexdigest()


class Door:
    """What the API knows of who comes."""

    def __init__(self, how: How) -> None:
        self._how = how
        self._given = self._used = 0
        self._numbers: set[str] = set()
        self._is_shut = False

    def answer(self, asked: Asked) -> Answer | None:
        """To a login, or to who may not come in; None where a request may pass."""
        if not self._how.login:
            return None
        if asked.path in ("/login", "/token"):
            return self._logged_in(asked)
        if self._how.login == "digest":
            return self._challenged(asked)
        self._used += 1
        is_good = asked.headers.get("Authorization") == f"Bearer token-{self._given}"
        return None if is_good and self._used <= self._how.lives else REFUSED

    def _challenged(self, asked: Asked) -> Answer | None:
        """A number that was used is good no more, nor is a challenge that is over."""
        kind, _, text = asked.headers.get("Authorization", "").partition(" ")
        parts = (one.strip().partition("=") for one in text.split(","))
        sent = {key: value.strip('"') for key, _, value in parts}
        uri = f"{asked.path}?{asked.query}" if asked.query else asked.path
        proof = _md5("us:worlds:open"), _md5(f"{asked.method}:{uri}")
        nonce, number, own = (sent.get(key, "") for key in ("nonce", "nc", "cnonce"))
        wanted = _md5(":".join([proof[0], nonce, number, own, "auth", proof[1]]))
        is_right = kind == "Digest" and sent.get("response") == wanted
        if is_right and nonce == str(self._given) and number not in self._numbers:
            self._numbers.add(number)
            if len(self._numbers) <= self._how.lives:
                return None
        self._given, self._numbers = self._given + 1, set()
        said = f'Digest realm="worlds", qop="auth", nonce="{self._given}", stale={is_right}'
        return Answer({}, status=401, headers={"WWW-Authenticate": said})

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
