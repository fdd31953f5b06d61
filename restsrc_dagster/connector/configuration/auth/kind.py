"""What there is to know of a kind of auth, beside the class that signs its requests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from restsrc_dagster.connector.configuration.kind import names_of
from restsrc_dagster.connector.configuration.part import Part


@dataclass(frozen=True, kw_only=True)
class AuthKind:
    """One kind of auth: a line of `AUTHS`.

    The class that signs requests is told by `extract.auth.kinds`, and how an OpenAPI document or a
    curl command leads to it by `scaffold`, under the same name.

    Attributes:
        model: its options; the word of its `type` is its name.
        public: the options whose values may be shown; all others are secrets. They may be shown
            wherever a key has that name, so it is the name of no secret in another kind.
        never_empty: the options that a variable without a value does not do for; they stand in
            `_NEVER_EMPTY` of `connector.syntax.references`, too.
        token_url: the option with the address of whoever gets the secrets beside the API, and gives
            a token for them.
        scheme: the scheme of the header `Authorization`, where it has one, in small letters.
    """

    model: type[Part]
    public: frozenset[str] = frozenset()
    never_empty: frozenset[str]
    token_url: str | None = None
    scheme: str | None = None

    @property
    def name(self) -> str:
        return names_of(self.model)[0]

    def token_urls(self, auth: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """(option, address) of who gives tokens."""
        if self.token_url is not None and self.token_url in auth:
            yield self.token_url, auth[self.token_url]
