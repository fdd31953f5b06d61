"""SendGrid's export of contacts, `POST /v3/marketing/contacts/exports`.

It answers 202 with an id. The export is `pending` until it is `ready` or a `failure`, which has a
`message`; then it has addresses of files on S3, which refuse a request that has a key besides the
signature in the address.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.mock import Rows, bearer, refused, rows
from restsrc_dagster.json_types import Record
from restsrc_dagster_tests.apis.mock import Content, Mock
from restsrc_dagster_tests.support.api import Answer, Asked

SIZE = 3
"""Contacts in a file."""


def _contact(number: int, city: str) -> Record:
    return {"CONTACT_ID": f"c{number}", "EMAIL": f"{number}@example.com", "CITY": city}


class SendGrid(Mock):
    host = "api.sendgrid.com"
    environment: ClassVar = {"SENDGRID_API_KEY": "t0ken"}
    requests = (6, 6)
    refusals: ClassVar = {
        "a file with the key": (
            lambda content: content["http"].update(
                allowed_hosts=content["http"].pop("anonymous_hosts")
            ),
            "Only one auth mechanism allowed",
        ),
        "an export that fails": (
            lambda content: content["configuration"]["resources"][0]["endpoint"]["json"].update(
                list_ids=["gone"]
            ),
            "export failed: list gone does not exist",
        ),
    }

    def __init__(self) -> None:
        self._held = [_contact(number, "Lyon") for number in range(1, 5)]
        self._exports: dict[str, list[Record]] = {}
        self._polls: dict[str, int] = {}
        self._failing: set[str] = set()

    @classmethod
    def content(cls, url: str) -> Content:
        content = super().content(url)
        content["http"]["anonymous_hosts"] = [_files(url)]
        return content

    def later(self) -> None:
        self._held[1] = _contact(2, "Rome")
        del self._held[0]
        self._held += [_contact(9, "Oslo")]

    def tables(self) -> Mapping[str, Rows]:
        return {"contacts: contact_id, city": rows(self._held, "CONTACT_ID", "CITY")}

    def __call__(self, asked: Asked) -> Any:
        if asked.path.startswith("/files/"):
            return self._file(asked)
        if not bearer(asked):
            return refused(401, {"errors": [{"message": "authorization required"}]})
        if asked.method == "POST":
            return self._create(asked)
        return self._status(asked, asked.path.rpartition("/")[2])

    def _create(self, asked: Asked) -> Any:
        if asked.json["file_type"] not in ("csv", "json"):
            return refused(400, {"errors": [{"message": "file_type must be csv or json"}]})
        name = f"export-{len(self._exports)}"
        self._exports[name], self._polls[name] = list(self._held), 0
        if asked.json.get("list_ids"):
            self._failing.add(name)
        return Answer({"_metadata": {}, "id": name}, status=202)

    def _status(self, asked: Asked, name: str) -> Any:
        self._polls[name] += 1
        about: Record = {"id": name, "created_at": "2026-01-01T00:00:00Z", "_metadata": {}}
        if name in self._failing:
            return {
                **about,
                "status": "failure",
                "message": "export failed: list gone does not exist",
            }
        if self._polls[name] < 3:
            return {**about, "status": "pending"}
        parts = range(0, len(self._exports[name]), SIZE)
        base = _files(f"http://{asked.headers['Host']}")
        urls = [f"{base}/files/{name}/{part}?X-Amz-Signature=abc" for part in parts]
        return {**about, "status": "ready", "urls": urls}

    def _file(self, asked: Asked) -> Any:
        if "Authorization" in asked.headers:
            return refused(400, {"Message": "Only one auth mechanism allowed"})
        name, part = asked.path.split("/")[2:]
        return self._exports[name][int(part) : int(part) + SIZE]


def _files(url: str) -> str:
    """Another host than the API's."""
    return url.replace("127.0.0.1", "localhost")
