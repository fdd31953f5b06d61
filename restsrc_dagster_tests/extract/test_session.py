"""The budget of a connector, `http`: pace, limits, and who may get the credentials."""

import gc
import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from restsrc_dagster.connector.syntax.origins import origin_of
from restsrc_dagster.errors import ApiUnavailable, OriginRefused, ReadError
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import RECORDS, load_all, page, read, read_with_traffic
from restsrc_dagster_tests.support.api import Answer, Api, Asked, Route
from restsrc_dagster_tests.support.connectors import connector, items

SECRET = "s3cr3t-mark"
BY_PAGE = {"type": "page_number", "base_page": 0, "total_path": "pages"}
BY_LINK = {"type": "json_link", "next_url_path": "next"}


@pytest.fixture
def other() -> Iterator[Api]:
    """A second origin."""
    with Api({"/items": lambda _: {"data": RECORDS}}) as running:
        yield running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """dlt's own settings of a deployment: it tries three times, and does not wait in between."""
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "3")
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")


def three_pages(asked: Asked) -> dict[str, Any]:
    return {"data": page(int(asked.params.get("page", 0))), "pages": 3}


def children_of_parents(*, parallelized: bool) -> list[Any]:
    """A parent and its children, whose requests dlt sends side by side where it is told to."""
    child = items(path="parents/{resources.parents.id}/items")
    return [items("parents"), {**child, "parallelized": parallelized}]


def serve_parents(api: Api, count: int, answer: Route) -> None:
    parents = [{"id": number} for number in range(count)]
    api.routes["/parents"] = lambda _: {"data": parents}
    api.routes |= {f"/parents/{number}/items": answer for number in range(count)}


@pytest.mark.parametrize("parallelized", [False, True])
def test_requests_per_second_is_kept_over_all_resources(api: Api, parallelized: bool) -> None:
    arrivals: list[float] = []

    def answer(_: Asked) -> Any:
        arrivals.append(time.monotonic())
        return {"data": RECORDS}

    serve_parents(api, 5, answer)
    http = {"requests_per_second": 20, "max_concurrency": 8}
    resources = children_of_parents(parallelized=parallelized)
    began = time.monotonic()
    assert len(read(connector("acme", api.url, resources, http=http))) == 5 + 5 * len(RECORDS)
    assert len(arrivals) == 5
    for before, arrival in enumerate(sorted(arrivals), start=1):
        assert arrival - began >= before / 20


def test_max_concurrency_bounds_the_requests_under_way(api: Api) -> None:
    changed = threading.Condition()
    under_way: list[int] = [0]
    most: list[int] = [0]

    def answer(_: Asked) -> Any:
        with changed:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
            changed.notify_all()
            changed.wait_for(lambda: most[0] > 2, timeout=0.3)
            under_way[0] -= 1
        return {"data": RECORDS}

    serve_parents(api, 5, answer)
    resources = children_of_parents(parallelized=True)
    read(connector("acme", api.url, resources, http={"max_concurrency": 2}))
    assert most == [2]


def test_max_pages_may_be_reached(api: Api) -> None:
    api.routes["/items"] = three_pages
    allowed = connector("acme", api.url, client={"paginator": BY_PAGE}, http={"max_pages": 3})
    assert read(allowed) == RECORDS


def test_max_pages_may_not_be_passed_and_nothing_is_loaded(api: Api, settings: Settings) -> None:
    api.routes["/items"] = three_pages
    bounded = connector("acme", api.url, client={"paginator": BY_PAGE}, http={"max_pages": 2})
    with pytest.raises(ReadError, match=r"^items: there are more than 2 pages.*http\.max_pages"):
        load_all(bounded, settings)
    raised = connector("acme", api.url, client={"paginator": BY_PAGE}, http={"max_pages": 3})
    report = load_all(raised, settings)
    assert report.resources["items"].rows_in_table == len(RECORDS)


@pytest.mark.parametrize("packed", [False, True])
def test_max_response_mb_counts_what_is_unpacked(
    api: Api, settings: Settings, packed: bool
) -> None:
    body = json.dumps({"data": [{"text": "x" * 300_000}]}).encode()

    def answer(_: Asked) -> Answer:
        if packed:
            return Answer(gzip.compress(body), headers={"Content-Encoding": "gzip"})
        return Answer(body)

    api.routes["/items"] = answer
    enough = connector("acme", api.url, http={"max_response_mb": 0.4})
    assert [len(record["text"]) for record in read(enough)] == [300_000]
    too_small = connector("acme", api.url, http={"max_response_mb": 0.2})
    with pytest.raises(ReadError, match=r"^items: .*http\.max_response_mb \(0\.2\)"):
        load_all(too_small, settings)
    assert len(api.asked) == 2


@pytest.mark.usefixtures("impatient")
def test_timeout_seconds_ends_the_wait_for_an_answer(api: Api, settings: Settings) -> None:
    answered = threading.Event()
    api.routes["/items"] = lambda _: answered.wait(60) and {"data": []}
    hanging = connector(
        "acme",
        api.url,
        [items(params={"appid": SECRET})],
        http={"timeout_seconds": 0.1},
    )
    try:
        with pytest.raises(
            ApiUnavailable, match=r"^items: the API did not answer: .*timed out"
        ) as caught:
            load_all(hanging, settings)
    finally:
        answered.set()
    assert SECRET not in str(caught.value)
    assert len(api.asked) == 3


@pytest.mark.usefixtures("impatient")
def test_an_api_that_is_down_is_named_without_the_query(settings: Settings) -> None:
    with Api() as gone:
        url = gone.url
    down = connector("acme", url, [items(params={"about": "ann", "appid": SECRET})])
    with pytest.raises(
        ApiUnavailable, match=rf"^items: .*: {url}/items\?about=…&appid=…: "
    ) as caught:
        load_all(down, settings)
    assert SECRET not in str(caught.value)
    assert "ann" not in str(caught.value)


@pytest.fixture
def without_luck() -> Iterator[None]:
    """Nothing is closed because it happens to be collected."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_luck")
@pytest.mark.parametrize("status", [200, 400])
def test_no_connection_is_left_open(api: Api, settings: Settings, status: int) -> None:
    before = connections()
    api.routes["/items"] = lambda _: Answer({"data": RECORDS}, status=status)
    with suppress(ReadError):
        load_all(connector("acme", api.url), settings)
    assert len(api.asked) == 1
    deadline = time.monotonic() + 10
    while connections() - before:
        assert time.monotonic() < deadline


def connections() -> set[threading.Thread]:
    """The server keeps a thread for each, for as long as it is open."""
    return {one for one in threading.enumerate() if "process_request_thread" in one.name}


@pytest.mark.parametrize("named", ["{host}:{port}", "{origin}", "{host}"])
def test_a_next_link_to_another_origin_needs_its_name_in_allowed_hosts(
    api: Api, other: Api, settings: Settings, named: str
) -> None:
    api.routes["/items"] = lambda _: {"data": page(0), "next": f"{other.url}/items"}
    keys: dict[str, Any] = {"client": {"paginator": BY_LINK, "auth": {"token": SECRET}}}
    with pytest.raises(OriginRefused, match=rf"^items: .*{other.url}.*http\.allowed_hosts"):
        load_all(connector("acme", api.url, **keys), settings)
    assert other.asked == []
    _, host, port = origin_of(other.url)
    named = named.format(origin=other.url, host=host, port=port)
    allowed = connector("acme", api.url, **keys, http={"allowed_hosts": [named]})
    assert read(allowed) == page(0) + RECORDS
    assert other.asked[0].headers["Authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_is_refused(
    api: Api, other: Api, settings: Settings, status: int
) -> None:
    headers = {"Location": f"{other.url}/items"}
    api.routes["/items"] = lambda _: Answer(status=status, headers=headers)
    auth = {"type": "api_key", "name": "X-Api-Key", "api_key": SECRET, "location": "header"}
    with pytest.raises(OriginRefused, match=r"^items: .*http\.allowed_hosts"):
        load_all(connector("acme", api.url, client={"auth": auth}), settings)
    assert other.asked == []


def test_a_redirect_to_an_allowed_host_is_followed(api: Api, other: Api) -> None:
    headers = {"Location": f"{other.url}/items"}
    api.routes["/items"] = lambda _: Answer(status=302, headers=headers)
    allowed = connector("acme", api.url, http={"allowed_hosts": [other.url]})
    assert read(allowed) == RECORDS


def test_a_redirect_within_the_api_is_followed_and_is_no_page(api: Api) -> None:
    api.routes["/items"] = lambda _: Answer(status=302, headers={"Location": "/moved"})
    api.routes["/moved"] = lambda _: {"data": RECORDS}
    records, reading = read_with_traffic(connector("acme", api.url))
    assert records == RECORDS
    assert (reading.traffic("items").requests, reading.traffic("items").pages) == (2, 1)


@pytest.mark.parametrize(
    "disguise", ["http://{api}@{other}/items", "http://{api}%40@{other}/items"]
)
def test_a_disguised_next_link_is_refused(
    api: Api, other: Api, settings: Settings, disguise: str
) -> None:
    link = disguise.format(
        api=api.url.removeprefix("http://"), other=other.url.removeprefix("http://")
    )
    api.routes["/items"] = lambda _: {"data": page(0), "next": link}
    with pytest.raises(OriginRefused):
        load_all(connector("acme", api.url, client={"paginator": BY_LINK}), settings)
    assert other.asked == []


def test_an_absolute_path_of_a_parent_is_refused_as_well(
    api: Api, other: Api, settings: Settings
) -> None:
    api.routes["/items"] = lambda _: {"data": [{"id": 1, "url": f"{other.url}/items"}]}
    resources = [items(), items("details", path="{resources.items.url}")]
    with pytest.raises(OriginRefused, match=r"^details: "):
        load_all(connector("acme", api.url, resources), settings)
    assert other.asked == []


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.acme.com/v1", ("https", "api.acme.com", 443)),
        ("http://api.acme.com", ("http", "api.acme.com", 80)),
        ("HTTPS://API.Acme.com:8443/v1?a=b", ("https", "api.acme.com", 8443)),
        ("https://ann:pwd@api.acme.com/", ("https", "api.acme.com", 443)),
        ("http://[::1]:8080/", ("http", "::1", 8080)),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: tuple[str, str, int]) -> None:
    assert origin_of(url) == origin


@pytest.mark.usefixtures("impatient")
def test_requests_and_pages_are_counted_for_each_resource_with_every_try(api: Api) -> None:
    failures = iter([429, 503])

    def flaky(asked: Asked) -> Any:
        status = next(failures, None) if asked.params["page"] != "0" else None
        return Answer(status=status) if status else three_pages(asked)

    api.routes["/items"] = flaky
    api.routes["/others"] = lambda _: {"data": RECORDS}
    resources = [items(paginator=BY_PAGE), items("others")]
    records, reading = read_with_traffic(connector("acme", api.url, resources))
    assert len(records) == 2 * len(RECORDS)
    traffic = {name: reading.traffic(name) for name in ("items", "others", "unknown")}
    assert {name: (one.requests, one.pages) for name, one in traffic.items()} == {
        "items": (5, 3),
        "others": (1, 1),
        "unknown": (0, 0),
    }
    assert all(traffic[name].seconds > 0 for name in ("items", "others"))
