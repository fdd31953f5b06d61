"""What the sensor remembers between its ticks, in its cursor.

A cursor is stored again with every tick, so it holds sixteen characters for each connector:
twelve of its identity, four of its schedule.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from typing_extensions import Self

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.orchestrate.names import from_iso, iso

IDENTITY_LENGTH = 12
SCHEDULE_LENGTH = 4
ENTRY_LENGTH = IDENTITY_LENGTH + SCHEDULE_LENGTH


@dataclass
class SensorMemory:
    """Connectors whose first run was requested, and schedules that are new.

    `seen` maps a connector's identity to its schedule. `since` holds when a schedule was first
    seen, by connector name, for as long as a slot may lie before.
    """

    seen: dict[str, str] = field(default_factory=dict)
    since: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, cursor: str | None) -> Self:
        """An unreadable cursor is an empty memory: the runs still know what was requested."""
        try:
            content = json.loads(cursor or "{}")
            packed, since = content["seen"], content["since"]
            entries = [
                packed[start : start + ENTRY_LENGTH]
                for start in range(0, len(packed), ENTRY_LENGTH)
            ]
            seen = {entry[:IDENTITY_LENGTH]: entry[IDENTITY_LENGTH:] for entry in entries}
            return cls(seen, {str(name): iso(from_iso(at)) for name, at in since.items()})
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def dump(self) -> str:
        packed = "".join(identity + schedule for identity, schedule in sorted(self.seen.items()))
        return json.dumps({"seen": packed, "since": self.since})

    def knows(self, connector: Connector) -> bool:
        return _identity(connector) in self.seen

    def knows_schedule(self, connector: Connector) -> bool:
        return self.seen.get(_identity(connector)) == _schedule(connector)

    def known_since(self, connector: Connector) -> datetime | None:
        since = self.since.get(connector.name)
        return from_iso(since) if since else None

    def remember(self, connector: Connector, at: datetime) -> None:
        """Note a connector, or its new schedule, as first seen at `at`."""
        self.seen[_identity(connector)] = _schedule(connector)
        self.since[connector.name] = iso(at)

    def forget_old_news(self, connectors: Iterable[Connector], at: datetime) -> None:
        """Drop what no slot can lie before any more. Identities stay: they are known for ever.

        A connector that is not there may be back when its file is mended: its news stay too.
        """
        slots = {connector.name: connector.slots for connector in connectors}
        self.since = {
            name: since
            for name, since in self.since.items()
            if name not in slots or slots[name].next(from_iso(since)) + slots[name].period > at
        }


def _identity(connector: Connector) -> str:
    return hashlib.sha256(connector.identity.encode()).hexdigest()[:IDENTITY_LENGTH]


def _schedule(connector: Connector) -> str:
    return hashlib.sha256(repr(connector.schedule).encode()).hexdigest()[:SCHEDULE_LENGTH]
