"""A token that is obtained: once for all requests, and again when it is old or refused."""

import json
from hashlib import sha256
from typing import Any

import requests
from dlt.common.configuration import configspec

from restsrc_dagster.errors import AccessDenied
from restsrc_dagster.extract.auth.context import AuthContext
from restsrc_dagster.extract.auth.signed import Signing
from restsrc_dagster.extract.auth.tokens import HeldToken, Token
from restsrc_dagster.extract.http.signature import sent_again
from restsrc_dagster.extract.response.body import beginning
from restsrc_dagster.extract.response.url_redaction import redacted_url
from restsrc_dagster.json_types import Json

OF_PYTHON = frozenset({"context", "session", "token", "format"})
"""What dlt takes for options of its specs, and no file has."""
KEYS_SHOWN = 8
LONGEST_WORDS = 300


class NoToken(Exception):
    """No token is to be had, for its cause: whoever has the same auth gets none either."""


@configspec
class SharedToken(Signing):
    """Puts a token into each request.

    Requests that are under way side by side share it: one of them asks for it. When the API refuses
    it, a new one is obtained, and the request is sent once more.
    """

    def obtain(self) -> Token:
        """Ask for a token; raises what hinders it."""
        raise NotImplementedError

    def obtain_another(self, than: Token | None) -> Token:  # noqa: ARG002 - for who keeps some
        """As `obtain`; not `than`, which is good no more."""
        return self.obtain()

    def put(self, request: requests.PreparedRequest, token: str) -> None:
        """Put it into a request, in place of another one."""
        request.headers["Authorization"] = f"Bearer {token}"

    def refuses_it(self, response: requests.Response) -> bool:
        """Whether an answer says that the token is good no more."""
        return response.status_code == 401

    def identity(self) -> Any:
        """What makes two auths share a token: all of their options."""
        options = {*self.get_resolvable_fields()} - OF_PYTHON
        return {key: getattr(self, key) for key in options}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token into `request`; raises NoToken."""
        token = self._held().get(self._obtained)
        self.put(request, token.text)
        request.restsrc_token = token  # type: ignore[attr-defined]
        request.register_hook("response", self._again_if_refused)  # type: ignore[no-untyped-call]
        return request

    def _held(self) -> HeldToken:
        """Found once: each request asks for it, and dlt takes long to tell its options."""
        held: HeldToken | None = vars(self).get("_own_token")
        if held is None:
            options = json.dumps(self.identity(), sort_keys=True, default=str)
            name = f"{type(self).__name__}:{sha256(options.encode()).hexdigest()}"
            held = self._own_token = self.at_hand.tokens.held(name)
        return held

    def _obtained(self, than: Token | None) -> Token:
        try:
            token = self.obtain_another(than)
        except Exception as error:
            raise NoToken(str(error)) from error
        self.at_hand.redact.learn(token.text)
        return token

    def _again_if_refused(
        self, response: requests.Response, **kwargs: Any
    ) -> requests.Response | None:
        request = response.request
        if not self.refuses_it(response) or getattr(request, "restsrc_renewed", False):
            return None
        self.at_hand.clock.learn(response)
        refused = getattr(request, "restsrc_token", None)
        token = self._held().instead_of(refused, self._obtained)
        again = request.copy()
        self.put(again, token.text)
        again.restsrc_renewed = True  # type: ignore[attr-defined]
        return sent_again(again, response, **kwargs)


def refuse(response: requests.Response, context: AuthContext, cure: str) -> None:
    """Say why an answer has no token, if it refuses one.

    Raises:
        AccessDenied: what it says, and what to do.
        requests.HTTPError: it is not about the credentials.
    """
    if not response.ok and (lost := lost_on_the_way(response)):
        raise AccessDenied(f"no token was given, and the answer was {response.status_code}: {lost}")
    if response.status_code in (400, 401, 403):
        words = beginning(response, context.redact, LONGEST_WORDS)
        raise AccessDenied(
            f"{redacted_url(response.url)} gave no token: it answered {response.status_code} "
            f"{response.reason or ''}".rstrip()
            + (f": {words!r}" if words else "")
            + f"; {cure}"
        )
    response.raise_for_status()


def lost_on_the_way(response: requests.Response) -> str:
    """That a redirect has made another request of what was sent, as HTTP has it; "" if none has."""
    sent = response.history[0].request if response.history else response.request
    if sent.method == response.request.method:
        return ""
    before, after = redacted_url(str(sent.url)), redacted_url(str(response.request.url))
    return (
        f"{before} was redirected ({response.history[0].status_code}) to {after}, which was asked "
        f"by {response.request.method}, without the body: write that address in its place"
    )


def json_of(response: requests.Response) -> Json:
    """The body of an answer; None where it is no JSON."""
    try:
        return response.json()
    except requests.JSONDecodeError:
        return None


def token_text(text: Any, url: str, what: str, answer: Any, lost: str = "") -> str:
    """What was found where a token should be; raises AccessDenied if it is none. `lost` is what
    `lost_on_the_way` says."""
    if not isinstance(text, str) or not text:
        raise no_token(url, what, answer, lost)
    return text


def no_token(url: str, what: str, answer: Any, lost: str = "") -> AccessDenied:
    """That an answer, which is good by its status, has no token."""
    keys = ", ".join(list(answer)[:KEYS_SHOWN]) if isinstance(answer, dict) else ""
    return AccessDenied(
        f"{redacted_url(url)} gave no {what}"
        + (f"; its answer has the keys {keys}" if keys else "")
        + (f": {lost}" if lost else "")
    )
