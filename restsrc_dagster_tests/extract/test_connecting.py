"""Certificates of the client and of issuers, and a proxy: real TLS on loopback."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from typing_extensions import Self

from restsrc_dagster.connector.lint import lint
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import ReadError, RestsrcError
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import RECORDS, load_all, read
from restsrc_dagster_tests.support import certificates
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

PASSPHRASE = "0pen-s3same"


class Certified:
    """A client's certificate, of which the server knows the issuer: itself."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
        now = datetime.now(timezone.utc)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(7)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
            )
            .sign(self._key, SHA256())
        )
        self.certificate = made.public_bytes(Encoding.PEM).decode()

    def key(self, passphrase: str = "") -> str:
        lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()

    @property
    def both(self) -> str:
        return self.certificate + self.key()


@pytest.fixture(scope="module")
def client() -> Certified:
    return Certified()


@pytest.fixture
def strict(client: Certified) -> Iterator[Api]:
    """An API that lets nobody in without the client's certificate."""
    context = certificates.served("local")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=client.certificate)
    with Api({"/items": lambda _: {"data": RECORDS}}, tls=context) as running:
        yield running


def acme(api: Api, *resources: Any, **http: Any) -> Connector:
    http = {"ca_bundle": str(certificates.path_of("local")), **http}
    return connector("acme", api.url, list(resources) or [items()], http=http)


@pytest.mark.parametrize("said", ["text", "one line", "path", "two files", "passphrase"])
def test_a_client_certificate(strict: Api, client: Certified, tmp_path: Path, said: str) -> None:
    for name, text in (("both", client.both), ("c", client.certificate), ("k", client.key())):
        (tmp_path / name).write_text(text, encoding="utf-8")
    ways: Mapping[str, Any] = {
        "text": client.both,
        "one line": client.both.replace("\n", "\\n"),
        "path": str(tmp_path / "both"),
        "two files": {"certificate": str(tmp_path / "c"), "key": str(tmp_path / "k")},
        "passphrase": {
            "certificate": client.certificate,
            "key": client.key(PASSPHRASE),
            "passphrase": PASSPHRASE,
        },
    }
    one = acme(strict, items(), items("more", path="items"), client_certificate=ways[said])
    assert read(one) == RECORDS * 2


def test_without_its_certificate_a_client_is_told(
    strict: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    with pytest.raises(RestsrcError, match="client_certificate"):
        load_all(acme(strict), settings)


def test_a_certificate_is_not_shown_to_an_anonymous_host(
    strict: Api, client: Certified, settings: Settings
) -> None:
    """Which asks for one, and would know who reads."""
    context = certificates.served("local")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(cadata=client.certificate)
    with Api({"/file": lambda _: {"data": RECORDS}}, tls=context) as store:
        shown: list[Any] = []
        context.sni_callback = None
        serve = store._server.get_request

        def get_request() -> Any:
            connection, address = serve()
            connection.do_handshake()
            shown.append(connection.getpeercert())
            return connection, address

        store._server.get_request = get_request  # type: ignore[method-assign]
        strict.routes["/items"] = lambda _: {"data": [], "next": f"{store.url}/file"}
        linked = items(paginator={"type": "json_link", "next_url_path": "next"})
        one = acme(
            strict, linked, client_certificate=client.both, anonymous_hosts=[store.url],
        )  # fmt: skip
        assert read(one) == RECORDS
    assert shown == [{}] or shown == [None]


@pytest.mark.parametrize(
    ("http", "told"),
    [
        ({"client_certificate": "/nowhere.pem"}, r"http\.client_certificate is neither PEM"),
        ({"client_certificate": "-----BEGIN NOTHING-----"}, r"http\.client_certificate cannot be"),
        ({"ca_bundle": "-----BEGIN CERTIFICATE-----\nx"}, r"http\.ca_bundle cannot be used"),
    ],
)
def test_what_cannot_be_read_is_told_before_anything_is_asked(
    api: Api, settings: Settings, http: Any, told: str
) -> None:
    with pytest.raises(RestsrcError, match=told):
        load_all(connector("acme", api.url, http=http), settings)
    assert api.asked == []


def test_the_cure_of_a_certificate_that_is_not_trusted(settings: Settings) -> None:
    with Api({"/items": lambda _: {"data": RECORDS}}, tls=certificates.served("local")) as api:
        with pytest.raises(ReadError, match=r"in http\.ca_bundle, or in"):
            load_all(connector("acme", api.url), settings)
        text = certificates.path_of("local").read_text(encoding="utf-8")
        written = connector("acme", api.url, http={"ca_bundle": "${ISSUERS}"})
        load_all(written, settings, {"ISSUERS": text})


def test_all_goes_through_the_proxy_tokens_too(
    api: Api, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """Of the connector, whatever the environment says; its password is nowhere told."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    asked: list[Asked] = []

    def through(one: Asked) -> Any:
        asked.append(one)
        return {"access_token": "t"} if "token" in one.path else {"data": RECORDS}

    api.other = through
    proxy = api.url.replace("://", "://ann:${PROXY_PASSWORD}@")
    auth = {
        "type": "oauth2_client_credentials",
        "access_token_url": "http://auth.invalid/token",
        "client_id": "us",
        "client_secret": "${SECRET}",
    }
    one = connector("acme", "http://api.invalid", client={"auth": auth}, http={"proxy": proxy})
    environment = {"PROXY_PASSWORD": "pr0xy-mark", "SECRET": "s3cr3t"}
    assert load_all(one, settings, environment).resources["items"].rows_loaded == 7
    through_it = [(request.headers["Host"], request.path) for request in asked]
    assert through_it == [("auth.invalid", "/token"), ("api.invalid", "/items")]
    assert all(request.headers["Proxy-Authorization"].startswith("Basic ") for request in asked)
    gone = connector("acme", "http://api.invalid", http={"proxy": proxy.replace(api.url[-5:], "9")})
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    with pytest.raises(RestsrcError) as caught:
        load_all(gone, settings, environment)
    assert "pr0xy-mark" not in str(caught.value)


class Tunnels:
    """A proxy that joins two connections (`CONNECT`), and sees nothing of what they say; a context
    manager. `asked` are the first lines of who wants one, and their credentials."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                line = self.rfile.readline().decode()
                heads = list(iter(lambda: self.rfile.readline().strip(), b""))
                outer.asked.append((line.split()[1], any(b"Basic" in head for head in heads)))
                host, port = line.split()[1].split(":")
                with socket.create_connection((host, int(port))) as far:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    back = threading.Thread(target=_pour, args=(far, self.connection))
                    back.start()
                    _pour(self.connection, far)
                    back.join()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://ann:pr0xy@127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _pour(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while content := one.recv(1 << 16):
            other.sendall(content)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def test_a_client_certificate_behind_a_proxy(strict: Api, client: Certified) -> None:
    """The proxy joins the two, and the certificate is shown to the API."""
    with Tunnels() as proxy:
        one = acme(strict, client_certificate=client.both, proxy=proxy.url)
        assert read(one) == RECORDS
        assert {*proxy.asked} == {(strict.url.removeprefix("https://"), True)}


def test_a_password_or_a_key_in_the_file_is_warned_about(client: Certified) -> None:
    http = {"proxy": "http://ann:pr0xy@proxy:3128", "client_certificate": client.both}
    places = [
        one.path for one in lint(connector("acme", http=http)) if one.code == "literal-secret"
    ]
    assert places == ["http.client_certificate", "http.proxy"]
    references = {"proxy": "http://ann:${P}@proxy:3128", "client_certificate": "${PEM}"}
    assert lint(connector("acme", http=references)) == []
