"""What lies beside a connector's files stays as it is, and nobody else reads what it wrote."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from restsrc_dagster.errors import PolicyRefused, SettingsError
from restsrc_dagster.load.destinations.lock_file import lock_beside
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.permitted import permitted
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.security.ruled import told, under
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import connector

ORDER = LoadRequest(selection=frozenset({"items"}))


@pytest.fixture(autouse=True)
def _umask_of_most() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(autouse=True)
def _items(api: Api) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}


def run(api: Api, settings: Settings, **keys: object) -> None:
    load(connector("acme", api.url, **keys), ORDER, settings=settings, environment={})


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_of_a_load_are_its_users(
    api: Api, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, work = settings.data_dir, tmp_path / "work"
    assert data is not None
    work.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(work))
    seen: dict[str, int] = {}

    def look(_: object) -> object:
        for path in (data, *data.iterdir(), *work.rglob("*")):
            seen[path.name] = mode(path)
        return {"data": [{"id": 1}]}

    api.routes["/items"] = look
    run(api, settings)
    run(api, settings)
    seen |= {path.name: mode(path) for path in data.iterdir()}
    assert {"restsrc_acme.duckdb", "restsrc_acme.duckdb.restsrc-lock"} <= seen.keys()
    assert {name: bits for name, bits in seen.items() if bits & 0o077} == {}
    (data / "later").touch()
    assert mode(data / "later") == 0o644, "the process has its own umask again"


def test_a_group_that_shares_files_goes_on(api: Api, settings: Settings) -> None:
    """Files that are there keep their modes; by a umask that lets the group write, new ones have
    it, too."""
    assert settings.data_dir is not None
    settings.data_dir.mkdir(mode=0o775)
    file = settings.data_dir / "restsrc_acme.duckdb"
    duckdb.connect(str(file)).close()
    file.chmod(0o664)
    run(api, settings)
    assert (mode(file), mode(lock_beside(file))) == (0o664, 0o660)
    os.umask(0o002)
    run(api, settings, destination={"credentials": str(settings.data_dir / "new.duckdb")})
    assert mode(settings.data_dir / "new.duckdb") == 0o660


def test_a_file_that_was_there_is_no_lock(api: Api, settings: Settings, tmp_path: Path) -> None:
    """`poetry.lock` beside `poetry` was emptied; a link led to any file."""
    (tmp_path / "poetry.lock").write_text("precious")
    run(api, settings, destination={"credentials": str(tmp_path / "poetry")})
    assert (tmp_path / "poetry.lock").read_text() == "precious"
    for name, make in (("one", "write"), ("two", "link"), ("three", "hard")):
        precious, place = tmp_path / f"{name}.txt", tmp_path / f"{name}.restsrc-lock"
        precious.write_text("precious")
        if make == "write":
            place.write_text("precious")
        elif make == "link":
            place.symlink_to(precious)
        else:
            place.hardlink_to(precious)
        with pytest.raises(SettingsError, match="it is no lock of ours: move it"):
            run(api, settings, destination={"credentials": str(tmp_path / name)})
        assert (precious.read_text(), place.read_text()) == ("precious", "precious")
    (tmp_path / "four.restsrc-lock").symlink_to(tmp_path / "absent")
    with pytest.raises(SettingsError, match="it is no lock of ours: move it"):
        run(api, settings, destination={"credentials": str(tmp_path / "four")})
    assert not (tmp_path / "absent").exists()


OUTSIDE = (
    "/etc/x.duckdb",
    "../x.duckdb",
    "{data}/../x.duckdb",
    "{data}_beside/x.duckdb",
    "duckdb:////etc/x.duckdb",
    "{data}/link/x.duckdb",
)


def test_a_policy_keeps_files_in_their_folders(
    api: Api, settings: Settings, tmp_path: Path
) -> None:
    assert settings.data_dir is not None
    settings.data_dir.mkdir()
    (settings.data_dir / "link").symlink_to(tmp_path)
    ruled = under(settings, {"hosts": {"private": True}, "variables": {"*": ["PLACE"]}})
    for place in OUTSIDE:
        text = place.format(data=settings.data_dir)
        assert (
            "policy of the deployment: files.outside"
            in told(ruled, destination={"credentials": text})[0]
        )
        acme = connector("acme", api.url, destination={"credentials": "${PLACE}"})
        with pytest.raises(PolicyRefused, match=r"files\.outside"):
            load(acme, ORDER, settings=ruled, environment={"PLACE": text})
    assert (api.asked, [*tmp_path.glob("*.duckdb")]) == ([], [])
    inside = {"credentials": f"{settings.data_dir}/x.duckdb"}
    run(api, ruled, destination=inside)  # the control
    assert "files.outside" in told(ruled, http={"ca_bundle": "/etc/other.pem"})[0]
    in_a_variable = connector("acme", api.url, http={"ca_bundle": "${PLACE}"})
    with pytest.raises(PolicyRefused, match=r"http\.ca_bundle: .*files\.outside") as refused:
        permitted(in_a_variable, ruled, {"PLACE": "/etc/m4rk3r"})
    assert "m4rk3r" not in str(refused.value), "it may be a key, by mistake"
    assert "files.outside" in told(ruled, http={"client_certificate": "/etc/other.pem"})[0]


def test_a_policy_names_buckets(settings: Settings) -> None:
    ruled = under(
        settings,
        {"files": {"outside": ["s3://lake/raw"]}, "destinations": {"types": ["filesystem"]}},
    )
    allowed = ("s3://lake/raw", "s3://lake/raw/acme")
    refused = ("s3://lake/rawer", "s3://lake/raw/../x", "s3://other/raw", "gs://lake/raw", "/etc")
    for place in (*allowed, *refused):
        found = told(ruled, destination={"type": "filesystem", "bucket_url": place})
        assert bool(found) == (place in refused), place
