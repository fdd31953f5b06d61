"""Whether rows can go where they are to go, for `restsrc test --destination`."""

from collections.abc import Iterator
from typing import Any

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.errors import MissingVariable, PolicyRefused, RestsrcError, SettingsError
from restsrc_dagster.load.inspection import Inspected, inspect_destination
from restsrc_dagster.settings import Settings

OK, CONFIGURATION, AWAY = 0, 1, 5


class DestinationTold:
    """What was found out of a connector's destination, or why nothing was."""

    def __init__(self, connector: Connector) -> None:
        self._settings = Settings.from_environment()
        self._kind = connector.destination_type(self._settings.destination)
        self._found: Inspected | None = None
        self._error: RestsrcError | None = None
        try:
            self._found = inspect_destination(connector, settings=self._settings)
        except RestsrcError as error:
            self._error = error

    @property
    def exit_code(self) -> int:
        """1 where the configuration, or a right, has to change; 5 where it cannot be reached."""
        if self._error is None:
            return OK
        is_wrong = isinstance(self._error, (SettingsError, MissingVariable, PolicyRefused))
        return CONFIGURATION if is_wrong else AWAY

    @property
    def facts(self) -> dict[str, Any]:
        """For machines."""
        if self._found is None:
            return {"type": self._kind, "problem": str(self._error)}
        return {
            "type": self._found.kind,
            "dataset": self._found.dataset,
            "is_there": self._found.is_there,
            "may_write": self._found.may_write or None,
            "problem": None,
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"destination {self._kind}"
        if self._found is None:
            yield f"  failed     {self._error}"
            return
        state = "is there" if self._found.is_there else "is made by the first run"
        yield f"  dataset    {self._found.dataset} {state}"
        if not self._found.may_write:
            yield "  rights     whether rows may be written shows the first run"
