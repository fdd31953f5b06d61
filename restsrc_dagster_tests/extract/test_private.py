"""What dlt keeps to itself and is used here all the same: an upgrade that moves it fails here."""

import inspect

from dlt.sources import rest_api


def test_the_generator_of_children_says_which_parent_is_asked() -> None:
    """`asking` reads the variable `item` of its frame, at each page that it gives."""
    ask = rest_api.paginate_dependent_resource
    assert inspect.isgeneratorfunction(ask)
    assert next(iter(inspect.signature(ask).parameters)) == "items"
    assert "    for item in items:\n" in inspect.getsource(ask)
    assert "item" in (*ask.__code__.co_varnames, *ask.__code__.co_cellvars)
