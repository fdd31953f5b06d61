"""The rule for table names is dlt's, written again; dlt itself holds it here."""

import pytest
from dlt.common.normalizers.naming.snake_case import NamingConvention
from hypothesis import example, given
from hypothesis import strategies as st

from restsrc_dagster.connector.naming import CONNECTOR_NAME, MAX_RESOURCE_NAME, table_identifier

names = st.text(max_size=MAX_RESOURCE_NAME) | st.text("aB1_-+*@| é/.Zx", max_size=40)


@pytest.mark.parametrize("max_length", [None, 10_000])
@given(name=names.filter(str.strip))
@example(name="a-b")
@example(name="customerIDs")
@example(name="HTTPServer")
@example(name="9lives")
@example(name="٣items")
@example(name="+-*@|")
@example(name="___a__B___")
@example(name="\x1fa\x1f")
@example(name="İstanbul")
def test_a_table_is_named_as_dlt_names_it(max_length: int | None, name: str) -> None:
    by_dlt = NamingConvention(max_length=max_length).normalize_identifier(name)
    assert table_identifier(name) == by_dlt


@pytest.mark.parametrize("name", ["a", "acme", "a_1", "a" * 63])
def test_names_of_connectors(name: str) -> None:
    assert CONNECTOR_NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["", "A", "1a", "_a", "a-b", "a.b", "é", "a\n", "a" * 64])
def test_what_is_no_name_of_a_connector(name: str) -> None:
    assert not CONNECTOR_NAME.fullmatch(name)
