"""What one customer, invoice, subscription or payment of the demonstration shop looks like.

Every choice comes from the `random.Random` that is handed in: the same seed and the same calls give
the same records. Moments are aware datetimes in UTC and appear in records as
`2026-11-23T10:03:00Z`: whole seconds of one width, so that text order is time order.
"""

import re
import unicodedata
from datetime import datetime, timezone
from random import Random
from typing import Any

Record = dict[str, Any]

UNSETTLED = frozenset({"draft", "open", "overdue", "disputed"})
PLANS = {"free": 0, "starter": 1900, "team": 7900, "business": 24900, "enterprise": 89000}  # cents


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST_NAMES = _words(
    """
    Ada Aisha Amélie Andrei Anna Arjun Astrid Ben Camila Chen Clara Daniel David Diego Elena Emma
    Fatima Felix Freya Giulia Hannah Hiro Ines Isaac Jakub James Jonas Julia Kenji Lars Laura Leila
    Léo Lina Lucas Lucía Łukasz Maja Marco Maria Mateo Maya Mei Mia Mohammed Nadia Nina Noah Nora
    Olivia Omar Oscar Paula Pedro Priya Rachel Rafael Ravi Rosa Samuel Sara Sofia Søren Tom Tomás
    Valentina Victor Wei Yara Yuki Zoë
    """
)
_LAST_NAMES = _words(
    """
    Almeida Andersen Bakker Bauer Becker Bianchi Carter Chen Cohen Costa Díaz Dubois Evans Fernández
    Fischer García Green Gupta Hansen Haddad Hoffmann Ito Ivanova Jansen Johansson Jones Kaya Khan
    Kim Kowalski Larsen Lefèvre Lindqvist López Martin Meyer Moreau Müller Murphy Nakamura Nguyen
    Novák Okafor Olsen Patel Pereira Petrov Reyes Ricci Rossi Sato Schneider Silva Singh Smit Smith
    Suzuki Tanaka Taylor Thompson Tran Walker Weber Wilson Wójcik Yamamoto Yilmaz Zhang
    """
)
_COMPANY_HEADS = _words(
    """
    Alder Amber Anchor Atlas Aurora Beacon Birch Blue Bright Cedar Clear Cobalt Copper Crescent
    Delta Ember Evergreen Falcon Fern First Foundry Granite Harbor Hazel Helix Indigo Iron Juniper
    Lakeside Linden Lumen Maple Meridian Metro Mosaic North Oak Orchard Pioneer Polar Prime Quartz
    Raven River Sable Silver Solstice Summit Terra Union Vertex Willow
    """
)
_COMPANY_TAILS = _words(
    """
    Analytics Bakery Bikes Books Brewing Clinics Consulting Design Digital Energy Farms Foods
    Furniture Games Health Instruments Labs Learning Logistics Media Mobility Optics Partners Pharma
    Robotics Security Software Sports Studio Supply Systems Textiles Tools Travel Works
    """
)
_COMPANY_FORMS = {
    "DE": "GmbH",
    "GB": "Ltd",
    "US": "Inc.",
    "FR": "SAS",
    "NL": "B.V.",
    "IT": "S.r.l.",
}
_PLACES = (
    ("DE", "EUR", ("Berlin", "Hamburg", "München", "Köln", "Leipzig")),
    ("US", "USD", ("New York", "Austin", "Chicago", "Seattle", "Denver", "Boston")),
    ("GB", "GBP", ("London", "Manchester", "Bristol", "Edinburgh")),
    ("FR", "EUR", ("Paris", "Lyon", "Nantes", "Toulouse")),
    ("NL", "EUR", ("Amsterdam", "Utrecht", "Rotterdam")),
    ("IT", "EUR", ("Milano", "Torino", "Bologna")),
    ("ES", "EUR", ("Madrid", "Barcelona", "Valencia")),
    ("SE", "SEK", ("Stockholm", "Göteborg", "Malmö")),
    ("PL", "PLN", ("Warszawa", "Kraków", "Gdańsk")),
    ("CA", "CAD", ("Toronto", "Montréal", "Vancouver")),
    ("JP", "JPY", ("Tokyo", "Osaka", "Kyoto")),
    ("AU", "AUD", ("Sydney", "Melbourne", "Perth")),
)
_CURRENCIES = {country: currency for country, currency, _ in _PLACES}
_STREETS = _words("Station Market Mill Church Garden Harbour School Bridge Park Forest King Queen")
_PRODUCTS = (
    ("SKU-1001", "Setup and onboarding", 49000),
    ("SKU-1002", "Additional user seat", 1500),
    ("SKU-1003", "Storage, 100 GB", 900),
    ("SKU-1004", "API calls, pack of 10,000", 2500),
    ("SKU-1005", "Priority support, one month", 19900),
    ("SKU-1006", "Training day", 120000),
    ("SKU-1007", "Custom report", 35000),
    ("SKU-1008", "Data export", 7500),
    ("SKU-1009", "Single sign-on, one month", 9900),
    ("SKU-1010", "Audit log, one year", 28800),
)
_METHODS = ("card", "card", "card", "sepa_debit", "bank_transfer")
_LETTERS_WITHOUT_DECOMPOSITION = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "ß": "ss"})


def timestamp(moment: datetime) -> str:
    """An aware datetime as RFC 3339 in UTC, cut to the second: `2026-11-23T10:03:00Z`."""
    return moment.astimezone(timezone.utc).isoformat(timespec="seconds")[:19] + "Z"


def customer(rng: Random, number: int, *, created: datetime, updated: datetime) -> Record:
    """A person at a company, with a nested `address`."""
    first, last = rng.choice(_FIRST_NAMES), rng.choice(_LAST_NAMES)
    country, _, cities = rng.choice(_PLACES)
    city = rng.choice(cities)
    name = f"{rng.choice(_COMPANY_HEADS)} {rng.choice(_COMPANY_TAILS)}"
    form = _COMPANY_FORMS.get(country)
    return {
        "id": f"cus_{number:06d}",
        "name": f"{first} {last}",
        "email": f"{_slug(first)}.{_slug(last)}@{_slug(name)}.example",
        "company": f"{name} {form}" if form else name,
        "country": country,
        "city": city,
        "status": rng.choices(("active", "trial", "paused", "churned"), (80, 6, 5, 9))[0],
        "plan": rng.choices(tuple(PLANS), (30, 30, 22, 14, 4))[0],
        "created_at": timestamp(created),
        "updated_at": timestamp(updated),
        "address": {
            "street": f"{rng.randint(1, 240)} {rng.choice(_STREETS)} Street",
            "postal_code": f"{rng.randint(10000, 99999)}",
            "city": city,
            "country": country,
        },
    }


def subscription(number: int, buyer: Record, *, plan: str, started: datetime) -> Record:
    """A monthly plan of one customer; `amount` in units of the currency."""
    return {
        "id": f"sub_{number:04d}",
        "customer_id": buyer["id"],
        "plan": plan,
        "status": "active",
        "currency": _CURRENCIES[buyer["country"]],
        "amount": PLANS[plan] / 100,
        "interval": "month",
        "started_at": timestamp(started),
        "renewed_at": timestamp(started),
        "updated_at": timestamp(started),
    }


def invoice(rng: Random, number: int, buyer: Record, *, issued: datetime, status: str) -> Record:
    """An invoice with one to four line items, whose sum is its `amount`."""
    products = rng.sample(_PRODUCTS, rng.choices((1, 2, 3, 4), (40, 30, 20, 10))[0])
    items = [_line_item(sku, text, rng.randint(1, 5), cents) for sku, text, cents in products]
    return _invoice(number, buyer, items, issued=issued, status=status)


def renewal(number: int, buyer: Record, plan: Record, *, issued: datetime) -> Record:
    """The open invoice for one more month of a subscription."""
    text = f"Plan {plan['plan']}, one month"
    item = _line_item(f"PLAN-{plan['plan'].upper()}", text, 1, PLANS[plan["plan"]])
    bill = _invoice(number, buyer, [item], issued=issued, status="open")
    return {**bill, "subscription_id": plan["id"]}


def with_more(rng: Random, bill: Record) -> Record:
    """The same invoice with a larger quantity of one of its items, and the amount that follows."""
    items = [dict(item) for item in bill["line_items"]]
    rng.choice(items)["quantity"] += rng.randint(1, 3)
    return {**bill, "line_items": items, "amount": _total(items)}


def payment(rng: Random, number: int, bill: Record, *, paid: datetime) -> Record:
    """The payment that settles an invoice."""
    return {
        "id": f"pay_{number:06d}",
        "invoice_id": bill["id"],
        "subscription_id": bill["subscription_id"],
        "customer_id": bill["customer_id"],
        "currency": bill["currency"],
        "amount": bill["amount"],
        "method": rng.choice(_METHODS),
        "status": "succeeded",
        "paid_at": timestamp(paid),
        "updated_at": timestamp(paid),
    }


def status_by_age(rng: Random, days: float) -> str:
    """A believable status for an invoice issued so many days ago: the old ones are settled."""
    if days < 14:
        return rng.choices(("draft", "open", "paid"), (15, 55, 30))[0]
    if days < 30:
        return rng.choices(("open", "paid"), (30, 70))[0]
    return rng.choices(("paid", "overdue", "void"), (93, 4, 3))[0]


def _invoice(
    number: int, buyer: Record, items: list[Record], *, issued: datetime, status: str
) -> Record:
    return {
        "id": f"inv_{number:06d}",
        "number": f"{issued.year}-{number:06d}",
        "customer_id": buyer["id"],
        "subscription_id": None,
        "currency": _CURRENCIES[buyer["country"]],
        "amount": _total(items),
        "status": status,
        "issued_on": timestamp(issued)[:10],
        "paid_at": None,
        "updated_at": timestamp(issued),
        "line_items": items,
    }


def _line_item(sku: str, description: str, quantity: int, cents: int) -> Record:
    return {
        "sku": sku,
        "description": description,
        "quantity": quantity,
        "unit_price": cents / 100,
    }


def _total(items: list[Record]) -> float:
    cents: int = sum(round(item["unit_price"] * 100) * item["quantity"] for item in items)
    return cents / 100


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS_WITHOUT_DECOMPOSITION))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")
