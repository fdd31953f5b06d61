"""The columns that `restsrc test` shows are those that a load of the same records makes."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from restsrc_dagster.cli.main import cli
from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import load_all
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items, write

BIG = 2**70
FIELDS: dict[str, list[Any]] = {
    "whole": [1, 2, None],
    "whole_then_fraction": [1, 1.5],
    "fraction_then_whole": [1.5, 2],
    "wide": [1, BIG],
    "widest": [BIG**2],
    "very_precise": ["__1.123456789012__"],
    "bool": [True, False],
    "bool_and_number": [True, 5],
    "text": ["a", ""],
    "text_of_digits": ["1", "2"],
    "moment": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123+02:00"],
    "moment_without_zone": ["2026-01-01T10:00:00"],
    "moment_with_blank": ["2026-01-01 10:00:00"],
    "moment_then_text": ["2026-01-01T00:00:00Z", "n/a"],
    "text_then_moment": ["n/a", "2026-01-01T00:00:00Z"],
    "beyond_all_times": ["9999-12-31T23:59:59.999+00:00", "0001-01-01T00:00:00+05:00"],
    "day": ["2026-01-01"],
    "time_of_day": ["10:00:00"],
    "mail_time": ["Wed, 31 Jan 2024 10:00:00 GMT"],
    "seconds": [1767225600],
    "number_then_text": [1, "n/a"],
    "object": [{"a": 1, "b": {"c": "x"}}, {"a": 1.5, "d": None}],
    "object_or_text": [{"x": 1}, "plain"],
    "list_of_objects": [
        [{"sku": "a", "n": 1}],
        [{"sku": "b", "n": 1.5, "at": "2026-01-01T00:00Z"}],
    ],
    "list_of_texts": [["a", "b"]],
    "list_of_lists": [[[1], [2.5]]],
    "list_or_number": [[1], 2],
    "nothing": [None, None],
    "empty_object": [{}],
    "empty_list": [[]],
    "camelCase": [1],
    "with-dash": [1],
    "@annotation": ["x"],
    "hinted_decimal": ["46885247356949.1406", 1],
    "hinted_text": [1, 2.5],
    "hinted_date": ["2026-01-01"],
    "hinted_local": ["2026-01-01T10:00:00"],
    "hinted_json": [{"a": [1]}],
    "hinted_double": [1, 2],
    "hinted_small": [1, 70000],
    "hinted_in_vain": [None],
}
HINTS = {
    "hinted_decimal": {"data_type": "decimal", "precision": 24, "scale": 4},
    "hinted_text": {"data_type": "text"},
    "hinted_date": {"data_type": "date"},
    "hinted_local": {"data_type": "timestamp", "timezone": False},
    "hinted_json": {"data_type": "json"},
    "hinted_double": {"data_type": "double"},
    "hinted_small": {"data_type": "bigint", "precision": 16},
    "hinted_in_vain": {"data_type": "date"},
    "not_there": {"data_type": "bigint"},
}
OF_DUCKDB = {
    "bigint": "BIGINT",
    "bigint(16)": "SMALLINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "text": "VARCHAR",
    "date": "DATE",
    "json": "JSON",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp without time zone": "TIMESTAMP",
}


def pages() -> list[bytes]:
    """One record of each value, in two pages, so that what comes second is seen to count."""
    count = max(map(len, FIELDS.values()))
    rows = [
        {"id": n, **{name: values[n] for name, values in FIELDS.items() if n < len(values)}}
        for n in range(count)
    ]
    parts = [rows[:1], rows[1:]]
    return [
        json.dumps({"data": part}).replace('"__', "").replace('__"', "").encode() for part in parts
    ]


def shown_by_test(folder: Path) -> dict[str, dict[str, str]]:
    words = ["test", "acme", "--json", "--limit", "1", "--connectors-dir", str(folder)]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)["resources"]
    tables = [{"name": found["table"], "columns": found["columns"]}, *found["nested tables"]]
    return {
        table["name"]: {column["name"]: column["type"] for column in table["columns"]}
        for table in tables
    }


@pytest.mark.parametrize("resource", [{}, {"max_table_nesting": 0}], ids=["nested", "flat"])
def test_they_are_those_of_a_load(
    api: Api, tmp_path: Path, settings: Settings, resource: dict[str, Any]
) -> None:
    answers = pages()

    def listed(asked: Asked) -> Answer:
        number = int(asked.params.get("page", 0))
        link = {"Link": f'<{api.url}/items?page={number + 1}>; rel="next"'}
        return Answer(answers[number], headers=link if number + 1 < len(answers) else {})

    api.routes["/items"] = listed
    described = {**items(paginator="header_link"), "columns": HINTS, **resource}
    file = write(tmp_path / "connectors", "acme", api.url, [described])
    shown = shown_by_test(file.parent)
    load_all(read_connector(file), settings)
    with duckdb.connect(str(settings.data_dir / "restsrc_acme.duckdb")) as database:
        rows = database.sql(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'acme' AND NOT starts_with(table_name, '_dlt') "
            "AND NOT starts_with(column_name, '_dlt')"
        ).fetchall()
    loaded: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        loaded.setdefault(table, {})[column] = kind
    nulls = {name for name, kind in shown["items"].items() if kind == "only null"}
    assert nulls == {"nothing"}
    as_stored = {
        table: {
            name: OF_DUCKDB.get(kind, kind.upper())
            for name, kind in columns.items()
            if kind != "only null"
        }
        for table, columns in shown.items()
        if columns
    }
    assert as_stored == loaded
