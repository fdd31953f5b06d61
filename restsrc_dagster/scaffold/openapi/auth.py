"""How requests prove who sends them: the scheme that a machine can use with nobody there."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from restsrc_dagster.connector.configuration.auth import kind_of_scheme
from restsrc_dagster.connector.secrets import SECRET_KEY
from restsrc_dagster.scaffold.configuration import (
    References,
    api_key,
    aws_sigv4,
    bearer,
    client_credentials,
    password_grant,
    user_and_password,
)
from restsrc_dagster.scaffold.openapi.document import Document
from restsrc_dagster.scaffold.openapi.operation import Field, Operation
from restsrc_dagster.scaffold.openapi.parse import mapping, sequence
from restsrc_dagster.scaffold.words import words

_BEARER = re.compile(r"\bbearer\b", re.IGNORECASE)
_PREFIXED = re.compile(
    r"\b([A-Z][A-Za-z]+(?:-[A-Za-z]+)*) +(?:\{[^{}]+\}|<[^<>]+>|\[[^\[\]]+\]|your[-_]\w|YOUR[-_]\w)"
)
"""A word before the place of a key: `SSWS {API Token}`."""
_NO_PREFIX = frozenset(
    {"use", "send", "pass", "set", "put", "enter", "add", "provide", "supply", "include", "insert"}
    | {"value", "the", "with", "as", "authorization", "header", "key", "example", "format"}
)
_RANKS = {
    "bearer": 0,
    "api_key": 0,
    "oauth2_client_credentials": 0,
    "http_basic": 1,
    "http_digest": 1,
    "aws_sigv4": 1,
    "oauth2_password": 2,
    "interactive": 3,
    "cookie": 4,
}
"""What is preferred among alternatives; those of the same rank, in the order of the document."""
_LAST = 5
_NO_SECRET = frozenset({"page", "next", "continuation", "cursor", "author", "authors"})


@dataclass
class Secured:
    """The auth of one operation, and what else has to be sent for it."""

    auth: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    handled: set[str] = field(default_factory=set)
    """The parameters, in small letters, that are secrets and so are filled in here."""


class Auth:
    """Chooses among the schemes of a document."""

    def __init__(self, document: Document, reference: References, notes: list[str]) -> None:
        self._document = document
        self._reference = reference
        self._notes = notes
        self._schemes = document.security_schemes()
        self._keys: dict[tuple[str, str], str] = {}
        self.scopes: set[str] = set()

    def of(self, operation: Operation, base_url: str) -> Secured:
        wanted = operation.security
        if wanted is None and self._schemes and not self._document.tells_who_needs_auth:
            wanted = [{name: []} for name in self._schemes]
            self._note("auth: the document does not say which operation needs it")
        alternatives = [mapping(item) for item in wanted or [] if item]
        if not alternatives:
            return self._from_parameters(operation)
        return self._secured(min(alternatives, key=self._rank), base_url)

    def _rank(self, alternative: dict[str, Any]) -> int:
        return max(_RANKS.get(self._kind(name), _LAST) for name in alternative)

    def _kind(self, name: str) -> str:
        scheme = self._schemes.get(name, {})
        match str(scheme.get("type")).lower():
            case "http":
                return kind_of_scheme(str(scheme.get("scheme"))) or ""
            case "basic":
                return kind_of_scheme("basic") or ""
            case "apikey" if str(scheme.get("x-amazon-apigateway-authtype")).lower() == "awssigv4":
                return "aws_sigv4"
            case "apikey" if scheme.get("in") == "cookie":
                return "cookie"
            case "apikey" if _is_bearer(str(scheme.get("name")), str(scheme.get("description"))):
                return "bearer"
            case "apikey":
                return "api_key"
            case "oauth2":
                if self._token_url(scheme):
                    return "oauth2_client_credentials"
                has_password = self._token_url(scheme, "password", "password")
                return "oauth2_password" if has_password else "interactive"
            case "mutualtls":
                return "mutualtls"
            case "openidconnect":
                return "interactive"
            case _:
                return ""

    @staticmethod
    def _token_url(
        scheme: dict[str, Any], flow: str = "clientCredentials", of_swagger: str = "application"
    ) -> str | None:
        """Where a flow gets a token; by default that of a client without a person."""
        if scheme.get("flow") == of_swagger:
            return str(scheme.get("tokenUrl") or "") or None
        found = mapping(mapping(scheme.get("flows")).get(flow))
        return str(found.get("tokenUrl") or "") or None

    def _secured(self, alternative: dict[str, Any], base_url: str) -> Secured:
        secured = Secured()
        for name, scopes in sorted(
            alternative.items(), key=lambda item: _RANKS.get(self._kind(item[0]), _LAST)
        ):
            scheme = self._schemes.get(name, {})
            secured.handled.add(str(scheme.get("name")).lower())
            if secured.auth is None:
                secured.auth = self._auth(name, scheme, scopes, base_url)
            elif self._kind(name) == "api_key":
                place = secured.headers if scheme.get("in") == "header" else secured.params
                place[str(scheme.get("name"))] = self._reference(str(scheme.get("name")))
            else:
                self._note(f"auth: {name} is wanted as well, which a connector cannot do")
        return secured

    def _auth(
        self, name: str, scheme: dict[str, Any], scopes: Any, base_url: str
    ) -> dict[str, Any] | None:
        match self._kind(name):
            case "bearer":
                return bearer(self._reference)
            case "http_basic":
                return user_and_password(self._reference)
            case "http_digest":
                return user_and_password(self._reference, "http_digest")
            case "aws_sigv4":
                self._note("auth: set region to that of the API")
                return aws_sigv4(self._reference, "us-east-1", "execute-api")
            case "oauth2_password":
                found = self._token_url(scheme, "password", "password")
                self.scopes.update(str(scope) for scope in sequence(scopes))
                url = urljoin(f"{base_url}/", found or "")
                return password_grant(self._reference, url, sorted(self.scopes))
            case "api_key":
                return self._api_key(
                    str(scheme.get("name")),
                    str(scheme.get("in")),
                    str(scheme.get("description") or ""),
                )
            case "oauth2_client_credentials":
                url = urljoin(f"{base_url}/", self._token_url(scheme) or "")
                self.scopes.update(str(scope) for scope in sequence(scopes))
                return client_credentials(self._reference, url, sorted(self.scopes))
            case "interactive":
                auth = bearer(self._reference)
                self._note(
                    f"auth: {name} gives tokens to people who log in; obtain one, and renew it "
                    "when it expires; or, where a refresh token comes with it, write "
                    f"oauth2_refresh_token{self._by_code(scheme, base_url)}"
                )
                return auth
            case "mutualtls":
                self._note(f"auth: {name} is a certificate: name it in http.client_certificate")
            case "cookie":
                self._note(
                    f"auth: {name} is a cookie, which a connector does not send; none is set"
                )
            case _:
                self._note(f"auth: {name} is of a kind that a connector cannot do; none is set")
        return None

    def _by_code(self, scheme: dict[str, Any], base_url: str) -> str:
        """Where a token is to be had for a refresh token; "" where the document does not say."""
        found = self._token_url(scheme, "authorizationCode", "accessCode")
        return f" with access_token_url {urljoin(f'{base_url}/', found)}" if found else ""

    def _api_key(self, name: str, location: str, description: str) -> dict[str, Any]:
        taken = [key for key in self._keys if key != (name, location)]
        variable = self._keys.setdefault((name, location), name if taken else "API_KEY")
        prefix = ""
        if name.lower() == "authorization" and location == "header":
            prefix = _prefix(description)
            if not prefix:
                self._note(
                    "auth: the key is sent as it is; begin it with Bearer or Token if needed"
                )
        return api_key(self._reference, name, location, variable=variable, scheme=prefix)

    def _from_parameters(self, operation: Operation) -> Secured:
        """A secret among the parameters, in documents that name no scheme for it."""
        if operation.security is not None and self._schemes:
            return Secured()
        for item in operation.of("header", "query"):
            if is_secret(item) and (item.required or item.place == "header"):
                name = item.name
                if _is_bearer(name, f"{item.description} {item.examples}"):
                    return Secured(bearer(self._reference), handled={name.lower()})
                return Secured(
                    self._api_key(name, item.place, item.description), handled={name.lower()}
                )
        if operation.security is None:
            self._note("auth: the document names none; add what the API wants")
        return Secured()

    def _note(self, note: str) -> None:
        if note not in self._notes:
            self._notes.append(note)


def is_secret(item: Field) -> bool:
    """Whether what is sent in this place must not stand in a file."""
    if item.schema.format == "password":
        return True
    named = SECRET_KEY.search(item.name) is not None
    return named and not _NO_SECRET & set(words(item.name))


def _prefix(description: str) -> str:
    """The one word that a description shows before the key; "" where it shows none, or several."""
    found = {word for word in _PREFIXED.findall(description) if word.lower() not in _NO_PREFIX}
    return found.pop() if len(found) == 1 else ""


def _is_bearer(name: str, description: str) -> bool:
    return name.lower() == "authorization" and _BEARER.search(description) is not None
