"""A secret that the API gives back is not told, in whatever usual form it does that."""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from restsrc_dagster.connector.secrets import Redactor
from restsrc_dagster_tests.load.warehouse import Warehouse
from restsrc_dagster_tests.security.wire import Wire, answer
from restsrc_dagster_tests.support.connectors import items

pytestmark = pytest.mark.usefixtures("one_try")

SECRET = "tok_S3cr3t-VALUE/9+x"


def of_64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def of_64_in_urls(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "base64": of_64,
    "base64 of basic": lambda text: of_64(f"user:{text}"),
    "base64 of basic, as a user": lambda text: of_64(f"{text}:"),
    "base64 of bearer": lambda text: of_64(f"Bearer {text}"),
    "base64 within a word": lambda text: f"x{of_64(text)}y",
    "base64 without its end": lambda text: of_64(text).rstrip("="),
    "base64 for URLs": of_64_in_urls,
    "base64 for URLs, behind one": lambda text: of_64_in_urls(f"a{text}"),
    "base64 for URLs, behind two": lambda text: of_64_in_urls(f"ab{text}"),
    "base64 twice": lambda text: of_64(of_64(text)),
    "base64 in a query": lambda text: quote(of_64(text), safe=""),
    "a JSON token": lambda text: of_64_in_urls(json.dumps({"key": text})),
    "percent": lambda text: quote(text, safe=""),
    "percent, every letter": lambda text: "".join(f"%{one:02x}" for one in text.encode()),
    "percent, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "hex": lambda text: text.encode().hex(),
    "hex, upper case": lambda text: text.encode().hex().upper(),
    "entities": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "entities, hex": lambda text: "".join(f"&#x{ord(one):X};" for one in text),
    "HTML": html.escape,
    "JSON": lambda text: "".join(f"\\u{ord(one):04x}" for one in text),
    "Python": lambda text: "".join(f"\\x{ord(one):02x}" for one in text),
}
NOT_FOUND: dict[str, Callable[[str], str]] = {
    "reversed": lambda text: text[::-1],
    "split": lambda text: f"{text[:8]} {text[8:]}",
}
"""What `docs/security.md` does not promise."""


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_found(form: str) -> None:
    for secret in (SECRET, "aVeryPlainPassword1", "pässwörd-of-nobody"):
        sent = FORMS[form](secret)
        told = Redactor([secret])(f"before key={sent}, between; {sent}")
        assert sent not in told
        assert told.startswith("before ")
        assert " between; ***" in told


@pytest.mark.parametrize("form", NOT_FOUND)
def test_a_form_is_not_found(form: str) -> None:
    sent = NOT_FOUND[form](SECRET)
    assert sent in Redactor([SECRET])(f"key={sent}")


def test_what_is_no_secret_stays() -> None:
    text = (
        "https://api.acme.com/v1/items?page=3&since=2024-01-31T10:00:00Z answered 400 Bad Request: "
        f"'{of_64('a text of no interest whatever')} 68656c6c6f20776f726c64 100% &amp; %20'"
    )
    assert Redactor([SECRET])(text) == text


def test_messages_locations_and_reasons(duck: Warehouse) -> None:
    forms = [FORMS[name](SECRET) for name in ("base64 of bearer", "hex", "entities", "upper")]
    said = " and ".join(forms)
    answers = {
        "/body": answer(said.encode(), status="400 No"),
        "/reason": answer(b"", status=f"400 {said}"),
        "/moved": answer(b"", status="302 No", headers={"Location": f"http://[{said}"}),
        "/kind": answer(b"x", headers={"Content-Type": f"text/{said}"}),
        "/key": answer({said: 1}),
        "/field": answer({"data": [{"_dlt_id": 1, said: 2}]}),
        "/list": answer({"data": [{"k" * 300 + said: [1]}]}),
        "/next": answer({"data": [{"id": 1}], "next": f"http://[{said}"}),
    }
    names = [path[1:] for path in answers]
    linked = {"paginator": {"type": "json_link", "next_url_path": "next"}}
    with Wire(answers) as wire:
        acme = duck.connector(
            wire.url,
            [items(name, **linked) for name in names],
            client={"auth": {"type": "bearer", "token": SECRET}},
        )
        report = duck.load(acme)
    assert set(report.failed) == set(names)
    for name in names:
        told = str(report.failed[name])
        assert [form for form in forms if form in told] == [], name
    assert sum("***" in str(report.failed[name]) for name in names) >= 6, "they were not shown"
