"""The keys of a list: what comes again is found at any distance, also beyond what memory holds."""

import random

import pytest

from restsrc_dagster.extract.records import key_index
from restsrc_dagster.extract.records.key_index import KeyIndex


@pytest.fixture(params=[(2_000_000, 4_000_000), (10, 16)], ids=["in memory", "in files"])
def index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> KeyIndex:
    monkeypatch.setattr(key_index, "MOST_IN_MEMORY", request.param[0])
    monkeypatch.setattr(key_index, "AT_ONCE", request.param[1])
    return KeyIndex()


def numbers(count: int, seed: int = 1) -> list[int]:
    return [random.Random(f"{seed} {one}").randrange(-(2**62), 2**62) for one in range(count)]


def test_none(index: KeyIndex) -> None:
    index.add(numbers(100))
    assert not index.repeats()
    assert index.repeated() == set()


def test_within_a_reading_and_of_one_before(index: KeyIndex) -> None:
    keys = numbers(60)
    index.add(keys[:40])
    index.begin_reading()
    index.add(keys[40:])
    index.add([keys[50], keys[3]])
    found = index.repeats()
    assert (found.keys, found.again) == ({keys[50]}, {keys[3]})
    assert index.repeated() == {keys[3], keys[50]}


def test_a_reading_that_overlaps_with_the_one_before(index: KeyIndex) -> None:
    keys = numbers(60)
    index.add(keys[:40])
    index.begin_reading(overlaps=True)
    index.add(keys[39:])
    index.add([keys[50]])
    found = index.repeats()
    assert (found.keys, found.again) == ({keys[50]}, frozenset())
    assert index.repeated() == {keys[39], keys[50]}


def test_what_is_put_back_was_never_there(index: KeyIndex) -> None:
    keys = numbers(50)
    index.add(keys[:20])
    index.note_values(keys[:20], list(range(20)))
    put_back = index.point()
    index.begin_reading()
    index.add(keys[20:])
    index.add(keys[:1])
    index.note_values(keys[:1], [99])
    put_back()
    assert not index.repeats()
    index.begin_reading()
    index.add(keys[20:])
    assert not index.repeats()
    assert index.repeated() == set()
    assert index.values_of({keys[0]}) == {keys[0]: [0]}


def test_values_by_key(index: KeyIndex) -> None:
    one, other = numbers(2)
    index.note_values([one, other], ["a", None])
    index.begin_reading()
    index.note_values([one], ["b"])
    assert index.values_before({one, other}) == {one: ["a"]}
    assert index.values_of({one}) == {one: ["a", "b"]}


def test_of_several_parents(index: KeyIndex) -> None:
    keys = numbers(30)
    index.add_of_parent(keys[:20], 1, range(20))
    index.add_of_parent(keys[10:], 2, [*range(10, 15), *range(100, 115)])
    found = index.repeats()
    assert found.parents == set(keys[10:20])
    assert index.differing(found.parents) == 5
