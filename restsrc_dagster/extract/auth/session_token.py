"""A token that a login gives."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests
from dlt.common import jsonpath
from dlt.common.configuration import configspec

from restsrc_dagster.extract.auth.context import below
from restsrc_dagster.extract.auth.shared_token import (
    SharedToken,
    json_of,
    lost_on_the_way,
    refuse,
    token_text,
)
from restsrc_dagster.extract.auth.signed import REQUIRED
from restsrc_dagster.extract.auth.tokens import Token
from restsrc_dagster.extract.response.charset import text_of
from restsrc_dagster.json_types import Json

CURE = "check what the login sends (configuration.client.auth.login)"


@configspec
class SessionToken(SharedToken):
    """Logs in once for all requests, and again when its token is old or refused."""

    login: dict[str, Any] = REQUIRED
    token_path: str | None = None
    token_header: str | None = None
    token_cookie: str | None = None
    name: str = "Authorization"
    location: str = "header"
    prefix: str | None = None
    default_token_expiration: int | None = None
    expires_in_path: str | None = None
    refused_with: list[int] | None = None

    def obtain(self) -> Token:
        """Log in; raises as `TokenRequest.ask`."""
        context = self.at_hand
        url = below(context.base_url, str(self.login["url"]))
        options = {key: value for key, value in self.login.items() if key in _SENT and value}
        if self.login.get("username") is not None:
            options["auth"] = (self.login["username"], self.login.get("password") or "")
        response = context.session.request(self.login.get("method", "POST"), url, **options)
        refuse(response, context, CURE)
        lost = lost_on_the_way(response)
        text = token_text(self._found(response), url, str(self._where), _body(response), lost)
        return Token.living(text, self._seconds(response))

    def put(self, request: requests.PreparedRequest, token: str) -> None:
        text = f"{self._before}{token}"
        match self.location:
            case "header":
                request.headers[self.name] = text
            case "cookie":
                request.headers["Cookie"] = _with_cookie(
                    request.headers.get("Cookie", ""), self.name, text
                )
            case _:
                request.url = _with_param(str(request.url), self.name, text)

    def refuses_it(self, response: requests.Response) -> bool:
        return response.status_code in (self.refused_with or [401])

    @property
    def _before(self) -> str:
        if self.prefix is not None:
            return self.prefix
        is_usual = self.location == "header" and self.name.lower() == "authorization"
        return "Bearer " if is_usual else ""

    @property
    def _where(self) -> str | None:
        return self.token_path or self.token_header or self.token_cookie

    def _found(self, response: requests.Response) -> str:
        if self.token_header:
            return str(response.headers.get(self.token_header) or "")
        if self.token_cookie:
            answers = [*response.history, response]
            given = [one.cookies.get(self.token_cookie) for one in answers]
            return next((one for one in reversed(given) if one), "")
        return str(_first(self.token_path, _body(response)) or "")

    def _seconds(self, response: requests.Response) -> float | None:
        lives = _first(self.expires_in_path, _body(response)) if self.expires_in_path else None
        try:
            return float(str(lives))
        except ValueError:
            return self.default_token_expiration


_SENT = ("params", "headers", "json", "data")


def _body(response: requests.Response) -> Json:
    """As JSON; of what is none, the text."""
    body = json_of(response)
    return text_of(response).strip() if body is None else body


def _first(path: str | None, body: Any) -> Any:
    if path == "$":
        return body if isinstance(body, str) else None
    found = jsonpath.find_values(str(path), body) if isinstance(body, dict) else []
    return found[0] if found else None


def _with_cookie(header: str, name: str, value: str) -> str:
    others = [one for one in header.split("; ") if one and one.partition("=")[0] != name]
    return "; ".join([*others, f"{name}={value}"])


def _with_param(url: str, name: str, value: str) -> str:
    parts = urlsplit(url)
    others = [one for one in parse_qsl(parts.query, keep_blank_values=True) if one[0] != name]
    return urlunsplit(parts._replace(query=urlencode([*others, (name, value)])))
