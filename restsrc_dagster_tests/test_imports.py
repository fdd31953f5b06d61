"""Importing starts nothing, and the house's imports run one way."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import restsrc_dagster
from restsrc_dagster_tests.support.connectors import items, write
from restsrc_dagster_tests.support.packages import (
    DIVIDED,
    PAGE,
    SOURCES,
    graph,
    imports,
    part_of,
    picture,
    reached,
    reduced,
)

PACKAGE = Path(restsrc_dagster.__file__).parent
HEAVY = {"dlt", "dagster_dlt", "requests", "duckdb", "pyarrow", "restsrc_dagster.load.load"}

WATCH = """
import json, sys
opened = []
def hook(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        opened.append(str(arguments[0]))
    elif event in ("socket.connect", "socket.getaddrinfo", "os.mkdir"):
        opened.append(event)
sys.dont_write_bytecode = True
sys.addaudithook(hook)
"""
TELL = "\nprint(json.dumps({'modules': list(sys.modules), 'opened': opened}))\n"


def run(code: str, *arguments: object) -> dict[str, Any]:
    """What a fresh process has imported, and opened for writing or connected to, after `code`."""
    ended = subprocess.run(
        [sys.executable, "-c", WATCH + code + TELL, *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize(
    "code",
    [
        "import restsrc_dagster.definitions, restsrc_dagster\n"
        "assert restsrc_dagster.build_definitions(sys.argv[1]).schedules",
        "import os; os.environ['RESTSRC_CONNECTORS_DIR'] = sys.argv[1]\n"
        "import restsrc_dagster.definitions as d\n"
        "d.defs().get_repository_def()",
    ],
    ids=["build_definitions", "the entry"],
)
def test_definitions_load_without_dlt_and_write_nothing(tmp_path: Path, code: str) -> None:
    write(tmp_path, "acme", destination={"type": "postgres", "credentials": "${PG}"})
    write(tmp_path, "other", resources=["a", items("b", path="{resources.a.id}/b")])
    (tmp_path / "broken.json").write_text("{")
    told = run(code, tmp_path)
    assert "dagster" in told["modules"]
    assert HEAVY & set(told["modules"]) == set()
    assert told["opened"] == []


@pytest.mark.parametrize("steps", [[], [{"filter": "id"}]])
def test_expressions_cost_only_who_has_them(tmp_path: Path, steps: list[Any]) -> None:
    write(tmp_path, "acme", resources=[{**items(), "processing_steps": steps}])
    told = run(
        "import restsrc_dagster\nassert restsrc_dagster.build_definitions(sys.argv[1]).schedules",
        tmp_path,
    )
    assert ("jmespath" in told["modules"]) == bool(steps)


def test_a_connector_is_known_without_dagster_and_dlt() -> None:
    modules = sorted(
        ".".join(("restsrc_dagster", *source.with_suffix("").parts)).removesuffix(".__init__")
        for source in SOURCES
        if source.parts[0] == "connector"
    )
    assert "restsrc_dagster.connector.configuration.auth" in modules
    told = run("".join(f"import {module}\n" for module in modules))
    assert {"dagster", *HEAVY} & set(told["modules"]) == set()
    assert told["opened"] == []


def test_the_command_starts_without_dagster_and_dlt() -> None:
    told = run("import restsrc_dagster.cli.main")
    assert {"dagster", *HEAVY} & set(told["modules"]) == set()


def test_loading_needs_no_dagster() -> None:
    told = run("import restsrc_dagster.load.load, restsrc_dagster.extract.validation")
    assert {name for name in told["modules"] if name.split(".")[0] == "dagster"} == set()


FOREIGN = {
    "connector": {"dagster", "dlt", "requests", "dagster_dlt", "duckdb", "click"},
    "extract": {"dagster", "dagster_dlt", "click"},
    "load": {"dagster", "dagster_dlt", "click"},
    "scaffold": {"dagster", "dlt", "requests", "dagster_dlt", "duckdb", "click"},
    "orchestrate": {"dlt", "duckdb", "click"},  # which asks a webhook, when it tells something
    "cli": {"dagster", "dlt", "dagster_dlt"},
}


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_a_part_uses_the_libraries_that_are_its_own(source: Path) -> None:
    names = imports(ast.parse((PACKAGE / source).read_text(encoding="utf-8")))
    assert {name.split(".")[0] for name in names} & FOREIGN.get(part_of(source), set()) == set()


@pytest.mark.parametrize("area", ["", *DIVIDED])
def test_imports_run_one_way_late_ones_too(area: str) -> None:
    """What is drawn in docs/architecture.md is what there is; a new arrow is a decision."""
    whole = graph(area)
    for node in whole:
        reached(node, whole)
    assert picture(whole) in PAGE.read_text(encoding="utf-8")


def test_the_imports_are_seen() -> None:
    tree = ast.parse("import a.b\nfrom c.d import e, f\ndef g():\n    import h")
    assert list(imports(tree)) == ["a.b", "c.d.e", "c.d.f", "h"]
    assert graph()["settings"] == {"errors", "policy"}
    assert "http" in graph("extract")["failures"]
    assert len(SOURCES) > 30


def test_a_circle_is_seen() -> None:
    arrows = {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("a")}
    with pytest.raises(ValueError, match="a -> b -> c -> a"):
        reached("a", arrows)


def test_arrows_that_follow_are_not_drawn() -> None:
    arrows = {"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset()}
    assert reduced(arrows) == {"a": {"b"}, "b": {"c"}, "c": frozenset()}


ALIKE = {
    *(Path("connector/configuration", kinds) for kinds in ("auth", "paginators")),
    Path("demo/apis"),
}
"""Folders whose files are kinds of one thing, by whose names they are called."""


def folders() -> list[Path]:
    return sorted({source.parent for source in SOURCES} - ALIKE)


@pytest.mark.parametrize("folder", folders(), ids=str)
def test_the_map_of_a_folder_names_what_is_there_and_no_more(folder: Path) -> None:
    written = ast.parse((PACKAGE / folder / "__init__.py").read_text(encoding="utf-8"))
    text = str(ast.get_docstring(written))
    modules = {source.stem for source in SOURCES if source.parent == folder}
    parents = {source.parent for source in SOURCES} - {folder}
    there = modules - {"__init__", "__main__"} | {
        one.name for one in parents if one.parent == folder
    }
    assert sorted(there - {*re.findall(r"\w+", text)}) == []
    rows = {*re.findall(r"^ *([a-z_]\w*) {2,}\S", text, re.MULTILINE)}
    assert sorted(rows - there) == []
