"""What is known of destinations without dlt is what dlt says of them."""

import pytest
from dlt import destinations
from dlt.common.destination import Destination

from restsrc_dagster.connector.abilities import ABILITIES
from restsrc_dagster.load.destinations.abilities import abilities_by_name, abilities_of

OF_NOBODY = {"destination", "dummy", "hf"}
"""A function of one's own, what dlt tests with, and a kind of bucket."""


@pytest.mark.parametrize("kind", sorted({*destinations.__all__} - OF_NOBODY))
def test_the_table_is_dlts(kind: str) -> None:
    try:
        destination = Destination.from_reference(kind)
        assert destination is not None
        capabilities = destination.capabilities()
    except ImportError as error:
        pytest.skip(f"{kind} wants {error.name}")
    assert ABILITIES[kind] == abilities_of(capabilities)


def test_there_is_nothing_else_in_it() -> None:
    assert ABILITIES.keys() == {*destinations.__all__} - OF_NOBODY


def test_one_of_ones_own_has_those_of_what_it_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION__LAKE__DESTINATION_TYPE", "filesystem")
    monkeypatch.setenv("DESTINATION__LAKE__BUCKET_URL", "file:///lake")
    assert abilities_by_name("lake") == ABILITIES["filesystem"]
    assert abilities_by_name("nowhere") is None
