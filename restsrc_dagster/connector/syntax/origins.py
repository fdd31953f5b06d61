"""Whom a request goes to, scheme, host and port, and how a connector's file names that."""

from collections.abc import Iterable
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
Origin = tuple[str | None, str, int | None]
"""(scheme, host, port); None in place of scheme or port stands for any."""


def origin_of(url: str) -> tuple[str, str, int]:
    """(scheme, host, port) with the scheme's default port filled in."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(scheme, 0)


def named_origin(host: str, base_url: str = "") -> Origin:
    """What a host, host:port or origin stands for; raises ValueError if it is none of these.

    Without a scheme it stands for any, and without a port for any; but beside a `base_url` for the
    scheme of that, and for the port that belongs to the scheme if `base_url` is at that: the
    credentials go to no other service of the host, and nowhere more openly.
    """
    try:
        parts = urlsplit(host if "://" in host else f"//{host}")
        base, port = urlsplit(base_url), parts.port
        scheme = (parts.scheme or base.scheme).lower() or None
        if port is None and (parts.scheme or (base_url and base.port is None)):
            port = DEFAULT_PORTS.get(scheme or "", 0)
        is_more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    except ValueError:
        parts, is_more = urlsplit(""), ""
    if not parts.hostname or is_more:
        raise ValueError("is no host, host:port or origin, such as https://files.acme.com")
    return scheme, parts.hostname.lower(), port


def is_among(origins: Iterable[Origin], url: str) -> bool:
    """Whether `url` leads to one of `origins`."""
    asked = origin_of(url)
    return any(overlap(asked, origin) for origin in origins)


def overlap(one: Origin, other: Origin) -> bool:
    """Whether a URL may lead to both."""
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def below(base_url: str, url: str) -> str | None:
    """The path and query of `url` at the scheme, host and port of `base_url`.

    None where the path is not one below that of `base_url`.
    """
    base, link = urlsplit(base_url), urlsplit(url)
    prefix = base.path.rstrip("/")
    if not link.hostname or not f"{link.path}/".startswith(f"{prefix}/"):
        return None
    return base._replace(path=link.path, query=link.query, fragment="").geturl()
