"""Whom the requests of a connector may go to, and what of the connector's they may bring."""

from collections.abc import Set
from dataclasses import dataclass

from typing_extensions import Self

from restsrc_dagster.connector.http import Http
from restsrc_dagster.connector.syntax.origins import (
    Origin,
    below,
    is_among,
    named_origin,
    origin_of,
)
from restsrc_dagster.errors import OriginRefused


@dataclass(frozen=True)
class AllowedOrigins:
    """By the connector's file.

    `named` may get the credentials beside the origin of `base_url`, which makes `allowed`;
    `anonymous` may be asked without them. With `follows_below` the API's own addresses of anybody
    else stand for those below `base_url`.
    """

    base_url: str
    named: frozenset[Origin]
    allowed: frozenset[Origin]
    anonymous: frozenset[Origin]
    follows_below: bool

    @classmethod
    def of(cls, base_url: str, http: Http) -> Self:
        """The origin of `base_url`, and whom `http` names beside it."""
        named = frozenset(named_origin(host, base_url) for host in http.allowed_hosts)
        return cls(
            base_url=base_url,
            named=named,
            allowed=named | {origin_of(base_url)},
            anonymous=frozenset(map(named_origin, http.anonymous_hosts)),
            follows_below=http.follow_below_base_url,
        )

    def is_anonymous(self, url: str) -> bool:
        """Whether `url` is asked without credentials."""
        try:
            return is_among(self.anonymous, url) and not is_among(self.allowed, url)
        except ValueError:  # no URL, which requests tells better
            return False

    def followed(self, url: str) -> str:
        """The address that is asked where the API names `url`.

        A server behind a proxy may know neither the scheme nor the host and port by which it is
        reached. Whoever is asked is the origin of `base_url`, so no credentials go elsewhere.
        """
        if not self.follows_below:
            return url
        try:
            if is_among(self.allowed | self.anonymous, url):
                return url
        except ValueError:  # as above
            return url
        return below(self.base_url, url) or url

    def guard(self, url: str, origins: Set[Origin]) -> None:
        """Raises OriginRefused where `url` leads to none of `origins`, and says what to do."""
        if is_among(origins, url):
            return
        scheme, host, port = origin_of(url)
        base_scheme, base_host, _ = origin_of(self.base_url)
        finding = f"the API points to {scheme}://{host}:{port}"
        if host == base_host and (base_scheme, scheme) == ("http", "https"):
            raise OriginRefused(
                f"{finding}, which is base_url by https; write https in "
                "configuration.client.base_url"
            )
        if (base_scheme, scheme) == ("https", "http"):
            cure = "" if host == base_host else "if it needs none, name it in http.anonymous_hosts"
            raise OriginRefused(
                f"{finding}, where the credentials would go unencrypted, and base_url is https; "
                f"{_either(self._below(url), cure)}"
            )
        raise OriginRefused(
            f"{finding}, which may not get the credentials; "
            + _either(
                self._below(url),
                "if it may, name it in http.allowed_hosts, if it needs none, in "
                "http.anonymous_hosts, or correct configuration.client.base_url",
            )
        )

    def _below(self, url: str) -> str:
        """How the link can be followed below `base_url`; "" where it cannot."""
        if below(self.base_url, url) is None:
            return ""
        if self.follows_below:
            return "below base_url it would lead to itself: correct configuration.client.base_url"
        return (
            "if it is the API itself, behind a proxy, set http.follow_below_base_url to true: such "
            "links are then followed below base_url"
        )


def _either(one: str, other: str) -> str:
    return "; ".join(filter(None, (one, other))) or "correct configuration.client.base_url"
