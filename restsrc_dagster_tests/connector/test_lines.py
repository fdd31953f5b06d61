"""Each problem is told with the line it lies on, in JSON and YAML alike."""

from pathlib import Path

import pytest

from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.connector.files.lines import line_of_each_path
from restsrc_dagster.errors import ConnectorError

BROKEN = """{
\t"created_at": "2026-11-23T10:03:00Z",
\t"schedule": {
\t\t"mode": "weeks"
\t},
\t"configuration": {
\t\t"client": {
\t\t\t"base_url": "https:\\/\\/x.y", "paginatr": "auto"
\t\t},
\t\t"resources": [
\t\t\t"a",
\t\t\t{"name": "\\ud83d\\ude00",
\t\t\t "endpoint": {"methud": "GET"}
\t\t\t},
\t\t\t{"endpoint":
\t\t\t\t{"params": {"a.b[0]": {"type": "resolv"}}}}
\t\t]
\t}
}
"""
BROKEN_YAML = """\
created_at: "2026-11-23T10:03:00Z"
schedule: {mode: hours}

configuration:
  client:
    base_url: https://x.y
    # a comment
    auth:
      type: bearer
  resources:
    - a
    -
      name: b
      primary_kee: id
"""


def told(file: Path, text: str) -> list[tuple[int | None, str]]:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConnectorError) as raised:
        read_connector(file)
    return [(problem.line, problem.path) for problem in raised.value.problems]


def test_of_json(tmp_path: Path) -> None:
    assert told(tmp_path / "acme.json", BROKEN) == [
        (4, "schedule.mode"),
        (8, "configuration.client.paginatr"),
        (13, "configuration.resources[1].endpoint.methud"),
        (15, "configuration.resources[2].name"),
        (16, "configuration.resources[2].endpoint.params.a.b[0].type"),
    ]


def test_of_yaml_with_the_line_of_the_object_that_lacks_a_key(tmp_path: Path) -> None:
    assert told(tmp_path / "acme.yaml", BROKEN_YAML) == [
        (8, "configuration.client.auth.token"),
        (14, "configuration.resources[1].primary_kee"),
    ]


def test_a_bom_and_other_line_ends_move_nothing(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + BROKEN_YAML.replace("\n", "\r\n").encode())
    with pytest.raises(ConnectorError, match=r"acme.yaml:8: configuration.client.auth.token: "):
        read_connector(file)


def test_lines_count_from_one() -> None:
    assert line_of_each_path('{"a":\n [1,\n  {"b": 2}]}') == {
        "a": 1, "a[0]": 2, "a[1]": 3, "a[1].b": 3,
    }  # fmt: skip
    assert line_of_each_path("") == {}
