"""APIs whose lists are asked for, or end, in their own way."""

import json
from datetime import datetime, timezone
from typing import Any

from restsrc_dagster_tests.recipes.mock import BEARER, Mock, Record, at, newer, only_with, orders
from restsrc_dagster_tests.support.api import Answer, Asked

MOST = 2
"""Records of a page."""
THREE_AND_ONE = [("1", "10"), ("2", "20"), ("3", "30"), ("4", "40")]


def last_id_as_cursor() -> Mock:
    def charge(number: int) -> Record:
        return {"id": f"ch_{number}", "amount": 10 * number, "created": 1767225600 + number}

    charges = [charge(3), charge(2), charge(1)]

    def listed(asked: Asked) -> Any:
        found = [one for one in charges if one["created"] >= int(asked.params["created[gte]"])]
        if after := asked.params.get("starting_after"):
            found = found[[one["id"] for one in found].index(after) + 1 :]
        return {"data": found[:MOST], "has_more": len(found) > MOST}

    return Mock(
        routes={"/charges": only_with(BEARER, listed)},
        later=lambda: charges.insert(0, charge(4)),
        delivered={"charges": 2},
        rows=[(f"ch_{number}", str(10 * number)) for number in (1, 2, 3, 4)],
    )


def graphql() -> Mock:
    def issue(number: int, title: str) -> Record:
        return {"id": f"i{number}", "title": title, "updatedAt": at(number)}

    issues = [issue(1, "one"), issue(2, "two"), issue(3, "three")]

    def query(asked: Asked) -> Any:
        text, variables = asked.json["query"], asked.json["variables"]
        if text.count("{") != text.count("}") or "{{" in text or "after: $after" not in text:
            return {"errors": [{"message": "Syntax Error"}]}
        found = [one for one in issues if one["updatedAt"] >= variables["since"]]
        begin = int(variables.get("after") or 0)
        page = {"hasNextPage": len(found) > begin + MOST, "endCursor": str(begin + MOST)}
        return {"data": {"issues": {"nodes": found[begin : begin + MOST], "pageInfo": page}}}

    def later() -> None:
        issues[1] = issue(4, "two") | {"id": "i2", "title": "twice"}

    return Mock(
        routes={"/graphql": only_with(BEARER, query)},
        later=later,
        delivered={"issues": 2},
        rows=[("i1", "one"), ("i2", "twice"), ("i3", "three")],
    )


def literal_braces() -> Mock:
    records = orders(1, 2, 3)

    def listed(asked: Asked) -> Any:
        wanted = json.loads(asked.params["filter"])
        found = newer(records, wanted["updated_at"]["gte"])
        begin = MOST * (int(asked.params["page"]) - 1)
        return {"data": found[begin : begin + MOST], "pages": -(-len(found) // MOST)}

    return Mock(
        routes={"/orders": only_with(BEARER, listed)},
        later=lambda: records.extend(orders(4)),
        delivered={"orders": 2},
        rows=THREE_AND_ONE,
    )


def far_end() -> Mock:
    entries = [
        {"id": 1, "hours": 8, "updated_at": at(1)},
        {"id": 2, "hours": 7, "updated_at": at(2)},
        {"id": 3, "hours": 6, "updated_at": at(3)},
    ]

    def listed(asked: Asked) -> Any:
        if "to" not in asked.params:
            return Answer({"error": "from needs a to"}, status=400)
        found = [
            one
            for one in entries
            if asked.params["from"] <= one["updated_at"][:10] <= asked.params["to"]
        ]
        begin = int(asked.params["offset"])
        return {"data": found[begin : begin + int(asked.params["limit"])]}

    return Mock(
        routes={"/entries": only_with(BEARER, listed)},
        later=lambda: entries.append({"id": 4, "hours": 5, "updated_at": at(4)}),
        delivered={"entries": 2},
        rows=[("1", "8"), ("2", "7"), ("3", "6"), ("4", "5")],
    )


def last_page_flag() -> Mock:
    def ticket(number: int, subject: str) -> Record:
        return {"id": number, "subject": subject, "updated_at": at(number)}

    tickets = [ticket(1, "late"), ticket(2, "lost"), ticket(3, "broken")]

    def listed(asked: Asked) -> Any:
        start = datetime.fromtimestamp(int(asked.params["start_time"]), timezone.utc).isoformat()
        found = newer(tickets, start.replace("+00:00", "Z"))
        begin = int(asked.params.get("after", 0))
        end = min(begin + MOST, len(found))
        again = f"http://{asked.headers['Host']}{asked.path}?start_time="
        return {
            "tickets": found[begin:end],
            "next_page": f"{again}{asked.params['start_time']}&after={end}",
            "end_of_stream": end == len(found),
        }

    return Mock(
        routes={"/incremental/tickets": only_with(BEARER, listed)},
        later=lambda: tickets.append(ticket(4, "wrong")),
        delivered={"tickets": 2},
        rows=[("1", "late"), ("2", "lost"), ("3", "broken"), ("4", "wrong")],
    )


def params_of_the_first_request() -> Mock:
    records = orders(1, 2, 3)

    def listed(asked: Asked) -> Any:
        token = asked.params.get("page_info")
        if token and asked.params.keys() != {"limit", "page_info"}:
            return Answer({"error": "page_info stands alone"}, status=400)
        start, _, begin = token.partition("|") if token else (asked.params["updated_at_min"], "", 0)
        found, end = newer(records, start), int(begin) + int(asked.params["limit"])
        more = f"{start}|{end}" if len(found) > end else None
        return {"orders": found[int(begin) : end], "next_page_info": more}

    return Mock(
        routes={"/orders": only_with(BEARER, listed)},
        later=lambda: records.extend(orders(4)),
        delivered={"orders": 2},
        rows=THREE_AND_ONE,
    )
