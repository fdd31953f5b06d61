"""A frozen `schema_contract`, held to while the records are read.

dlt finds the violation when all is read, and fails the load of every resource for it. So the pages
of a resource whose contract freezes something are tried beforehand, by dlt's own code, against a
copy of the schema: what violates the contract fails that resource, as any page that is wrong does.
It costs such a resource the time of a second normalizing.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import dlt
from dlt.common.configuration.container import Container
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.json import json, may_have_pua
from dlt.common.schema import Schema
from dlt.extract.items_transform import ItemTransform
from dlt.extract.resource import DltResource

from restsrc_dagster.connector.resources.resource import Resource
from restsrc_dagster.dlt_compat.extractor import TrialExtractor
from restsrc_dagster.extract.conform.fitting import FittingNormalizer
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
        self._trial: _Trial | None = None

    def __call__(self, item: Any, meta: Any = None) -> Any:
        """The item, if it may be loaded."""
        if self._trial is None:
            self._trial = _Trial(self._resource, dlt.current.source_schema())
        self._trial.take(item, meta)
        return item


class _Trial:
    """dlt's two looks at the records, without what it writes: its extractor knows hints only, its
    normalizer what comes as well."""

    def __init__(self, resource: DltResource, schema: Schema) -> None:
        self._resource = resource.with_name(resource.name)
        self._hinted = schema.clone()
        self._extractor = TrialExtractor(self._hinted)
        self._normalizer: FittingNormalizer | None = None

    def take(self, item: Any, meta: Any) -> None:
        """Raises DataValidationError."""
        extracted = self._extractor.extract(self._resource, item, meta)
        normalizer = self._normalizer or self._begin()
        if meta is not None:
            self._put_hints(normalizer.schema)
        for table, records in extracted:
            line = json.typed_dumpb(records)
            normalizer.normalize_chunk(table, json.loadb(line), may_have_pua(line), True)

    def _begin(self) -> FittingNormalizer:
        container = Container()
        known = DestinationCapabilitiesContext in container
        capabilities = container[DestinationCapabilitiesContext] if known else None
        schema = self._hinted.clone(update_normalizers=True)
        self._normalizer = FittingNormalizer.on_trial(schema, capabilities)
        return self._normalizer

    def _put_hints(self, schema: Schema) -> None:
        """What a later page gives a type has it from the first on, when dlt normalizes."""
        for name, table in self._hinted.tables.items():
            if name not in schema.tables:
                schema.update_table(deepcopy(table), normalize_identifiers=False)
            for column, hints in table["columns"].items():
                if "data_type" in hints or column not in schema.tables[name]["columns"]:
                    schema.tables[name]["columns"][column] = deepcopy(hints)
