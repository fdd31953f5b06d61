"""Records as dlt would write them, tried out while they are read."""

from copy import deepcopy
from typing import Any

from dlt.common.configuration.container import Container
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.json import json, may_have_pua
from dlt.common.schema import Schema
from dlt.extract.resource import DltResource

from restsrc_dagster.dlt_compat.extractor import TrialExtractor
from restsrc_dagster.extract.conform.fitting import FittingNormalizer


def capabilities_at_hand() -> DestinationCapabilitiesContext | None:
    """Of the destination that is loaded into; None if there is none."""
    container = Container()
    known = DestinationCapabilitiesContext in container
    return container[DestinationCapabilitiesContext] if known else None


class Trial:
    """dlt's two looks at the records, without what it writes: its extractor knows hints only, its
    normalizer what comes as well.

    Args:
        resource: whose records they are.
        schema: what is known before; it stays as it is.
        by: the class of the normalizer.
    """

    def __init__(
        self,
        resource: DltResource,
        schema: Schema,
        by: type[FittingNormalizer] = FittingNormalizer,
    ) -> None:
        self._resource = resource.with_name(resource.name)
        self._hinted = schema.clone()
        self._extractor = TrialExtractor(self._hinted)
        self._by = by
        self.normalizer: FittingNormalizer | None = None

    def take(self, item: Any, meta: Any) -> None:
        """Look at what a page gives to the tables, with its hints; raises DataValidationError."""
        extracted = self._extractor.extract(self._resource, item, meta)
        normalizer = self.normalizer or self._begin()
        if meta is not None:
            self._put_hints(normalizer.schema)
        for table, records in extracted:
            line = json.typed_dumpb(records)
            normalizer.normalize_chunk(table, json.loadb(line), may_have_pua(line), True)

    def _begin(self) -> FittingNormalizer:
        schema = self._hinted.clone(update_normalizers=True)
        self.normalizer = self._by.on_trial(schema, capabilities_at_hand())
        return self.normalizer

    def _put_hints(self, schema: Schema) -> None:
        """What a later page gives a type has it from the first on, when dlt normalizes."""
        for name, table in self._hinted.tables.items():
            if name not in schema.tables:
                schema.update_table(deepcopy(table), normalize_identifiers=False)
            for column, hints in table["columns"].items():
                if "data_type" in hints or column not in schema.tables[name]["columns"]:
                    schema.tables[name]["columns"][column] = deepcopy(hints)
