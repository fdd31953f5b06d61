"""Whatever one resource is answered: it is loaded, or fails by name, and the others are loaded."""

import pytest

from restsrc_dagster.load.report import LoadReport
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.security.sentences import is_sentence
from restsrc_dagster_tests.security.shapes import OWN, SHAPES, WELL, Shape, of
from restsrc_dagster_tests.security.wire import Wire, answer
from restsrc_dagster_tests.support.connectors import items

pytestmark = pytest.mark.usefixtures("one_try")


def loaded(duck: Warehouse, shapes: dict[str, Shape], **http: object) -> LoadReport:
    """All of them in one load, with two resources that nothing is wrong with, first and last."""
    answers = {f"/{name}": shape.answer for name, shape in shapes.items()}
    with Wire({**answers, "/first": WELL, "/last": WELL}) as wire:
        named = [items(name, **shape.endpoint) for name, shape in shapes.items()]
        acme = duck.connector(
            wire.url, [items("first"), *named, items("last")], http={"max_wait_seconds": 1, **http}
        )
        report = duck.load(acme)
    for name in ("first", "last"):
        assert duck.values(f"SELECT id FROM acme.{name}") == [1, 2]
    return report


def wrong(report: LoadReport, shapes: dict[str, Shape]) -> dict[str, str]:
    """What was said, of those of which something else was to be said."""
    said = {name: str(report.failed.get(name, "")) for name in shapes}
    return {
        name: said[name]
        for name, shape in shapes.items()
        if ((shape.told not in said[name] or not shape.told) and (shape.told or said[name]))
        or (said[name] and not is_sentence(name, said[name]))
    }


def test_each_fails_by_name_and_the_others_are_loaded(duck: Warehouse) -> None:
    report = loaded(duck, SHAPES)
    assert wrong(report, SHAPES) == {}
    assert {one for one, shape in SHAPES.items() if shape.told} == set(report.failed)


def test_a_word_of_python_would_be_seen() -> None:
    said = ("a: StopIteration: ", "a: ValueError: Invalid IPv6 URL", "a: x\x1b[31m", "b: fine", "a")
    assert [text for text in said if is_sentence("a", text)] == []
    assert is_sentence("a", "a: http://127.0.0.1/a answered 400 Bad: 'no'")


def test_a_column_of_dlts_own_fails_no_later_load(duck: Warehouse) -> None:
    """It used to be taken in the first load, and every load after that failed."""
    bad = {"id": 2, "lines": [{"n": 2, "_dlt_load_id": "mine"}], "_dlt_root_id": "mine"}
    good = {"id": 1, "lines": [{"n": 1}]}
    with Wire({"/items": answer({"data": [bad]}), "/others": WELL}) as wire:
        acme = duck.connector(wire.url, [{**items(), "primary_key": "id"}, items("others")])
        assert OWN in str(duck.load(acme).failed["items"])
        wire.scripts["/items"] = answer({"data": [good]})
        assert not duck.load(acme).failed
        wire.scripts["/items"] = answer({"data": [bad]})
        assert list(duck.load(acme).failed) == ["items"]
        wire.scripts["/items"] = answer({"data": [good]})
        assert not duck.load(acme).failed
    assert duck.values("SELECT n FROM acme.items__lines") == [1]


@pytest.mark.parametrize("field", ["_dlt", "dlt_id", "_dlt_ids", "my_dlt_id"])
def test_names_that_are_near_are_loaded(duck: Warehouse, field: str) -> None:
    assert wrong(loaded(duck, shapes := {"items": of({"id": 1, field: 1})}), shapes) == {}
