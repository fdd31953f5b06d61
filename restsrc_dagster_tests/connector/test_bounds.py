"""A file that would take minutes is refused by name, and the others are loaded.

Each case took more than forty seconds, or ended the definitions of all connectors.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from restsrc_dagster.connector.check import MOST_ANCESTORS, MOST_RESOURCES
from restsrc_dagster.connector.files.folder import read_connector, read_folder
from restsrc_dagster.connector.files.parse import LARGEST, MOST_VALUES
from restsrc_dagster.connector.files.salvage import salvage
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster_tests.support.connectors import content, items, write


def chain(length: int) -> list[dict[str, Any]]:
    below = [items(f"r{n}", path=f"{{resources.r{n - 1}.id}}/x") for n in range(1, length)]
    return [items("r0"), *below]


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8)
)
MANY_KEYS = {f"k{n}": n for n in range(90_000)}
STEP = "a" + " || a" * 20_000

FILES: dict[str, tuple[str, str]] = {
    "bomb.yaml": (BOMB, f"holds more than {MOST_VALUES:,} keys and values"),
    "ring.yaml": ("a: &a {b: *a}", "is nested too deeply"),
    "keys.yaml": ("".join(f"k{n}: 1\n" for n in range(30_000)), "29,9"),
    "keys.json": (json.dumps({**content(), **MANY_KEYS}), "89,900 more problems"),
    "values.json": (json.dumps(list(range(MOST_VALUES))), "no object at its top level"),
    "list.json": (json.dumps({"a": list(range(MOST_VALUES))}), "keys and values"),
    "large.json": (json.dumps(content(description="x" * LARGEST[True])), "is too large; at most"),
    "large.yaml": ("a: 1 #" + "x" * LARGEST[False], "is too large; at most 500,000 characters"),
    "twice.json": (
        '{"a": 1, "a": 2, "b": "' + "x" * LARGEST[False] + '"}',
        "the key 'a' stands twice in one object",
    ),
    "resources.json": (
        json.dumps(content(resources=[items(f"r{n}") for n in range(MOST_RESOURCES + 1)])),
        "configuration.resources: are 1,001; at most 1,000 work in one file",
    ),
    "deep.json": (
        json.dumps(content(resources=chain(900))),
        f"'r21' hangs on 21 resources, each below the next; at most {MOST_ANCESTORS} work",
    ),
    "expression.json": (
        json.dumps(content(resources=[{**items(), "processing_steps": [{"filter": STEP}]}])),
        "processing_steps[0].filter: is 100,001 characters long; at most 10,000 work",
    ),
    "selector.json": (
        json.dumps(content(resources=[items(data_selector="a[?(b==1)]" * 2000)])),
        "data_selector: is not a JSONPath: it is 20,000 characters long",
    ),
    "regex.json": (
        json.dumps(content(resources=[items(data_selector="data[?(@.x =~ '^(a+)+$')]")])),
        "data_selector: is not a JSONPath: regular expressions, as =~ and sub, are not taken",
    ),
    "substituted.json": (
        json.dumps(content(resources=[items(data_selector="data.x.`sub(/(a+)+$/, b)`")])),
        "regular expressions, as =~ and sub, are not taken",
    ),
    "number.json": (
        json.dumps(content(schedule={"mode": "days", "interval": 10**4000})),
        "… (2,0",
    ),
}


@pytest.mark.parametrize(("name", "told"), [(name, told) for name, (_, told) in FILES.items()])
def test_it_is_refused_by_name(name: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(FILES[name][0], encoding="utf-8")
    with pytest.raises(ConnectorError) as caught:
        read_connector(file)
    assert told in str(caught.value)
    assert f"/{name}" in str(caught.value)
    assert len(str(caught.value)) < 100_000
    kept = salvage(file)
    assert kept is None or len(kept.connector.resources) <= MOST_RESOURCES


def test_the_others_are_loaded(tmp_path: Path) -> None:
    for name, (text, _) in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    write(tmp_path, "acme")
    found = read_folder(tmp_path)
    assert list(found.connectors) == ["acme"]
    assert found.broken.keys() == {name.split(".")[0] for name in FILES}


def test_what_is_just_small_enough_is_a_connector(tmp_path: Path) -> None:
    """What honest files have: aliases, hundreds of resources, parents of parents, long lists."""
    fan = [items(f"x{n}", path=f"{{resources.r0.id}}/{n}") for n in range(MOST_RESOURCES - 21)]
    accounts = [f"account-{n}" for n in range(50_000)]
    of_all = items("of_all", path="{resources.accounts.value}/x")
    resources = [*chain(MOST_ANCESTORS), *fan, of_all]
    large = write(tmp_path, "large", resources=resources, values={"accounts": accounts})
    assert len(read_connector(large).resources) == MOST_RESOURCES
    (tmp_path / "shared.yaml").write_text(
        'created_at: "2026-11-23T10:03:00Z"\n'
        "schedule: {mode: days}\n"
        "configuration:\n"
        "  client: {base_url: 'https://api.acme.com'}\n"
        "  resources:\n"
        "    - {name: a, endpoint: &of {path: a, data_selector: data}}\n"
        "    - {name: b, endpoint: *of}\n",
        encoding="utf-8",
    )
    assert list(read_connector(tmp_path / "shared.yaml").resources) == ["a", "b"]
