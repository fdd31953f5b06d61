"""Xero's Accounting API: `GET /api.xro/2.0/Invoices` and so on.

Lists that are long come in pages, which count from 1; the end is an empty one. The header
`If-Modified-Since` filters by `UpdatedDateUTC`, which is written as .NET does. Contacts that are
archived come with `includeArchived=true` alone. A token is given for the client's id and secret as
HTTP Basic. Sixty requests a minute; 429 has `Retry-After`.
"""

from datetime import datetime, timezone
from typing import Any, ClassVar
from urllib.parse import parse_qs

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known, Make
from restsrc_dagster.demo.apis.mock import SOON, ago, basic, epoch, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

PATHS = {
    "Invoices": "invoices",
    "CreditNotes": "credit_notes",
    "Payments": "payments",
    "BankTransactions": "bank_transactions",
    "ManualJournals": "manual_journals",
    "PurchaseOrders": "purchase_orders",
    "Contacts": "contacts",
}
WHOLE = {
    "Items": "items",
    "Accounts": "accounts",
    "TaxRates": "tax_rates",
    "TrackingCategories": "tracking_categories",
}
MOST = 1000


def _changed(key: str) -> Make:
    def make(number: int, changed: datetime, text: str) -> Record:
        at = f"/Date({epoch(changed)}000+0000)/"
        return {key: f"{number:08}-0000", "Status": text, "UpdatedDateUTC": at}

    return make


def _contact(number: int, changed: datetime, text: str) -> Record:
    status = {"ContactStatus": "ARCHIVED" if number == 1 else "ACTIVE"}
    return {**_changed("ContactID")(number, changed, text), **status}


def _named(key: str) -> Make:
    return lambda number, _, text: {key: f"{number}", "Status": text}


def _kind(key: str, count: int = 3) -> Kind:
    return Kind(_changed(key), (key, "Status"), count)


class Xero(Known):
    host = "api.xero.com"
    beside = ("identity.xero.com",)
    environment: ClassVar = {
        "XERO_CLIENT_ID": "the-client",
        "XERO_CLIENT_SECRET": "s3cret",
        "XERO_SINCE": iso(ago(60)),
    }
    kinds: ClassVar = {
        "invoices": _kind("InvoiceID", 120),
        "credit_notes": _kind("CreditNoteID"),
        "payments": _kind("PaymentID"),
        "bank_transactions": _kind("BankTransactionID"),
        "manual_journals": _kind("ManualJournalID"),
        "purchase_orders": _kind("PurchaseOrderID"),
        "contacts": Kind(_contact, ("ContactID", "Status", "ContactStatus")),
        "items": Kind(_named("ItemID"), ("ItemID", "Status")),
        "accounts": Kind(_named("AccountID"), ("AccountID", "Status")),
        "tax_rates": Kind(_named("Name"), ("Name", "Status")),
        "tracking_categories": Kind(_named("TrackingCategoryID"), ("TrackingCategoryID", "Status")),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = True

    def __call__(self, asked: Asked) -> Any:
        if asked.path == "/connect/token":
            return _token(asked)
        if asked.headers.get("Authorization") != "Bearer eyJ":
            return refused(401, {"Type": None, "Title": "Unauthorized", "Status": 401})
        if asked.headers.get("Accept") != "application/json":
            return refused(406, {"Message": "this stand-in answers JSON alone"})
        path = asked.path.removeprefix("/api.xro/2.0/")
        if path in WHOLE:
            return {path: self.held[WHOLE[path]]}
        if path not in PATHS:
            return refused(404, {"Message": "The resource you're looking for cannot be found"})
        size, page = int(asked.params.get("pageSize", 100)), int(asked.params.get("page", 1))
        if size > MOST:
            return refused(400, {"Message": "pageSize must be between 1 and 1000"})
        if page > 1 and self._refuse_once:
            self._refuse_once = False
            return refused(429, {"Message": "rate limit exceeded"}, **SOON)
        start = parse_time(asked.headers["If-Modified-Since"]).replace(tzinfo=timezone.utc)
        found = [one for one in self.held[PATHS[path]] if _moment(one) >= epoch(start)]
        if asked.params.get("includeArchived") != "true":
            found = [one for one in found if one.get("ContactStatus") != "ARCHIVED"]
        return {path: found[(page - 1) * size : page * size]}


def _token(asked: Asked) -> Any:
    form = {key: one[0] for key, one in parse_qs(asked.body.decode()).items()}
    if asked.headers.get("Authorization") != basic("the-client", "s3cret"):
        return refused(400, {"error": "invalid_client"})
    if "accounting.invoices.read" not in form.get("scope", ""):
        return refused(400, {"error": "invalid_scope"})
    return {"access_token": "eyJ", "token_type": "Bearer", "expires_in": 1800}


def _moment(one: Record) -> int:
    return int(str(one["UpdatedDateUTC"]).removeprefix("/Date(").partition("+")[0]) // 1000
