"""A generator that sees nothing proves nothing: what is wrong on purpose is found to be wrong."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from restsrc_dagster.errors import RestsrcError
from restsrc_dagster.extract.conform.deleted import MarkDeleted
from restsrc_dagster.extract.paging.checks import PageChecks
from restsrc_dagster.load import load as loads
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster.load.rows.deleted import Deletions
from restsrc_dagster.orchestrate import partitions
from restsrc_dagster_tests.worlds.deleting import DELETES
from restsrc_dagster_tests.worlds.finding import compare, foreign_words
from restsrc_dagster_tests.worlds.honest import TEXTS, mended
from restsrc_dagster_tests.worlds.judging import Verdict, judge
from restsrc_dagster_tests.worlds.kinds import RULES, kind_of
from restsrc_dagster_tests.worlds.laboratory import POLICY, Laboratory
from restsrc_dagster_tests.worlds.loading import Ended
from restsrc_dagster_tests.worlds.meaning import Meaning, Table
from restsrc_dagster_tests.worlds.rules import RULES as ACTIONS
from restsrc_dagster_tests.worlds.shop import Shop
from restsrc_dagster_tests.worlds.world import (
    Api,
    Cursor,
    Fault,
    How,
    Partitions,
    Record,
    Resource,
    Run,
    World,
)

KEYED = Resource(key="own")
THREE = (Record(lines=2), Record(at=2), Record(at=3))
PLAIN = World(p=KEYED, c=Resource(), records=(Record(kids=(1, 2)), Record(at=2)), runs=(Run(),))


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    with Laboratory() as one:
        yield one


def wrong(world: World, laboratory: Laboratory, **how: object) -> set[tuple[str, str]]:
    return {(one.what, one.table) for one in judge(world, laboratory, **how).findings}


class TestWhatIsWrongIsFound:
    def test_what_is_right_is_right(self, laboratory: Laboratory) -> None:
        verdict = judge(PLAIN, laboratory)
        assert not verdict.findings, verdict.log
        assert verdict.refused == verdict.needless == ""
        assert sum("asked" in line for line in verdict.log) >= 6

    def test_an_api_that_keeps_a_record_to_itself(self, laboratory: Laboratory) -> None:
        assert wrong(PLAIN, laboratory, drops=frozenset({2})) == {("lost", "c")}

    @pytest.mark.parametrize(
        ("statement", "found"),
        [
            ("DELETE FROM acme.p WHERE v = 1", ("lost", "p")),
            ("INSERT INTO acme.c SELECT * FROM acme.c WHERE v = 2", ("doubled", "c")),
            ("UPDATE acme.p SET v = 99 WHERE v = 4", ("foreign", "p")),
            ("UPDATE acme.p SET v = 4 WHERE v = 1", ("doubled", "p")),
            ("DROP TABLE acme.c", ("lost", "c")),
        ],
    )
    def test_a_table_that_somebody_has_tampered_with(
        self, laboratory: Laboratory, statement: str, found: tuple[str, str]
    ) -> None:
        assert found in wrong(PLAIN, laboratory, tamper=statement)

    def test_rows_of_a_list_within_a_record(self, laboratory: Laboratory) -> None:
        world = World(p=KEYED, records=THREE)
        assert not wrong(world, laboratory)
        statement = "DELETE FROM acme.p__lines WHERE lv = 11"
        assert wrong(world, laboratory, tamper=statement) == {("nested", "p")}

    def test_another_resource_that_is_not_loaded(self, laboratory: Laboratory) -> None:
        world = World(p=KEYED, other=True, records=THREE)
        assert not wrong(world, laboratory)
        assert wrong(world, laboratory, tamper="DELETE FROM acme.other WHERE id = 2") == {
            ("others", "other")
        }

    @pytest.mark.parametrize("what", ["400", "poison"])
    def test_a_page_that_always_fails_makes_a_run_red(
        self, laboratory: Laboratory, what: str
    ) -> None:
        world = World.from_json(
            {
                "p": {"key": "own"},
                "records": [{}] * 5,
                "runs": [{"faults": [{"nth": 2, "what": what}]}],
            }
        )
        verdict = judge(world, laboratory)
        assert not verdict.findings
        assert any("failed p: " in line for line in verdict.log)

    @pytest.mark.parametrize(
        ("steps", "statement"),
        [
            ("lines kept", "UPDATE acme.p SET day = NULL WHERE lv = 11"),
            ("lines keyed", "UPDATE acme.p SET line = 'l12' WHERE lv = 11"),
        ],
    )
    def test_a_line_that_lacks_what_it_should_have(
        self, laboratory: Laboratory, steps: str, statement: str
    ) -> None:
        world = World(p=Resource(steps=steps), records=THREE)
        assert not wrong(world, laboratory)
        assert ("lost", "p") in wrong(world, laboratory, tamper=statement)

    def test_a_failure_that_passes_for_a_page(
        self, laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = Run(faults=(Fault(nth=2, what="rule"),))
        world = World(p=Resource(key="own", rules="fail status"), records=THREE * 2, runs=(run,))
        assert not wrong(world, laboratory)
        _, answer = ACTIONS["fail status"]
        other = {"status_code": 203, "action": "retry"}
        monkeypatch.setitem(ACTIONS, "fail status", (other, answer))
        assert wrong(world, laboratory) == {("green", "p")}

    @pytest.mark.parametrize("written", TEXTS)
    def test_a_list_of_which_all_values_are_texts(
        self, laboratory: Laboratory, written: str
    ) -> None:
        api = Api(written=written, paginator="header_link")
        world = mended(World(p=replace(KEYED, cursor=Cursor()), records=THREE, api=api))
        assert world.api == api
        assert not wrong(world, laboratory)
        assert wrong(world, laboratory, drops=frozenset({2})) == {("lost", "p")}

    @pytest.mark.parametrize("login", ["session", "rotating", "digest"])
    def test_an_api_that_lets_in_who_has_logged_in(
        self, laboratory: Laboratory, login: str
    ) -> None:
        """For five requests, and with several at once; partitions go on with what is kept."""
        how = How(size=1, concurrency=3, login=login)
        p = replace(KEYED, cursor=Cursor())
        filled = Run(partitions=(0, 1))
        world = World(
            p=p, records=THREE * 2, how=how, partitions=Partitions(), runs=(Run(), filled)
        )
        assert mended(world) == world
        verdict = judge(world, laboratory)
        assert not verdict.findings, verdict.log
        assert sum("asked" in line for line in verdict.log) > 6

    def test_a_deployment_with_a_policy(
        self, laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        how = How(strict=True)
        twin = replace(how, postgres=True)
        world = World(p=KEYED, records=THREE, how=how, twin=twin)
        assert mended(world) == world
        assert not judge(world, laboratory).findings
        monkeypatch.setitem(POLICY, "hosts", {"public": False})
        assert any("hosts.private" in line for line in judge(world, laboratory).log)

    def test_a_run_that_is_killed_while_it_waits(self, laboratory: Laboratory) -> None:
        run = Run(faults=(Fault(nth=2, what="rule"),), kill="waiting")
        world = World(p=Resource(key="own", rules="wait"), records=THREE * 2, runs=(run,))
        verdict = judge(world, laboratory)
        assert not verdict.findings
        assert any(line.endswith(": killed") for line in verdict.log)

    def test_a_child_of_a_parent_that_is_gone(self, laboratory: Laboratory) -> None:
        ghost = Run(news=(("ghost", 0, 1),))
        world = replace(PLAIN, records=PLAIN.records * 2, runs=(Run(), ghost))
        assert not wrong(world, laboratory)
        statement = "INSERT INTO acme.c SELECT * FROM acme.c LIMIT 1; UPDATE acme.c SET v = 2"
        assert wrong(world, laboratory, tamper=statement)

    @pytest.mark.parametrize("paginator", ["page_number", "offset"])
    def test_a_list_that_shrinks_and_does_not_say_that_nobody_can_tell(
        self, laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch, paginator: str
    ) -> None:
        api = Api(paginator=paginator, order="asc")
        records = tuple(Record(at=number) for number in range(1, 6))
        run = Run(middle=((2, ("delete", 0, 1)),))
        p = Resource(key="own", cursor=Cursor())
        world = mended(
            World(p=p, api=api, how=How(size=2, concurrency=1), records=records, runs=(run, Run()))
        )
        assert world.runs[0].middle
        assert not wrong(world, laboratory)
        monkeypatch.setattr(PageChecks, "_note_unverified", lambda _: None)
        assert ("lost", "p") in wrong(world, laboratory)

    @pytest.mark.parametrize("deletes", DELETES)
    def test_deletions_that_nobody_sees(
        self, laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch, deletes: str
    ) -> None:
        """Of a record that comes back, too."""
        p, away = Resource(key="own", deletes=deletes), ("delete", 1, 1)
        runs = (Run(), Run(news=(away, away)), Run(news=(("come back", 0, 1),)))
        world = mended(World(p=p, records=THREE * 2, runs=runs))
        assert not wrong(world, laboratory)
        if not deletes.endswith("removed"):
            marks = "UPDATE acme.p SET _deleted_at = "
            assert ("marked", "p") in wrong(world, laboratory, tamper=f"{marks}'2024-01-01'")
        monkeypatch.setattr(Deletions, "apply", lambda *_: None)
        monkeypatch.setattr(MarkDeleted, "__call__", lambda _, item, *__: item)
        found = {"when": "marked", "when removed": "stays"}.get(deletes, "unmarked")
        assert (found, "p") in wrong(world, laboratory)

    def test_a_file_that_is_refused_is_counted(self, laboratory: Laboratory) -> None:
        world = World(p=Resource(disposition="upsert"), records=THREE)
        assert "write_disposition" in judge(world, laboratory).refused


PARTS = World(
    p=Resource(key="own", cursor=Cursor(begin=5)),
    c=Resource(),
    partitions=Partitions(),
    records=tuple(Record(at=at, kids=(1,)) for at in (1, 4, 5, 8, 9)),
    runs=(Run(), Run(partitions=(0, 1)), Run(refresh=("p",))),
)


def filled_of_p(verdict: Verdict) -> list[str]:
    return [line.split(" of p: ")[1] for line in verdict.log if "filled of p" in line]


class TestWhatIsWrongWithPartitionsIsFound:
    def test_what_is_right_is_right(self, laboratory: Laboratory) -> None:
        verdict = judge(PARTS, laboratory)
        assert not verdict.findings, verdict.log
        assert filled_of_p(verdict)[:2] == ["2024-01-12", "2024-01-10, 2024-01-11"]

    @pytest.mark.parametrize("without", ["start", "end"])
    def test_a_run_that_leaves_out_one_of_its_days(
        self, laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch, without: str
    ) -> None:
        right = partitions.range_of_partitions

        def shorter(*given: Any) -> Between | None:
            found = right(*given)
            day = timedelta(days=1 if without == "start" else -1)
            return found and replace(found, **{without: getattr(found, without) + day})

        monkeypatch.setattr(partitions, "range_of_partitions", shorter)
        assert {("lost", "p"), ("lost", "c")} <= wrong(PARTS, laboratory)

    @pytest.mark.parametrize(
        ("lie", "found"),
        [
            ({"cursor_began": "2024-01-10T00:00:00Z"}, "marked"),
            ({"cursor_began": "2024-01-20T00:00:00Z"}, "unmarked"),
        ],
    )
    def test_marks_that_are_not_as_the_tables_are(
        self,
        laboratory: Laboratory,
        monkeypatch: pytest.MonkeyPatch,
        lie: dict[str, Any],
        found: str,
    ) -> None:
        right = partitions.filled

        def lying(context: Any, connector: Any, report: Any, *given: Any) -> Any:
            told = {name: replace(one, **lie) for name, one in report.resources.items()}
            return right(context, connector, replace(report, resources=told), *given)

        monkeypatch.setattr(partitions, "filled", lying)
        assert wrong(PARTS, laboratory) == {(found, "p"), (found, "c")}

    def test_partitions_that_are_not_over(
        self, laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        right = partitions.filled

        def early(context: Any, connector: Any, report: Any, *given: Any) -> Any:
            later = replace(report, began_at=report.began_at + timedelta(days=1))
            return right(context, connector, later, *given)

        monkeypatch.setattr(partitions, "filled", early)
        assert wrong(PARTS, laboratory) == {("early", "p"), ("early", "c")}

    def test_a_refresh_that_does_not_tell_what_it_has_emptied(
        self, laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(partitions, "emptied", lambda *_: ())
        assert wrong(PARTS, laboratory) == {("emptied", "p"), ("emptied", "c")}

    def test_partitions_that_are_refused_for_nothing(
        self, laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refused(*_: Any) -> None:
            raise RestsrcError("not today")

        monkeypatch.setattr(loads, "refuse_range", refused)
        assert wrong(PARTS, laboratory) == {("red", "")}


class TestWords:
    @pytest.mark.parametrize(
        "text",
        [
            "p: AttributeError: 'NoneType' object has no attribute 'get'",
            "TypeError (while dlt's step 'extract'): '>' not supported between instances",
            "ArrowInvalid: Column 'id' is declared non-nullable but contains nulls",
            "OverflowError: Python int too large to convert to C long",
            "duckdb.duckdb.ConversionException: Conversion Error: Could not convert",
        ],
    )
    def test_of_libraries_are_none_for_a_person(self, text: str) -> None:
        assert foreign_words(text)

    def test_of_the_product_are(self) -> None:
        text = "p: two records have the same primary key and differ; name another key"
        assert not foreign_words(text)


class TestMeaning:
    def test_after_a_run_that_was_killed_both_is_right(self) -> None:
        table = Table()
        table.put("a", [1], sure=True)
        table.put("a", [2], sure=False)
        assert not list(compare(table, Counter([1]), excused=set()))
        assert not list(compare(table, Counter([2]), excused=set()))
        table.put("a", [2], sure=True)
        (found,) = compare(table, Counter([1]), excused=set())
        assert found.what == "stale"

    def test_children_of_a_parent_that_vanished_stay_below_a_cursor(self) -> None:
        found = self.tables(World(p=Resource(cursor=Cursor()), c=Resource(), records=KIDS))
        assert found["p"] == {1: {(1,)}, 3: {(3,)}}
        assert found["c"] == {"1": {(2,)}, "3": {(4,)}}

    def test_what_was_excused_does_not_excuse_what_should_be_gone(self) -> None:
        table = Table()
        table.put("a", [1], sure=True)
        assert not list(compare(table, Counter(), excused={1}))
        table.put("a", [], sure=True)
        (found,) = compare(table, Counter([1]), excused={1, 2})
        assert found.what == "stays"

    def test_elsewhere_they_go(self) -> None:
        found = self.tables(World(c=Resource(), records=KIDS))
        assert found == {"p": {"all": {(3,)}}, "c": {"all": {(4,)}}}

    @staticmethod
    def tables(world: World) -> dict[str, object]:
        """Two runs, and a parent is deleted between them."""
        shop = Shop(world)
        meaning = Meaning(world, shop)
        for _ in range(2):
            meaning.read([shop.view()], Ended(good={"p", "c"}), ())
            shop.happen(("delete", 0, 0))
        return {name: table.right for name, table in meaning.tables.items()}


KIDS = (Record(kids=(1,)), Record(at=2, kids=(2,)))


class TestKinds:
    def test_have_names_of_their_own(self) -> None:
        assert len({name for name, _ in RULES}) == len(RULES)

    def test_are_told_by_what_is_left(self, laboratory: Laboratory) -> None:
        world = World(p=KEYED, records=THREE, api=Api(order="asc"), how=How(size=1))
        (finding,) = judge(world, laboratory, drops=frozenset({3})).findings
        assert kind_of(world, finding) == ("? lost p: api.order=asc, how.size, p.key, p:key")
