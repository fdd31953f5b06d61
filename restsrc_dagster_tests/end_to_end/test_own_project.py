"""The wheel in somebody else's project, as docs/own-project.md says it."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import duckdb
import pytest
import yaml

from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import write
from restsrc_dagster_tests.support.project import DEFINITIONS, PROJECT

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "own-project.md").read_text(encoding="utf-8")
(CODE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(COMPONENT,) = re.findall(r"```yaml\n(type: .*?)```", PAGE, re.DOTALL)
IN_A_FUNCTION = CODE.replace("defs = ", "@dg.definitions\ndef defs():\n    return ")
ASKED = """
from my_project.definitions import defs
found = defs if hasattr(defs, "assets") else defs()
specs = {spec.key.to_user_string(): spec for spec in found.resolve_all_asset_specs()}
upstream = [dep.asset_key.to_user_string() for dep in specs["customers_by_country"].deps]
print(upstream, sorted(specs))
"""


def ended(*words: str | Path, cwd: Path, **variables: str) -> str:
    """What a command of the project prints; it goes well."""
    ours = ("RESTSRC_", "DAGSTER_", "PYTHONPATH", "VIRTUAL_ENV")
    inherited = {name: one for name, one in os.environ.items() if not name.startswith(ours)}
    process = subprocess.run(
        words, cwd=cwd, env={**inherited, **variables}, capture_output=True, text=True,
        check=False, timeout=200,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout + process.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "restsrc_dagster", source / "restsrc_dagster", ignore=without)
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    ended(sys.executable, "-m", "pip", "wheel", *options, "-w", "dist", source, cwd=folder)
    (wheel,) = (folder / "dist").iterdir()
    return wheel


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a fresh environment into which the wheel was installed.

    What it depends on is looked up where these tests have it; `.ci/versions` installs all of it.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    ended(*pip, "install", "--no-deps", "--no-index", "--quiet", wheel, cwd=folder)
    (site,) = (folder / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    for script in entry_points(group="console_scripts"):
        if script.name in ("dagster", "dg"):
            module, _, function = script.value.partition(":")
            text = f"#!{python}\nfrom {module} import {function}\n{function}()\n"
            (folder / "bin" / script.name).write_text(text, encoding="utf-8")
            (folder / "bin" / script.name).chmod(0o755)
    return folder / "bin"


def test_everything_is_in_the_wheel(wheel: Path) -> None:
    """Also what is no code; and nothing of the tests."""
    here = {
        path.relative_to(ROOT)
        for path in (ROOT / "restsrc_dagster").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as packed:
        there = {Path(name) for name in packed.namelist()}
    assert here <= there
    assert Path("restsrc_dagster/py.typed") in there
    assert {path.parts[0] for path in there - here} == {"restsrc_dagster-0.1.0.dist-info"}


@pytest.mark.parametrize("code", [CODE, IN_A_FUNCTION], ids=["at module scope", "in a function"])
def test_the_project_of_the_page_is_loaded(programs: Path, tmp_path: Path, code: str) -> None:
    project(tmp_path, code)
    found = ended(programs / "python", "-c", ASKED, cwd=tmp_path)
    assert found.strip() == "['acme/customers'] ['acme/customers', 'customers_by_country']"


def test_its_connector_is_loaded_by_dagster(api: Api, programs: Path, tmp_path: Path) -> None:
    api.routes["/customers"] = lambda _: {"data": [{"id": 1}, {"id": 2}]}
    project(tmp_path, CODE, api.url)
    (tmp_path / "dagster.yaml").touch()
    where = ended(programs / "python", "-c", "import restsrc_dagster as r; print(r.__file__)",
                  cwd=tmp_path)  # fmt: skip
    assert Path(where.strip()).is_relative_to(programs.parent)
    assert "1 connector" in ended(programs / "restsrc", "validate", "--strict", cwd=tmp_path)
    words = ["definitions", "validate", "-m", "my_project.definitions"]
    ended(programs / "dagster", *words, cwd=tmp_path)
    words = ["job", "execute", "-m", "my_project.definitions", "-j", "acme_sync"]
    said = ended(programs / "dagster", *words, cwd=tmp_path, DAGSTER_HOME=str(tmp_path))
    assert "This Dagster instance lacks settings" in said
    with duckdb.connect(str(tmp_path / "data" / "restsrc_acme.duckdb"), read_only=True) as tables:
        assert tables.sql("select id from acme.customers order by id").fetchall() == [(1,), (2,)]


def test_a_project_of_dg_has_a_folder_of_connectors(
    api: Api, programs: Path, tmp_path: Path
) -> None:
    if not (programs / "dg").exists():
        pytest.skip("dagster-dg-cli is not installed")
    api.routes["/customers"] = lambda _: {"data": [{"id": 1}]}
    project(tmp_path, DEFINITIONS, api.url)
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(name="my_project"), encoding="utf-8")
    defs_yaml = tmp_path / "my_project" / "defs" / "connectors" / "defs.yaml"
    defs_yaml.parent.mkdir(parents=True)
    (tmp_path / "my_project" / "defs" / "__init__.py").touch()
    defs_yaml.write_text(COMPONENT, encoding="utf-8")
    assert yaml.safe_load(COMPONENT)["attributes"] == {"folder": "connectors"}
    paths = {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(tmp_path)}
    ended(programs / "dg", "check", "defs", cwd=tmp_path, **paths)
    listed = ended(programs / "dg", "list", "components", "--json", cwd=tmp_path, **paths)
    for kind in ("restsrc_dagster.RestApiConnector", "restsrc_dagster.RestApiConnectorFolder"):
        assert f'"key": "{kind}"' in listed
    ended(programs / "dg", "launch", "--job", "acme_sync", cwd=tmp_path, **paths)
    assert (tmp_path / "data" / "restsrc_acme.duckdb").exists()


def project(folder: Path, definitions: str, url: str = "http://127.0.0.1:9") -> None:
    package = folder / "my_project"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "definitions.py").write_text(definitions, encoding="utf-8")
    write(folder / "connectors", "acme", url, resources=["customers"])
