"""The demonstration's folder: what lies where, and what is kept from one start to the next."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.data import timestamp
from restsrc_dagster.errors import RestsrcError

CONNECTOR = "demo_shop"
TOKEN_VARIABLE = "RESTSRC_DEMO_TOKEN"  # noqa: S105 - the name, not the token
REOPEN_AFTER = timedelta(days=14)  # the shop lives through all its ticks again at each start

_WORKSPACE = """\
load_from:
  - python_module:
      module_name: restsrc_dagster.definitions
      location_name: restsrc_dagster
"""


class DemoError(RestsrcError):
    """The demonstration cannot start; the message says what to do."""


@dataclass(frozen=True)
class DemoFolder:
    """The places inside one demonstration folder; `path` is absolute."""

    path: Path
    connector: str = CONNECTOR

    @property
    def connectors(self) -> Path:
        return self.path / "connectors"

    @property
    def connector_file(self) -> Path:
        return self.connectors / f"{self.connector}.json"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def database(self) -> Path:
        return self.data / f"restsrc_{self.connector}.duckdb"

    @property
    def log(self) -> Path:
        """What dagster itself prints."""
        return self.path / "dagster.log"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Creates the folder and keeps a second demonstration out: DemoError if one is there.

        The lock is the operating system's: it goes when this process goes, however it goes.
        """
        import fcntl  # no Windows, nor has the rest of the demonstration: see `run_demo`

        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.path / ".gitignore").write_text("*\n", encoding="utf-8")
        with (self.path / "demo.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise DemoError(
                    f"A demonstration already runs in {self.path}: stop it first (Ctrl-C there)."
                ) from None
            yield

    def recall(self, *, now: datetime) -> tuple[datetime, int]:
        """When the shop opened and the API's last port; `now` and 0 on the first start.

        A shop that opened more than 14 days ago opens anew.
        """
        try:
            state = self._noted
            opened, port = parse_time(state["opened_at"]), int(state["api_port"])
        except (OSError, ValueError, TypeError, KeyError):
            return now, 0
        if opened.tzinfo is None or not timedelta() <= now - opened <= REOPEN_AFTER:
            opened = now
        return opened, port if 0 < port < 65536 else 0

    def remember(self, *, opened_at: datetime, api_port: int) -> None:
        """What `recall` will say at the next start; moments to the second."""
        self._note(opened_at=timestamp(opened_at), api_port=api_port)

    @property
    def field_since(self) -> datetime | None:
        """When a person has added a field to the API; None before."""
        try:
            return parse_time(self._noted["field_since"])
        except (ValueError, TypeError, KeyError):
            return None

    def remember_field(self, since: datetime) -> None:
        self._note(field_since=timestamp(since))

    @property
    def _noted(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._state.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return {}

    def _note(self, **news: Any) -> None:
        self._state.write_text(_dump({**self._noted, **news}), encoding="utf-8")

    def write_dagster_files(self, dagster_yaml: str) -> None:
        """`workspace.yaml` and `dagster.yaml`, anew at each start, and the empty data folder."""
        self.data.mkdir(exist_ok=True)
        (self.path / "workspace.yaml").write_text(_WORKSPACE, encoding="utf-8")
        (self.path / "dagster.yaml").write_text(dagster_yaml, encoding="utf-8")

    def write_env_file(self, variables: Mapping[str, str]) -> None:
        """`.env`, so that `restsrc` and `dagster` work in the folder as they are."""
        lines = [f"{name}={value}\n" for name, value in variables.items()]
        (self.path / ".env").write_text("".join(lines), encoding="utf-8")

    @property
    def created_at(self) -> str | None:
        """When the connector was created that is there, if it can be read."""
        try:
            content = json.loads(self.connector_file.read_text(encoding="utf-8"))
            return str(content["created_at"])
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write_content(self, content: dict[str, Any]) -> None:
        """The connector file, whatever was there."""
        self.connectors.mkdir(exist_ok=True)
        self.connector_file.write_text(_dump(content), encoding="utf-8")

    def write_connector(self, base_url: str, *, now: datetime) -> None:
        """The connector file. One that exists keeps everything except a stale `base_url`.

        Raises DemoError if the existing file cannot be read as a connector.
        """
        self.connectors.mkdir(exist_ok=True)
        if not self.connector_file.exists():
            fresh = demo_connector(base_url, created_at=now)
            self.connector_file.write_text(_dump(fresh), encoding="utf-8")
            return
        try:
            connector = json.loads(self.connector_file.read_text(encoding="utf-8"))
            client = connector["configuration"]["client"]
            stale = urlsplit(client["base_url"]).netloc != urlsplit(base_url).netloc
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DemoError(
                f"{self.connector_file}: cannot be read as a connector ({error!r}): mend it, or"
                " delete it to get a new one."
            ) from error
        if stale:
            client["base_url"] = base_url
            self.connector_file.write_text(_dump(connector), encoding="utf-8")

    @property
    def _state(self) -> Path:
        return self.path / "demo.json"


def demo_connector(base_url: str, *, created_at: datetime) -> dict[str, Any]:
    """The content of `connectors/demo_shop.json`."""
    return {
        "description": "The demonstration shop: customers, invoices, subscriptions, payments",
        "created_at": timestamp(created_at.astimezone(timezone.utc)),
        "schedule": {"mode": "minutes", "interval": 1},
        "configuration": {
            "client": {
                "base_url": base_url,
                "auth": {"type": "bearer", "token": f"${{{TOKEN_VARIABLE}}}"},
                "paginator": {"type": "json_link", "next_url_path": "paging.next"},
            },
            "resource_defaults": {
                "primary_key": "id",
                "endpoint": {"data_selector": "data"},
            },
            "resources": [
                {
                    **_changing("customers"),
                    "columns": {
                        "status": {"description": "active, or paused for a while"},
                        "plan": {"description": "What the customer has booked, free or paid"},
                    },
                },
                _changing("invoices"),
                {"name": "subscriptions", "endpoint": {"path": "subscriptions"}},
                {
                    "name": "payments",
                    "endpoint": {"path": "subscriptions/{resources.subscriptions.id}/payments"},
                },
            ],
        },
        "owners": ["team:sales"],
        "tags": {"domain": "billing"},
    }


def _changing(name: str) -> dict[str, Any]:
    """A resource of which only what changed since the last run is asked for."""
    return {
        "name": name,
        "endpoint": {
            "path": name,
            "params": {"updated_since": "{incremental.start_value}", "limit": 250},
            "incremental": {
                "cursor_path": "updated_at",
                "initial_value": "1970-01-01T00:00:00Z",
            },
        },
    }


def _dump(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
