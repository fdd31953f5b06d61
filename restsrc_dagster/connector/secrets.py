"""What must never be shown, and taking it out of any text."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from restsrc_dagster.connector.configuration.auth import NOT_SECRET, is_registered_auth
from restsrc_dagster.connector.encodings import without_encoded
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.syntax.references import (
    SALT,
    SENT,
    found_references,
    in_steps,
    is_expression,
)
from restsrc_dagster.connector.syntax.variables import has_default, items_of

MASK = "***"
SHORTEST_SECRET = 4
SHORTEST_IN_ANY_CASE = 8
"""In another case, what is shorter may be a word of some language."""
SECRET_KEY = re.compile(
    r"token|secret|passw|pwd|(api|private|account|access).?key|hapikey|app.?id|auth|credential"
    r"|cookie|session|signature|^key$",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(?<=://)[^/\s@'\"]+(?=@)")
_HOLDS_SECRETS = frozenset({"auth", "headers", "credentials"})
SENT_OR_HANDED = SENT | {"credentials"}
_AUTH = re.compile(r"\b(client|endpoint)\.auth$")
_OF_A_RECORD = re.compile(r"\{(resources|incremental)\.[^{}]+\}")
"""What is only known when a run reads: a token that a parent has, or a cursor."""
_PLAIN_FILE = re.compile(r"[^@?=;]+\.(duckdb|db|sqlite)")
"""A file is named in errors, else nobody could tell which one is locked."""


class Redactor:
    """Replaces every known secret, in every form that it takes on its way, by `***`.

    Of what an API answers, it also finds them in upper and lower case, and in what `encodings`
    reads.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._known: re.Pattern[str] | None = None
        self._long: list[str] = []
        """What is looked for in any case, in lower case; the shortest first."""
        self.learn(*secrets)

    def learn(self, *secrets: str) -> None:
        """Know further secrets from now on: tokens that are issued while a run reads."""
        forms = {form for secret in secrets for form in _forms(secret)} - self._forms
        if forms:
            self._forms |= forms
            ordered = sorted(self._forms, key=len, reverse=True)
            self._known = re.compile("|".join(map(re.escape, ordered)))
            long = {one.lower() for one in self._forms if len(one) >= SHORTEST_IN_ANY_CASE}
            self._long = sorted(long, key=len)

    def knows(self, text: str) -> bool:
        """Whether a known secret is in `text`."""
        return bool(self._known and self._known.search(text))

    def __call__(self, text: str) -> str:
        text = _USERINFO.sub(MASK, text)
        if self._known is None:
            return text
        text = self._known.sub(MASK, text)
        if not self._long:
            return text
        if self._is_in_any_case(text):
            found = "|".join(map(re.escape, reversed(self._long)))
            text = re.sub(found, MASK, text, flags=re.IGNORECASE)
        return without_encoded(text, self._is_in_any_case, len(self._long[0]), MASK)

    def _is_in_any_case(self, text: str) -> bool:
        lower = text.lower()
        return any(secret in lower for secret in self._long)

    def __repr__(self) -> str:
        return "Redactor(…)"

    @classmethod
    def of(
        cls, connector: Connector, configuration: Any, environment: Mapping[str, str]
    ) -> "Redactor":
        """For a connector whose references are resolved in `configuration`."""
        destination, lists = connector.destination.arguments, connector.resources.values_by_name
        secrets = {text for one in lists.values() for text in one.texts(environment)}
        written = connector.later.written if connector.later else {}
        for root, value in (
            ("configuration", connector.configuration),
            ("destination", destination),
            ("http", written.get("http", {})),
            *((one.place, one.items) for one in lists.values()),
        ):
            for place, found in found_references(value, root):
                if found["name"] in environment and not is_shown(place, found):
                    secrets.update(_values(found, environment[found["name"]]))
        secrets.update(_secret_values(configuration), _secret_values(destination))
        return cls(secrets)


def is_shown(place: str, reference: re.Match[str] | None = None) -> bool:
    """Whether what a variable gives at a place is no secret: a number, true or false, or a value in
    an expression, unless the place is one of secrets.

    Any other text may be one: a customer's number in a path, or a token in a base_url.
    """
    parts = [part.split("[")[0] for part in place.split(".")]
    if not _HOLDS_SECRETS.isdisjoint(parts) or SECRET_KEY.search(parts[-1]):
        return False
    return reference is None or reference["kind"] in ("number", "boolean") or is_expression(place)


def _values(reference: re.Match[str], text: str) -> list[str]:
    return [text, *items_of(text)] if reference["kind"] == "list" else [text]


def literal_secrets(connector: Connector) -> Iterator[str]:
    """The places of `configuration` and `destination` that hold a secret as plain text."""
    http = connector.http.model_dump(include={"proxy", "client_certificate"}, exclude_none=True)
    if connector.later:
        http = connector.later.written.get("http", http)
    for place, text in _walk(http, "http"):
        is_key = isinstance(text, str) and "PRIVATE KEY" in text
        if isinstance(text, str) and (is_key or any(map(_is_literal, _in_address(text)))):
            yield place
    for root, value in (
        ("configuration", connector.configuration),
        ("destination", connector.destination.arguments),
    ):
        for place, text in _walk(value, root):
            if isinstance(text, str) and any(map(_is_literal, _in_address(text))):
                yield place
        for place, text in _secret_places(value, root):
            known_later = not _is_literal(text) or _OF_A_RECORD.search(text)
            if not known_later and not any(_in_address(text)):
                yield place


def _is_literal(text: str) -> bool:
    """Whether a secret, or the default of one, stands in the file."""
    return "${" not in text or has_default(text)


def _secret_values(value: Any) -> Iterator[str]:
    yield from (text for _, text in _secret_places(value, ""))
    auths = [item for _, item in _walk(value, "") if isinstance(item, dict)]
    for auth in auths:
        username, password = auth.get("username"), auth.get("password")
        if isinstance(username, str) and isinstance(password, str):
            yield base64.b64encode(f"{username}:{password}".encode()).decode()
    for _, text in _walk(value, ""):
        if isinstance(text, str):
            yield from _in_address(text)


def _in_address(text: str) -> Iterator[str]:
    """The password and the keys of a URL or a path."""
    if "?" not in text and "@" not in text:
        return
    try:
        parts = urlsplit(text)
        query = parse_qsl(parts.query)
    except ValueError:
        return
    if "://" in text and parts.password:
        yield parts.password
    yield from (value for key, value in query if SECRET_KEY.search(key))


def _secret_places(value: Any, root: str) -> Iterator[tuple[str, str]]:
    registered: set[str] = set()
    for place, text in _walk(value, root):
        if isinstance(text, dict) and _AUTH.search(place) and is_registered_auth(text):
            registered.add(place)
        if not isinstance(text, str) or len(text) < SHORTEST_SECRET:
            continue
        parent, _, key = place.rpartition(".")
        if key.split("[")[0] in NOT_SECRET or (
            key == "credentials" and _PLAIN_FILE.fullmatch(text)
        ):
            continue
        in_auth = parent.rpartition(".")[2] == "auth" and parent not in registered
        sent = not SENT_OR_HANDED.isdisjoint(part.split("[")[0] for part in parent.split("."))
        salt = key == SALT and in_steps(parent)
        named = sent or parent == root or parent in registered
        if in_auth or salt or (named and SECRET_KEY.search(key)):
            yield place, text


def _walk(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    yield place, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, f"{place}.{key}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _walk(item, f"{place}[{position}]")


def _forms(secret: str) -> Iterator[str]:
    if len(secret) < SHORTEST_SECRET:
        return
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    for escaped in (json.dumps(secret), json.dumps(secret, ensure_ascii=False)):
        yield escaped[1:-1]
        yield escaped[1:-1].replace("/", "\\/")  # as PHP writes it
    yield repr(secret)[1:-1]
