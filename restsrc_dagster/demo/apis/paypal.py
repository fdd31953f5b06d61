"""PayPal's transaction search, `GET /v1/reporting/transactions`, and numbered lists.

"The maximum supported range is 31 days"; a page has 500 transactions at most, and the answer names
`total_pages`; "it takes a maximum of three hours for executed transactions to appear". A token is
given for the client's id and secret as HTTP Basic. More than 10,000 in a range are refused. Other
lists have a `page`, which counts from 1, of disputes to 50, and name `total_pages` if
`total_required` is true; what is empty leaves its list out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.apis.known import Kind, Known
from restsrc_dagster.demo.apis.mock import SOON, Rows, ago, basic, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record

LISTS = {
    "v1/customer/disputes": ("disputes", "items", 50),
    "v2/invoicing/invoices": ("invoices", "items", 100),
    "v1/catalogs/products": ("products", "products", 20),
    "v1/billing/plans": ("plans", "plans", 20),
}


def _transaction(number: int, at: datetime, status: str = "S") -> Record:
    return {
        "transaction_info": {
            "transaction_id": f"T{number}",
            "transaction_initiation_date": f"{at:%Y-%m-%dT%H:%M:%S+0000}",
            "transaction_amount": {"currency_code": "USD", "value": f"{number}.50"},
            "transaction_status": status,
        },
        "payer_info": {"account_id": f"A{number}"},
    }


def _named(field: str) -> Any:
    return lambda number, _, text: {field: f"{number}", "name": text}


class PayPal(Known):
    host = "api-m.paypal.com"
    environment: ClassVar = {
        "PAYPAL_CLIENT_ID": "the-client",
        "PAYPAL_CLIENT_SECRET": "s3cret",
        "PAYPAL_SINCE": iso(ago(100)),
    }
    kinds: ClassVar = {
        "disputes": Kind(_named("dispute_id"), ("dispute_id", "name"), 55),
        "invoices": Kind(_named("id"), count=105),
        "products": Kind(_named("id"), count=25),
        "plans": Kind(_named("id")),
    }

    def __init__(self) -> None:
        super().__init__()
        self._held = [_transaction(number, ago(95 - number * 10)) for number in range(1, 9)]
        self._held.append(_transaction(9, ago(5), "P"))
        self._refuse_once = True

    def later(self) -> None:
        super().later()
        self._held[-1] = _transaction(9, ago(5), "S")
        self._held.append(_transaction(10, ago(1)))
        self._held.append(_transaction(11, ago(6)))

    def tables(self) -> Mapping[str, Rows]:
        columns = "transaction_info__transaction_id, transaction_info__transaction_status"
        held = sorted(
            (
                one["transaction_info"]["transaction_id"],
                one["transaction_info"]["transaction_status"],
            )
            for one in self._held
        )
        return {f"transactions: {columns}": held, **super().tables()}

    def __call__(self, asked: Asked) -> Any:
        if asked.path == "/v1/oauth2/token":
            if asked.headers.get("Authorization") != basic("the-client", "s3cret"):
                return refused(401, {"error": "invalid_client"})
            return {"access_token": "A21AA", "token_type": "Bearer", "expires_in": 32400}
        if asked.headers.get("Authorization") != "Bearer A21AA":
            return refused(401, {"error": "invalid_token"})
        if asked.params.get("page") == "2" and self._refuse_once:
            self._refuse_once = False
            return refused(429, {"name": "RATE_LIMIT_REACHED"}, **SOON)
        path = asked.path.strip("/")
        if path in LISTS:
            return self._numbered(*LISTS[path], asked)
        return self._searched(asked)

    def _numbered(self, name: str, selector: str, most: int, asked: Asked) -> Any:
        size, page = int(asked.params.get("page_size", 10)), int(asked.params.get("page", 1))
        last = 50 if name == "disputes" else page
        if not (1 <= size <= most and 1 <= page <= last):
            return _invalid("The value is not valid")
        found = self.held[name][(page - 1) * size : page * size]
        answer: Record = {selector: found} if found else {}
        if asked.params.get("total_required") == "true":
            total = len(self.held[name])
            answer |= {"total_items": total, "total_pages": -(-total // size)}
        return answer

    def _searched(self, asked: Asked) -> Any:
        size = int(asked.params.get("page_size", 100))
        if not {"start_date", "end_date"} <= asked.params.keys():
            return _invalid("A required field is missing")
        start, end = (parse_time(asked.params[f"{name}_date"]) for name in _ENDS)
        if start.tzinfo is None or end.tzinfo is None or size > 500:
            return _invalid("The value is not valid")
        if end - start > timedelta(days=31):
            return _invalid("Date range is greater than 31 days")
        found = [one for one in self._held if start <= _initiated(one) <= end]
        page = int(asked.params.get("page", 1))
        return {
            "transaction_details": found[(page - 1) * size : page * size],
            "page": page,
            "total_items": len(found),
            "total_pages": -(-len(found) // size),
        }


_ENDS = ("start", "end")


def _initiated(one: Record) -> datetime:
    return parse_time(one["transaction_info"]["transaction_initiation_date"])


def _invalid(issue: str) -> Any:
    details = [{"field": "end_date", "issue": issue}]
    return refused(
        400,
        {
            "name": "INVALID_REQUEST",
            "message": "Request is not well-formed, syntactically incorrect, or violates schema.",
            "details": details,
        },
    )
