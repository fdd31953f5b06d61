"""A launch is carried out once, and whether its process lives can be told by anybody."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from restsrc_dagster.orchestrate.forking import place as module
from restsrc_dagster.orchestrate.forking.place import Place, Unsafe

CLAIMS = """
import signal
import sys
from pathlib import Path
from restsrc_dagster.orchestrate.forking.place import Place
signal.signal(signal.SIGINT, signal.SIG_DFL)  # in the background of a shell, it is ignored
print(Place(Path(sys.argv[1])).claim("run.launch", server="one"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.make()
    return place


def test_who_claims_first_carries_it_out(place: Place) -> None:
    command = [sys.executable, "-c", CLAIMS, str(place.folder.parent)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    assert not place.claim("run.launch", server="two")
    assert not place.withdraw_launch("run.launch"), "it is going"
    assert (place.is_alive("run.launch"), place.server_of("run.launch")) == (True, "one")
    assert place.interrupt("run.launch")
    process.communicate()
    assert process.returncode == -signal.SIGINT
    assert not place.is_alive("run.launch")
    assert not place.interrupt("run.launch")


def test_what_is_withdrawn_is_never_carried_out(place: Place) -> None:
    assert place.withdraw_launch("run.launch")
    assert not place.claim("run.launch", server="one")
    assert not place.is_alive("run.launch")


def test_a_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.folder.mkdir()
    place.folder.chmod(0o777)
    with pytest.raises(Unsafe, match="this user alone"):
        place.make()


def test_what_is_left_by_the_dead_is_swept(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SWEPT_AFTER", -1.0)
    place.announce("key", "one")
    with place.starting("key"), place.listen("one"):
        place.withdraw_launch("run.launch")
        place.sweep()
        assert {path.name for path in place.folder.iterdir()} == {"key", "one.sock"}


def test_a_socket_is_reached_in_any_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 20) / ("er" * 60)
    deep.mkdir(parents=True)
    place = Place(deep)
    place.make()
    with place.listen("one") as listener, place.connect("one", timeout=5) as connection:
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(b"x")
            assert connection.recv(1) == b"x"
