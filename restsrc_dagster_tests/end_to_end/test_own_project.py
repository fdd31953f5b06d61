"""The wheel in somebody else's project, as docs/own-project.md says it."""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from restsrc_dagster_tests.support.connectors import write

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "own-project.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def ran(
    *words: str, cwd: Path, environment: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the wheel unpacked, as an installer does it."""
    folder = tmp_path_factory.mktemp("wheel")
    source, dist, site = folder / "source", folder / "dist", folder / "site"
    source.mkdir()
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "restsrc_dagster", source / "restsrc_dagster", ignore=without)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "-w", str(dist), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = dist.iterdir()
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    return site


def test_everything_is_in_the_wheel(site: Path) -> None:
    """Also what is no code; and nothing of the tests."""
    here = {
        path.relative_to(ROOT)
        for path in (ROOT / "restsrc_dagster").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    there = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    assert here <= there
    assert {path.parts[0] for path in there - here} == {"restsrc_dagster-0.1.0.dist-info"}


def test_the_project_of_the_page_is_loaded_and_its_command_works(
    site: Path, tmp_path: Path
) -> None:
    (code,) = CODE
    package = tmp_path / "my_project"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "definitions.py").write_text(code, encoding="utf-8")
    write(tmp_path / "connectors", "acme", resources=["customers"])
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{site}:{tmp_path}",
        "HOME": str(tmp_path),
    }
    where = "import restsrc_dagster; print(restsrc_dagster.__file__)"
    found = ran("-c", where, cwd=tmp_path, environment=environment)
    assert found.stdout.strip() == str(site / "restsrc_dagster" / "__init__.py"), found.stderr
    command = "from restsrc_dagster.cli.main import main; main()"
    ended = ran("-c", command, "validate", cwd=tmp_path, environment=environment)
    assert ended.returncode == 0, ended.stderr
    words = ("-m", "dagster", "definitions", "validate", "-m", "my_project.definitions")
    ended = ran(*words, cwd=tmp_path, environment=environment)
    assert ended.returncode == 0, ended.stderr
    asked = (
        "from my_project.definitions import defs\n"
        "found = {spec.key.to_user_string(): [dep.asset_key.to_user_string() for dep in spec.deps]"
        " for spec in defs().resolve_all_asset_specs()}\n"
        "print(found['customers_by_country'], sorted(found))"
    )
    ended = ran("-c", asked, cwd=tmp_path, environment=environment)
    wanted = "['acme/customers'] ['acme/customers', 'customers_by_country']"
    assert ended.stdout.strip() == wanted, ended.stderr
