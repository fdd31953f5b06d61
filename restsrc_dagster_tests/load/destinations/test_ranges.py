"""A range that is read again, in each database: its rows are the API's, and the others stay."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from restsrc_dagster.load.ranges import replaced
from restsrc_dagster.load.ranges.ranges import Between
from restsrc_dagster_tests.load.destinations.conftest import of_libraries
from restsrc_dagster_tests.load.destinations.places import Place
from restsrc_dagster_tests.support.api import Api
from restsrc_dagster_tests.support.connectors import items

pytestmark = of_libraries
FIRST, DAY = datetime(2026, 1, 1, tzinfo=timezone.utc), timedelta(days=1)
RANGE = Between(FIRST + 2 * DAY, FIRST + 5 * DAY)
SPELLINGS: dict[str, Callable[[datetime], Any]] = {
    "a time": lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}",
    "a number": lambda at: int(at.timestamp()),
}


class Log:
    """An event at each midnight, with a list of tags; in the second edition, other ones."""

    def __init__(
        self, api: Api, spelled: Callable[[datetime], Any] = SPELLINGS["a time"], **keys: Any
    ) -> None:
        self.texts = ["old"] * 8
        api.routes |= {
            "/items": lambda _: {
                "data": [
                    {"id": day, "at": spelled(FIRST + day * DAY), "text": text, "tags": [day, 9]}
                    for day, text in enumerate(self.texts)
                    if text
                ]
            }
        }
        cursor = {"cursor_path": "at", "initial_value": spelled(FIRST - DAY)}
        self.resource = {**items(incremental=cursor), **keys}


def texts(place: Place) -> dict[int, str]:
    rows = place.rows("items")
    assert len(rows) == len({row["id"] for row in rows})
    assert sorted(row["value"] for row in place.rows("items__tags") if row["value"] != 9) == sorted(
        row["id"] for row in rows
    )
    return {row["id"]: row["text"] for row in rows}


in_each_database = pytest.mark.parametrize(
    "place", ["sqlite", "mariadb", "postgres"], indirect=True
)


@in_each_database
def test_with_a_key_it_is_merged(api: Api, place: Place) -> None:
    log = Log(api, primary_key="id")
    acme = place.connector(api.url, [log.resource])
    place.load(acme)
    log.texts = ["new"] * 8
    place.load(acme, between=RANGE)
    assert texts(place) == {day: "new" if day in (2, 3, 4) else "old" for day in range(8)}


@pytest.mark.parametrize("spelling", SPELLINGS)
@in_each_database
def test_without_one_it_is_replaced(api: Api, place: Place, spelling: str) -> None:
    log = Log(api, SPELLINGS[spelling])
    acme = place.connector(api.url, [log.resource])
    place.load(acme)
    log.texts = ["new"] * 3 + [""] + ["new"] * 4
    place.load(acme, between=RANGE)
    days = {day: "new" if day in (2, 4) else "old" for day in range(8) if day != 3}
    assert texts(place) == days


@in_each_database
def test_one_that_breaks_off_amid_replacing_is_undone(
    api: Api, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(api)
    acme = place.connector(api.url, [log.resource])
    place.load(acme)
    log.texts[2:5] = ["new"] * 3

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(replaced, "forget_replacing", killed)
        with pytest.raises(KeyboardInterrupt):
            place.load(acme, between=RANGE)
    place.load(acme)
    assert texts(place) == dict.fromkeys(range(8), "old")
