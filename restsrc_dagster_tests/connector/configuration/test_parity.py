"""The models against dlt's own types: a dlt that adds or drops a key or an option fails by name."""

import inspect
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import dlt.common.schema.typing as schema
import dlt.sources.rest_api.typing as rest_api
import pytest
from dlt.common.data_types import TDataType
from dlt.common.destination.utils import MERGE_CONDITION_PLACEHOLDERS
from dlt.common.incremental.typing import OnCursorValueMissing, TIncrementalRange
from dlt.common.typing import TLoaderFileFormat, TSortOrder
from dlt.extract.hints import TResourceHintsBase, TResourceNestedHints
from dlt.extract.incremental import Incremental as DltIncremental
from dlt.sources.helpers.rest_client.auth import TApiKeyLocation
from dlt.sources.helpers.rest_client.typing import HTTPMethodBasic
from dlt.sources.rest_api.config_setup import AUTH_MAP, PAGINATOR_MAP

from restsrc_dagster.connector.configuration import (
    Configuration,
    dispositions,
    endpoint,
    hints,
    incremental,
    model,
    paginators,
    resource,
    steps,
)
from restsrc_dagster.connector.configuration.auth import AUTHS, OF_DLT, AuthKind, session_token
from restsrc_dagster.connector.configuration.auth import OURS as OUR_AUTHS
from restsrc_dagster.connector.configuration.other_words import OTHER_WORDS
from restsrc_dagster.connector.configuration.paginators import PAGINATORS
from restsrc_dagster.connector.configuration.part import Part
from restsrc_dagster.extract.auth.kinds import CLASSES

ABSENT: dict[tuple[type[Part], str], str] = {
    (model.Client, "session"): "a Python object; `http` sets what it would",
    (
        AUTHS["oauth2_client_credentials"].model,
        "session",
    ): "a Python object; `http` sets what it would",
    (
        resource.ResourceModel,
        "parent_table_name",
    ): "dlt's type has it, dlt.resource() does not take it",
    (resource.ResourceDefaults, "parent_table_name"): "as for a resource",
}
"""What dlt's types have and the models leave out, and why."""
DLT_LACKS = "is here and not in dlt; of a kind of paginator or auth, CONTRIBUTING.md says more"
OURS = {
    *(steps.PersonalData, steps.ListOfRecords, session_token.Login),
    *(kind.model for kind in OUR_AUTHS),
}
"""What stands for a Python function, and kinds that are registered with dlt."""

TYPES: list[tuple[type[Part], Any]] = [
    (Configuration, rest_api.RESTAPIConfig),
    (model.Client, rest_api.ClientConfig),
    (resource.ResourceModel, rest_api.EndpointResource),
    (resource.ResourceDefaults, rest_api.EndpointResourceBase),
    (endpoint.Endpoint, rest_api.Endpoint),
    (endpoint.ResolveParam, rest_api.ResolveParamConfig),
    (steps.Step, rest_api.ProcessingSteps),
    (endpoint.ResponseAction, rest_api.ResponseActionDict),
    (incremental.Incremental, rest_api.IncrementalConfig),
    (incremental.IncrementalParam, rest_api.IncrementalParamConfig),
    (AUTHS["bearer"].model, rest_api.BearerTokenAuthConfig),
    (AUTHS["api_key"].model, rest_api.ApiKeyAuthConfig),
    (AUTHS["http_basic"].model, rest_api.HttpBasicAuthConfig),
    (AUTHS["oauth2_client_credentials"].model, rest_api.OAuth2ClientCredentialsConfig),
    (PAGINATORS["page_number"].model, rest_api.PageNumberPaginatorConfig),
    (PAGINATORS["offset"].model, rest_api.OffsetPaginatorConfig),
    (PAGINATORS["header_link"].model, rest_api.HeaderLinkPaginatorConfig),
    (PAGINATORS["header_cursor"].model, rest_api.HeaderCursorPaginatorConfig),
    (PAGINATORS["json_link"].model, rest_api.JSONLinkPaginatorConfig),
    (PAGINATORS["cursor"].model, rest_api.JSONResponseCursorPaginatorConfig),
    (PAGINATORS["auto"].model, rest_api.PaginatorTypeConfig),
    (PAGINATORS["single_page"].model, rest_api.PaginatorTypeConfig),
    (hints.NestedHints, TResourceNestedHints),
    (hints.Column, schema.TColumnSchema),
    (hints.ListedColumn, schema.TColumnSchema),
    (hints.ContractParts, schema.TSchemaContractDict),
    (hints.Reference, schema.TTableReferenceInline),
    (dispositions.Disposition, schema.TWriteDispositionDict),
    (dispositions.Merge, schema.TMergeDispositionDict),
    (dispositions.DeleteInsert, schema.TDeleteInsertStrategyDict),
    (dispositions.Scd2, schema.TScd2StrategyDict),
    (dispositions.Upsert, schema.TUpsertStrategyDict),
    (dispositions.Cdc, schema.TCdcStrategyDict),
]


def keys(part: type[Part]) -> set[str]:
    return {field.alias or name for name, field in part.model_fields.items()}


def absent(part: type[Part]) -> set[str]:
    return {key for owner, key in ABSENT if owner is part}


@pytest.mark.parametrize(("part", "typed_dict"), TYPES, ids=lambda kind: kind.__name__)
def test_the_keys_are_dlts(part: type[Part], typed_dict: Any) -> None:
    assert keys(part) == set(get_type_hints(typed_dict)) - absent(part)


def test_what_is_absent_is_there_in_dlt() -> None:
    typed = dict(TYPES)
    for part, key in ABSENT:
        assert key in get_type_hints(typed[part]), (part, key)
    told = {words.words for words in OTHER_WORDS if words.of_dlt}
    assert {key for _, key in ABSENT} - {"parent_table_name"} == told - {"transform"}


def test_every_hint_of_a_resource_is_known() -> None:
    assert set(get_type_hints(TResourceHintsBase)) <= keys(resource.ResourceModel) | absent(
        resource.ResourceModel
    )


def test_the_required_keys_are_required() -> None:
    """dlt's types mark few; what they mark, or a constructor wants, the models want."""
    for part, typed_dict in TYPES:
        required = {key for key, field in part.model_fields.items() if field.is_required()}
        hinted = get_type_hints(typed_dict)
        marked = {
            key for key in typed_dict.__required_keys__ if type(None) not in get_args(hinted[key])
        }
        assert marked <= required, part


def members(union: Any) -> set[str]:
    return {
        kind.__name__
        for kind in get_args(union)
        if isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, dict)
    }


def test_no_form_of_a_union_is_forgotten() -> None:
    known = {kind.__name__ for _, kind in TYPES}
    for union in (
        rest_api.PaginatorConfig,
        rest_api.AuthConfig,
        rest_api.ResponseAction,
        schema.TWriteDispositionConfig,
        schema.TSchemaContract,
    ):
        typed_dicts = {
            kind.__name__ for kind in get_args(union) if hasattr(kind, "__required_keys__")
        }
        assert typed_dicts
        assert typed_dicts <= known


def test_no_typed_dict_of_dlts_module_is_forgotten() -> None:
    bases = {"RESTAPIConfigBase", "EndpointResourceBase", "ResourceBase", "AuthTypeConfig"}
    bases |= {"IncrementalRESTArgs", "ParamBindConfig"}
    typed_dicts = {
        name
        for name, kind in vars(rest_api).items()
        if hasattr(kind, "__required_keys__") and kind.__module__ == rest_api.__name__
    }
    forgotten = typed_dicts - bases - {kind.__name__ for _, kind in TYPES}
    assert not forgotten, f"dlt has types that no model of TYPES is compared with: {forgotten}"


def literal(part: type[Part], key: str) -> set[str]:
    """The allowed words of a field, be it optional."""
    return words(part.model_fields[key].annotation)


def words(kind: Any) -> set[str]:
    if get_origin(kind) is Literal:
        return {word for item in get_args(kind) for word in (words(item) or {item})}
    return {word for item in get_args(kind) for word in words(item)}


OPTIONS: dict[str, tuple[set[str], Any]] = {
    "data types": (literal(hints.Column, "data_type"), TDataType),
    "dedup_sort": (literal(hints.Column, "dedup_sort"), TSortOrder),
    "row_order": (literal(incremental.Incremental, "row_order"), TSortOrder),
    "cursor missing": (
        literal(incremental.Incremental, "on_cursor_value_missing"), OnCursorValueMissing),
    "range_start": (literal(incremental.Incremental, "range_start"), TIncrementalRange),
    "range_end": (literal(incremental.Incremental, "range_end"), TIncrementalRange),
    "last_value_func": (
        literal(incremental.Incremental, "last_value_func"),
        get_type_hints(rest_api.IncrementalConfig)["last_value_func"]),
    "methods": (literal(endpoint.Endpoint, "method"), HTTPMethodBasic),
    "params": ({"resolve", "incremental"}, rest_api.ParamBindType),
    "location, cookie apart": (
        literal(AUTHS["api_key"].model, "location") | {"cookie"}, TApiKeyLocation),
    "auth types": ({kind.name for kind in OF_DLT}, rest_api.AuthType),
    "paginators": (set(PAGINATORS), rest_api.PaginatorType),
    "paginator names": (words(paginators.PaginatorName), rest_api.PaginatorType),
    "dispositions": (set(dispositions.DISPOSITIONS), schema.TWriteDisposition),
    "dispositions as objects": (
        literal(dispositions.Disposition, "disposition")
        | literal(dispositions.Merge, "disposition"), schema.TWriteDisposition),
    "strategies": (words(dispositions.Strategy), schema.TLoaderMergeStrategy),
    "contracts": (words(hints.Evolution), schema.TSchemaEvolutionMode),
    "table formats": (literal(hints.TableHints, "table_format"), schema.TTableFormat),
    "file formats": (
        literal(hints.TableHints, "file_format") - {"preferred"}, TLoaderFileFormat),
    "cardinality": (literal(hints.Reference, "cardinality"), schema.TReferenceCardinality),
}  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS)
def test_the_options_are_dlts(option: str) -> None:
    ours, dlts = OPTIONS[option]
    assert ours - words(dlts) == set(), f"{option}: {DLT_LACKS}"
    assert words(dlts) - ours == set(), f"{option}: dlt has more"


def test_the_maps_of_dlt() -> None:
    auths = {kind.name for kind in OF_DLT}
    for ours, dlts in ((set(PAGINATORS), set(PAGINATOR_MAP)), (auths, set(AUTH_MAP))):
        assert ours - dlts == set(), DLT_LACKS
        assert dlts - ours == set(), "dlt has more"
    assert dispositions.CONDITION_PLACEHOLDERS == MERGE_CONDITION_PLACEHOLDERS
    for option, strategies in schema.MERGE_STRATEGY_OPTIONS.items():
        takers = {name for name, part in dispositions.MERGES.items() if option in keys(part)}
        assert takers == set(strategies), option


CONSTRUCTORS: list[tuple[str, type[Part], Any]] = [
    *((name, PAGINATORS[name].model, kind) for name, kind in PAGINATOR_MAP.items() if kind),
    *((kind.name, kind.model, AUTH_MAP[kind.name]) for kind in OF_DLT),
    ("incremental", incremental.IncrementalParam, DltIncremental),
]
LOOSER = {
    "token", "api_key", "username", "password", "access_token_url", "client_id", "client_secret",
    "cursor_path",
}  # fmt: skip
"""Required by us; dlt's constructors have None, and look for it in the environment."""


@pytest.mark.parametrize(("name", "part", "constructor"), CONSTRUCTORS)
def test_the_constructors_take_the_same(name: str, part: type[Part], constructor: Any) -> None:
    parameters = inspect.signature(constructor.__init__).parameters
    wanted = {key: value for key, value in parameters.items() if key not in ("self", "type")}
    assert keys(part) - {"type", "convert"} == set(wanted) - absent(part)
    for key, parameter in wanted.items():
        field = part.model_fields.get(key)
        if field is not None and key not in LOOSER:
            assert field.is_required() == (parameter.default is inspect.Parameter.empty), key


@pytest.mark.parametrize(("name", "part", "constructor"), CONSTRUCTORS)
def test_the_defaults_are_dlts(name: str, part: type[Part], constructor: Any) -> None:
    """So that what an editor shows, and what the models conclude from it, is true."""
    known = {"access_token_request_data": ({}, None), "last_value_func": ("max", max)}
    for key, parameter in inspect.signature(constructor.__init__).parameters.items():
        field = part.model_fields.get(key)
        if field is None or field.is_required() or key == "type":
            continue
        ours = field.get_default(call_default_factory=True)
        assert (ours, parameter.default) == known.get(key, (ours, ours)), key


@pytest.mark.parametrize("kind", OUR_AUTHS, ids=lambda kind: kind.name)
def test_the_class_of_ours_takes_the_options_of_its_model(kind: AuthKind) -> None:
    signs, options = CLASSES[kind.name], kind.model.model_fields
    assert signs is not None
    of_python = {"context", "session", "token", "format"}
    assert {*signs.get_resolvable_fields()} - of_python == {*options} - {"type"}
    for key, field in options.items():
        if not field.is_required() and key != "type":
            made = field.get_default(call_default_factory=True)
            assert made == getattr(signs, key) or not (made or getattr(signs, key)), key


def parts(kind: Any = Configuration, found: set[type[Part]] | None = None) -> set[type[Part]]:
    """Every model that a configuration can hold."""
    found = set() if found is None else found
    if isinstance(kind, type) and issubclass(kind, Part) and kind not in found:
        found.add(kind)
        for field in kind.model_fields.values():
            parts(field.annotation, found)
    for item in get_args(kind) if get_origin(kind) is not Literal else ():
        parts(item, found)
    return found


def test_every_model_is_compared_and_every_field_described() -> None:
    compared = {part for part, _ in TYPES} | OURS
    assert parts() - compared == set(), (
        "TYPES wants a line for it, with dlt's type; OURS, if dlt has none"
    )
    assert compared - parts() == set(), "no configuration can hold it: out of TYPES and OURS"
    for part in parts():
        assert part.__doc__, part
        for key, field in part.model_fields.items():
            fixed = get_origin(field.annotation) is Literal
            assert field.description or fixed, (part, key)


def test_the_union_of_dlts_bases() -> None:
    assert get_origin(rest_api.PaginatorConfig) is Union
