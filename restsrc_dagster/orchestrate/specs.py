"""The assets of a connector, as its destination can load it."""

from collections.abc import Mapping
from pathlib import Path
from warnings import catch_warnings, simplefilter

import dagster as dg

from restsrc_dagster.connector.abilities import ABILITIES
from restsrc_dagster.connector.files.lines import lines_of_resources
from restsrc_dagster.connector.fitted import fitted
from restsrc_dagster.connector.lint import lint
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.orchestrate.names import asset_key
from restsrc_dagster.orchestrate.storage import storage_of
from restsrc_dagster.orchestrate.translator import ConnectorTranslator, ResourceProps
from restsrc_dagster.settings import Settings


def asset_specs(
    connector: Connector, settings: Settings, translator: ConnectorTranslator, file: Path | None
) -> dict[str, dg.AssetSpec]:
    """The assets by the names of their resources."""
    storage = storage_of(connector, settings)
    lints = lint(connector)
    fit = fitted(connector, ABILITIES.get(storage.kind), settings)
    with catch_warnings():
        # References to code are beta: an upgrade that moves them fails a test, and tells nobody.
        simplefilter("ignore", dg.BetaWarning)
        sources = _sources(connector, file)
        specs = {
            name: translator.get_asset_spec(
                ResourceProps(
                    fit.connector,
                    resource,
                    storage.kind,
                    storage,
                    sources.get(name),
                    fit.instead.get(name),
                    [found for found in lints if name in found.resources],
                )
            )
            for name, resource in fit.connector.resources.items()
            if resource.selected
        }
    return {name: _below_its_parent(spec, connector, name, specs) for name, spec in specs.items()}


def _below_its_parent(
    spec: dg.AssetSpec, connector: Connector, name: str, specs: Mapping[str, dg.AssetSpec]
) -> dg.AssetSpec:
    """A child depends on its parent, also where the translator has renamed that."""
    parent = connector.resources.loaded_parent(name)
    if parent is None or specs[parent].key == (key := asset_key(connector.name, parent)):
        return spec
    renamed = dg.AssetDep(specs[parent].key)
    deps = [renamed if dep.asset_key == key else dep for dep in spec.deps]
    return spec.replace_attributes(deps=deps)


def _sources(connector: Connector, file: Path | None) -> Mapping[str, dg.LocalFileCodeReference]:
    """Where each resource stands in the file."""
    if file is None:
        return {}
    written = connector.configuration["resources"]
    try:
        lines = lines_of_resources(file.read_text(encoding="utf-8-sig"), written)
    except OSError:  # it was there a moment ago
        return {}
    label = f"Connector file {file.name}"
    return {
        name: dg.LocalFileCodeReference(
            file_path=str(file.absolute()), line_number=line, label=label
        )
        for name, line in zip(connector.resources, lines, strict=False)
    }
