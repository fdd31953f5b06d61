"""What a new kind of paginator or auth needs beside its line in the table: each is asked for."""

import re
from pathlib import Path

import pytest
import requests
from dlt.sources.rest_api.config_setup import AUTH_MAP, PAGINATOR_MAP

from restsrc_dagster.connector.configuration.auth import AUTHS, NOT_SECRET, OURS
from restsrc_dagster.connector.configuration.paginators import PAGINATORS
from restsrc_dagster.connector.syntax import references
from restsrc_dagster.errors import MissingVariable
from restsrc_dagster.extract.auth import kinds as auth
from restsrc_dagster.extract.paging import kinds
from restsrc_dagster.extract.paging.paginators import CountingPaginator, LinkedPaginator

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DOCUMENTATION = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
COUNTED = [name for name, kind in PAGINATORS.items() if kind.is_counted]
LACKING = "see Add an auth in CONTRIBUTING.md for a kind that dlt lacks"
BASES = {
    "linked": LinkedPaginator,
    "page number": CountingPaginator,
    "record number": CountingPaginator,
}


def test_each_kind_has_its_class() -> None:
    assert list(kinds.CLASSES) == list(PAGINATORS), (
        "CLASSES in extract/paging/kinds.py wants a line for each of PAGINATORS, in their order"
    )
    assert list(auth.CLASSES) == list(AUTHS), (
        "CLASSES in extract/auth/kinds.py wants a line for each of AUTHS, in their order"
    )


@pytest.mark.parametrize("name", PAGINATORS)
def test_what_reads_is_dlts_class_with_what_that_lacks(name: str) -> None:
    found, next_page = kinds.CLASSES[name], PAGINATORS[name].next_page
    assert (found.of_dlt if found else None) is PAGINATOR_MAP[name]
    assert (found is None) == (next_page == "guessed")
    if found is not None:
        assert issubclass(found.reads, found.of_dlt)
        assert issubclass(found.reads, BASES.get(next_page, found.of_dlt))


@pytest.mark.parametrize("name", AUTHS)
def test_what_signs_is_dlts_class_or_more(name: str) -> None:
    if AUTHS[name] in OURS:
        assert name not in AUTH_MAP, f"dlt has an auth {name} now"
        return
    assert name in AUTH_MAP, f"dlt has no auth {name}: {LACKING}"
    signs = auth.CLASSES[name] or AUTH_MAP[name]
    assert issubclass(signs, AUTH_MAP[name]), f"{signs.__name__} is not based on dlt's class"


@pytest.mark.parametrize("name", PAGINATORS)
def test_the_options_of_a_paginator_are_those_of_its_model(name: str) -> None:
    kind = PAGINATORS[name]
    options = kind.model.model_fields
    required = {key for key, field in options.items() if field.is_required()}
    assert set(kind.least) == required - {"type"}
    assert kind.model.model_validate({"type": name, **kind.least})
    assert set(kind.params) == {option for option in options if option.endswith("_param")}
    assert {kind.start, kind.maximum} <= ({*options} if kind.is_counted else {""})


@pytest.mark.parametrize("name", COUNTED)
def test_the_params_are_those_that_are_sent(name: str) -> None:
    kind = PAGINATORS[name]
    paginator = kinds.made_of({"type": name, **kind.least, kind.start: 7})
    request = requests.Request("GET", "http://127.0.0.1", params={})
    paginator.init_request(request)
    assert set(request.params) == set(kind.sent(kind.least).values())
    assert request.params[kind.params[f"{kind.start}_param"]] == 7


@pytest.mark.parametrize("name", AUTHS)
def test_the_options_of_an_auth_are_those_of_its_model(name: str) -> None:
    kind = AUTHS[name]
    options = {*kind.model.model_fields}
    assert kind.public <= options
    assert kind.never_empty <= options
    assert kind.token_url in {None, *options & kind.public}
    assert options - NOT_SECRET, (
        f"each option of {name} is public here or in another kind: what does it keep secret?"
    )


@pytest.mark.parametrize(
    ("name", "option"), [(name, one) for name in AUTHS for one in sorted(AUTHS[name].never_empty)]
)
def test_a_variable_without_a_value_is_no_secret(name: str, option: str) -> None:
    client = {"client": {"auth": {"type": name, option: "${X}"}}}
    assert references._NEVER_EMPTY.search(f"client.auth.{option}"), (
        f"_NEVER_EMPTY in connector/syntax/references.py wants {option}"
    )
    with pytest.raises(MissingVariable, match="X is empty"):
        references.resolve(client, {"X": ""}, "configuration")


@pytest.mark.parametrize("name", sorted({kind.names[0] for kind in PAGINATORS.values()}))
def test_the_documentation_has_a_row_for_each_paginator(name: str) -> None:
    assert re.search(rf"^\| `{name}` \| ", DOCUMENTATION, re.MULTILINE), (
        "docs/connector-file.md, Paginators, has no row for it"
    )


@pytest.mark.parametrize("name", AUTHS)
def test_the_documentation_has_the_secrets_of_each_auth(name: str) -> None:
    row = re.search(rf"^\| `{name}` \| (.+) \|$", DOCUMENTATION, re.MULTILINE)
    assert row is not None, "docs/connector-file.md, Auth, has no row for it"
    missing = AUTHS[name].never_empty - set(re.findall(r"`(\w+)`", row[1]))
    assert not missing, f"its row in docs/connector-file.md, Auth, does not name {missing}"
