"""Amazon Ads' reports, version 3: `POST /reporting/reports`.

A report has 31 days at most, both ends counted in. Asking for the same one again is refused (425)
while it is made. It is PENDING, PROCESSING, then COMPLETED with the address of a file on S3, or
FAILED with a `failureReason`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from restsrc_dagster.connector.time.iso import parse_date
from restsrc_dagster.demo.apis.mock import Rows, ago, bearer, refused, rows
from restsrc_dagster.json_types import Record
from restsrc_dagster_tests.apis.mock import Content, Mock, endpoint
from restsrc_dagster_tests.support.api import Asked

MADE = "application/vnd.createasyncreportrequest.v3+json"
LONGEST = timedelta(days=31)


def _day(number: float) -> str:
    return f"{ago(number):%Y-%m-%d}"


def _figure(days_ago: int, clicks: int) -> Record:
    return {"date": _day(days_ago), "campaignId": 7, "clicks": clicks}


class AmazonAds(Mock):
    host = "advertising-api.amazon.com"
    environment: ClassVar = {
        "AMAZON_TOKEN": "t0ken",
        "AMAZON_CLIENT_ID": "amzn1.client",
        "AMAZON_PROFILE": "11",
        "FROM": _day(50),
    }
    requests = (10, 5)
    refusals: ClassVar = {
        "two months": (
            lambda content: content["reading"]["reports"]["window"].update(size="2 months"),
            "Report date range is too long",
        ),
        "another type": (
            lambda content: endpoint(content).pop("headers"),
            "Unsupported Content-Type",
        ),
    }

    def __init__(self) -> None:
        self._held = [_figure(days_ago, days_ago) for days_ago in range(49, 0, -6)]
        self._reports: dict[str, Record] = {}
        self._polls: dict[str, int] = {}

    @classmethod
    def content(cls, url: str) -> Content:
        content = super().content(url)
        content["http"]["anonymous_hosts"] = [url.replace("127.0.0.1", "localhost")]
        return content

    def later(self) -> None:
        self._held[-1]["clicks"] = 100
        self._held.append(_figure(0, 3))

    def tables(self) -> Mapping[str, Rows]:
        held = [{**one, "date": parse_date(one["date"])} for one in self._held]
        return {"campaigns: CAST(date AS DATE), clicks": rows(held, "date", "clicks")}

    def __call__(self, asked: Asked) -> Any:
        if asked.path.startswith("/files/"):
            return self._file(asked)
        if not bearer(asked) or "Amazon-Advertising-API-ClientId" not in asked.headers:
            return refused(401, {"code": "401", "detail": "Unauthorized"})
        if asked.method == "POST":
            return self._create(asked)
        return self._status(asked, asked.path.rpartition("/")[2])

    def _create(self, asked: Asked) -> Any:
        if asked.headers.get("Content-Type") != MADE:
            return refused(415, {"code": "415", "detail": "Unsupported Content-Type"})
        start, end = asked.json["startDate"], asked.json["endDate"]
        if parse_date(end) - parse_date(start) > LONGEST:
            return refused(400, {"code": "400", "detail": "Report date range is too long"})
        for name, report in self._reports.items():
            if report["status"] != "COMPLETED" and (report["startDate"], report["endDate"]) == (
                start,
                end,
            ):
                return refused(425, {"code": "425", "detail": f"is a duplicate of: {name}"})
        name = f"report-{len(self._reports)}"
        self._polls[name] = 0
        self._reports[name] = {
            **asked.json,
            "reportId": name,
            "status": "PENDING",
            "url": None,
            "fileSize": None,
            "failureReason": None,
        }
        return self._reports[name]

    def _status(self, asked: Asked, name: str) -> Any:
        self._polls[name] += 1
        report = self._reports[name]
        report["status"] = ("PENDING", "PROCESSING", "COMPLETED")[min(self._polls[name], 3) - 1]
        if report["status"] == "COMPLETED":
            host = asked.headers["Host"].replace("127.0.0.1", "localhost")
            report["url"] = f"http://{host}/files/{name}?X-Amz-Security-Token=abc"
        return report

    def _file(self, asked: Asked) -> Any:
        if "Authorization" in asked.headers:
            return refused(400, {"Message": "Only one auth mechanism allowed"})
        report = self._reports[asked.path.rpartition("/")[2]]
        return [
            one for one in self._held if report["startDate"] <= one["date"] <= report["endDate"]
        ]
