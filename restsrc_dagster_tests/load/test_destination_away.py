"""A destination that is not to be had: told at once, before the API is asked, and tried again."""

import subprocess
import sys

import pytest

from restsrc_dagster.errors import DestinationUnavailable
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.support.api import Api

SHELL = """
import duckdb, sys
held = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def test_a_person_s_shell_holds_the_file(api: Api, duck: Warehouse) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1}]}
    acme = duck.connector(api.url)
    duck.load(acme)
    assert duck.settings.data_dir is not None
    file = duck.settings.data_dir / "restsrc_acme.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", SHELL, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        with pytest.raises(DestinationUnavailable, match=r"is not to be had: .*Conflicting lock"):
            duck.load(acme)
        shell.kill()
    assert len(api.asked) == 1
    assert duck.load(acme).resources["items"].rows_in_table == 1


def test_nobody_answers_at_the_database(api: Api, duck: Warehouse) -> None:
    gone = {"type": "postgres", "credentials": "postgresql://ann:s3cr3t-mark@127.0.0.1:1/acme"}
    acme = Warehouse(duck.settings, gone, duck.connect).connector(api.url)
    with pytest.raises(DestinationUnavailable, match="Connection refused") as raised:
        duck.load(acme)
    assert "s3cr3t-mark" not in str(raised.value)
    assert api.asked == []
