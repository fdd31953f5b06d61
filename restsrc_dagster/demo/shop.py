"""The demonstration shop: its history, and the life that goes on while one watches.

A shop is a function of three things: the seed, the moment it opened, and the clock. Its past is
written when it is built; from then on a tick falls every ten seconds, and whoever asks first after
a tick lives through it. No thread runs, and a shop that is built again with the same opening moment
has lived through the same ticks: after a restart, a record has changed if and only if its
`updated_at` has.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from random import Random

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo import data
from restsrc_dagster.demo.data import Record, timestamp

Key = tuple[str, str]  # (updated_at, id): the order of every list

TICK = timedelta(seconds=10)
TICKS_TO_NEW_CUSTOMER = 3
TICKS_TO_RENEWAL = 6
HISTORY_DAYS = 1095
CUSTOMERS, INVOICES, SUBSCRIPTIONS = 5240, 8400, 40
MOST_CUSTOMERS, MOST_INVOICES = 15_000, 25_000  # a demo that runs for days stays a demo


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True, kw_only=True)
class Page:
    """`records` in the order of their keys; `after` continues, None ends; `total` of all pages."""

    records: list[Record]
    after: Key | None
    total: int


class Collection:
    """Records by id, read in the order of (updated_at, id).

    Pages continue after a key, not after a count: a record that changes between two pages moves to
    the end and is seen there again; none is ever passed over. Records are replaced, never changed,
    so that a page stays as it was read.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records: dict[str, Record] = {}
        self._order: list[Key] | None = None
        for record in records:
            self.put(record)

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, record_id: str) -> Record:
        return self._records[record_id]

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._records

    def put(self, record: Record) -> None:
        """Adds a record or replaces the one of the same id."""
        self._records.pop(record["id"], None)  # to the end: the order is then nearly sorted already
        self._records[record["id"]] = record
        self._order = None

    def page(self, *, limit: int, since: str = "", after: Key | None = None) -> Page:
        """At most `limit` records with `updated_at >= since` (a timestamp), behind `after`."""
        if self._order is None:
            self._order = sorted((r["updated_at"], r["id"]) for r in self._records.values())
        first = bisect_left(self._order, (since, ""))
        start = max(first, bisect_right(self._order, after)) if after else first
        keys = self._order[start : start + limit]
        return Page(
            records=[self._records[record_id] for _, record_id in keys],
            after=keys[-1] if start + limit < len(self._order) else None,
            total=len(self._order) - first,
        )


class Shop:
    """Customers, invoices, subscriptions, payments, at the moment `clock` tells. Thread-safe."""

    def __init__(
        self,
        *,
        opened_at: datetime | None = None,
        clock: Callable[[], datetime] = utc_now,
        seed: int = 20,
    ) -> None:
        self._clock = clock
        self._rng = Random(seed)  # noqa: S311 - believable, not secret
        self._lock = threading.Lock()
        self._next_tick = (opened_at or clock()).astimezone(timezone.utc).replace(microsecond=0)
        self._ticks = 0
        self._customers = Collection()
        self._customer_ids: list[str] = []
        self._invoices = Collection()
        self._invoice_ids: list[str] = []
        self._unsettled: list[str] = []
        self._subscriptions = Collection()
        self._subscription_ids: list[str] = []
        self._payments: dict[str, list[Record]] = {}  # by the id of their invoice and subscription
        self._payment_count = 0
        self._write_history(self._next_tick)
        self._next_tick += TICK
        self._live()  # a shop that opened days ago: here, not in someone's first request

    def page(
        self, resource: str, *, limit: int, since: str = "", after: Key | None = None
    ) -> Page | None:
        """A page of `customers`, `invoices` or `subscriptions`; None for anything else."""
        with self._lock:
            self._live()
            collection = self._collection(resource)
            if collection is None:
                return None
            return collection.page(limit=limit, since=since, after=after)

    def payments_page(
        self, parent: str, parent_id: str, *, limit: int, since: str = "", after: Key | None = None
    ) -> Page | None:
        """A page of the payments of one invoice or subscription; None if there is no such one."""
        with self._lock:
            self._live()
            parents = self._collection(parent) if parent != "customers" else None
            if parents is None or parent_id not in parents:
                return None
            children = Collection(self._payments.get(parent_id, []))
            return children.page(limit=limit, since=since, after=after)

    def _collection(self, resource: str) -> Collection | None:
        return {
            "customers": self._customers,
            "invoices": self._invoices,
            "subscriptions": self._subscriptions,
        }.get(resource)

    def _write_history(self, now: datetime) -> None:
        rng, seconds = self._rng, HISTORY_DAYS * 86400
        for age in sorted((rng.randrange(60, seconds) for _ in range(CUSTOMERS)), reverse=True):
            changed = now - timedelta(seconds=rng.randrange(30, age))
            self._add_customer(now - timedelta(seconds=age), updated=changed)
        buyers = rng.sample(self._customer_ids[: CUSTOMERS // 2], SUBSCRIPTIONS)
        bills: list[tuple[datetime, str, Record | None]] = [
            (self._moment_in_life(self._customers[buyer], now), buyer, None)
            for buyer in rng.choices(self._customer_ids, k=INVOICES)
        ]
        for number, buyer in enumerate(buyers, 1):
            months, hours = rng.randint(2, 7), rng.randrange(2, 700)
            started = now - timedelta(days=30 * (months - 1), hours=hours)
            plan = rng.choice(("team", "business", "enterprise"))
            self._customers.put({**self._customers[buyer], "status": "active", "plan": plan})
            bought = data.subscription(number, self._customers[buyer], plan=plan, started=started)
            self._subscriptions.put(bought)
            self._subscription_ids.append(bought["id"])
            bills += [(started + timedelta(days=30 * m), buyer, bought) for m in range(months)]
        for issued, buyer, plan_bought in sorted(bills, key=lambda bill: bill[:2]):
            if plan_bought:
                self._renew(plan_bought["id"], issued)
            else:
                status = data.status_by_age(rng, (now - issued) / timedelta(days=1))
                self._add_invoice(buyer, issued, status=status, now=now)

    def _moment_in_life(self, buyer: Record, now: datetime) -> datetime:
        created = parse_time(buyer["created_at"])
        return created + (now - created) * self._rng.random()

    def _live(self) -> None:
        now = self._clock()
        while self._next_tick <= now:
            self._ticks += 1
            self._tick(self._next_tick)
            self._next_tick += TICK

    def _tick(self, at: datetime) -> None:
        rng = self._rng
        for _ in range(2):
            buyer = self._customers[rng.choice(self._customer_ids)]
            news = (
                {"plan": rng.choice([plan for plan in data.PLANS if plan != buyer["plan"]])}
                if rng.random() < 0.5
                else {"status": "paused" if buyer["status"] == "active" else "active"}
            )
            self._customers.put({**buyer, **news, "updated_at": timestamp(at)})
            self._move_an_invoice(at)
        if len(self._invoices) < MOST_INVOICES:
            self._add_invoice(rng.choice(self._customer_ids), at, status="draft", now=at)
        if self._ticks % TICKS_TO_NEW_CUSTOMER == 0 and len(self._customers) < MOST_CUSTOMERS:
            self._add_customer(at, updated=at)
        if self._ticks % TICKS_TO_RENEWAL == 0 and len(self._invoices) < MOST_INVOICES:
            self._renew(rng.choice(self._subscription_ids), at)

    def _move_an_invoice(self, at: datetime) -> None:
        """One step of one invoice: draft → open → (overdue →) paid; if all are, one is disputed."""
        rng = self._rng
        if not self._unsettled:
            bill = self._invoices[rng.choice(self._invoice_ids)]
            self._unsettled.append(bill["id"])
            self._invoices.put({**bill, "status": "disputed", "updated_at": timestamp(at)})
            return
        place = rng.randrange(len(self._unsettled))
        bill = self._invoices[self._unsettled[place]]
        if bill["status"] == "draft":
            bill = {**data.with_more(rng, bill), "status": "open"}
        elif bill["status"] == "open" and rng.random() < 0.3:
            bill = {**bill, "status": "overdue"}
        else:
            self._unsettled[place] = self._unsettled[-1]
            self._unsettled.pop()
            self._settle(bill, at)
            return
        self._invoices.put({**bill, "updated_at": timestamp(at)})

    def _add_customer(self, created: datetime, *, updated: datetime) -> None:
        number = len(self._customers) + 1
        added = data.customer(self._rng, number, created=created, updated=updated)
        self._customers.put(added)
        self._customer_ids.append(added["id"])

    def _add_invoice(self, buyer: str, issued: datetime, *, status: str, now: datetime) -> None:
        number = len(self._invoices) + 1
        added = data.invoice(
            self._rng, number, self._customers[buyer], issued=issued, status=status
        )
        self._invoices.put(added)
        self._invoice_ids.append(added["id"])
        if status in data.UNSETTLED:
            self._unsettled.append(added["id"])
        elif status == "paid":
            days_to_pay = min(timedelta(days=30), now - issued) * self._rng.random()
            self._settle(added, issued + days_to_pay)

    def _renew(self, subscription_id: str, at: datetime) -> None:
        plan = self._subscriptions[subscription_id]
        plan = {**plan, "renewed_at": timestamp(at), "updated_at": timestamp(at)}
        self._subscriptions.put(plan)
        number = len(self._invoices) + 1
        bill = data.renewal(number, self._customers[plan["customer_id"]], plan, issued=at)
        self._invoice_ids.append(bill["id"])
        self._settle(bill, at)

    def _settle(self, bill: Record, at: datetime) -> None:
        """Marks an invoice paid, with its payment unless it has one (it was disputed)."""
        settled = {**bill, "status": "paid", "updated_at": timestamp(at)}
        if settled["paid_at"] is None:
            settled["paid_at"] = timestamp(at)
            self._payment_count += 1
            paid = data.payment(self._rng, self._payment_count, settled, paid=at)
            for parent_id in filter(None, (paid["invoice_id"], paid["subscription_id"])):
                self._payments.setdefault(parent_id, []).append(paid)
        self._invoices.put(settled)
