"""Guarded resources whose requests are sent before their turn, in threads."""

from typing import Any

from restsrc_dagster.connector.model import Connector
from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster.extract.failures.isolation import CircuitBreaker, Isolation
from restsrc_dagster.extract.options import ReadOptions
from restsrc_dagster.extract.source import open_reading
from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.support.connectors import connector, items

CHILDREN = items("children", path="parents/{resources.parents.id}")


def read_in_threads(api: Api, *resources: dict[str, Any]) -> tuple[list[Any], Isolation]:
    acme = connector("acme", api.url, list(resources))
    isolation = isolated(acme)
    return read(acme, isolation), isolation


def isolated(acme: Connector) -> Isolation:
    return Isolation(acme.resources, Redactor(), silence=CircuitBreaker(), failed={})


def read(acme: Connector, isolation: Isolation) -> list[Any]:
    with open_reading(acme, {}, ReadOptions(isolation=isolation)) as reading:
        return list(reading.source)


def test_the_others_are_read_on(api: Api) -> None:
    def pages(asked: Asked) -> Any:
        page = int(asked.params.get("page", 0))
        if asked.path == "/b" and page == 2:
            return Answer(status=404)
        more = {"next": f"{asked.path}?page={page + 1}"} if page < 5 else {}
        return {"data": [{"of": asked.path, "page": page}], **more}

    api.routes |= {f"/{name}": pages for name in "abc"}
    resources = [items(name, paginator="json_link") for name in "abc"]
    for resource in resources:
        resource["parallelized"] = True
    records, isolation = read_in_threads(api, *resources)
    assert set(isolation.stopped) == {"b"}
    of_others = [record for record in records if record["of"] != "/b"]
    assert len(of_others) == 12
    assert api.paths().count("/b") == 3


def test_what_waits_for_a_thread_is_not_asked_any_more(api: Api) -> None:
    api.routes["/parents"] = lambda _: {"data": [{"id": number} for number in range(100)]}
    _, isolation = read_in_threads(api, items("parents"), {**CHILDREN, "parallelized": True})
    assert set(isolation.stopped) == {"children"}
    assert len(api.asked) <= 31, "20 are gone, and 8 more are under way or wait, for four threads"
