"""A first configuration, made from what an API says of itself, and where its secrets go."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from restsrc_dagster.connector.syntax.variables import REFERENCE

START = "{incremental.start_value}"
"""Where a request takes the cursor."""
_NO_NAME = re.compile(r"[^A-Za-z0-9]+")
_NEW_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def with_texts(value: Any, changed: Callable[[str], str]) -> Any:
    """A value of JSON with other texts, wherever they are in it; names of fields stay."""
    if isinstance(value, str):
        return changed(value)
    if isinstance(value, dict):
        return {key: with_texts(item, changed) for key, item in value.items()}
    return [with_texts(item, changed) for item in value] if isinstance(value, list) else value


@dataclass
class FirstConfiguration:
    """A configuration, and what a person should know of it.

    Attributes:
        variables: environment variables that its secrets were moved to.
        notes: one line each.
        beside: what stands beside `configuration` in the file, as `reading`.
        told: variables of a recipe, and what each of them is.
        schedule: how often it should be read, in words, unless the person says so.
    """

    configuration: dict[str, Any]
    variables: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    description: str | None = None
    beside: dict[str, Any] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    schedule: str | None = None

    def renamed(self, named: Callable[[str], str]) -> "FirstConfiguration":
        """The same with other names of its variables."""
        name = re.compile(r"(?<=\$\{)((?:\w+:)?)(\w+)")

        def in_text(text: str) -> str:
            return name.sub(lambda found: found[1] + named(found[2]), text)

        return replace(
            self,
            configuration=json.loads(in_text(json.dumps(self.configuration))),
            beside=json.loads(in_text(json.dumps(self.beside))),
            variables=[named(one) for one in self.variables],
            notes=[in_text(note) for note in self.notes],
            told={named(one): told for one, told in self.told.items()},
        )


class References:
    """The `${…}` references of one connector; `variables` has the names, in the order of use."""

    def __init__(self, connector: str) -> None:
        self._prefix = connector.upper()
        self.variables: list[str] = []

    def __call__(self, suffix: str) -> str:
        """`${ACME_TOKEN}` for TOKEN; any other name is made one: `X-App-Id` is X_APP_ID."""
        name = self.optional(suffix)
        if name not in self.variables:
            self.variables.append(name)
        return f"${{{name}}}"

    def optional(self, suffix: str) -> str:
        """The name of a variable that need not be set: ACME_TOKEN for TOKEN."""
        words = _NO_NAME.sub("_", _NEW_WORD.sub("_", suffix)).strip("_").upper()
        return f"{self._prefix}_{words}"


def without_planted(value: Any, reference: References) -> Any:
    """Let only those variables be read that were made here: a text of the document that looks like
    a reference, as in the name of a header, would take any of the deployment's to its server."""
    if isinstance(value, dict):
        return {key: without_planted(item, reference) for key, item in value.items()}
    if isinstance(value, list):
        return [without_planted(item, reference) for item in value]
    if not isinstance(value, str):
        return value
    own = {"", *reference.variables}
    return REFERENCE.sub(lambda one: one[0] if (one["name"] or "") in own else f"${one[0]}", value)


def bearer(reference: References) -> dict[str, Any]:
    return {"type": "bearer", "token": reference("TOKEN")}


def user_and_password(reference: References, kind: str = "http_basic") -> dict[str, Any]:
    return {
        "type": kind,
        "username": reference("USERNAME"),
        "password": reference("PASSWORD"),
    }


def api_key(
    reference: References,
    name: str,
    location: str,
    *,
    variable: str = "API_KEY",
    scheme: str = "",
) -> dict[str, Any]:
    """`scheme` is a word that is sent before the key: `SSWS ${ACME_API_KEY}`."""
    return {
        "type": "api_key",
        "name": name,
        "api_key": f"{scheme} {reference(variable)}".strip(),
        "location": location,
    }


def password_grant(reference: References, token_url: str, scopes: list[str]) -> dict[str, Any]:
    return {
        **user_and_password(reference, "oauth2_password"),
        "access_token_url": token_url,
        **_scopes(scopes),
    }


def aws_sigv4(reference: References, region: str, service: str) -> dict[str, Any]:
    return {
        "type": "aws_sigv4",
        "access_key_id": reference("ACCESS_KEY_ID"),
        "secret_access_key": reference("SECRET_ACCESS_KEY"),
        "region": region,
        "service": service,
    }


def _scopes(scopes: list[str]) -> dict[str, Any]:
    return {"access_token_request_data": {"scope": " ".join(scopes)}} if scopes else {}


def client_credentials(reference: References, token_url: str, scopes: list[str]) -> dict[str, Any]:
    return {
        "type": "oauth2_client_credentials",
        "access_token_url": token_url,
        "client_id": reference("CLIENT_ID"),
        "client_secret": reference("CLIENT_SECRET"),
        **_scopes(scopes),
    }
