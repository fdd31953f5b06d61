"""What a person does to the shop's API, to see what a connector makes of it."""

from collections.abc import Callable
from datetime import datetime
from zlib import crc32

from restsrc_dagster.demo.data import timestamp
from restsrc_dagster.demo.shop import utc_now
from restsrc_dagster.json_types import Record

FIELD = "loyalty_points"


class Trials:
    """`do` what `POST /break`, `/mend` and `/add-field` ask for.

    `field_since` is the moment of the latter, which a folder keeps (`on_field`), so that a record
    is the same after a restart. An API that was down is up again then.
    """

    def __init__(
        self,
        field_since: datetime | None = None,
        *,
        on_field: Callable[[datetime], None] = lambda _: None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.is_broken = False
        self._since = timestamp(field_since) if field_since else None
        self._on_field, self._clock = on_field, clock

    def do(self, what: str) -> str | None:
        """What has happened, in words for the person; None for what is not known."""
        match what:
            case "break":
                self.is_broken = True
                return "the API is down; POST /mend mends it"
            case "mend":
                self.is_broken = False
                return "the API is up"
            case "add-field":
                if self._since is None:
                    now = self._clock()
                    self._since = timestamp(now)
                    self._on_field(now)
                return f"customers that change have {FIELD} from now on"
        return None

    def with_field(self, record: Record) -> Record:
        """The record of a customer, with the field if it has changed since there is one."""
        if self._since is None or record["updated_at"] < self._since:
            return record
        return {**record, FIELD: crc32(record["id"].encode()) % 1000}
