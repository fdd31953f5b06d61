"""`restsrc plan`: what it says of each edit, and that it leaves everything as it is."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from restsrc_dagster.cli.main import main
from restsrc_dagster.connector.files.folder import read_connector
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import items, write

KEY, OF = {"primary_key": "id"}, {"primary_key": "of"}
CURSOR = {"cursor_path": "at", "initial_value": "2023-01-01", "start_param": "since"}
RECORDS = [{"id": n, "at": f"2024-01-0{n}", "made": f"2023-01-0{n}"} for n in (1, 2, 3)]
FROM_3 = "at 2024-01-03"
PAGE = (Path(__file__).parents[2] / "docs" / "plan.md").read_text(encoding="utf-8")
ONCE = "run it once with full_refresh"


def of_items(cursor: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    return items(**({"incremental": CURSOR | cursor} if cursor is not None else {})) | keys


def parts(**keys: Any) -> dict[str, Any]:
    return items("parts", path="items/{resources.items.id}/parts") | keys


def parts_of_others(**keys: Any) -> dict[str, Any]:
    return items("parts", path="others/{resources.others.id}/parts") | keys


NEW, ALL = of_items({}, **KEY), of_items()


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def rows(self) -> dict[str, str]:
        """The table: what stands behind the name of each resource, its cells apart by a bar."""
        body = self.out.split("\n\n")[1]
        lines = [[cell.strip() for cell in line.split("  ") if cell] for line in body.splitlines()]
        return {name: " | ".join(cells) for name, *cells in lines[1:]}

    @property
    def notes(self) -> str:
        return "".join(self.out.split("\n\n")[2:])


Plan = Callable[..., Said]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTSRC_CONNECTORS_DIR", raising=False)
    monkeypatch.setenv("RESTSRC_DATA_DIR", str(tmp_path / "data"))
    for path in ("/items", "/others"):
        api.routes[path] = lambda _: {"data": [{**one, "tags": ["a", "b"]} for one in RECORDS]}
    for number in (1, 2, 3):
        api.routes[f"/items/{number}/parts"] = lambda asked: {"data": [{"of": asked.path, "n": 1}]}
    api.routes["/others/1/parts"] = api.routes["/items/1/parts"]
    return tmp_path


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Plan:
    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["restsrc", "plan", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Said(int(ended.value.code or 0), printed.out, printed.err)

    return run


def run(folder: Path, api: Api, *resources: Any, **keys: Any) -> None:
    """Write the file, and load it."""
    file = write(folder / "connectors", "acme", api.url, list(resources), **keys)
    connector = read_connector(file)
    order = LoadRequest(selection=frozenset(connector.resources))
    load(connector, order, settings=Settings.from_environment())


def edit(folder: Path, api: Api, *resources: Any, **keys: Any) -> None:
    write(folder / "connectors", "acme", api.url, list(resources), **keys)


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("before", "after", "row", "note"),
    [
        (NEW, of_items({"lag": 1}, **KEY), "items | merge | its list | at 2024-01-02 | at once",
         "items: was loaded up to 2024-01-03, and reads from there less its lag\n"),
        (NEW, of_items({"cursor_path": "made"}, **KEY),
         "items | merge | its list | made 2023-01-01 | at once", ""),
        (ALL, NEW, "items | begins anew | its list | at 2023-01-01 | at once",
         "it was replaced in every run so far, and is merged from now on\n"),
        (ALL, of_items({}), "items | begins anew | its list | at 2023-01-01 | at once",
         "it was replaced in every run so far, and is appended from now on\n"),
        (of_items({}), NEW, "items | nothing",
         f"items: is not read: was appended so far and is to be merged, which its nested tables do "
         f"not allow; {ONCE}"),
        (of_items({}), of_items({"cursor_path": "made"}), "items | nothing",
         "items: is not read: has another cursor now, made: "),
        (NEW | {"max_table_nesting": 1}, NEW,
         f"items | merge | its list | {FROM_3} | at once", ""),
        (NEW, NEW | {"columns": {"id": {"data_type": "text"}}}, "items | nothing",
         "items: is not read: the column id of items is bigint, and columns says text"),
        (NEW, NEW | {"primary_key": "made"}, "items | nothing",
         "items: is not read: was merged by the key id so far, and has made now"),
        (NEW, of_items({}), "items | nothing",
         "items: is not read: was merged so far and is to be appended"),
        (NEW, NEW | {"table_name": "things"}, "things | nothing",
         "items: is not read: is loaded into another table than items now"),
        (of_items({}), of_items({"last_value_func": "min"}), "items | nothing",
         "items: is not read: had its cursor by max so far, and turns round now"),
        (ALL, ALL | {"columns": {"id": {"nullable": False}}},
         "items | replace | its list | the beginning | at once", ""),
    ],
    ids=str,
)  # fmt: skip
def test_an_edit_of_a_resource(
    folder: Path, api: Api, plan: Plan, before: Any, after: Any, row: str, note: str
) -> None:
    run(folder, api, before)
    edit(folder, api, after)
    said = plan("acme")
    assert said.rows == {"items": row}
    assert note in said.notes if note else not said.notes
    assert said.status == ("nothing" in row)


@pytest.mark.parametrize(
    ("before", "after", "row", "note"),
    [
        ([NEW, parts()], [NEW, parts()],
         "parts | merge | the records read now of items | the beginning | at once", ""),
        ([NEW, parts(selected=False)], [NEW, parts()],
         "parts | merge | every record of items | the beginning | at once",
         "parts: is read for every record of items: it is new below items, whose cursor has moved"),
        ([NEW | {"selected": False}, parts(**OF)], [NEW, parts(**OF)], "parts | nothing",
         "parts: is not read, as it cannot be loaded without items"),
        ([NEW, parts()], [ALL | KEY, parts()],
         "parts | begins anew | every record of items | the beginning | at once",
         "it is replaced in every run from now on"),
        ([NEW, parts()], [NEW, parts(**OF)],
         "parts | begins anew | every record of items | the beginning | at once",
         "it was replaced with the records of its parent so far, and is not any more"),
        ([NEW], [NEW, parts()],
         "parts | merge | every record of items | the beginning | at once",
         "parts: is read for every record of items: it is new below items"),
        ([of_items({}, name="others", **KEY), NEW, parts_of_others(**OF)],
         [of_items({}, name="others", **KEY), NEW, parts(**OF)],
         "parts | merge | every record of items | the beginning | at once",
         "parts: is read for every record of items: it was read below others so far"),
    ],
    ids=["nothing", "selected", "read for its children", "no cursor above", "a key", "added",
         "another parent"],
)  # fmt: skip
def test_an_edit_of_a_family(
    folder: Path, api: Api, plan: Plan, before: Any, after: Any, row: str, note: str
) -> None:
    api.routes["/others/2/parts"] = api.routes["/others/3/parts"] = api.routes["/items/1/parts"]
    run(folder, api, *before)
    edit(folder, api, *after)
    said = plan("acme")
    assert said.rows["parts"] == row
    assert note in said.notes if note else not said.notes


def test_a_child_has_a_cursor_of_each_parent(folder: Path, api: Api, plan: Plan) -> None:
    own = items("parts", path="items/{resources.items.id}/parts", incremental={"cursor_path": "n"})
    run(folder, api, NEW, own)
    said = plan("acme")
    assert said.rows["parts"] == (
        "parts | append | the records read now of items | n of each parent, at most 1 | at once"
    )
    assert said.notes == (
        "parts: asks for its whole list: no request has the cursor, and what is older is left out\n"
    )


def test_a_resource_of_another_name(folder: Path, api: Api, plan: Plan) -> None:
    run(folder, api, of_items({}))
    edit(folder, api, of_items({}, name="all"))
    said = plan("acme")
    assert said.rows == {"all": "all | append | its list | at 2023-01-01 | at once"}
    assert said.notes == (
        "table items: stays as it is, and is not filled any more: no resource has it\n"
    )
    edit(folder, api, of_items({}, name="all", table_name="items"))
    assert "all: is not read: loads into the table of items, which the file" in plan("acme").notes


def test_a_resource_that_is_put_back_goes_on(folder: Path, api: Api, plan: Plan) -> None:
    run(folder, api, NEW, parts())
    run(folder, api, items("others"))
    edit(folder, api, NEW, parts())
    said = plan("acme")
    assert said.rows["items"] == f"items | merge | its list | {FROM_3} | at once"
    assert said.rows["parts"].startswith("parts | merge | every record of items")
    assert said.status == 0


def test_nothing_is_loaded_yet(folder: Path, api: Api, plan: Plan) -> None:
    edit(folder, api, NEW, ALL | {"name": "others"})
    said = plan("acme")
    assert said == Said(
        0,
        "acme: what the next run would do in acme; nothing was requested\n"
        "nothing is loaded yet: everything is read from its initial_value\n"
        "\n"
        "resource  table   written  reads     from           committed\n"
        "items     items   merge    its list  at 2023-01-01  at once\n"
        "others    others  replace  its list  the beginning  at once\n",
        "",
    )
    assert not any((folder / "data").glob("*"))


@pytest.mark.parametrize("what", ["another name", "no data"])
def test_a_file_renamed_and_data_deleted_begin_from_nothing(
    folder: Path, api: Api, plan: Plan, what: str
) -> None:
    run(folder, api, NEW)
    if what == "another name":
        (folder / "connectors" / "acme.json").rename(folder / "connectors" / "other.json")
    else:
        (folder / "data" / "restsrc_acme.duckdb").unlink()
    said = plan("other" if what == "another name" else "acme")
    assert "nothing is loaded yet" in said.out
    assert said.rows == {"items": "items | merge | its list | at 2023-01-01 | at once"}


def test_a_full_refresh_and_what_begins_anew_with_it(folder: Path, api: Api, plan: Plan) -> None:
    run(folder, api, NEW, parts(), items("others"))
    said = plan("acme", "--full-refresh")
    assert [row.split(" | ")[1] for row in said.rows.values()] == ["begins anew"] * 3
    said = plan("acme", "--full-refresh", "--resource", "items")
    assert said.rows == {
        "items": "items | begins anew | its list | at 2023-01-01 | at once",
        "parts": "parts | begins anew | every record of items | the beginning | at once",
    }
    assert said.notes.splitlines() == [
        "items: begins anew, its rows are replaced by what is read: full_refresh was asked for",
        "parts: is loaded too, as what was asked for cannot be without it",
        "parts: begins anew, its rows are replaced by what is read: it is read anew with items",
    ]


def test_a_list_in_chunks(folder: Path, api: Api, plan: Plan) -> None:
    numbered = items(paginator={"type": "page_number", "base_page": 1, "total_path": None}) | KEY
    edit(folder, api, numbered, of_items({"row_order": "asc"}, name="others"))
    rows = plan("acme").rows
    assert rows["items"] == "items | merge | its list | the beginning | in chunks, by page"
    assert rows["others"].endswith("| at 2023-01-01 | in chunks, by the cursor")


def test_a_list_that_was_left_goes_on(
    folder: Path, api: Api, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTSRC_COMMIT_AFTER_RECORDS", "1")
    numbered = items(paginator={"type": "page_number", "base_page": 1, "total_path": None}) | KEY

    def page(asked: Asked) -> Any:
        number = int(asked.params["page"])
        return {"data": [{"id": number}]} if number < 4 else Answer(status=404)

    api.routes["/items"] = page
    run(folder, api, numbered)
    said = plan("acme")
    assert said.rows["items"] == "items | merge | its list | page 3 | in chunks, by page"
    assert said.notes == "items: goes on at page 3, where another run was stopped\n"
    api.asked.clear()
    run(folder, api, numbered)
    assert api.asked[0].params["page"] == "3"


def test_values_that_a_run_has_left_come_first(
    folder: Path, api: Api, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTSRC_COMMIT_AFTER_RECORDS", "1")
    api.routes |= {f"/of/{one}": lambda asked: {"data": [{"id": asked.path}]} for one in "ab"}
    listed = items(path="of/{resources.regions.value}", paginator="single_page") | KEY
    one_at_a_time = {"http": {"max_concurrency": 1}}
    run(folder, api, listed, values={"regions": ["a", "b", "c"]}, **one_at_a_time)
    said = plan("acme")
    assert said.rows["items"].endswith("| the beginning | in chunks, by parent")
    assert said.notes == "items: 2 values come last, which a run that was stopped has read\n"


def test_what_is_sent_of_a_cursor(folder: Path, api: Api, plan: Plan) -> None:
    edit(folder, api, of_items({"convert": "epoch_seconds"}, **KEY))
    assert plan("acme").notes == "items: sends '1672531200' for at\n"
    edit(folder, api, of_items({"initial_value": "${START}"}, **KEY))
    assert plan("acme").rows["items"].endswith("| at ${START} | at once"), "it is not resolved"


def test_a_format_is_told(folder: Path, api: Api, plan: Plan) -> None:
    one = {"name": "items", "endpoint": {"path": "items"}}
    write(folder / "connectors", "acme", api.url, [one], reading={"items": {"format": "csv"}})
    assert plan("acme").notes == "items: its answers are read as CSV\n"
    assert json.loads(plan("acme", "--json").out)["resources"][0]["format"] == "CSV"


@pytest.mark.parametrize("kind", ["page_number", "json_link"])
def test_windows_that_are_read_twice_are_told(
    folder: Path, api: Api, plan: Plan, kind: str
) -> None:
    window = {"window": {"size": "1 day"}}
    one = items(incremental=CURSOR, paginator={"type": kind})
    write(folder / "connectors", "acme", api.url, [one], reading={"items": window})
    is_told = "a window that comes on several pages is read twice" in plan("acme").notes
    assert is_told == (kind == "page_number")


def test_a_plan_for_machines(folder: Path, api: Api, plan: Plan) -> None:
    run(folder, api, of_items({}))
    edit(folder, api, of_items({"cursor_path": "made"}), ALL | {"name": "others"})
    said = plan("acme", "--json")
    told = json.loads(said.out)
    assert (said.status, told["connector"], told["first"]) == (1, "acme", False)
    one, other = told["resources"]
    assert "has another cursor now" in one["refused"]
    assert one["cursor"]["kept"] is None
    assert other["write_disposition"] == "replace"
    assert other["refused"] is None


def test_nothing_is_requested_and_nothing_written(folder: Path, api: Api, plan: Plan) -> None:
    run(folder, api, ALL, of_items({}, name="others"))
    edit(folder, api, NEW)
    before = everything(folder)
    api.asked.clear()
    for options in ([], ["--full-refresh"]):
        plan("acme", *options)
    assert everything(folder) == before
    assert not api.asked


def test_beside_a_load_that_is_going(folder: Path, api: Api, plan: Plan) -> None:
    run(folder, api, NEW)
    said: list[subprocess.CompletedProcess[str]] = []

    def answer(_: Any) -> Any:
        code = "from restsrc_dagster.cli.main import main; main()"
        command = [sys.executable, "-c", code, "plan", "acme"]
        said.append(
            subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        )
        return {"data": [{"id": 4, "at": "2024-01-04"}]}

    api.routes["/items"] = answer
    run(folder, api, NEW)
    assert said[0].returncode == 0, said[0].stderr
    assert FROM_3 in said[0].stdout
    assert "at 2024-01-04" in plan("acme").out


@pytest.mark.parametrize("read_only", [True, False])
def test_a_database_that_somebody_has_opened(
    folder: Path, api: Api, plan: Plan, read_only: bool
) -> None:
    run(folder, api, NEW)
    file = folder / "data" / "restsrc_acme.duckdb"
    code = (
        f"import duckdb, sys; held = duckdb.connect({str(file)!r}, read_only={read_only}); "
        "print(); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        other.stdout.readline()
        said = plan("acme")
        other.terminate()
    if read_only:
        assert FROM_3 in said.out
    else:
        assert (said.status, said.out) == (1, "")
        assert said.err.startswith("the destination is not to be had: ")


@pytest.mark.parametrize(
    ("arguments", "destination", "told"),
    [
        (["none"], {}, "has no connector 'none'; it has acme"),
        (["acme", "--resource", "x"], {}, "acme has no resource 'x'; it has items"),
        (["acme"], {"type": "postgres", "credentials": "${PG_URL_NOT_SET}"},
         "environment variable PG_URL_NOT_SET is not set, but destination.credentials wants it"),
        (["acme"], {"type": "postgres", "credentials": "postgresql://a:b@127.0.0.1:1/c"},
         "the destination is not to be had: "),
    ],
    ids=["connector", "resource", "variable", "away"],
)  # fmt: skip
def test_what_hinders_it_is_a_sentence(
    folder: Path, api: Api, plan: Plan, arguments: list[str], destination: Any, told: str
) -> None:
    edit(folder, api, NEW, destination=destination)
    said = plan(*arguments)
    assert (said.status, said.out) == (1, "")
    assert told in said.err
    assert "Traceback" not in said.err


def test_what_a_destination_cannot_do_is_told(folder: Path, api: Api, plan: Plan) -> None:
    edit(folder, api, NEW, destination={"type": "filesystem", "bucket_url": folder.as_uri()})
    said = plan("acme")
    assert said.status == 1
    assert "acme/items: is to be merged, which filesystem cannot do" in said.err


def test_on_postgresql(folder: Path, api: Api, plan: Plan, postgres: str) -> None:
    keys = {"destination": {"type": "postgres", "credentials": postgres, "dataset": "planned"}}
    edit(folder, api, NEW, **keys)
    assert "nothing is loaded yet" in plan("acme").out
    with closing(psycopg2.connect(postgres)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%planned'")
        assert cursor.fetchall() == []
        run(folder, api, NEW, **keys)
        edit(folder, api, NEW | {"primary_key": "made"}, **keys)
        said = plan("acme")
        assert "items: is not read: was merged by the key id so far" in said.notes
        edit(folder, api, NEW, **keys)
        assert plan("acme").rows == {"items": f"items | merge | its list | {FROM_3} | at once"}
        cursor.execute("SELECT count(*) FROM planned.items")
        assert cursor.fetchall() == [(3,)]
        connection.commit()
        cursor.execute("DROP SCHEMA planned CASCADE")
        cursor.execute("DROP SCHEMA IF EXISTS _staging_planned CASCADE")
        connection.commit()


def test_the_page_shows_what_is_said(folder: Path, api: Api, plan: Plan) -> None:
    shown = re.search(r"```\n(acme: .+?)```", PAGE, re.DOTALL)
    assert shown
    for name in ("customers", "invoices", "subscriptions"):
        api.routes[f"/{name}"] = api.routes["/items"]
    customers = of_items({}, name="customers", **KEY)
    subscriptions = of_items({"row_order": "asc"}, name="subscriptions", **KEY)
    notes = items("notes", path="customers/{resources.customers.id}/notes")
    run(folder, api, customers, items("invoices"), subscriptions, items("plans", path="items"))
    keyed = subscriptions | {"primary_key": "made"}
    edit(folder, api, customers, notes, items("invoices") | KEY, keyed)
    assert plan("acme").out == shown[1]
