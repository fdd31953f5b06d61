"""The collector of garbage is on again afterwards, if it was."""

import gc
from contextlib import suppress

import pytest

from restsrc_dagster.collector import without_collecting


@pytest.mark.parametrize("collects", [True, False])
def test_it_is_as_it_was(collects: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if collects else gc.disable)()
        with suppress(ImportError), without_collecting():
            assert not gc.isenabled()
            raise ImportError
        assert gc.isenabled() is collects
    finally:
        (gc.enable if before else gc.disable)()
