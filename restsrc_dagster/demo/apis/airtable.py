"""Airtable: bases, the tables of each, and the records of each table.

`offset` is missing on the last page; 100 records of a page at most. A record has its fields below
`fields`, without those that are empty. 429, without a time, wants a pause of thirty seconds.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.known import Known
from restsrc_dagster.demo.apis.mock import SOON, Rows, ago, bearer, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

ITERATOR = "itrWkx8a7RzNc0e4J/rec"
"""What the token of a page begins with."""


class Airtable(Known):
    host = "api.airtable.com"
    environment: ClassVar = {"AIRTABLE_TOKEN": "t0ken"}
    kinds: ClassVar = {}

    def __init__(self) -> None:
        self._tables = {"app1": ["tbl1", "tbl2"], "app2": ["tbl3"]}
        self._records: dict[str, list[Record]] = {
            "tbl1": [_record(f"rec{n}", {"Name": f"text {n}"}) for n in range(7)],
            "tbl2": [],
            "tbl3": [_record("rec9", {"Amount": 3, "Tags": ["a", "b"]})],
        }
        self._refuse_once = True

    def later(self) -> None:
        """A record is deleted, one is changed, one is new; so is a table."""
        first = self._records["tbl1"]
        del first[2]
        first[0]["fields"] = {"Name": "changed", "Other": 1}
        first.append(_record("rec7", {"Name": "new"}))
        self._tables["app2"].append("tbl4")
        self._records["tbl4"] = [_record("rec8", {})]

    def tables(self) -> Mapping[str, Rows]:
        return {
            "bases: id": sorted((base,) for base in self._tables),
            "tables: id, _bases_id": sorted(
                (table, base) for base, tables in self._tables.items() for table in tables
            ),
            "records: id, _tables_id, _tables__bases_id": sorted(
                (record["id"], table, base)
                for base, tables in self._tables.items()
                for table in tables
                for record in self._records[table]
            ),
            "records: id, json_extract_string(fields, '$.Name')": sorted(
                (
                    (record["id"], record["fields"].get("Name"))
                    for records in self._records.values()
                    for record in records
                ),
            ),
        }

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error(401, "AUTHENTICATION_REQUIRED")
        match asked.path.removeprefix("/v0/").split("/"):
            case ["meta", "bases"]:
                return {"bases": [{"id": base, "name": base.upper()} for base in self._tables]}
            case ["meta", "bases", base, "tables"]:
                return {"tables": [{"id": one, "name": one.upper()} for one in self._tables[base]]}
            case [base, table] if table in self._tables.get(base, ()):
                return self._page(table, asked)
        return _error(404, "NOT_FOUND")

    def _page(self, table: str, asked: Asked) -> Any:
        size = int(asked.params.get("pageSize", 100))
        begin = int(asked.params.get("offset", f"{ITERATOR}0").removeprefix(ITERATOR))
        if size > 100:
            return _error(422, "INVALID_PAGE_SIZE")
        if begin and self._refuse_once:
            self._refuse_once = False
            return _error(429, "RATE_LIMIT_REACHED", **SOON)
        found = self._records[table]
        more = {"offset": f"{ITERATOR}{begin + size}"} if begin + size < len(found) else {}
        return {"records": found[begin : begin + size], **more}


def _record(key: str, fields: Record) -> Record:
    return {"id": key, "createdTime": iso(ago(9)), "fields": fields}


def _error(status: int, kind: str, **headers: str) -> Any:
    return refused(status, {"error": {"type": kind, "message": "told"}}, **headers)
