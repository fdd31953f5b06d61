"""What goes wrong on the way to the API: tried again where that helps, told by what it is."""

import json
from typing import Any

import pytest

from restsrc_dagster.errors import AccessDenied, ApiUnavailable, ReadError, RestsrcError
from restsrc_dagster.settings import Settings
from restsrc_dagster_tests.extract.reading import RECORDS, load_all, read
from restsrc_dagster_tests.support.api import Answer, Api
from restsrc_dagster_tests.support.connectors import connector, items

TRIES = 3
GOOD = Answer({"data": RECORDS})
HTML = Answer(b"<html>maintenance</html>", headers={"Content-Type": "text/html"})
CUT_JSON = Answer(json.dumps({"data": RECORDS}).encode()[:-9])

PASSING = {
    "a reset": Answer(fault="reset"),
    "a body cut in the middle": Answer({"data": RECORDS}, fault="cut"),
    "JSON that ends too early": CUT_JSON,
    "a body that is packed wrongly": Answer(b"\x1f\x8bxx", headers={"Content-Encoding": "gzip"}),
    **{f"status {status}": Answer({}, status) for status in (408, 425, 429, 500, 502, 504, 529)},
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", str(TRIES))
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_what_passes_is_not_noticed(api: Api, fault: Answer) -> None:
    answers = iter([fault, fault, GOOD])
    api.routes["/items"] = lambda _: next(answers)
    assert read(connector("acme", api.url)) == RECORDS
    assert len(api.asked) == TRIES


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_post_is_a_read_as_well(api: Api, method: str) -> None:
    answers = iter([Answer(fault="reset"), GOOD])
    api.routes["/items"] = lambda _: next(answers)
    described = items(method=method, **({"json": {"q": 1}} if method == "POST" else {}))
    assert read(connector("acme", api.url, [described])) == RECORDS


FAILING: dict[str, tuple[Answer, type[RestsrcError], str, int]] = {
    "a reset": (Answer(fault="reset"), ApiUnavailable, "the API did not answer: {url}: ", TRIES),
    "a cut body": (
        Answer({"data": RECORDS}, fault="cut"),
        ApiUnavailable,
        "the API did not answer: {url}: ",
        TRIES,
    ),
    "HTML": (
        HTML,
        ApiUnavailable,
        "{url} answered 200 with HTML or XML instead of JSON; it begins with "
        "'<html>maintenance</html>'",
        1,
    ),
    "cut JSON": (CUT_JSON, ApiUnavailable, "{url} answered 200 with 78 bytes that are no", TRIES),
    "text": (
        Answer(b"id,name\n1,a", headers={"Content-Type": "text/plain; charset=utf-8"}),
        ApiUnavailable,
        "{url} answered 200 with text/plain instead of JSON; it begins with 'id,name 1,a'; if it "
        """is a table, or lines, write "format": "csv", or "text" (in "reading": {{"items": …}})""",
        1,
    ),
    "XML": (
        Answer(b"<rows><row/><row/></rows>", headers={"Content-Type": "text/xml"}),
        ApiUnavailable,
        "{url} answered 200 with HTML or XML instead of JSON; it begins with '<rows><row/><row/>"
        """</rows>'; name the element of a record, such as "format": {{"type": "xml", "record": """
        """"rows/row"}} (in "reading": """,
        1,
    ),
    **{
        f"lines of JSON, {name}": (
            Answer(body, headers=headers),
            ReadError,
            "{url} answered 200 with several JSON documents, one after the other (NDJSON), "
            "instead of one; it begins with ",
            1,
        )
        for name, body, headers in (
            ("by lines", b'{"id": 1}\n{"id": 2}\n', {}),
            ("in one line", b'{"id": 1} {"id": 2} {"id"', {}),
            ("of lists", b"[1]\n[2]", {}),
        )
    },
    "500": (
        Answer({"message": "out of order"}, 500),
        ApiUnavailable,
        """{url} answered 500 Internal Server Error: '{{"message": "out of order"}}'""",
        TRIES,
    ),
    "429": (Answer({}, 429), ApiUnavailable, "{url} answered 429 Too Many Requests: '{{}}'", TRIES),
    "404": (
        Answer({"error": "no items"}, 404),
        ReadError,
        """{url} answered 404 Not Found: '{{"error": "no items"}}'""",
        1,
    ),
    "401": (Answer(b"", 401), AccessDenied, "{url} answered 401 Unauthorized; check the cred", 1),
    "403": (Answer(b"no", 403), AccessDenied, "{url} answered 403 Forbidden: 'no'; check the ", 1),
}


@pytest.mark.parametrize(("fault", "kind", "told", "tries"), FAILING.values(), ids=FAILING.keys())
def test_what_stays_is_told_by_what_it_is(
    api: Api, settings: Settings, fault: Answer, kind: type[RestsrcError], told: str, tries: int
) -> None:
    api.routes["/items"] = lambda _: fault
    error = failure(connector("acme", api.url, [items(params={"about": "ann"})]), settings)
    assert type(error) is kind
    assert str(error).startswith("items: " + told.format(url=f"{api.url}/items?about=…"))
    assert "ann" not in str(error)
    assert len(api.asked) == tries


@pytest.mark.parametrize("body", [b"", b" \n", b"[]", b"{}"])
@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.parametrize(
    "paginator",
    ["single_page", "auto", "json_link", {"type": "offset", "limit": 5}, {"type": "page_number"}],
)
def test_an_empty_answer_is_an_empty_page(
    api: Api, body: bytes, status: int, paginator: Any
) -> None:
    api.routes["/items"] = lambda _: Answer(body if status == 200 else b"", status)
    acme = connector(
        "acme", api.url, [items(data_selector="data")], client={"paginator": paginator}
    )
    assert read(acme) == []
    assert len(api.asked) == 1


def test_nan_is_a_null(api: Api) -> None:
    api.routes["/items"] = lambda _: Answer(b'{"data": [{"id": 1, "v": NaN, "w": -Infinity}]}')
    assert read(connector("acme", api.url)) == [{"id": 1, "v": None, "w": None}]


def test_long_answers_are_not_repeated_and_their_secrets_never(
    api: Api, settings: Settings
) -> None:
    token = "s3cr3t-t0ken"
    api.routes["/items"] = lambda _: Answer({"you": token, "data": ["x" * 5000]}, status=500)
    auth = {"type": "bearer", "token": token}
    error = str(failure(connector("acme", api.url, client={"auth": auth}), settings))
    assert token not in error
    assert '{"you": "***"' in error
    assert len(error) < 600


def test_a_secret_is_not_cut_into_what_is_no_secret(api: Api, settings: Settings) -> None:
    token = "s3cr3t-t0ken-" * 40
    api.routes["/items"] = lambda _: Answer({"you": "x" * 80, "sent": token}, status=400)
    auth = {"type": "bearer", "token": token}
    error = str(failure(connector("acme", api.url, client={"auth": auth}), settings))
    assert '"sent": "***"' in error


def failure(acme: Any, settings: Settings) -> RestsrcError:
    with pytest.raises(RestsrcError) as raised:
        load_all(acme, settings)
    return raised.value
