"""The versions that the package allows: they are what `.ci/versions` and `.ci/run` install."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from restsrc_dagster_tests.support.pages import PAGES

ROOT = Path(__file__).parents[1]
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TOOLS = ("dev", "docs")
"""Extras of those who work on the package; nobody else installs them."""


def requirements(*, tools: bool) -> Iterator[Requirement]:
    extras = PROJECT["optional-dependencies"]
    chosen = [one for name, some in extras.items() if tools or name not in TOOLS for one in some]
    yield from map(Requirement, [*PROJECT["dependencies"], *chosen])


def pins(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in found}


def lower(requirement: Requirement) -> str | None:
    return next((one.version for one in requirement.specifier if one.operator == ">="), None)


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    bounds = {canonicalize_name(one.name): lower(one) for one in requirements(tools=False)}
    assert pins("constraints-oldest.txt") == {name: one for name, one in bounds.items() if one}


def test_the_versions_of_the_tests_are_allowed() -> None:
    tried = pins("constraints.txt")
    backports = {"backports-datetime-fromisoformat"}
    missing = {"dagster-k8s", "dagster-aws", "dagster-cloud", "restsrc-dagster", *backports}
    for one in requirements(tools=True):
        version = tried.get(canonicalize_name(one.name))
        assert version is None or version in one.specifier, f"{one}: {version}"
        assert version or canonicalize_name(one.name) in missing, one.name


@pytest.mark.parametrize("file", ["constraints.txt", "constraints-oldest.txt"])
def test_a_version_is_all_that_a_constraint_names(file: str) -> None:
    """No address of a registry, above all."""
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"#(?!.*://).*|[\w.-]+==[\w.]+", line), line


def test_the_page_for_other_projects_has_the_same_bounds() -> None:
    page = PAGES["docs/own-project.md"]
    rows = re.findall(r"^\| ([\w, -]+) \| ([\d.]+) \| ([\d.]*) ?\|$", page, re.MULTILINE)
    told = {name: (low, high) for names, low, high in rows for name in names.split(", ")}
    asked = {one.name: one.specifier for one in requirements(tools=False)}
    asked["Python"] = Requirement(f"python{PROJECT['requires-python']}").specifier
    assert len(told) >= 8
    for name, (low, high) in told.items():
        bounds = {one.operator: one.version for one in asked[name]}
        assert (low, high) == (bounds[">="], bounds.get("<", "")), name


def test_the_job_says_how_it_is_called() -> None:
    told = subprocess.run(
        ["bash", str(ROOT / ".ci" / "versions")], capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert "bash .ci/versions oldest|newest" in told.stderr
