"""The benchmarks measure what they say: the right rows, and ways that are there."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from benchmarks import api, report, tables
from benchmarks.api import serving
from benchmarks.data import REPEATS_AFTER, Sums, record, sums
from benchmarks.measure import Outcome
from benchmarks.task import Task, rows
from benchmarks.workload import OURS, TUNED, Amount, Ratio, Results, SameTables, Workload
from benchmarks.workloads import WORKLOADS


def read(url: str, link: str | None) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    while link:
        page = requests.get(url + link, timeout=60).json()
        found, link = found + page["data"], page["next"]
    return found


def test_the_api_gives_the_records_whose_sums_are_expected() -> None:
    with serving() as url:
        flat = read(url, "/flat?rows=2500&delay=1")
        nested = read(url, "/nested?rows=1")
        beyond = read(url, f"/changed?rows={REPEATS_AFTER + 20}&from={REPEATS_AFTER}")
    assert flat == [record(number) for number in range(2500)]
    assert nested == [record(0, nested=True)]
    assert [one["id"] for one in beyond] == [REPEATS_AFTER + number for number in range(20)]
    assert [one["quantity"] for one in beyond] == [
        record(number, changed=True)["quantity"] for number in range(20)
    ]


@pytest.mark.parametrize("changed", [False, True])
def test_sums_are_those_of_the_records(changed: bool) -> None:
    numbers = [*range(REPEATS_AFTER), *range(REPEATS_AFTER), *range(7)]
    quantities = [record(number, changed=changed)["quantity"] for number in numbers]
    count = len(numbers)
    expected = Sums(count, sum(range(count)), sum(quantities))
    assert sums(count, changed=changed) == expected


def test_a_bucket_counts_what_is_sent_while_it_was_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter((100.0, 100.0, 100.1, 100.12, 100.2, 100.3, 101.1, 101.1, 101.1))
    monkeypatch.setattr(api, "time", SimpleNamespace(monotonic=lambda: next(times)))
    bucket = api.Bucket(size=2, tokens=1)
    allowed = [bucket.allows() for _ in range(8)]
    assert allowed == [True, True, False, True, True, True, True, False]
    assert (bucket.asked, bucket.refused) == (8, 2)
    assert bucket.early == 1  # what came 0.08 s after the refusal was under way


def test_other_rows_than_those_of_the_api_are_no_measurement() -> None:
    task = Task(mode="read", url="", steps=[[rows(3)]], expected=sums(3))
    tables.check(task, [0, 1, 2])
    for wrong in ([0, 1], [0, 1, 3], []):
        with pytest.raises(SystemExit, match="wrong rows"):
            tables.check(task, wrong)


def test_a_column_of_another_type_or_sum_is_another_table() -> None:
    table = {"": 2, "id": ["BIGINT", 2, "17"]}
    line = SameTables(title="rows")
    for other in (table | {"id": ["INTEGER", 2, "17"]}, table | {"more": ["VARCHAR"]}, {"": 2}):
        outcomes = {
            OURS: [Outcome({}, {"items": table})],
            TUNED: [Outcome({}, {"items": other})],
        }
        cell = line.reached(Results(outcomes))
        assert cell.met is False
        assert "items." in cell.text
    same = {system: [Outcome({}, {"items": table})] for system in (OURS, TUNED)}
    assert line.reached(Results(same)).met


def test_a_ratio_is_of_medians_and_knows_its_target() -> None:
    ours = [Outcome({"seconds": seconds}) for seconds in (1.0, 2.0, 9.0)]
    results = Results({OURS: ours, TUNED: [Outcome({"seconds": 5.0})]})
    faster = Ratio(title="", beside=[TUNED], at_least=2.5).reached(results)
    slower = Ratio(title="", beside=[TUNED], at_most=0.3).reached(results)
    assert Ratio(title="", beside=[TUNED], at_least=2.6).reached(results).met is False
    assert Ratio(title="", beside=[TUNED], at_most=0.4).reached(results).met is True
    assert Ratio(title="", beside=[TUNED]).reached(results).met is None
    assert (faster.met, faster.text) == (True, "2.5 (2.00 s; dlt tuned 5.00 s)")
    assert (slower.met, slower.text) == (False, "0.4 (2.00 s; dlt tuned 5.00 s)")


def test_what_does_not_install_is_said_in_its_row() -> None:
    results = Results({OURS: [Outcome({"seconds": 1.0})]}, {"airbyte": "does not install"})
    line = Ratio(title="rows", beside=["airbyte"])
    found, missed = report.rows([line], results)
    assert found == ["| rows | airbyte ÷ ours | airbyte: does not install |"]
    assert missed == 0


@pytest.mark.parametrize(
    "workload", [workload for workload in WORKLOADS if not workload.prepared], ids=lambda w: w.name
)
def test_lines_are_about_ways_of_their_work(workload: Workload) -> None:
    named: set[str] = set()
    for line in workload.lines:
        if isinstance(line, Amount):
            named.add(line.system)
        elif isinstance(line, SameTables):
            named |= {line.ours, line.beside}
        elif isinstance(line, Ratio):
            named |= {line.ours, *line.beside}
    assert named == set(workload.systems)


def test_the_table_is_written_between_its_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "README.md"
    page.write_text(report.README.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(report, "README", page)
    report.write("| a table |")
    report.write("| another table |")
    told = page.read_text(encoding="utf-8")
    before, after = (told.partition(mark) for mark in (report.BEGIN, report.END))
    assert before[2].startswith("\n| another table |\n")
    assert before[0].startswith("# Benchmarks")
    assert after[2].startswith("\n## ")
    assert "| a table |" not in told
