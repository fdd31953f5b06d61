"""Resources that are read by lists of values, and by fields of all their ancestors."""

from collections.abc import Mapping
from contextlib import closing
from threading import Condition
from typing import Any

import duckdb
import pytest

from restsrc_dagster.cli.plan import as_text
from restsrc_dagster.connector.model import Connector
from restsrc_dagster.extract.sample.read import read_samples
from restsrc_dagster.load.load import LoadRequest, load
from restsrc_dagster.load.plan.plan import LoadPlan
from restsrc_dagster.load.planning import plan_load
from restsrc_dagster.load.report import LoadReport
from restsrc_dagster.orchestrate.specs import asset_specs
from restsrc_dagster.orchestrate.translator import ConnectorTranslator
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.load.conftest import assert_foretold
from restsrc_dagster_tests.support.api import Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

REGIONS = {"regions": ["eu", "us"]}
REGION = {"region": "{resources.regions.value}"}
CURSOR = {"cursor_path": "at", "initial_value": "0", "start_param": "since"}


class Shop:
    """An API of records by path, of which it gives those that have what the params say."""

    def __init__(self, api: Api, settings: Settings) -> None:
        self.api, self.settings = api, settings
        self.environment: dict[str, str] = {}

    def has(self, path: str, *records: Mapping[str, Any]) -> None:
        def listed(asked: Asked) -> Any:
            since = asked.params.get("since", "")
            wanted = {key: value for key, value in asked.params.items() if key != "since"}
            return {
                "data": [
                    one
                    for one in records
                    if all(str(one.get(key)) == value for key, value in wanted.items())
                    and str(one.get("at", "")) >= since
                ]
            }

        self.api.routes[f"/{path}"] = listed

    def connector(self, *resources: Any, **keys: Any) -> Connector:
        return connector("acme", self.api.url, list(resources), **keys)

    def load(self, acme: Connector, *names: str, **options: Any) -> LoadReport:
        """Load what was planned."""
        order = LoadRequest(selection=frozenset(names or acme.resources), **options)
        plan = self.plan(acme, *names, **options)
        self.api.asked.clear()
        report = load(acme, order, settings=self.settings, environment=self.environment)
        assert_foretold(plan, report)
        return report

    def plan(self, acme: Connector, *names: str, **options: Any) -> LoadPlan:
        return plan_load(
            acme,
            selection=frozenset(names or acme.resources),
            settings=self.settings,
            environment=self.environment,
            **options,
        )

    def loaded(self, acme: Connector, *names: str, **options: Any) -> LoadReport:
        """As `load`, where nothing may fail."""
        report = self.load(acme, *names, **options)
        assert report.failed == {}
        return report

    def asked(self) -> list[str]:
        """Requests of the last load."""
        return sorted(one.path + (f"?{one.query}" if one.query else "") for one in self.api.asked)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        assert self.settings.data_dir is not None
        with closing(duckdb.connect(self.settings.data_dir / "restsrc_acme.duckdb")) as connection:
            return sorted(connection.sql(query).fetchall())


@pytest.fixture
def shop(api: Api, settings: Settings) -> Shop:
    return Shop(api, settings)


def orders(**endpoint: Any) -> dict[str, Any]:
    params = REGION | endpoint.pop("params", {})
    return {"include_from_parent": ["value"], **items("orders", params=params, **endpoint)}


ORDERS = "SELECT id, _regions_value FROM acme.orders"


def test_each_value_is_asked_once_and_its_rows_know_it(shop: Shop) -> None:
    shop.has("orders", {"id": 1, "region": "eu"}, {"id": 2, "region": "us"})
    acme = shop.connector(orders(), values={"regions": ["eu", "us", "eu"]})
    report = shop.loaded(acme)
    assert report.resources.keys() == {"orders"}
    assert shop.asked() == ["/orders?region=eu", "/orders?region=us"]
    assert shop.rows(ORDERS) == [(1, "eu"), (2, "us")]
    assert shop.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'acme'")[-1] == (
        "orders",
    )
    shop.loaded(shop.connector(orders(), values={"regions": ["us"]}))
    assert shop.rows(ORDERS) == [(2, "us")], "the table is replaced as a whole"


def test_several_lists_give_their_product_in_all_parts_of_a_request(shop: Shop) -> None:
    shop.api.routes["/eu/orders"] = shop.api.routes["/us/orders"] = lambda _: {"data": [{"id": 1}]}
    acme = shop.connector(
        orders(
            path="{resources.regions.value}/orders",
            method="POST",
            params={"region": "{resources.regions.value}-1"},
            headers={"X-Kind": "{resources.kinds.code}"},
            json={"big": "{resources.kinds.big}", "sizes": ["{resources.sizes.value}"]},
        ),
        values={**REGIONS, "kinds": [{"code": "a", "big": True}], "sizes": [1, 2]},
    )
    shop.loaded(acme)
    assert sorted(
        (one.path, one.query, one.headers["X-Kind"], str(one.json)) for one in shop.api.asked
    ) == [
        (f"/{region}/orders", f"region={region}-1", "a", f"{{'big': True, 'sizes': [{size}]}}")
        for region in ("eu", "us")
        for size in (1, 2)
    ]
    assert shop.rows("SELECT _regions_value, _sizes_value FROM acme.orders") == [
        (region, size) for region in ("eu", "us") for size in (1, 2)
    ]


@pytest.mark.parametrize("as_of", [True, False])
def test_a_parent_and_a_list_give_their_product(shop: Shop, as_of: bool) -> None:
    shop.has("projects", {"id": 1}, {"id": 2})
    for project in (1, 2):
        records = [{"id": 10 * project + n, "kind": kind} for n, kind in enumerate("ab")]
        shop.has(f"projects/{project}/issues", *records)
    kinds: Any = ["a", "b"]
    acme = shop.connector(
        items("projects"),
        {
            **items(
                "issues",
                path="projects/{project}/issues",
                params={
                    "project": {"type": "resolve", "resource": "projects", "field": "id"},
                    "kind": "{resources.kinds.value}",
                },
            ),
            "include_from_parent": ["id", "value"],
        },
        values={"kinds": {"of": "projects", "list": kinds} if as_of else kinds},
    )
    shop.loaded(acme)
    assert shop.asked() == [
        "/projects",
        *(f"/projects/{project}/issues?kind={kind}" for project in (1, 2) for kind in "ab"),
    ]
    assert shop.rows("SELECT id, _projects_id, _kinds_value FROM acme.issues") == [
        (10, 1, "a"),
        (11, 1, "b"),
        (20, 2, "a"),
        (21, 2, "b"),
    ]


def test_a_grandchild_takes_fields_of_the_list_and_of_each_ancestor(shop: Shop) -> None:
    shop.has("orders", {"id": 1, "region": "eu"}, {"id": 1, "region": "us"})
    shop.has("orders/1/items", {"id": 7, "region": "eu"}, {"id": 8, "region": "us"})
    shop.has("notes", {"text": "a", "order": 1, "item": 7, "region": "eu"})
    acme = shop.connector(
        {**orders(), "primary_key": ["_regions_value", "id"], "selected": False},
        items("items", path="orders/{resources.orders.id}/items", params=REGION),
        items(
            "notes",
            params={"order": "{resources.orders.id}", "item": "{resources.items.id}", **REGION},
        ),
        values=REGIONS,
    )
    for names in ((), ("notes",)):
        shop.loaded(acme, *names)
        assert shop.asked() == [
            "/notes?order=1&item=7&region=eu",
            "/notes?order=1&item=8&region=us",
            "/orders/1/items?region=eu",
            "/orders/1/items?region=us",
            "/orders?region=eu",
            "/orders?region=us",
        ]
        assert shop.rows("SELECT id FROM acme.items") == [(7,), (8,)]
        assert shop.rows("SELECT text FROM acme.notes") == [("a",)]


def test_a_record_under_two_others_is_asked_for_under_both(shop: Shop) -> None:
    shop.has("orgs", {"slug": "n", "plan": "x"}, {"slug": "s", "plan": "x"})
    shop.has("orgs/n/users", {"id": 1}), shop.has("orgs/s/users", {"id": 1})
    shop.has("keys", {"id": 5, "user": 1, "org": "n"}, {"id": 6, "user": 1, "org": "s"})
    users = items("users", path="orgs/{resources.orgs.slug}/users")
    keys = items("keys", params={"user": "{resources.users.id}", "org": "{resources.orgs.slug}"})
    shop.loaded(shop.connector(items("orgs"), users, keys))
    assert shop.rows("SELECT id FROM acme.keys") == [(5,), (6,)]

    shop.has("users", {"id": 1, "plan": "x"})
    by_plan = items("users", params={"plan": "{resources.orgs.plan}"})
    error = shop.load(shop.connector(items("orgs"), by_plan, keys)).failed["users"]
    assert "'users' is asked once for two records, by {resources.orgs.plan}" in str(error)
    assert "takes {resources.orgs.slug}, in which they differ" in str(error)


def test_a_list_of_a_variable_is_looked_up_when_a_run_reads(shop: Shop) -> None:
    shop.has("orders", {"id": 1, "region": "eu"}, {"id": 2, "region": "u s"})
    shop.has("others", {"id": 3})
    acme = shop.connector(orders(), items("others"), values={"regions": "${REGIONS}"})
    for text, told in ((None, "is not set"), (" ,, ", "is empty"), ('["eu", null]', "no JSON")):
        if text is not None:
            shop.environment["REGIONS"] = text
        plan = shop.plan(acme)
        assert plan.refused.keys() == {"orders"}
        (line,) = [one for one in as_text(acme, plan) if "values.regions" in one]
        assert told in line
        report = shop.load(acme)
        assert report.failed.keys() == {"orders"}
        error = str(report.failed["orders"])
        assert "REGIONS" in error
        assert told in error
        assert "values.regions" in error
        assert shop.asked() == ["/others"]
    of_others = items("notes", params={**REGION, "of": "{resources.others.id}"})
    beside = shop.connector(items("others"), of_others, values={"regions": "${REGIONS}"})
    shop.has("others")
    assert shop.load(beside).failed.keys() == {"notes"}, "also where there is no parent"
    shop.has("others", {"id": 3})
    for text in (" eu, u s ,", '["eu", "u s"]', '[{"value": "eu"}, {"value": "u s"}]'):
        shop.environment["REGIONS"] = text
        shop.loaded(acme)
        assert shop.asked() == ["/orders?region=eu", "/orders?region=u+s", "/others"]
    assert shop.rows(ORDERS) == [(1, "eu"), (2, "u s")]


def test_values_of_a_variable_are_not_told(shop: Shop) -> None:
    shop.environment["REGIONS"] = "eu-hidden,us-hidden"
    by_path = orders(path="{resources.regions.value}/orders")
    acme = shop.connector(by_path, values={"regions": "${REGIONS}"})
    (error,) = shop.load(acme).failed.values()
    assert "/***/orders?region=… answered 404" in str(error)
    assert "hidden" not in str(error)


def test_each_combination_has_a_cursor_of_its_own(shop: Shop) -> None:
    early, late = {"id": 1, "region": "eu", "at": "3"}, {"id": 2, "region": "us", "at": "7"}
    shop.has("orders", early, late)
    keyed = {"primary_key": ["_regions_value", "id"], **orders(incremental=CURSOR)}
    for values in (["eu", "us"], ["us"], ["eu", "us", "ap"]):
        shop.loaded(shop.connector(keyed, values={"regions": values}))
    assert shop.asked() == [
        "/orders?region=ap&since=0",
        "/orders?region=eu&since=3",
        "/orders?region=us&since=7",
    ]
    assert shop.rows(ORDERS) == [(1, "eu"), (2, "us")], "what is merged stays"


def test_a_value_that_is_added_below_a_cursor_is_read_for_every_parent(shop: Shop) -> None:
    shop.has("projects", {"id": 1, "at": "1"}, {"id": 2, "at": "2"})
    shop.has("issues", *({"project": n, "kind": kind} for n in (1, 2) for kind in "ab"))
    notes = [{"of": kind, "text": kind} for kind in "ab"]
    shop.has("notes", *notes)
    params = {"project": "{resources.projects.id}", "kind": "{resources.kinds.value}"}
    resources = (
        {**items("projects", incremental=CURSOR), "primary_key": "id"},
        items("issues", params=params),
        items("notes", params={"of": "{resources.issues.kind}"}),
    )
    one = shop.connector(*resources, values={"kinds": ["a"]})
    both = shop.connector(*resources, values={"kinds": ["b", "a"]})
    assert shop.loaded(one).late == frozenset()
    shop.loaded(one)
    assert shop.asked()[-1] == "/projects?since=2"
    assert shop.loaded(both).late == {"issues", "notes"}
    assert shop.rows("SELECT _projects_id, kind FROM acme.issues") == [
        (project, kind) for project in (1, 2) for kind in "ab"
    ]
    assert shop.rows("SELECT text FROM acme.notes") == [("a",), ("b",)]
    assert shop.loaded(both).late == frozenset()
    assert shop.loaded(one).late == frozenset(), "a value that is removed reads nothing again"


def test_children_are_replaced_within_the_value_of_their_parent(shop: Shop) -> None:
    """Two orders have one id: what is read again of one leaves what is below the other."""
    shop.has("orders", {"id": 1, "region": "eu", "at": "1"}, {"id": 1, "region": "us", "at": "2"})
    shop.has("items", {"no": 5, "of": 1, "region": "eu"}, {"no": 6, "of": 1, "region": "us"})
    parent = {"primary_key": ["_regions_value", "id"], **orders(incremental=CURSOR)}
    child = items("items", params={"of": "{resources.orders.id}", **REGION})
    acme = shop.connector(parent, child, values=REGIONS)
    query = "SELECT no, _orders_id, _regions_value FROM acme.items"
    shop.loaded(acme)
    assert shop.rows(query) == [(5, 1, "eu"), (6, 1, "us")]
    shop.has("orders", {"id": 1, "region": "us", "at": "3"})
    shop.has("items", {"no": 7, "of": 1, "region": "us"})
    shop.loaded(acme)
    assert shop.rows(query) == [(5, 1, "eu"), (7, 1, "us")]
    shop.has("orders", {"id": 1, "region": "us", "at": "4"})
    shop.has("items")
    shop.loaded(acme)
    assert shop.rows(query) == [(5, 1, "eu")], "it has no children any more"
    shop.has("items", {"no": 5, "of": 1, "region": "eu"}, {"no": 6, "of": 1, "region": "us"})
    shop.loaded(acme, refresh=frozenset({"items"}))
    assert shop.rows(query) == [(6, 1, "us")], "all orders of the API"


def test_each_value_has_windows_of_its_own(shop: Shop) -> None:
    records = {"eu": "2024-01-01T12:00:00Z", "us": "2024-01-03T12:00:00Z"}

    def listed(asked: Asked) -> Any:
        at = records[asked.params["region"]]
        is_in = asked.params["since"] <= at < asked.params["until"]
        return {"data": [{"id": asked.params["region"], "at": at}] if is_in else []}

    shop.api.routes["/orders"] = listed
    cursor = {**CURSOR, "initial_value": "2024-01-01T00:00:00Z", "end_param": "until"}
    acme = shop.connector(
        {"primary_key": "id", **orders(incremental=cursor)},
        values=REGIONS,
        reading={"orders": {"window": {"size": "1 day", "end": "2024-01-05T00:00:00Z"}}},
    )
    shop.loaded(acme)
    assert shop.rows(ORDERS) == [("eu", "eu"), ("us", "us")]
    ranges = {region: [one for one in shop.asked() if region in one] for region in records}
    assert len(ranges["eu"]) == len(ranges["us"]) > 3


def test_a_value_that_the_api_does_not_know_is_no_parent_that_is_gone(shop: Shop) -> None:
    shop.has("eu/orders", {"id": 1}), shop.has("us/orders", {"id": 2})
    by_path = orders(path="{resources.regions.value}/orders", params={"region": None})
    acme = shop.connector(by_path, values={"regions": ["eu", "us", "uk"]})
    (error,) = shop.load(acme).failed.values()
    assert "/uk/orders answered 404" in str(error)


def test_a_null_is_left_out_where_the_file_says_so(shop: Shop) -> None:
    shop.has("posts", {"id": 1, "lang": None})
    shop.has("notes", {"text": "a"})
    endpoint = {
        "method": "POST",
        "params": {"post": "{resources.posts.id}", "lang": "{resources.posts.lang}"},
        "headers": {"X-Lang": "in {resources.posts.lang}"},
        "json": {"lang": "{resources.posts.lang}", "all": ["{resources.posts.lang}", 1]},
    }
    both = items("posts"), items("notes", **endpoint)
    (error,) = shop.load(shop.connector(*both)).failed.values()
    assert '"reading": {"notes": {"nulls": "omit"}}' in str(error)

    omits = {"notes": {"nulls": "omit"}}
    shop.loaded(shop.connector(*both, reading=omits))
    asked = shop.api.asked[-1]
    assert (asked.query, asked.json, "X-Lang" in asked.headers) == ("post=1", {"all": [1]}, False)

    in_path = items("notes", path="notes/{resources.posts.lang}")
    (error,) = shop.load(shop.connector(items("posts"), in_path, reading=omits)).failed.values()
    assert "no lang, which is wanted in the path" in str(error)


def test_a_test_read_takes_the_first_values(shop: Shop) -> None:
    shop.has("orders", *({"id": n, "region": f"r{n}"} for n in range(9)))
    acme = shop.connector(orders(), values={"regions": [f"r{n}" for n in range(9)]})
    (sample,) = read_samples(acme, {}, resources=["orders"], limit=5)
    assert sample.error is None
    assert [one["_regions_value"] for one in sample.records] == ["r0", "r1", "r2"]

    (sample,) = read_samples(
        shop.connector(orders(), values={"regions": "${REGIONS}"}),
        {},
        resources=["orders"],
        limit=5,
    )
    assert "environment variable REGIONS is not set" in str(sample.error)


def test_values_are_asked_side_by_side(shop: Shop) -> None:
    shop.has("orders", *({"id": n, "region": str(n)} for n in range(40)))
    listed, gate, waiting, most = shop.api.routes["/orders"], Condition(), 0, 0

    def with_others(asked: Asked) -> Any:
        nonlocal waiting, most
        with gate:
            waiting += 1
            most = max(most, waiting)
            gate.notify_all()
            gate.wait_for(lambda: most == 4, timeout=0.2)
            waiting -= 1
        return listed(asked)

    shop.api.routes["/orders"] = with_others
    shop.loaded(shop.connector(orders(), values={"regions": list(range(40))}))
    assert most == 4, "http.max_concurrency"
    assert shop.rows("SELECT count(*) FROM acme.orders") == [(40,)]


def test_what_a_plan_and_an_asset_say_of_lists(shop: Shop) -> None:
    params = {"region": "{resources.regions.value}", "of": "{resources.projects.id}"}
    acme = shop.connector(
        orders(params={"kind": "{resources.kinds.value}"}),
        items("projects"),
        items("notes", params=params),
        values={**REGIONS, "kinds": "${KINDS}"},
    )
    shop.environment["KINDS"] = "a,b"
    plan = shop.plan(acme)
    told = {line.split("  ")[0]: line for line in as_text(acme, plan)}
    assert "every value of regions and every value of kinds" in told["orders"]
    assert "every record of projects, every value of regions" in told["notes"]
    specs = asset_specs(acme, shop.settings, ConnectorTranslator(), None)
    assert not [*specs["orders"].deps]
    assert [dep.asset_key.path[-1] for dep in specs["notes"].deps] == ["projects"]
    assert "for each of the 2 values of the list regions and of the values of the list kinds" in (
        specs["orders"].description or ""
    )
    assert specs.keys() == {"orders", "projects", "notes"}
