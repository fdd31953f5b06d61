"""`restsrc` as a person runs it: what it writes, what it says, how it ends."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from restsrc_dagster.cli.main import main
from restsrc_dagster.cli.stamp import stamp_text
from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.connector.files.parse import parse
from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.extract.validation import validate_with_dlt
from restsrc_dagster_tests.support.connectors import CREATED_AT, content, items, write

MARKER = "m4rk3r-t0k3n"
CONFIGURATION = {
    "client": {
        "base_url": "https://api.example.com/v1",
        "auth": {"type": "bearer", "token": "${ACME_TOKEN}"},
        "paginator": {"type": "json_link", "next_url_path": "paging.next"},
    },
    "resources": ["customers", items("invoices")],
}


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


Restsrc = Callable[..., Ended]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTSRC_CONNECTORS_DIR", raising=False)
    monkeypatch.setenv("ACME_TOKEN", MARKER)
    monkeypatch.setenv("RESTSRC_DAGSTER_URL", "http://127.0.0.1:1")
    return tmp_path


@pytest.fixture
def restsrc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Restsrc:
    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["restsrc", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Ended(int(ended.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def config(folder: Path) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(CONFIGURATION))
    return path


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# restsrc add


def test_add_writes_a_connector_checked_and_stamped(restsrc: Restsrc, config: Path) -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0)
    ended = restsrc("add", "acme", "--config", config, "--schedule", "every 10 minutes")
    assert ended.status == 0, ended.err
    connector = read_connector(Path("connectors/acme.json"))
    assert before <= connector.created_at <= datetime.now(timezone.utc)
    assert connector.configuration == CONFIGURATION
    assert (connector.schedule.mode, connector.schedule.interval) == ("minutes", 10)
    assert (
        f"wrote connectors/acme.json: every 10 minutes from {connector.created_at:%H:%M} UTC"
        in (ended.out)
    )
    assert "no Dagster answers at http://127.0.0.1:1" in ended.out


@pytest.mark.parametrize(
    ("words", "schedule"),
    [
        ("every 3 days at 00:30", {"mode": "days", "interval": 3, "offset": 30}),
        ("every 6 hours at :15", {"mode": "hours", "interval": 6, "offset": 15}),
        ("every hour", {"mode": "hours", "interval": 1}),
    ],
)
def test_add_writes_the_schedule_of_the_words(
    restsrc: Restsrc, config: Path, words: str, schedule: dict[str, Any]
) -> None:
    restsrc("add", "acme", "--config", config, "--schedule", words, "--description", "Größe")
    written = json.loads(Path("connectors/acme.json").read_text(encoding="utf-8"))
    assert written["schedule"] == schedule
    assert list(written) == ["description", "created_at", "schedule", "configuration"]
    assert written["description"] == "Größe"


def test_add_takes_yaml_and_another_folder(restsrc: Restsrc, folder: Path) -> None:
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    ended = restsrc(
        "add", "acme", "--config", "config.yaml", "--schedule", "every day",
        "--connectors-dir", "deep/folder",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    assert read_connector(Path("deep/folder/acme.json")).configuration == CONFIGURATION


def test_the_folder_comes_from_the_environment(
    restsrc: Restsrc, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTSRC_CONNECTORS_DIR", "elsewhere")
    restsrc("add", "acme", "--config", config, "--schedule", "every day")
    assert Path("elsewhere/acme.json").exists()
    assert restsrc("validate").out == "1 connector file, all in order\n"


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".yml"])
def test_add_overwrites_nothing(restsrc: Restsrc, config: Path, suffix: str) -> None:
    Path("connectors").mkdir()
    taken = Path("connectors/acme").with_suffix(suffix)
    taken.write_text("mine")
    ended = restsrc("add", "acme", "--config", config, "--schedule", "every day")
    assert ended.status == 1
    assert f"{taken} exists already; nothing was written" in ended.err
    assert files(Path("connectors")) == {taken.name: b"mine"}


@pytest.mark.parametrize(
    ("name", "configuration", "words", "message"),
    [
        ("acme", CONFIGURATION, "hourly", "--schedule: 'hourly' is not a schedule; write for ex"),
        ("acme", CONFIGURATION, "every day at 24:00", "--schedule: 1440 is not within 0 to 1439"),
        ("acme", CONFIGURATION, "every 0 days", "--schedule: Input should be greater than or eq"),
        ("Acme", CONFIGURATION, "every day", "'Acme' is not a connector's name; allowed: [a-z]"),
        ("../acme", CONFIGURATION, "every day", "connectors/../acme.json: configuration: dlt ref"),
        ("a.b", CONFIGURATION, "every day", "'a.b' is not a connector's name"),
        ("acme", [], "every day", "config.json: holds no object at its top level"),
        ("acme", {}, "every day", "client: required: an object with at least"),
        (
            "acme",
            {"configuration": CONFIGURATION, "schedule": {"mode": "days"}},
            "every day",
            "config.json is a whole connector file; copy it to connectors/acme.json and run "
            "`restsrc stamp connectors/acme.json`",
        ),
        (
            "acme",
            CONFIGURATION | {"resources": [{"name": "a", "endpoint": {"methud": "GET"}}]},
            "every day",
            "resources[0].endpoint.methud: unknown key; did you mean method?",
        ),
    ],
)
def test_add_writes_nothing_that_is_wrong(
    restsrc: Restsrc, config: Path, name: str, configuration: Any, words: str, message: str
) -> None:
    config.write_text(json.dumps(configuration))
    before = files(config.parent)
    ended = restsrc("add", name, "--config", config, "--schedule", words)
    assert ended.status == 1
    if name != "../acme":
        assert message in ended.err
    assert "Traceback" not in ended.err
    assert files(config.parent) == before


def test_add_reads_no_variable(restsrc: Restsrc, config: Path, folder: Path) -> None:
    ended = restsrc("add", "acme", "--config", config, "--schedule", "every day")
    assert ended.status == 0
    assert MARKER not in ended.out + ended.err
    assert MARKER.encode() not in b"".join(files(folder).values())


def test_variables_need_not_be_set(
    restsrc: Restsrc, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACME_TOKEN")
    assert restsrc("add", "acme", "--config", config, "--schedule", "every day").status == 0
    assert restsrc("validate").status == 0


# restsrc stamp

AT = "2026-11-23T10:03:00Z"
STAMPS = {
    "pretty JSON": ('{\n  "a": 1\n}\n', f'{{\n  "created_at": "{AT}",\n  "a": 1\n}}\n'),
    "JSON of one line": ('{"a": 1}', f'{{"created_at": "{AT}", "a": 1}}'),
    "JSON with inner spaces": ('{ "a": 1 }', f'{{ "created_at": "{AT}", "a": 1 }}'),
    "empty JSON": ("{}", f'{{"created_at": "{AT}"}}'),
    "empty JSON of two lines": ("{\n}\n", f'{{\n"created_at": "{AT}"}}\n'),
    "JSON with CRLF": ('{\r\n\t"a": 1\r\n}', f'{{\r\n\t"created_at": "{AT}",\r\n\t"a": 1\r\n}}'),
    "JSON with a byte order mark": ('\ufeff{"a":1}', f'\ufeff{{"created_at": "{AT}", "a":1}}'),
    "JSON with created_at below": (
        '{"a": {"created_at": 1}}', f'{{"created_at": "{AT}", "a": {{"created_at": 1}}}}'),
    "YAML": ("a: 1\nb: {c: 2}\n", f'created_at: "{AT}"\na: 1\nb: {{c: 2}}\n'),
    "YAML without a last newline": ("a: 1", f'created_at: "{AT}"\na: 1'),
    "YAML below comments": (
        "# ours\n\n# {not: this}\na: 1 # one\n",
        f'# ours\n\n# {{not: this}}\ncreated_at: "{AT}"\na: 1 # one\n'),
    "YAML document": ("---\na: 1\n...\n", f'---\ncreated_at: "{AT}"\na: 1\n...\n'),
    "YAML with a directive": (
        "%YAML 1.1\n# x\n---\na: 1\n", f'%YAML 1.1\n# x\n---\ncreated_at: "{AT}"\na: 1\n'),
    "YAML with CRLF": ("# x\r\na: 1\r\n", f'# x\r\ncreated_at: "{AT}"\r\na: 1\r\n'),
    "YAML with a byte order mark": ("\ufeffa: 1\n", f'\ufeffcreated_at: "{AT}"\na: 1\n'),
    "YAML, indented": ("  a: 1\n  b: 2\n", f'  created_at: "{AT}"\n  a: 1\n  b: 2\n'),
    "flow style": ("{a: 1, b: [2]}\n", f'{{"created_at": "{AT}", a: 1, b: [2]}}\n'),
    "flow style below comments": (
        "# x\n---\n{a: 1}\n", f'# x\n---\n{{"created_at": "{AT}", a: 1}}\n'),
    "flow style with a directive": (
        "%YAML 1.1\n---\n{a: 1}\n", f'%YAML 1.1\n---\n{{"created_at": "{AT}", a: 1}}\n'),
    "flow style with a comment": (
        "{ # x\n  a: 1}\n", f'{{ "created_at": "{AT}", # x\n  a: 1}}\n'),
    "empty flow style": ("{}\n", f'{{"created_at": "{AT}"}}\n'),
    "JSON in YAML": ('{\n  "a": 1\n}\n', f'{{\n  "created_at": "{AT}",\n  "a": 1\n}}\n'),
}  # fmt: skip
UNSTAMPABLE = ["&x\na: 1\n", "!!map\na: 1\n"]


@pytest.mark.parametrize("case", STAMPS)
def test_a_stamp_is_the_only_change(case: str) -> None:
    text, stamped = STAMPS[case]
    is_json = case.startswith(("JSON", "pretty", "empty JSON")) and "YAML" not in case
    assert stamp_text(text, AT, is_json=is_json) == stamped


@pytest.mark.parametrize("case", STAMPS)
def test_stamp_writes_the_file(restsrc: Restsrc, folder: Path, case: str) -> None:
    text, stamped = STAMPS[case]
    file = folder / ("acme.json" if "JSON" in case and "YAML" not in case else "acme.yaml")
    file.write_bytes(text.encode())
    content_before = parse(file)
    assert restsrc("stamp", file).status == 0
    content = parse(file)
    stamp = content.pop("created_at")
    assert content == content_before
    assert file.read_bytes() == stamped.replace(AT, stamp).encode()
    assert timedelta(0) <= datetime.now(timezone.utc) - parse_time(stamp) < timedelta(minutes=5)


@pytest.mark.parametrize("text", UNSTAMPABLE)
def test_what_cannot_be_stamped_is_left_alone(restsrc: Restsrc, folder: Path, text: str) -> None:
    file = folder / "acme.yaml"
    file.write_text(text)
    ended = restsrc("stamp", file)
    assert ended.status == 1
    assert f'{file}: found no place for created_at: "' in ended.err
    assert file.read_text() == text


@pytest.mark.parametrize("name", ["acme.json", "acme.yaml"])
def test_a_stamped_file_is_valid(restsrc: Restsrc, name: str) -> None:
    what = content()
    del what["created_at"]
    dump = json.dumps if name.endswith("json") else yaml.safe_dump
    Path(name).write_text(dump(what))
    assert restsrc("validate", name).status == 1
    assert restsrc("stamp", name).out == f"{name}: stamped\n"
    assert restsrc("validate", name).status == 0


def test_a_file_is_stamped_once(restsrc: Restsrc, folder: Path) -> None:
    file = write(folder, "acme")
    before = file.read_bytes()
    ended = restsrc("stamp", file)
    assert ended.status == 0
    assert ended.out == f"{file}: has its created_at already, {CREATED_AT}\n"
    assert file.read_bytes() == before


def test_files_in_between_are_stamped_or_told(restsrc: Restsrc) -> None:
    Path("good.json").write_text("{}")
    Path("bad.json").write_text("{")
    ended = restsrc("stamp", "good.json", "bad.json", "gone.json")
    assert ended.status == 1
    assert "bad.json: line 1, column 2: Expecting property name" in ended.err
    assert Path("bad.json").read_text() == "{"
    assert "created_at" in parse(Path("good.json"))


# restsrc validate


def test_validate_tells_every_problem_of_every_file(restsrc: Restsrc, folder: Path) -> None:
    write(folder / "connectors", "whole")
    write(folder / "connectors", "acme", schedule={"mode": "days", "interval": 0}, htp={})
    write(folder / "connectors", "other", url="ftp://x")
    (folder / "connectors/broken.yaml").write_text("a: [")
    write(folder / "connectors", "refused", resources=[items(method="FETCH")])
    ended = restsrc("validate")
    assert ended.status == 1
    assert ended.out == ""
    lines = ended.err.splitlines()
    assert lines[:5] == [
        "connectors/acme.json:1: schedule.interval: 0 is not ≥ 1",
        "connectors/acme.json:1: htp: unknown key; did you mean http?",
        "connectors/broken.yaml: line 1, column 5: expected the node content, but found "
        "'<stream end>'",
        "connectors/other.json:1: configuration.client.base_url: must start with http:// or "
        "https:// and name a host",
        lines[4],
    ]
    assert lines[4] == (
        "connectors/refused.json:1: configuration.resources[0].endpoint.method: 'FETCH' is not one "
        "of GET, POST"
    )


def test_validate_looks_at_the_variables_that_are_set(
    restsrc: Restsrc, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "connectors", "acme", http={"max_concurrency": "${CONCURRENCY}"})
    assert restsrc("validate").status == 0
    monkeypatch.setenv("CONCURRENCY", "0")
    ended = restsrc("validate")
    assert ended.status == 1
    assert 'CONCURRENCY is "0": 0 is not ≥ 1, in http.max_concurrency' in ended.err
    monkeypatch.setenv("CONCURRENCY", "2")
    assert restsrc("validate").status == 0


def test_validate_is_content(restsrc: Restsrc, folder: Path) -> None:
    write(folder / "connectors", "acme")
    (folder / "connectors/_example.json").write_text("not looked at")
    ended = restsrc("validate")
    assert (ended.status, ended.out) == (0, "1 connector file, all in order\n")
    write(folder / "connectors", "other")
    assert restsrc("validate").out == "2 connector files, all in order\n"
    assert restsrc("validate", "connectors/other.json").out == "1 connector file, all in order\n"


def test_an_empty_folder_is_valid_and_none_is_not(restsrc: Restsrc, folder: Path) -> None:
    ended = restsrc("validate")
    assert ended.status == 1
    assert f"there is no folder {folder / 'connectors'}" in ended.err
    (folder / "connectors").mkdir()
    (folder / "connectors/_example.json").write_text("not looked at")
    ended = restsrc("validate", "--strict")
    assert (ended.status, ended.out) == (0, "no connector files in connectors\n")


def test_the_same_connector_twice(restsrc: Restsrc, folder: Path) -> None:
    one = write(folder / "connectors", "acme")
    one.with_suffix(".yaml").write_bytes(one.read_bytes())
    ended = restsrc("validate")
    assert ended.status == 1
    assert "acme.yaml: acme.json names the same connector, acme" in ended.err
    elsewhere = write(folder / "staging", "acme")
    assert restsrc("validate", one, elsewhere).status == 0


def test_a_file_that_is_not_there(restsrc: Restsrc) -> None:
    ended = restsrc("validate", "gone.json")
    assert (ended.status, ended.err) == (
        1,
        "gone.json: cannot be read: No such file or directory\n",
    )


@pytest.mark.parametrize("name", ["acme.txt", "acme", "acme.json.bak", "connectors"])
def test_a_file_that_is_no_connector_file(restsrc: Restsrc, folder: Path, name: str) -> None:
    write(folder / "connectors", "acme")
    if name != "connectors":
        (folder / name).write_bytes((folder / "connectors/acme.json").read_bytes())
    ended = restsrc("validate", name)
    assert (ended.status, ended.err) == (
        1,
        f"{name}: is no connector file: its name must end in .json, .yaml, .yml\n",
    )


UNSENT = {"incremental": {"cursor_path": "at", "initial_value": "2024-01-01"}}
APPENDED = items("copies") | {"write_disposition": "append"}
WARNINGS = [
    "warning: connectors/acme.json:1: configuration.resources[0].endpoint.incremental: the API is "
    "not told the cursor at, so every run reads all pages. Name its parameter as start_param, or "
    "write {incremental.start_value} in the request; if the API gives the newest first, row_order "
    "desc stops early [cursor-not-sent]",
    "warning: connectors/acme.json:1: configuration.resources[1].write_disposition: every run "
    "reads all records and appends them again. Leave write_disposition out, or name a cursor or a "
    "primary_key and merge [append-without-cursor]",
]


def test_validate_warns_of_what_will_hurt(restsrc: Restsrc, folder: Path) -> None:
    write(folder / "connectors", "acme", resources=[items(**UNSENT), APPENDED])
    ended = restsrc("validate")
    assert ended.status == 0
    assert ended.out == "1 connector file, all in order (2 warnings)\n"
    assert ended.err.splitlines() == WARNINGS


def test_strict_lets_no_warning_pass(restsrc: Restsrc, folder: Path) -> None:
    write(folder / "connectors", "acme", resources=[items(**UNSENT), APPENDED])
    write(folder / "connectors", "whole")
    ended = restsrc("validate", "--strict")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        *WARNINGS,
        "Error: 2 warnings, and --strict lets none pass",
    ]
    write(folder / "connectors", "acme", resources=[APPENDED])
    assert "Error: 1 warning, and" in restsrc("validate", "--strict").err
    write(folder / "connectors", "acme")
    ended = restsrc("validate", "--strict")
    assert (ended.status, ended.out) == (0, "2 connector files, all in order\n")


def test_problems_are_told_beside_warnings(restsrc: Restsrc, folder: Path) -> None:
    write(folder / "connectors", "acme", resources=[APPENDED])
    write(folder / "connectors", "broken", htp={})
    ended = restsrc("validate", "--strict")
    assert ended.status == 1
    assert [line.split(":")[0] for line in ended.err.splitlines()] == [
        "warning",
        "connectors/broken.json",
    ]


def test_add_warns_and_writes(restsrc: Restsrc, folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps(CONFIGURATION | {"resources": [APPENDED]}))
    ended = restsrc("add", "acme", "--config", "config.json", "--schedule", "every day")
    assert ended.status == 0
    assert ended.err.splitlines() == [
        WARNINGS[1].replace("resources[1]", "resources[0]").replace(".json:1:", ".json:")
    ]
    assert Path("connectors/acme.json").exists()


UNKNOWN = [
    ("postgress", "'postgress' is not a destination of dlt; did you mean postgres?"),
    ("elsewhere", "'elsewhere' is not a destination of dlt; it has athena, bigquery, clickhouse"),
    ("my.own.store", "'my.own.store' is not a destination of dlt; nothing of that name can be imp"),
]


@pytest.mark.parametrize(("kind", "told"), UNKNOWN)
def test_a_destination_that_dlt_does_not_have(
    restsrc: Restsrc, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, told: str
) -> None:
    write(folder / "connectors", "acme", destination={"type": kind})
    ended = restsrc("validate")
    assert ended.status == 1
    of_a_file = f"{kind!r} would run code by its name" if "." in kind else told
    assert ended.err.startswith(f"connectors/acme.json:1: destination.type: {of_a_file}")
    write(folder / "connectors", "acme")
    monkeypatch.setenv("RESTSRC_DESTINATION", kind)
    ended = restsrc("validate")
    assert ended.status == 1
    assert ended.err.startswith(f"connectors/acme.json: RESTSRC_DESTINATION: {told}")


def test_add_knows_dlts_destinations(
    restsrc: Restsrc, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTSRC_DESTINATION", "postgress")
    ended = restsrc("add", "acme", "--config", config, "--schedule", "every day")
    assert (ended.status, ended.out) == (1, "")
    assert "did you mean postgres?" in ended.err
    assert not Path("connectors").exists()


@pytest.mark.parametrize(
    "kind", ["duckdb", "snowflake", "filesystem", "dlt.destinations.postgres", "warehouse"]
)
def test_a_destination_that_dlt_finds(
    restsrc: Restsrc, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("DESTINATION__WAREHOUSE__DESTINATION_TYPE", "postgres")
    write(folder / "connectors", "acme", destination={"type": kind})
    ended = restsrc("validate", "--strict")
    assert ended.status == 0, "a run elsewhere may have what it lacks"
    assert bool(ended.err) == (kind != "duckdb")
    lacks = f"warning: connectors/acme.json:1: destination: the destination {kind.split('.')[-1]} "
    assert all(line.startswith(lacks) for line in ended.err.splitlines())


def test_literal_secrets_are_warned_about_and_not_shown(restsrc: Restsrc, folder: Path) -> None:
    write(folder / "connectors", "acme", client={"auth": {"type": "bearer", "token": MARKER}})
    ended = restsrc("validate")
    assert ended.status == 0
    assert ended.err == (
        "warning: connectors/acme.json:1: configuration.client.auth.token: a secret in plain text; "
        "write ${NAME}, with the braces and no default, and set the environment variable NAME "
        "[literal-secret]\n"
    )
    assert MARKER not in ended.out


def test_an_env_file_counts_as_it_does_for_dagster_dev(
    restsrc: Restsrc, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "elsewhere", "acme")
    monkeypatch.setenv("RESTSRC_CONNECTORS_DIR", "nowhere")
    monkeypatch.setenv("UNTOUCHED", "1")
    (folder / ".env").write_text("RESTSRC_CONNECTORS_DIR=elsewhere\nUNTOUCHED\n")
    assert restsrc("validate").out == "1 connector file, all in order\n"
    assert os.environ["UNTOUCHED"] == "1"


REFUSED: list[tuple[dict[str, Any], str]] = [
    (items() | {"zzz": 1}, ".zzz: unknown key; allowed are name, write_disposition, primary_key"),
    (items(response_actions={"a": MARKER}), ".endpoint.response_actions: is an object, not a list"),
    (items(methud=1), ".endpoint.methud: unknown key; did you mean method?"),
    (items(method="FETCH"), ".endpoint.method: 'FETCH' is not one of GET, POST"),
    (items(data_selector=5), ".endpoint.data_selector: is a number, not text"),
    (
        items(paginator={"type": "offset", "limt": 5}),
        ".endpoint.paginator.limt: unknown key; did you mean limit?",
    ),
    (
        items() | {"write_disposition": "mrege"},
        ".write_disposition: 'mrege' is not one of append, replace, merge, skip; did you mean ",
    ),
]


@pytest.mark.parametrize(("described", "told"), REFUSED)
def test_what_is_refused_is_told_without_the_values_around(
    restsrc: Restsrc, folder: Path, described: dict[str, Any], told: str
) -> None:
    described["endpoint"]["headers"] = {"X-Tenant": MARKER}
    write(folder / "connectors", "acme", resources=[described])
    ended = restsrc("validate")
    assert ended.status == 1
    assert ended.err.startswith(f"connectors/acme.json:1: configuration.resources[0]{told}")
    assert MARKER not in ended.err


def test_a_key_in_a_path_that_dlt_repeats(restsrc: Restsrc, folder: Path) -> None:
    unbound = {"id": {"type": "resolve", "resource": "posts", "field": "id"}}
    described = items(path=f"items?api_key={MARKER}", params=unbound)
    path = write(folder / "connectors", "acme", resources=["posts", described])
    ended = restsrc("validate")
    assert "params.id: is not in the path; outside of it, write {resources.posts.id}" in ended.err
    assert MARKER not in ended.err
    write(folder / "connectors", "acme", resources=["posts", items()])
    connector = read_connector(path)
    connector.configuration["resources"][1] = described
    assert "not bound in path `items?api_key=***`" in str(validate_with_dlt(connector))


MISTAKES: dict[str, dict[str, Any]] = {
    "none": {},
    "a key of auth": {"auth": {"type": "bearer", "token": MARKER, "tokn": MARKER}},
    "only a wrong key": {"auth": {"type": "bearer", "tokn": MARKER}},
    "a type of auth": {"auth": {"type": "barer", "token": MARKER}},
    "auth is a text": {"auth": MARKER},
    "auth is a list": {"auth": [MARKER]},
    "a key beside": {"auth": {"type": "api_key", "api_key": MARKER, "location": "heder"}},
    "half a reference": {"auth": {"type": "bearer", "token": f"${{{MARKER}"}},
    "half a reference before": {"auth": {"type": "bearer", "token": f"{MARKER}${{"}},
    "the paginator": {"auth": {"type": "bearer", "token": MARKER}, "paginator": {"type": "nope"}},
    "a key of the client": {"auth": {"type": "bearer", "token": MARKER}, "hedaers": {}},
    "the secret in a wrong key": {"tokn": MARKER},
    "headers": {"headers": {"X-Token": MARKER}, "paginator": 5},
    "headers are a text": {"headers": f"X-Token: {MARKER}"},
    "the address": {"base_url": f"htps://ada:{MARKER}@api.acme.com"},
    "the address and more": {"base_url": f"https://ada:{MARKER}@api.acme.com", "paginator": 5},
    "a query of the address": {"base_url": f"https://a.com/?api_key={MARKER}", "paginator": 5},
    "a short word beside": {"auth": {"type": "http_basic", "username": "a", "pasword": MARKER}},
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_a_secret_beside_a_mistake_is_never_printed(
    restsrc: Restsrc, folder: Path, mistake: str, suffix: str
) -> None:
    what = content(client=MISTAKES[mistake])
    file = folder / f"connectors/acme{suffix}"
    file.parent.mkdir()
    dump = json.dumps if suffix == ".json" else yaml.safe_dump
    file.write_text(dump(what))
    bare = folder / f"config{suffix}"
    bare.write_text(dump(what["configuration"]))
    unstamped = folder / f"unstamped{suffix}"
    unstamped.write_text(dump({key: what[key] for key in what if key != "created_at"}))
    for ended in (
        restsrc("validate"),
        restsrc("add", "new", "--config", bare, "--schedule", "every day"),
        restsrc("stamp", file, unstamped),
        restsrc("next", "acme"),
    ):
        assert "Traceback" not in ended.err
        assert MARKER not in ended.out + ended.err


@pytest.mark.parametrize(
    "text",
    [
        f"token: *{MARKER}",
        f"token: !{MARKER} x",
        f"token: {{{{{MARKER}}}}}",
        f"token: [{MARKER}",
        f"token: '{MARKER}",
        f"token: {MARKER}: x",
        f"- {MARKER}",
        MARKER,
        f'{{"token": "{MARKER}"',
        f'{{"token": "{MARKER}", "a": 1, "a": 2}}',
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_a_file_that_does_not_parse_is_not_repeated(
    restsrc: Restsrc, folder: Path, text: str, suffix: str
) -> None:
    write(folder / "connectors", "whole")
    (folder / f"connectors/acme{suffix}").write_text(text)
    for ended in (
        restsrc("validate"),
        restsrc("add", "new", "--config", f"connectors/acme{suffix}", "--schedule", "every day"),
        restsrc("stamp", f"connectors/acme{suffix}"),
        restsrc("next", "acme"),
    ):
        assert ended.status == 1
        assert "Traceback" not in ended.err
        assert MARKER not in ended.out + ended.err


# restsrc next


def test_next_prints_the_next_slots(restsrc: Restsrc, folder: Path) -> None:
    write(folder / "connectors", "acme")
    ended = restsrc("next", "acme", "-n", "3")
    assert ended.status == 0
    slots = [parse_time(line) for line in ended.out.splitlines()]
    connector = read_connector(folder / "connectors/acme.json")
    assert len(slots) == 3
    assert all(slot in connector.slots for slot in slots)
    assert [later - slot for slot, later in pairwise(slots)] == ([timedelta(minutes=10)] * 2)
    assert all(line.endswith("Z") for line in ended.out.splitlines())
    assert ended.err == "every 10 minutes from 10:03 UTC\n"
    assert len(restsrc("next", "acme").out.splitlines()) == 5


def test_next_of_what_is_not_there(restsrc: Restsrc, folder: Path) -> None:
    write(folder / "connectors", "acme")
    write(folder / "connectors", "other")
    ended = restsrc("next", "acmee")
    assert ended.status == 1
    assert "connectors has no connector 'acmee'; it has acme, other" in ended.err


@pytest.mark.parametrize("count", ["0", "-1", "10001", "many"])
def test_next_counts_within_limits(restsrc: Restsrc, folder: Path, count: str) -> None:
    write(folder / "connectors", "acme")
    assert restsrc("next", "acme", "-n", count).status == 2


def test_next_ends_where_the_calendar_does(restsrc: Restsrc, folder: Path) -> None:
    write(folder / "connectors", "acme", schedule={"mode": "days", "interval": 100_000})
    assert restsrc("next", "acme", "-n", "100").status == 0
