"""APIs whose answers are no lists of records."""

import gzip
from typing import Any

from restsrc_dagster_tests.recipes.mock import BEARER, Mock, Record, at, only_with, since
from restsrc_dagster_tests.support.api import Answer, Asked


def where_the_records_are() -> Mock:
    users = {"u1": {"id": "u1", "name": "Ada"}}
    people = [["NAME", "POP"], ["Maine", "1395722"], ["Ohio", "11799448"]]
    payments = [{"payment": {"id": 1, "updated_at": at(1)}}]

    def listed(asked: Asked) -> Any:
        start = asked.params["since"]
        return {"data": [one for one in payments if one["payment"]["updated_at"] >= start]}

    def later() -> None:
        users["u2"] = {"id": "u2", "name": "Ben"}
        people.append(["Utah", "3271616"])
        payments.append({"payment": {"id": 2, "updated_at": at(2)}})

    return Mock(
        routes={
            "/users": only_with(BEARER, lambda _: users),
            "/population": only_with(BEARER, lambda _: people),
            "/payments": only_with(BEARER, listed),
        },
        later=later,
        delivered={"users": 2, "states": 3, "payments": 2},
        rows=[("Maine", "1395722"), ("Ohio", "11799448"), ("Utah", "3271616")],
    )


def order_lines() -> Mock:
    def order(number: int, day: int, *skus: str) -> Record:
        lines = [{"id": line, "sku": sku} for line, sku in enumerate(skus, 1)]
        return {"id": number, "updated_at": at(day), "lines": lines}

    found = [order(7, 1, "pen", "ink"), order(8, 2, "pad")]

    def later() -> None:
        found[0] = order(7, 3, "pen", "oil")

    return Mock(
        routes={"/orders": only_with(BEARER, since(found))},
        later=later,
        delivered={"order_lines": 3},
        rows=[("7", "1", "pen"), ("7", "2", "oil"), ("8", "1", "pad")],
    )


def object_by_id() -> Mock:
    agents = {
        "a1": {"name": "Ada", "updated_at": at(1)},
        "a2": {"name": "Ben", "updated_at": at(2)},
    }

    def listed(asked: Asked) -> Any:
        start = asked.params["since"]
        return {"agents": {key: one for key, one in agents.items() if one["updated_at"] >= start}}

    return Mock(
        routes={"/agents": only_with(BEARER, listed)},
        later=lambda: agents.update(a3={"name": "Cy", "updated_at": at(3)}),
        delivered={"agents": 2},
        rows=[("a1", "Ada"), ("a2", "Ben"), ("a3", "Cy")],
    )


def json_api() -> Mock:
    def visit(number: int, title: str, technician: str | None) -> Record:
        linked = {"type": "people", "id": technician} if technician else None
        return {
            "type": "visits",
            "id": f"v{number}",
            "attributes": {"title": title, "updated_at": at(number)},
            "relationships": {"technician": {"data": linked}},
        }

    visits = [visit(1, "Boiler", "t1"), visit(2, "Roof", "t2")]

    def listed(asked: Asked) -> Any:
        start = asked.params["filter[since]"]
        found = [one for one in visits if one["attributes"]["updated_at"] >= start]
        return {"data": found, "links": {"next": None}}

    return Mock(
        routes={"/visits": only_with(BEARER, listed)},
        later=lambda: visits.append(visit(3, "Door", None)),
        delivered={"visits": 2},
        rows=[("v1", "Boiler", "t1"), ("v2", "Roof", "t2"), ("v3", "Door", None)],
    )


def rates() -> Mock:
    latest: Record = {"base": "EUR", "date": "2026-01-02", "rates": {"USD": 1.1, "GBP": 0.8}}
    return Mock(
        routes={"/latest": only_with(BEARER, lambda _: latest)},
        later=lambda: latest.update(date="2026-01-03", rates={"USD": 1.2}),
        delivered={"rates": 1},
        rows=[
            ("2026-01-02", "EUR", "GBP", "0.8"),
            ("2026-01-02", "EUR", "USD", "1.1"),
            ("2026-01-03", "EUR", "USD", "1.2"),
        ],
    )


def parallel_arrays() -> Mock:
    hours = [("2026-01-01T00:00", 1.5, 0.0), ("2026-01-01T01:00", 2.5, 0.2)]

    def forecast(asked: Asked) -> Any:
        found = [hour for hour in hours if hour[0] >= asked.params["start"]]
        columns = zip(*found, strict=True)
        return {"hourly": dict(zip(("time", "temperature", "rain"), columns, strict=True))}

    return Mock(
        routes={"/forecast": only_with(BEARER, forecast)},
        later=lambda: hours.append(("2026-01-01T02:00", 3.5, 0.4)),
        delivered={"weather": 2},
        rows=[("1.5", "0.0"), ("2.5", "0.2"), ("3.5", "0.4")],
    )


def packed_report() -> Mock:
    reports = [{"id": 7, "updated_at": at(1)}, {"id": 8, "updated_at": at(2)}]
    files = {
        "/7.csv.gz": "sku;amount\r\npen;10\r\nink;2.5\r\n",
        "/8.csv.gz": "sku;amount\r\npad;4\r\n",
    }

    def file(asked: Asked) -> Answer:
        body = gzip.compress(files[asked.path].encode())
        return Answer(body, headers={"Content-Type": "application/octet-stream"})

    def listed(asked: Asked) -> Any:
        start = asked.params["since"]
        return {"reports": [one for one in reports if str(one["updated_at"]) >= start]}

    def later() -> None:
        reports[0] = {"id": 7, "updated_at": at(3)}
        files["/7.csv.gz"] = "sku;amount\r\npen;9\r\n"

    return Mock(
        routes={"/reports": only_with(BEARER, listed), **dict.fromkeys(files, file)},
        later=later,
        delivered={"reports": 2, "sales": 2},
        rows=[("7", "pen", "9.00"), ("8", "pad", "4.00")],
    )
