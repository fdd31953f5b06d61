"""The collector of garbage is on again afterwards, if it was; a code server gives it less to do."""

import gc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from restsrc_dagster import build_definitions
from restsrc_dagster.collector import RARELY, look_rarely, without_collecting, without_looking_back
from restsrc_dagster.orchestrate.dagster_private import DefinitionsLoadContext, DefinitionsLoadType


@pytest.fixture
def threshold() -> Iterator[tuple[int, int, int]]:
    """Python's own; afterwards it is as it was."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield gc.get_threshold()
    gc.set_threshold(*before)


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


@pytest.mark.parametrize("frozen", [True, False])
def test_what_the_process_has_frozen_itself_stays_frozen(frozen: bool) -> None:
    assert not gc.get_freeze_count()
    try:
        if frozen:
            gc.freeze()
        with without_looking_back(), without_looking_back():
            assert gc.get_freeze_count()
        assert bool(gc.get_freeze_count()) is frozen
    finally:
        gc.unfreeze()


def test_a_process_that_looks_rarely_goes_on_with_it(threshold: tuple[int, int, int]) -> None:
    look_rarely()
    assert gc.get_threshold() == (RARELY, *threshold[1:])
    for own in ((RARELY + 1, 5, 5), (0, 5, 5)):
        gc.set_threshold(*own)
        look_rarely()
        assert gc.get_threshold() == own


@pytest.mark.parametrize(
    ("load", "rarely"),
    [(DefinitionsLoadType.INITIALIZATION, True), (DefinitionsLoadType.RECONSTRUCTION, False)],
)
def test_a_code_server_looks_rarely_and_a_run_does_not(
    load: DefinitionsLoadType, rarely: bool, threshold: tuple[int, int, int], tmp_path: Path
) -> None:
    with DefinitionsLoadContext.scoped(DefinitionsLoadContext(load)):
        build_definitions(tmp_path).get_repository_def().load_all_definitions()
    assert (gc.get_threshold() != threshold) is rarely


def test_others_are_left_as_they_are(threshold: tuple[int, int, int], tmp_path: Path) -> None:
    build_definitions(tmp_path)
    assert gc.get_threshold() == threshold
