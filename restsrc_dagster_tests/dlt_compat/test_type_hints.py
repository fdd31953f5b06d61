"""What dlt makes of types is found once while a load goes on, and is the same."""

import sys
from copy import deepcopy
from typing import Annotated, Any, Literal

import pytest
from dlt.common import validation
from dlt.common.configuration import resolve
from dlt.common.configuration.providers import environ
from dlt.common.configuration.specs.base_configuration import (
    BaseConfiguration,
    configspec,
    is_secret_hint,
)
from dlt.common.schema import Schema
from dlt.common.schema.typing import TStoredSchema
from dlt.common.typing import TSecretStrValue, TSecretValue

from restsrc_dagster.dlt_compat.type_hints import TYPES_ONCE, once
from restsrc_dagster_tests.dlt_compat.signature import names


@configspec
class Acme(BaseConfiguration):
    items: int = None  # type: ignore[assignment]


def specs(of: type[BaseConfiguration] = BaseConfiguration) -> list[type[BaseConfiguration]]:
    return [of, *(spec for one in of.__subclasses__() for spec in specs(one))]


def test_the_same_is_found_of_each_field_that_dlt_has() -> None:
    hints = [
        *(hint for spec in specs() for hint in spec.get_resolvable_fields().values()),
        *(str, Literal["a", "b"], Any, list[str]),
        *(
            str | None,
            TSecretValue,
            TSecretStrValue,
            TSecretStrValue | None,
            Annotated[str, ["a list"]],
        ),
    ]
    assert len(hints) > 300
    before = [(is_secret_hint(hint), resolve.extract_inner_hint(hint)) for hint in hints]
    literal = [resolve.extract_inner_hint(hint, preserve_literal=True) for hint in hints]
    assert {secret for secret, _ in before} == {True, False}
    with TYPES_ONCE:
        for _ in range(2):
            assert before == [
                (environ.is_secret_hint(hint), resolve.extract_inner_hint(hint)) for hint in hints
            ]
            assert literal == [
                resolve.extract_inner_hint(hint, preserve_literal=True) for hint in hints
            ]


def test_dlt_asks_by_the_names_that_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(environ.is_secret_hint) == ["hint"]
    assert names(resolve.extract_inner_hint)[:1] == ["hint"]
    monkeypatch.setenv("ACME__ITEMS", "7")
    asked = set[str]()

    def noting(module: Any, name: str) -> Any:
        of = getattr(module, name)
        return lambda *args, **keys: (asked.add(name), of(*args, **keys))[1]

    with TYPES_ONCE, monkeypatch.context() as patched:
        for module, name in ((environ, "is_secret_hint"), (resolve, "extract_inner_hint")):
            patched.setattr(module, name, noting(module, name))
        assert resolve.resolve_configuration(Acme(), sections=("acme",)).items == 7
    assert asked == {"is_secret_hint", "extract_inner_hint"}
    assert environ.is_secret_hint is is_secret_hint


def test_the_keys_of_a_schema_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = validation.get_type_hints
    own = vars(sys.modules[TStoredSchema.__module__])
    with TYPES_ONCE:
        found = validation.get_type_hints(TStoredSchema, globalns=own)
        assert found == before(TStoredSchema, globalns=own)
        assert validation.get_type_hints(TStoredSchema, globalns=own) is found
        asked = []
        keeping = validation.get_type_hints
        monkeypatch.setattr(
            validation,
            "get_type_hints",
            lambda *of, **keys: asked.append(of) or keeping(*of, **keys),
        )
        kept = deepcopy(found)
        Schema("acme").from_stored_schema(Schema("acme").to_dict())
        assert asked
        assert found == kept
        monkeypatch.undo()
    assert validation.get_type_hints is before


def test_a_type_is_walked_once() -> None:
    walked = []
    keeping = once(lambda hint: walked.append(hint) or len(walked))
    assert [keeping(int), keeping(int), keeping(str)] == [1, 1, 2]
    unhashable = Annotated[str, ["a list"]]
    assert [keeping(unhashable), keeping(unhashable)] == [3, 4]
