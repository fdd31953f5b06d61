"""What a destination can do, as dlt says, and what is refused of a connector because it cannot."""

from collections.abc import Set
from contextlib import suppress
from typing import Any

from dlt.common.destination import Destination, DestinationCapabilitiesContext
from dlt.common.schema.typing import TTableSchema

from restsrc_dagster.connector.abilities import ABILITIES, Abilities
from restsrc_dagster.connector.fitted import Fitted
from restsrc_dagster.errors import SettingsError


def abilities_of(capabilities: DestinationCapabilitiesContext) -> Abilities:
    """From dlt's capabilities of a destination."""
    merges: dict[str | None, tuple[str, ...]] = {None: _strategies(capabilities, None)}
    for table_format in capabilities.supported_table_formats or ():
        merges[table_format] = _strategies(capabilities, table_format)
    return Abilities(merges)


def abilities_by_name(kind: str) -> Abilities | None:
    """Of a destination that is not set up; None where only that would tell. Nothing is connected.

    One of a deployment's own (`DESTINATION__<NAME>__DESTINATION_TYPE`, or a path with dots) has
    those of what it is made of.
    """
    if kind in ABILITIES:
        return ABILITIES[kind]
    capabilities = capabilities_by_name(kind)
    return abilities_of(capabilities) if capabilities is not None else None


def capabilities_by_name(kind: str) -> DestinationCapabilitiesContext | None:
    """The same in dlt's words, with the types that it stores."""
    with suppress(Exception):
        if destination := Destination.from_reference(kind):
            return destination.capabilities()
    return None


def refuse_what_cannot_be_done(fitted: Fitted, names: Set[str]) -> None:
    """Before anything is read.

    Raises:
        SettingsError: all that cannot be done of the resources `names`, and what to do.
    """
    connector = fitted.connector.name
    problems = [
        f"{refusal.path}: {refusal.message}"
        if refusal.resource is None
        else f"{connector}/{refusal.resource}: {refusal.message}"
        for refusal in fitted.refused
        if refusal.resource is None or refusal.resource in names
    ]
    if problems:
        raise SettingsError("\n".join(problems))


def _strategies(capabilities: DestinationCapabilitiesContext, table_format: Any) -> tuple[str, ...]:
    supported = list(capabilities.supported_merge_strategies or ())
    if capabilities.merge_strategies_selector is None:
        return tuple(supported)
    table: TTableSchema = {"name": "any", "write_disposition": "merge", "columns": {}}
    if table_format:
        table["table_format"] = table_format
    return tuple(capabilities.merge_strategies_selector(supported, table_schema=table))
