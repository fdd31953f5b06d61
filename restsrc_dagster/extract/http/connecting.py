"""How connections are made where the file says so: certificates and a proxy.

What reads certificates reads files. A text of the file, or of a variable, is one for as long as the
reading goes on, which nobody else may read.
"""

import os
import ssl
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import certifi
import requests
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from requests.utils import select_proxy

from restsrc_dagster.connector.http import ClientCertificate, Http
from restsrc_dagster.connector.syntax.origins import origin_of
from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.policy.hosts import HostRules

BEGIN = "-----BEGIN "
Send = Callable[..., requests.Response]


class Connecting:
    """For the requests of one reading.

    Args:
        http: of the connector, without references.
        is_anonymous: whether an address gets nothing that is the connector's own.
        rules: which hosts may be reached; asked here where a proxy looks them up.
    """

    def __init__(
        self, http: Http, is_anonymous: Callable[[str], bool], rules: HostRules | None = None
    ) -> None:
        self._rules = rules or HostRules()
        self._behind_proxy: set[str] = set()
        self._http = http
        self._is_anonymous = is_anonymous
        self._folder: TemporaryDirectory[str] | None = None
        self._proxies = dict.fromkeys(("http", "https"), http.proxy) if http.proxy else None
        self._certificate: str | None = None
        self._issuers: str | None = None

    def open(self) -> None:
        """Before the first request; raises RestsrcError: a certificate cannot be read."""
        self._certificate = self._certificate_of(self._http.client_certificate)
        self._issuers = self._issuers_of(self._http.ca_bundle)

    def sending(self, send: Send) -> Send:
        """`HTTPAdapter.send`, by these connections."""

        def connected(request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
            if self._issuers:
                kwargs["verify"] = self._issuers
            if self._certificate and not self._is_anonymous(request.url or ""):
                kwargs["cert"] = self._certificate
            if self._proxies:
                kwargs["proxies"] = self._proxies
            if select_proxy(request.url or "", kwargs.get("proxies")):
                self._check_behind_proxy(request.url or "")
            return send(request, *args, **kwargs)

        return connected

    def _check_behind_proxy(self, url: str) -> None:
        """Once for each host; raises HostRefused."""
        _, host, port = origin_of(url)
        if host not in self._behind_proxy:
            self._rules.check_dialled_by_others(host, port)
            self._behind_proxy.add(host)

    def close(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            self._folder.cleanup()

    def _certificate_of(self, said: str | ClientCertificate | None) -> str | None:
        if said is None:
            return None
        if isinstance(said, str):
            text = _text(said, "http.client_certificate")
        else:
            text = _text(said.certificate, "http.client_certificate.certificate").rstrip("\n")
            text += f"\n{_key(said)}"
        file = self._file("client.pem", text)
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_cert_chain(file, password=lambda: "")
        except (ssl.SSLError, ValueError, OSError) as error:
            raise RestsrcError(
                "http.client_certificate cannot be used: it is PEM, the certificate and the "
                f"private key that belongs to it, without a passphrase ({_reason(error)})"
            ) from None
        return file

    def _issuers_of(self, said: str | None) -> str | None:
        if said is None:
            return None
        usual = Path(os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where())
        text = _text(said, "http.ca_bundle")
        try:
            ssl.create_default_context(cadata=text)
        except (ssl.SSLError, ValueError) as error:
            raise RestsrcError(
                f"http.ca_bundle cannot be used: it is PEM, one or more certificates "
                f"({_reason(error)})"
            ) from None
        return self._file("issuers.pem", f"{usual.read_text(encoding='utf-8')}\n{text}")

    def _file(self, name: str, text: str) -> str:
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="restsrc_tls_")
        file = Path(self._folder.name, name)
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        return str(file)


def _text(said: str, place: str) -> str:
    """PEM, as it is written, or as the file holds that is named; raises RestsrcError."""
    if BEGIN in said:
        return said.replace("\\n", "\n")
    try:
        return Path(said).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RestsrcError(
            f"{place} is neither PEM (-----BEGIN …) nor a file of it that can be read: "
            f"{type(error).__name__}"
        ) from None


def _key(said: ClientCertificate) -> str:
    text = _text(said.key, "http.client_certificate.key")
    if said.passphrase is None:
        return text
    try:
        key = load_pem_private_key(text.encode(), said.passphrase.encode())
    except (ValueError, TypeError):
        raise RestsrcError(
            "http.client_certificate.key cannot be read with its passphrase"
        ) from None
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or type(error).__name__
