"""Connectors as components of a Dagster project: `type: restsrc_dagster.RestApiConnector`."""

import re
from abc import abstractmethod
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import dagster as dg
from dagster.components.utils.translation import TranslationFn, TranslationFnResolver
from pydantic import BaseModel, Field, PrivateAttr
from typing_extensions import Self

from restsrc_dagster.cli.stamp import created_now
from restsrc_dagster.connector.files.folder import check_content
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.schedule.schedule import parse_schedule
from restsrc_dagster.connector.templated_schema import TEMPLATE, templated_schema
from restsrc_dagster.errors import ConnectorError
from restsrc_dagster.orchestrate.assets import Load
from restsrc_dagster.orchestrate.build import connectors_of_folder
from restsrc_dagster.orchestrate.location import (
    FoundConnectors,
    build_connector_definitions,
    location_sensors,
)
from restsrc_dagster.orchestrate.translator import ConnectorTranslator, ResourceProps
from restsrc_dagster.permitted import refused
from restsrc_dagster.scaffold.configuration import FirstConfiguration, References, bearer
from restsrc_dagster.settings import Settings


class _References:
    """`{{ env.NAME }}` is `${NAME}`: it is looked up when a run reads, and kept nowhere.

    `{{ env("NAME", "default") }}` is `${NAME:-default}`.
    """

    def __getattr__(self, name: str) -> str:
        return f"${{{name}}}"

    def __call__(self, name: str, default: Any = None) -> str:
        return f"${{{name}}}" if default is None else f"${{{name}:-{default}}}"


_TEMPLATE = re.compile(TEMPLATE["pattern"])


def _as_written(context: dg.ResolutionContext, value: Any) -> Any:
    """Resolve templates, and leave other texts alone: Jinja makes a number of "2024.10"."""
    if isinstance(value, dict):
        return {key: _as_written(context.at_path(key), one) for key, one in value.items()}
    if isinstance(value, list):
        return [_as_written(context.at_path(at), one) for at, one in enumerate(value)]
    if isinstance(value, str) and _TEMPLATE.search(value):
        value = context.with_scope(env=_References()).resolve_value(value)
    if isinstance(value, datetime) and value.tzinfo:  # from Python, or from a template
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    return value


def _alerts(context: dg.ResolutionContext, value: Any) -> Any:
    """YAML 1.1, in which Dagster reads, says true where a person has written the key `on`."""
    written = _as_written(context, value)
    if isinstance(written, dict):
        return {"on" if key is True else key: one for key, one in written.items()}
    return written


def _key(name: str, **default: Any) -> Any:
    """The key of a connector file, with its description and all that may stand below it."""

    def as_in_a_file(schema: dict[str, Any]) -> None:
        # Instead of Dagster's union with a text, of whose errors nobody is told the place.
        schema.clear()
        schema.update(_schema()[name])

    return Field(**default, json_schema_extra=as_in_a_file)


_schema = cache(templated_schema)
AsWritten = Annotated[
    Any, dg.Resolver(_as_written, model_field_type=Any, inject_before_resolve=False)
]
Alerts = Annotated[Any, dg.Resolver(_alerts, model_field_type=Any, inject_before_resolve=False)]
Translation = Annotated[
    TranslationFn[ResourceProps] | None,
    TranslationFnResolver[ResourceProps](
        lambda props: {"connector": props.connector, "resource": props.resource}
    ),
]


class _Carrier(dg.Component, dg.Model, dg.Resolvable):
    """Brings connectors. The first one of a project has the sensors for those of all."""

    translation: Translation = None

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return dg.ComponentTypeSpec(
            description=(cls.__doc__ or "").partition("\n")[0],
            produces=["asset", "asset_check", "job", "schedule", "sensor"],
        )

    _found: FoundConnectors | None = PrivateAttr(None)

    def find(self) -> FoundConnectors:
        """The connectors of this component; they are built once."""
        if self._found is None:
            self._found = self._find(Settings.from_environment())
        return self._found

    @abstractmethod
    def _find(self, settings: Settings) -> FoundConnectors:
        """Build them."""

    def get_asset_spec(self, props: ResourceProps) -> dg.AssetSpec:
        """Override to show the assets in another way.

        Example:
            .. code-block:: python

                class Owned(RestApiConnector):
                    def get_asset_spec(self, props):
                        return super().get_asset_spec(props).merge_attributes(owners=["team:data"])
        """
        return ConnectorTranslator().get_asset_spec(props)

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Assets and schedules; of the first of a project also the sensors and jobs of all.

        Dagster copies the jobs of each component, to note where they come from: a sensor finds
        its jobs beside it alone.
        """
        own = self.find().definitions()
        tree = context.component_tree
        carriers = tree.get_all_components(_Carrier) or [self]  # type: ignore[type-abstract]
        first = carriers[0] is self
        found = [one.find() for one in carriers] if first else []
        return dg.Definitions(
            assets=own.assets,
            schedules=own.schedules,
            jobs=[definitions.job for place in found for definitions in place.shown.values()],
            sensors=location_sensors(found, settings=Settings.from_environment()) if first else [],
        )


class _Translator(ConnectorTranslator):
    """What the component says of its assets, and then what its `translation` does."""

    def __init__(self, component: _Carrier) -> None:
        self._component = component

    def get_asset_spec(self, props: ResourceProps) -> dg.AssetSpec:
        spec = self._component.get_asset_spec(props)
        translation = self._component.translation
        return translation(spec, props) if translation else spec


class RestApiConnectorScaffoldParams(BaseModel):
    """What `dg scaffold defs restsrc_dagster.RestApiConnector NAME` takes."""

    schedule: str = Field(
        "every day", description='Such as "every 10 minutes" or "every 3 days at 00:30".'
    )
    from_curl: str | None = Field(
        None, description="A curl command; its secret becomes a ${…} reference."
    )
    from_openapi: str | None = Field(None, description="The file of an OpenAPI document.")
    path: str | None = Field(None, description="A path of that document; several with commas.")
    base_url: str | None = Field(None, description="The API's address, instead of the document's.")


class RestApiConnectorScaffolder(dg.Scaffolder[RestApiConnectorScaffoldParams]):
    """Writes a `defs.yaml` that is checked, and stamped with its creation time."""

    @classmethod
    def get_scaffold_params(cls) -> type[RestApiConnectorScaffoldParams]:
        return RestApiConnectorScaffoldParams

    def scaffold(self, request: dg.ScaffoldRequest[RestApiConnectorScaffoldParams]) -> None:
        name, params = request.target_path.name, request.params
        first = _first(name, params)
        schedule = parse_schedule(params.schedule)
        attributes = {
            **({"description": first.description} if first.description else {}),
            "created_at": created_now(),
            "schedule": schedule.model_dump(exclude_defaults=True) | {"mode": schedule.mode},
            "configuration": first.configuration,
        }
        check_content(name, attributes, file=f"{name}/defs.yaml")
        dg.scaffold_component(request, attributes)
        if first.variables and request.scaffold_format == "yaml":
            with (request.target_path / "defs.yaml").open("a", encoding="utf-8") as file:
                file.write("\nrequirements:\n  env:\n")
                file.writelines(f"    - {variable}\n" for variable in first.variables)


def _first(name: str, params: RestApiConnectorScaffoldParams) -> FirstConfiguration:
    from restsrc_dagster.scaffold.from_curl import from_curl
    from restsrc_dagster.scaffold.openapi import from_openapi

    if params.from_curl is not None:
        return from_curl(params.from_curl, name)
    if params.from_openapi is not None:
        paths = tuple(filter(None, (params.path or "").split(",")))
        document = Path(params.from_openapi).read_text(encoding="utf-8-sig")
        return from_openapi(document, name, paths, base_url=params.base_url)
    references = References(name)
    return FirstConfiguration(
        {
            "client": {
                "base_url": params.base_url or "https://api.example.com/v1",
                "auth": bearer(references),
            },
            "resources": [
                {"name": "items", "primary_key": "id", "endpoint": {"path": "items"}},
            ],
        },
        variables=references.variables,
    )


@dg.scaffold_with(RestApiConnectorScaffolder)
class RestApiConnector(_Carrier):
    """One REST API: assets, job and schedule from a declarative configuration.

    The attributes are the content of a connector file. `{{ env.NAME }}` is the same as `${NAME}`:
    a run looks it up, and no definition has it.
    """

    name: Annotated[
        str | None,
        dg.Resolver.default(
            description="The connector's name; by default that of the component's folder."
        ),
    ] = None
    created_at: AsWritten = _key("created_at")
    schedule: AsWritten = _key("schedule")
    configuration: AsWritten = _key("configuration")
    description: AsWritten = _key("description", default=None)
    http: AsWritten = _key("http", default=None)
    reading: AsWritten = _key("reading", default=None)
    values: AsWritten = _key("values", default=None)
    destination: AsWritten = _key("destination", default=None)
    partitions: AsWritten = _key("partitions", default=None)
    on_schema_change: AsWritten = _key("on_schema_change", default=None)
    alerts: Alerts = _key("alerts", default=None)
    owners: AsWritten = _key("owners", default=None)
    tags: AsWritten = _key("tags", default=None)

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> Self:
        loaded = super().load(attributes, context)
        if loaded.name is None:
            loaded.name = _folder_of(context).name
        return loaded

    @property
    def connector(self) -> Connector:
        """What the attributes say; raises ConnectorError with every problem of them."""
        keys = set(type(self).model_fields) - {"name", "translation"}
        content = {key: value for key in keys if (value := getattr(self, key)) is not None}
        name = self.name or ""
        return check_content(name, content, file=f"{name}/defs.yaml: attributes")

    def execute(self, context: dg.AssetExecutionContext, load: Load) -> Iterator[Any]:
        """Runs a load; override to do something before it, behind it, or with its results.

        Example:
            .. code-block:: python

                class Told(RestApiConnector):
                    def execute(self, context, load):
                        context.log.info("it begins")
                        yield from load()
        """
        del context
        yield from load()

    def _find(self, settings: Settings) -> FoundConnectors:
        connector = self.connector
        if problems := refused(connector, settings, f"{connector.name}/defs.yaml: attributes"):
            raise ConnectorError(problems)
        loaded_at = datetime.now(timezone.utc)
        built = build_connector_definitions(
            connector,
            settings=settings,
            translator=_Translator(self),
            loaded_at=loaded_at,
            execute=self.execute,
        )
        return FoundConnectors({connector.name: built})


class RestApiConnectorFolder(_Carrier):
    """A folder of connector files beside the components of a project."""

    folder: Annotated[
        str,
        dg.Resolver.default(description="The folder, from that of the project on, or absolute."),
    ] = "connectors"
    _root: Path = PrivateAttr(default_factory=Path)

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> Self:
        loaded = super().load(attributes, context)
        loaded._root = context.project_root
        return loaded

    def _find(self, settings: Settings) -> FoundConnectors:
        folder = self._root / self.folder
        return connectors_of_folder(folder, settings=settings, translator=_Translator(self))


def _folder_of(context: dg.ComponentLoadContext) -> Path:
    return context.path if context.path.is_dir() else context.path.parent
