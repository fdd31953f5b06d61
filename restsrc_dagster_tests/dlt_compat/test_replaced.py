"""What is put in the place of something of dlt's is there while it is needed, and no longer."""

from typing import Any

import dlt
import pytest
from dlt.common.destination import Destination
from dlt.destinations import duckdb

from restsrc_dagster.dlt_compat.replaced import Place, replace_method, replaced


def test_the_last_one_puts_back_what_was_there() -> None:
    names = {"a": 1, "b": 2}
    both = replaced((Place(names, "a"), 10), (Place(names, "b"), 20))
    with both:
        with both:
            assert names == {"a": 10, "b": 20}
        assert names == {"a": 10, "b": 20}, "loads may overlap"
    assert names == {"a": 1, "b": 2}


def test_a_name_that_dlt_has_no_more_is_missed_before_anything_is_changed() -> None:
    names = {"a": 1}
    both = replaced((Place(names, "a"), 10), (Place(names, "gone"), 20))
    with pytest.raises(KeyError, match="gone"):
        both.__enter__()
    assert names == {"a": 1}


@pytest.mark.parametrize("name", ["configuration", "capabilities", "client"])
def test_methods_of_one_destination(name: str) -> None:
    asked: list[Any] = []

    def around(of_dlt: Any) -> Any:
        return lambda *args, **keys: asked.append((of_dlt, args, keys))

    one, other = duckdb(), duckdb()
    replace_method(one, name, around)
    assert getattr(one, name)(1, a=2) is None
    assert asked == [(getattr(Destination, name).__get__(one), (1,), {"a": 2})]
    assert getattr(other, name).__func__ is getattr(Destination, name)


def test_dlt_asks_by_the_names_that_are_replaced() -> None:
    """`client` asks for both others, and finds what was put in."""
    destination, asked = duckdb("acme.duckdb"), list[str]()

    def noting(name: str) -> Any:
        def around(of_dlt: Any) -> Any:
            def method(*args: Any, **keys: Any) -> Any:
                asked.append(name)
                return of_dlt(*args, **keys)

            return method

        return around

    for name in ("configuration", "capabilities"):
        replace_method(destination, name, noting(name))
    destination.client(dlt.Schema("acme"), destination.spec()._bind_dataset_name("acme"))
    assert asked[:2] == ["configuration", "capabilities"]
