"""QuickBooks Online: `GET /v3/company/{id}/query?query=SELECT …`.

A query gives 1,000 records at most, and leaves the list out when there are none; those of names
are the active ones, unless the query says otherwise. Times have an offset. A token is given for a
refresh token, and with it another one, once a day. 429 is ThrottleExceeded.
"""

import re
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar
from urllib.parse import parse_qs

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known
from restsrc_dagster.demo.apis.mock import SOON, ago, basic, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

NAMES = {
    "Customer": "customers",
    "Vendor": "vendors",
    "Employee": "employees",
    "Item": "items",
    "Account": "accounts",
}
TABLES = {
    **NAMES,
    "Invoice": "invoices",
    "Payment": "payments",
    "CreditMemo": "credit_memos",
    "SalesReceipt": "sales_receipts",
    "Estimate": "estimates",
    "RefundReceipt": "refund_receipts",
    "Bill": "bills",
    "BillPayment": "bill_payments",
    "VendorCredit": "vendor_credits",
    "Purchase": "purchases",
    "PurchaseOrder": "purchase_orders",
    "JournalEntry": "journal_entries",
    "Deposit": "deposits",
    "Transfer": "transfers",
}
QUERY = re.compile(
    r"SELECT \* FROM (?P<name>\w+) WHERE (?P<active>Active IN \(true, false\) AND )?"
    r"MetaData\.LastUpdatedTime >= '(?P<start>[^']*)' AND MetaData\.LastUpdatedTime <= "
    r"'(?P<end>[^']*)' ORDERBY MetaData\.LastUpdatedTime MAXRESULTS (?P<most>\d+)"
)
WEST = timezone(timedelta(hours=-8))


def _record(number: int, changed: datetime, text: str) -> Record:
    time = {"LastUpdatedTime": changed.astimezone(WEST).isoformat()}
    return {"Id": f"{number}", "DocNumber": text, "MetaData": time, "Active": number != 1}


class QuickBooks(Known):
    """`most` is how many records a query gives at most."""

    host = "quickbooks.api.intuit.com"
    beside = ("oauth.platform.intuit.com",)
    most: ClassVar = 1000
    environment: ClassVar = {
        "QUICKBOOKS_COMPANY": "42",
        "QUICKBOOKS_CLIENT_ID": "the-client",
        "QUICKBOOKS_CLIENT_SECRET": "s3cret",
        "QUICKBOOKS_REFRESH_TOKEN": "r-0",
        "RESTSRC_SECRET_KEY": "made-up as everything here is: it guards nothing",
        "QUICKBOOKS_SINCE": iso(ago(60)),
    }
    kinds: ClassVar = {
        name: Kind(_record, ("Id", "DocNumber"), 130 if name == "invoices" else 3)
        for name in TABLES.values()
    }

    def __init__(self) -> None:
        super().__init__()
        self._refresh = 0
        self._refuse_once = True

    def __call__(self, asked: Asked) -> Any:
        if asked.path == "/oauth2/v1/tokens/bearer":
            return self._token(asked)
        if asked.headers.get("Authorization") != f"Bearer a-{self._refresh}":
            return _fault(401, "AUTHENTICATION", "Token expired")
        if asked.path != "/v3/company/42/query":
            return _fault(404, "SystemFault", "Unknown resource")
        if self._refuse_once:
            self._refuse_once = False
            return _fault(429, "ThrottleExceeded", "message=ThrottleExceeded", **SOON)
        query = QUERY.fullmatch(asked.params["query"])
        if not query or query["name"] not in TABLES:
            return _fault(400, "ValidationFault", "QueryParserError")
        if int(query["most"]) > 1000:
            return _fault(400, "ValidationFault", "QueryValidationError: maxresults is 1000")
        return self._page(query)

    def _token(self, asked: Asked) -> Any:
        form = {key: one[0] for key, one in parse_qs(asked.body.decode()).items()}
        if asked.headers.get("Authorization") != basic("the-client", "s3cret"):
            return refused(401, {"error": "invalid_client"})
        given = form.get("refresh_token", "")
        if given != f"r-{self._refresh}" and self._refresh:  # at first, of an earlier start
            return refused(400, {"error": "invalid_grant"})
        self._refresh += 1
        tokens = {"access_token": f"a-{self._refresh}", "refresh_token": f"r-{self._refresh}"}
        return {**tokens, "token_type": "bearer", "expires_in": 3600}

    def _page(self, query: re.Match[str]) -> Any:
        start, end = (parse_time(query[which]) for which in ("start", "end"))
        held = self.held[TABLES[query["name"]]]
        if query["name"] in NAMES and not query["active"]:
            held = [one for one in held if one["Active"]]
        found = sorted((one for one in held if start <= _time(one) <= end), key=_time)
        page = found[: min(int(query["most"]), self.most)]
        answer: Record = {query["name"]: page, "startPosition": 1, "maxResults": len(page)}
        return {"QueryResponse": answer if page else {}, "time": iso(ago(0))}


def _time(one: Record) -> datetime:
    return parse_time(one["MetaData"]["LastUpdatedTime"])


def _fault(status: int, kind: str, message: str, **headers: str) -> Any:
    body = {"Fault": {"Error": [{"Message": message, "code": "1"}], "type": kind}}
    return refused(status, body, **headers)
