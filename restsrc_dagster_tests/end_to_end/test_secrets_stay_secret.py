"""A marker stands where the secret stands, and is searched for in everything that is kept."""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items, write

MARKER = "mArKeR-9f4c2a77d1"
CONTROL = "cOnTrOl-5be81c03aa"

RUN_JOBS = """
import sys
import dagster as dg
from restsrc_dagster.definitions import defs
from restsrc_dagster.orchestrate import materialize

materialize.RETRY_AFTER = (0,)
repository = defs().get_repository_def()
with dg.DagsterInstance.get() as instance:
    for name in sys.argv[1:]:
        job = repository.get_job(f"{name}_sync")
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        print(name, "succeeded" if result.success else "failed")
"""
PRINT_DEFINITIONS = """
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster._serdes import serialize_value
from restsrc_dagster.definitions import defs

print(serialize_value(RepositorySnap.from_def(defs().get_repository_def())))
"""

PRIVATE = (
    ec.generate_private_key(ec.SECP256R1())
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
RSA = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
SECRETS = [MARKER, PRIVATE.splitlines()[1], RSA.splitlines()[1]]
AUTHS: dict[str, Mapping[str, Any]] = {
    "bearer": {"type": "bearer", "token": "${SECRET}"},
    "header": {"type": "api_key", "name": "X-Key", "api_key": "${SECRET}"},
    "query": {"type": "api_key", "name": "appid", "api_key": "${SECRET}", "location": "query"},
    "basic": {"type": "http_basic", "username": "me", "password": "${SECRET}"},
}
"""They send the secret itself."""
TOKEN = {"access_token_url": "{url}/token", "client_id": "us", "client_secret": "${SECRET}"}
OTHERS: dict[str, Mapping[str, Any]] = {
    "rotating": {"type": "oauth2_refresh_token", **TOKEN, "refresh_token": "${SECRET}"},
    "password": {"type": "oauth2_password", **TOKEN, "username": "me", "password": "${SECRET}"},
    "service": {
        "type": "oauth2_jwt",
        "client_id": "bot",
        "auth_endpoint": "{url}/token",
        "private_key": "${RSA}",
    },
    "signed": {"type": "jwt", "key": "${PRIVATE}", "algorithm": "ES256"},
    "shared": {"type": "jwt", "key": "${SECRET}-${SECRET}-${SECRET}"},
    "login": {
        "type": "session_token",
        "token_path": "token",
        "name": "X-Session",
        "login": {"url": "login", "json": {"user": "me", "password": "${SECRET}"}},
    },
    "digest": {"type": "http_digest", "username": "me", "password": "${SECRET}"},
    "oauth1": {
        "type": "oauth1",
        "client_key": "us",
        "client_secret": "${SECRET}",
        "resource_owner_key": "me",
        "resource_owner_secret": "${SECRET}",
    },
    "aws": {
        "type": "aws_sigv4",
        "access_key_id": "us",
        "secret_access_key": "${SECRET}",
        "session_token": "${SECRET}",
        "region": "eu-west-1",
    },
}
"""They send signatures, or tokens that the API gives for it, which are secrets as well."""
TOKENS = {"access_token": f"{MARKER}-a", "refresh_token": f"{MARKER}-r", "token": f"{MARKER}-s"}


@pytest.mark.parametrize("fate", ["good", "denied", "refused"])
def test_no_secret_is_kept_anywhere(tmp_path: Path, api: Api, fate: str) -> None:
    api.routes["/items"] = lambda asked: _answer(asked, fate)
    api.routes |= {"/token": lambda _: TOKENS, "/login": lambda _: TOKENS}
    auths = {**AUTHS, **OTHERS} if fate != "refused" else AUTHS
    url = "http://127.0.0.1:1" if fate == "refused" else api.url
    for name, auth in auths.items():
        auth = json.loads(json.dumps(auth).replace("{url}", url))
        write(
            tmp_path / "connectors",
            name,
            url,
            [
                items(
                    headers={"X-Also": "${SECRET}"},
                    params={"hapikey": "${SECRET}"},
                    # With these, dlt's own errors show the whole query.
                    response_actions=[{"status_code": 404, "action": "ignore"}],
                )
            ],
            client={"auth": auth},
            description=CONTROL,
        )
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")

    run = _python(tmp_path, RUN_JOBS, *auths)
    definitions = _python(tmp_path, PRINT_DEFINITIONS)

    outcome = "succeeded" if fate == "good" else "failed"
    assert run.stdout.decode().splitlines() == [f"{name} {outcome}" for name in auths]
    assert fate == "refused" or all(MARKER in str(asked) for asked in api.asked[: len(AUTHS)])
    kept = {**_files(tmp_path), "run's output": run.stdout + run.stderr}
    kept["definitions"] = definitions.stdout + definitions.stderr
    for secret in SECRETS:
        assert [place for place, content in kept.items() if secret.encode() in content] == []
    found = [place for place, content in kept.items() if CONTROL.encode() in content]
    assert "definitions" in found, "the search finds what is there"
    storage = b"".join(content for place, content in kept.items() if place.endswith(".db"))
    expected = {"good": b"rows loaded", "denied": b"401", "refused": b"did not answer"}
    assert expected[fate] in storage, "and Dagster's storage tells what happened"
    assert fate != "good" or "data/restsrc_bearer.duckdb" in kept


def _answer(asked: Asked, fate: str) -> Answer:
    if fate == "denied":
        # An API that repeats what it was sent, as some do.
        return Answer({"error": f"bad credentials {asked.headers} {asked.params}"}, status=401)
    return Answer({"data": [{"id": 1, "name": CONTROL}]})


def _python(folder: Path, code: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    script = folder.parent / f"{folder.name}_script.py"
    script.write_text(code, encoding="utf-8")
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=folder,
        env={
            **os.environ,
            "DAGSTER_HOME": str(folder),
            "HOME": str(home),
            "TMPDIR": str(home),
            "RESTSRC_CONNECTORS_DIR": str(folder / "connectors"),
            "RESTSRC_DATA_DIR": str(folder / "data"),
            "SECRET": MARKER,
            "PRIVATE": PRIVATE,
            "RSA": RSA.replace("\n", "\\n"),
            "RESTSRC_SECRET_KEY": f"a key {MARKER}",
            "RUNTIME__LOG_LEVEL": "DEBUG",
            "RUNTIME__REQUEST_MAX_ATTEMPTS": "1",
        },
        capture_output=True,
        timeout=120,
        check=False,
    )


def _files(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`; what is compressed in it is shown plainly as well."""
    return {
        str(path.relative_to(folder)): b"".join(_plain(path.read_bytes()))
        for path in folder.rglob("*")
        if path.is_file()
    }


def _plain(content: bytes) -> Iterator[bytes]:
    yield content
    start = 0
    while (start := content.find(b"x\x9c", start)) >= 0:
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(content[start:])
        start += 1
