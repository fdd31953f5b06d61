"""What the pages show works, and what they name is there: README and docs, in one walk."""

import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.abilities import ABILITIES
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.fitted import fitted
from restsrc_dagster.connector.lint import RULES, lint
from restsrc_dagster.connector.schedule.schedule import Schedule, parse_schedule
from restsrc_dagster.demo.folder import DemoFolder
from restsrc_dagster.demo.run import start_api
from restsrc_dagster.extract.validation import validate_with_dlt
from restsrc_dagster.orchestrate.assets import CONFIG_SCHEMA
from restsrc_dagster.policy.model import Policy
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.connector.configuration.tables import (
    validate_with_dlt as dlts_refusal,
)
from restsrc_dagster_tests.orchestrate.forking.deployment import LAUNCHER
from restsrc_dagster_tests.support.connectors import CREATED_AT, connector, content, items
from restsrc_dagster_tests.support.pages import (
    ALL_PAGES,
    PAGES,
    ROOT,
    Block,
    anchors,
    blocks,
    code,
    json_blocks,
    links,
    prose,
)

WIDTH = 140
CONNECTORS = [block for block in json_blocks() if block.kind in ("configuration", "connector")]


def test_every_json_block_says_what_it_is() -> None:
    kinds = {block.kind for block in json_blocks()}
    assert kinds == {"configuration", "connector", "destination", "mistake", "own"}
    assert len(CONNECTORS) >= 7


@pytest.mark.parametrize("block", CONNECTORS, ids=str)
def test_json_is_a_connector(block: Block) -> None:
    shown = block.json()
    whole = shown if block.kind == "connector" else {**content(), "configuration": shown}
    acme = check_content("acme", whole, file=block.page)
    assert validate_with_dlt(acme) is None
    assert lint(acme) == []


def test_inline_schedules_are_schedules() -> None:
    shown = [text for page in PAGES.values() for text in re.findall(r'`(\{"mode".*?\})`', page)]
    assert len(shown) >= 6
    for text in shown:
        Schedule.model_validate(json.loads(text))


def test_schedules_in_words_are_schedules() -> None:
    words = {text for page in PAGES.values() for text in re.findall(r'"(every [^"]+)"', page)}
    assert len(words) >= 5
    for text in words:
        parse_schedule(text)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_exists(page: str) -> None:
    named = set(re.findall(r"(?:^|[ /(])restsrc ([a-z]+)", code(PAGES[page]), re.MULTILINE))
    assert named <= set(cli.commands)


@pytest.mark.parametrize("command", cli.commands.values(), ids=lambda command: command.name)
def test_every_command_is_on_its_page_with_its_options(command: click.Command) -> None:
    page = PAGES["docs/command.md"]
    (row,) = re.findall(rf"^\| `restsrc {command.name} .*$", page, re.MULTILINE)
    options = [one for one in command.params if isinstance(one, click.Option)]
    names = {name for option in options for name in option.opts} - {"--connectors-dir"}
    assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row)) == names
    assert "`--connectors-dir`" in page


@pytest.mark.parametrize("command", cli.commands.values(), ids=lambda command: command.name)
def test_every_command_has_help(command: click.Command) -> None:
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option)) or (
        command.name == "next"
    )


def has(whole: Any, part: Any) -> bool:
    """Whether all of `part` stands in `whole`, at the same places."""
    if isinstance(part, dict):
        return all(key in whole and has(whole[key], value) for key, value in part.items())
    return bool(whole == part)


def test_yaml_shown_is_yaml() -> None:
    shown = [yaml.safe_load(block.text) for block in blocks() if block.language == "yaml"]
    configs = [one["ops"]["acme__load"]["config"] for one in shown if "ops" in one]
    named = [{"allow_deletes"}, {"full_refresh"}, {"from", "to"}]
    assert [set(config) for config in configs] == named
    assert all(config.keys() <= CONFIG_SCHEMA.keys() for config in configs)
    component, folder = [one["attributes"] for one in shown if "attributes" in one]
    assert folder == {"folder": "connectors"}
    component["created_at"] = CREATED_AT  # a time without quotes, as YAML has them
    assert check_content("acme", component, file="defs.yaml").resources.keys() == {"customers"}
    (policy,) = [one for one in shown if "variables" in one]
    assert Policy.model_validate(policy).hosts.allowed == ["erp.acme.internal"]
    (launcher,) = [one["run_launcher"] for one in shown if "run_launcher" in one]
    assert launcher == LAUNCHER
    held_elsewhere = {"ops", "attributes", "python_logs", "sources", "variables", "run_launcher"}
    files = ("restsrc_dagster/dagster.yaml", "deploy/deployment_settings.yaml")
    settings = [yaml.safe_load((ROOT / file).read_text("utf-8")) for file in files]
    shown_settings = [one for one in shown if held_elsewhere.isdisjoint(one)]
    assert len(shown_settings) == 2
    for one in shown_settings:
        assert any(has(whole, one) for whole in settings), one


def test_settings_told_are_the_settings_read() -> None:
    source = (ROOT / "restsrc_dagster" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r"RESTSRC_[A-Z_]+", source))
    table = re.findall(r"^\| `(RESTSRC_[A-Z_]+)`", PAGES["docs/settings.md"], re.MULTILINE)
    assert sorted(table) == sorted(read)
    named = {name for page in PAGES.values() for name in re.findall(r"RESTSRC_[A-Z_]+", page)}
    of_a_connector = {name for name in named if name.startswith("RESTSRC_ACME_")}
    assert named - {"RESTSRC_SCREENSHOTS"} - of_a_connector == read


def test_every_warning_is_told() -> None:
    told = re.findall(r"^\| `([a-z0-9-]+)` \|", PAGES["docs/warnings.md"], re.MULTILINE)
    assert set(RULES) ^ set(told) == set(), "docs/warnings.md wants a row for each rule, no other"
    assert told == list(RULES), (
        "docs/warnings.md wants the order of RULES: themes, then functions as they stand in a file"
    )


CHANGING = re.compile(
    r"127\.0\.0\.1:\d+|\d+ ms|[\d.]+ kB|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|cursor=\w+|announces \d+"
)


def test_the_test_read_of_the_demonstration_word_for_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command, as it stands on its page, beside a running demonstration's API."""
    command, shown = next(
        (before.text.strip(), after.text)
        for before, after in pairwise(blocks())
        if "restsrc test demo_shop" in before.text
    )
    monkeypatch.delenv("RESTSRC_DEMO_TOKEN", raising=False)
    place = DemoFolder(tmp_path / ".restsrc-demo")
    place.path.mkdir()
    (tmp_path / ".venv").symlink_to(sys.prefix)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with ExitStack() as stack:
        start_api(place, stack)
        ended = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment,
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
    assert CHANGING.sub("…", ended.stdout).strip() == CHANGING.sub("…", shown).strip()


@pytest.mark.parametrize("page", ALL_PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for file, anchor in links(page):
        assert file.exists(), file
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), (file, anchor)


def test_pages_that_other_files_name_are_there() -> None:
    files = [ROOT / "dagster.yaml", ROOT / "Dockerfile", *(ROOT / "deploy").rglob("*.yaml")]
    for folder in ("restsrc_dagster", "restsrc_dagster_tests", "benchmarks"):
        files += (ROOT / folder).rglob("*.py")
    texts = [file.read_text(encoding="utf-8") for file in files if ".venv" not in str(file)]
    named = {page for text in texts for page in re.findall(r"\bdocs/[\w/-]+\.md", text)}
    assert len(named) >= 2
    assert [page for page in named if page not in PAGES] == []


NAMED_FROM = ("", "restsrc_dagster", "restsrc_dagster/extract", "restsrc_dagster_tests")


@pytest.mark.parametrize("page", ALL_PAGES)
def test_the_code_that_is_named_is_there(page: str) -> None:
    """`load/commit.py` is of the package, `load/test_lock.py` of the tests."""
    named = set(re.findall(r"(?<![\w./])[a-z_/]+\.py\b", code(ALL_PAGES[page])))
    folders = {ROOT / folder for folder in NAMED_FROM}
    beside = {(folder / name).parent for folder in folders for name in named if "/" in name}
    for name in named:
        assert any((folder / name).exists() for folder in folders | beside), name


@pytest.mark.parametrize("page", ALL_PAGES)
def test_lines_are_no_wider_than_an_editor(page: str) -> None:
    lines = prose(ALL_PAGES[page]).splitlines()
    assert [line for line in lines if len(line) > WIDTH and not line.lstrip().startswith("|")] == []


DECISIONS = [page for page in PAGES if re.match(r"docs/decisions/\d{4}-", page)]


@pytest.mark.parametrize("page", DECISIONS)
def test_a_decision_is_a_page(page: str) -> None:
    text = PAGES[page]
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert titles == ["Context", "Decision", "Consequences"]
    assert len(text.splitlines()) <= 40
    number, _, name = Path(page).stem.partition("-")
    assert text.startswith(f"# {int(number)}. ")
    title = text.partition("\n")[0].partition(". ")[2]
    row = f"| {int(number)} | [{title}]({number}-{name}.md) |"
    assert row in PAGES["docs/decisions/README.md"]


def test_the_site_is_built_and_its_pictures_are_drawn(tmp_path: Path) -> None:
    """`--strict`: a link or an anchor that leads nowhere fails, and a page that nav forgets."""
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    pages = {str(page.relative_to(tmp_path)) for page in tmp_path.rglob("*.html")}
    for page in PAGES.keys() - {"README.md"}:
        shown = page.removeprefix("docs/").replace("README.md", "index.md").replace(".md", ".html")
        assert shown in pages
        assert "```" not in (tmp_path / shown).read_text(encoding="utf-8")
    drawn = (tmp_path / "architecture.html").read_text(encoding="utf-8")
    assert drawn.count('<pre class="mermaid">') == PAGES["docs/architecture.md"].count("```mermaid")


ERRORS = PAGES["docs/errors.md"]
SECTIONS = re.findall(
    r"^## (.+?)\n\n```json mistake\n(.+?)```\n\n```\n(.+?)\n```\n\n(.+?)(?=^## |\Z)",
    ERRORS,
    re.MULTILINE | re.DOTALL,
)


def test_there_are_ten() -> None:
    assert len(SECTIONS) == 10 == ERRORS.count("\n## ")


@pytest.mark.parametrize(("title", "mistake", "told", "rest"), SECTIONS)
def test_this_is_what_add_says(
    title: str, mistake: str, told: str, rest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del rest
    monkeypatch.chdir(tmp_path)
    Path("acme.json").write_text(mistake, encoding="utf-8")
    words = ["add", "acme", "--config", "acme.json", "--schedule", "every day"]
    assert str(CliRunner().invoke(cli, words).exception) == told, (
        f"docs/errors.md quotes another message, under {title!r}"
    )
    assert not Path("connectors").exists()


@pytest.mark.skipif(f"dlt {version('dlt')} " not in ERRORS, reason="the page is of another dlt")
@pytest.mark.parametrize(("title", "mistake", "told", "rest"), SECTIONS)
def test_this_is_what_dlt_says(title: str, mistake: str, told: str, rest: str) -> None:
    del title, told
    refusal = (dlts_refusal(json.loads(mistake)) or "").replace("\n", " ")
    if "dlt says nothing" in rest:
        assert refusal == ""
        return
    shown = re.search(r"```\n(.+?)\n```", rest, re.DOTALL)
    assert shown is not None
    excerpt = re.sub(r"\s+", " ", shown[1]).removesuffix(" …")
    assert re.sub(r"\s+", " ", refusal).startswith(excerpt)
    assert f"{len(refusal):,} characters" in rest


@pytest.mark.parametrize(
    ("name", "least"), [("guarantees.md", 100), ("dagster.md", 25), ("destinations.md", 25)]
)
def test_every_row_names_a_test_that_is_there(name: str, least: int) -> None:
    _, _, tables = PAGES[f"docs/{name}"].partition("| test |\n")
    rows = [
        line for line in tables.splitlines() if line.startswith("| ") and "| test |" not in line
    ]
    named = [re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", row.split(" | ")[-1]) for row in rows]
    assert len(named) > least
    for row, found in zip(rows, named, strict=True):
        assert found, row
        for file, function in found:
            source = (Path(__file__).parent / file).read_text(encoding="utf-8")
            assert not function or f"def {function}(" in source, row


DESTINATIONS = [block for block in json_blocks() if block.kind == "destination"]


def test_each_destination_has_an_example() -> None:
    assert len(DESTINATIONS) == 6


@pytest.mark.parametrize("block", DESTINATIONS, ids=str)
def test_a_destination_that_is_shown_is_one_of_a_connector(block: Block) -> None:
    shown = block.json()
    resource = {**items(), "primary_key": "id"}
    acme = connector(resources=[resource], destination=shown)
    assert lint(acme) == []
    assert fitted(acme, ABILITIES[shown["type"]], Settings()).refused == ()
