"""APIs that want values of other resources in their requests."""

from typing import Any

from restsrc_dagster_tests.recipes.mock import (
    BEARER,
    Mock,
    at,
    newer,
    only_with,
    orders,
    since,
)
from restsrc_dagster_tests.support.api import Answer, Asked


def grandparents_value() -> Mock:
    north = [{"id": 1, "updated_at": at(1)}]
    south = [{"id": 2, "updated_at": at(5)}]
    routes = {
        "/orgs": lambda _: {"data": [{"slug": "north"}, {"slug": "south"}]},
        "/orgs/north/projects": lambda _: {"data": [{"key": "A"}]},
        "/orgs/south/projects": lambda _: {"data": [{"key": "A"}]},
        "/orgs/north/projects/A/tasks": since(north),
        "/orgs/south/projects/A/tasks": since(south),
    }
    return Mock(
        routes={path: only_with(BEARER, route) for path, route in routes.items()},
        later=lambda: north.append({"id": 3, "updated_at": at(3)}),
        delivered={"tasks": 3},
        rows=[("1", "north", "A"), ("2", "south", "A"), ("3", "north", "A")],
    )


def many_values_in_one_param() -> Mock:
    fields = ("id", "name", "city", "updated_at")
    contacts = [
        {"id": 1, "name": "Ada", "city": "Lyon", "phone": "11", "updated_at": at(1)},
        {"id": 2, "name": "Ben", "city": "Rome", "phone": "22", "updated_at": at(2)},
    ]

    def listed(asked: Asked) -> Any:
        wanted = asked.params["fields"].split(",")
        found = newer(contacts, asked.params["since"])
        return {"data": [{field: one[field] for field in wanted} for one in found]}

    def later() -> None:
        contacts.append({"id": 3, "name": "Cy", "city": "Oslo", "phone": "33", "updated_at": at(3)})

    return Mock(
        routes={
            "/contacts/fields": only_with(
                BEARER, lambda _: {"data": [{"name": field} for field in fields]}
            ),
            "/contacts": only_with(BEARER, listed),
        },
        later=later,
        delivered={"contacts": 2},
        rows=[("1", "Ada", "Lyon"), ("2", "Ben", "Rome"), ("3", "Cy", "Oslo")],
    )


def list_of_values() -> Mock:
    regions = {"eu": orders(1), "us": [{**orders(1)[0], "total": 20}, orders(2)[0] | {"total": 30}]}
    regions["us"][1]["updated_at"] = at(9)

    def listed(asked: Asked) -> Any:
        if asked.params["region"] not in regions:
            return Answer({"error": "no such region"}, status=400)
        return {"data": newer(regions[asked.params["region"]], asked.params["since"])}

    return Mock(
        routes={
            "/orders": only_with(BEARER, listed),
        },
        later=lambda: regions["eu"].extend(orders(4)),
        delivered={"orders": 3},
        rows=[("eu", "1", "10"), ("eu", "4", "40"), ("us", "1", "20"), ("us", "2", "30")],
    )


def exports() -> Mock:
    """Each is ready when it is asked for the second time; its file wants no key."""
    contacts = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Ben"}]
    asked_for: list[str] = []

    def create(_: Asked) -> Any:
        return Answer({"id": "ex1", "status": "pending"}, status=202)

    def state(asked: Asked) -> Any:
        asked_for.append(asked.path)
        if len(asked_for) % 2:
            return {"id": "ex1", "status": "pending"}
        return {"id": "ex1", "status": "ready", "url": f"http://{asked.headers['Host']}/files/ex1"}

    return Mock(
        routes={
            "/exports": only_with(BEARER, create),
            "/exports/ex1": only_with(BEARER, state),
            "/files/ex1": lambda _: contacts,
        },
        later=lambda: contacts.append({"id": 3, "name": "Cy"}),
        delivered={"contacts": 3},
        rows=[("1", "Ada"), ("2", "Ben"), ("3", "Cy")],
    )
