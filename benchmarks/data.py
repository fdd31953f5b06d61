"""The records of the benchmarks' API, and what a table of them must add up to."""

from dataclasses import dataclass
from typing import Any

REPEATS_AFTER = 100_000
"""Every column but `id` repeats after so many records."""

COUNTRIES = ("Österreich", "Deutschland", "France", "España", "日本", "Brasil", "Canada")


@dataclass(frozen=True)
class Sums:
    """What is read of a table to see that the right rows are in it."""

    rows: int
    ids: int
    quantities: int


def quantity(number: int, *, changed: bool = False) -> int:
    """That of a record; where the API has changed, every tenth has one more."""
    return number * 31 % 500 + (changed and number % 10 == 0)


def record(number: int, *, nested: bool = False, changed: bool = False) -> dict[str, Any]:
    """Ten flat columns; `nested` adds an object within an object and a list of two objects."""
    updated = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}T10:{number % 60:02}:09.5Z"
    found: dict[str, Any] = {
        "id": number,
        "name": f"Customer {number}",
        "email": f"customer.{number}@example.com",
        "amount": number * 7919 % 100_000 / 100 + 0.005,
        "quantity": quantity(number, changed=changed),
        "active": number % 3 != 0,
        "country": COUNTRIES[number % len(COUNTRIES)],
        "note": None if number % 4 else f"note {number} " * 3,
        "created_at": f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:00:01Z",
        "updated_at": "2026-01-31T10:00:09.5Z" if changed and number % 10 == 0 else updated,
    }
    if nested:
        found["address"] = {
            "street": f"Street {number}",
            "city": {"name": "Wien", "zip": f"{number % 9000:04}"},
        }
        found["lines"] = [
            {"sku": f"sku-{number}-{line}", "price": line + 0.5, "count": line} for line in range(2)
        ]
    return found


def sums(rows: int, *, changed: bool = False) -> Sums:
    """Of the first `rows` records."""
    times, rest = divmod(rows, REPEATS_AFTER)

    def of_first(count: int) -> int:
        return sum(quantity(number, changed=changed) for number in range(count))

    quantities = times * of_first(REPEATS_AFTER if times else 0) + of_first(rest)
    return Sums(rows, rows * (rows - 1) // 2, quantities)
