"""The Docker layout starts, and does what `dagster dev` does: its files, as processes."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import write
from restsrc_dagster_tests.support.docker_layout import ComposeLayout, Image, build, services
from restsrc_dagster_tests.support.postgres import Postgres, running_postgres
from restsrc_dagster_tests.support.ui import rows_loaded

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    (arguments,) = {
        tuple(service["build"]["args"].items())
        for service in services().values()
        if "build" in service
    }
    made = build(tmp_path_factory.mktemp("image"), **dict(arguments))
    policy = Path(made.here(made.environment["RESTSRC_POLICY"]))
    strict = policy.read_text(encoding="utf-8")
    assert "allowed: [] " in strict, "an API of this machine is allowed by name, as a team would"
    policy.write_text(strict.replace("allowed: [] ", "allowed: [127.0.0.1] "), encoding="utf-8")
    return made


@pytest.fixture
def server() -> Iterator[Postgres]:
    with running_postgres() as running:
        running.listen()
        yield running


def stored(server: Postgres) -> list[int]:
    address = {"host": "127.0.0.1", "port": server.port, "user": "dagster", "dbname": "dagster"}
    with closing(psycopg2.connect(**address)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT id FROM acme.items ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_a_first_run_a_slot_a_queue_and_a_cancel(image: Image, server: Postgres, api: Api) -> None:
    answer = threading.Event()
    answer.set()

    def items(_: Asked) -> dict[str, Any]:
        answer.wait(240)
        return {"data": [{"id": 1}, {"id": 2}]}

    api.routes["/items"] = items
    with ComposeLayout(image, server) as dagster:
        write(
            dagster.connectors,
            "acme",
            api.url,
            created_at=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            schedule={"mode": "minutes", "interval": 1},
        )
        dagster.wait("code location", dagster.is_loaded)
        dagster.reload()
        (first,) = dagster.wait("first run", lambda: dagster.ended("initial"))
        assert first["status"] == "SUCCESS"
        assert rows_loaded(first) == {"acme/items": 2}
        assert stored(server) == [1, 2]
        assert "acme/items: 2 rows loaded" in dagster.stderr(first["runId"])

        (second, *_) = dagster.wait("scheduled run", lambda: dagster.ended("schedule"))
        assert second["status"] == "SUCCESS"

        answer.clear()
        asked = len(api.asked)
        going = dagster.launch("acme_sync")
        dagster.wait("request", lambda: len(api.asked) > asked)
        waiting = dagster.launch("acme_sync")
        dagster.wait("queued run", lambda: dagster.status(waiting) == "QUEUED")
        dagster.terminate(going)
        dagster.wait("end of the first", lambda: dagster.status(going) == "CANCELED")
        answer.set()
        dagster.wait("turn of the second", lambda: dagster.status(waiting) == "SUCCESS")
