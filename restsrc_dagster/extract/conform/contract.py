"""A frozen `schema_contract`, held to while the records are read.

dlt finds the violation when all is read, and fails the load of every resource for it. So the pages
of a resource whose contract freezes something are tried beforehand, by dlt's own code, against a
copy of the schema: what violates the contract fails that resource, as any page that is wrong does.
It costs such a resource the time of a second normalizing.
"""

from collections.abc import Mapping
from typing import Any

import dlt
from dlt.extract.items_transform import ItemTransform
from dlt.extract.resource import DltResource

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.extract.conform.trial import Trial
from restsrc_dagster.extract.step_order import StepOrder


def freezes(resource: Resource) -> bool:
    """Whether the contract of a resource, or of a table nested in it, freezes something."""
    hints = [resource.hints, *resource.nested_hints.values()]
    contracts = [one.get("schema_contract") for one in hints]
    return any(
        "freeze" in (contract.values() if isinstance(contract, Mapping) else [contract])
        for contract in contracts
    )


class CheckContract(ItemTransform[Any, Any]):
    """Lets the pages pass; raises dlt's DataValidationError at a record that violates."""

    placement_affinity = StepOrder.CHECK_CONTRACT

    def __init__(self, resource: DltResource) -> None:
        super().__init__(lambda item: item)
        self._resource = resource
        self._trial: Trial | None = None

    def __call__(self, item: Any, meta: Any = None) -> Any:
        """The item, if it may be loaded."""
        if self._trial is None:
            self._trial = Trial(self._resource, dlt.current.source_schema())
        self._trial.take(item, meta)
        return item
