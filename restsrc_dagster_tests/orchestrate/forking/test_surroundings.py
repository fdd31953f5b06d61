"""What a code server was started with is found, and no run keeps what `.env` says no more."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from restsrc_dagster.orchestrate.forking.surroundings import NotHere, surroundings_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is told by /proc")

LISTENS = """
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("there", flush=True)
sys.stdin.read()
"""
STARTS = """
import os, subprocess, sys
os.environ.update(DAGSTER_IS_DEV_CLI="1", ACME_TOKEN="of the file", ACME_OLD="of the file")
subprocess.run([sys.executable, "-S", "-c", sys.argv[2], sys.argv[1]])
"""
Listen = Callable[..., str]


@pytest.fixture
def listens(tmp_path: Path) -> Iterator[Listen]:
    started: list[subprocess.Popen[str]] = []

    def listens(environment: Mapping[str, str], *code: str) -> str:
        path = str(tmp_path / "socket")
        command = [sys.executable, "-S", "-c", code[0], path, *code[1:]]
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        return path

    yield listens
    for process in started:
        process.communicate()


def test_the_environment_and_the_folder_are_those_of_who_listens(
    listens: Listen, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("ACME_TOKEN=of the file\n", encoding="utf-8")
    environment = {"ACME_TOKEN": "a secret", "LINES": "two\nlines", "EMPTY": "", "A": "b=c"}
    found = surroundings_of(listens(environment, LISTENS))
    assert environment.items() <= found.environment.items(), "only `dagster dev` reads the file"
    assert found.folder == str(tmp_path)
    assert "a secret" not in repr(found)


def test_below_dagster_dev_it_is_what_the_file_says_now(listens: Listen, tmp_path: Path) -> None:
    environment = {"ACME_TOKEN": "of the shell", "ACME_SHOP": "north"}
    path = listens(environment, STARTS, LISTENS)
    before = surroundings_of(path)
    (tmp_path / ".env").write_text("ACME_TOKEN=new\nACME_NEW=1\n", encoding="utf-8")
    after = surroundings_of(path)
    assert before.environment.get("ACME_OLD") is None, "what the file says no more is gone"
    assert before.environment["ACME_TOKEN"] == "of the shell"
    assert (after.environment["ACME_TOKEN"], after.environment["ACME_NEW"]) == ("new", "1")
    assert after.environment["ACME_SHOP"] == "north"
    assert after.environment["DAGSTER_IS_DEV_CLI"] == "1"
    assert after.key != before.key, "what has the old values forks no more runs"


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(NotHere, match="does not listen"):
        surroundings_of(str(tmp_path / "socket"))


def test_another_users_code_server(listens: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    path = listens({}, LISTENS)
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    with pytest.raises(NotHere, match="another user's"):
        surroundings_of(path)
