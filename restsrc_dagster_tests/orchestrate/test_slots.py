"""Which slots the daemon requests: the examples of the contract, outages, at most once."""

from datetime import timedelta
from typing import Any

import pytest

from restsrc_dagster_tests.support.daemon import Daemon, in_process

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("schedule", "created_at", "start", "end", "every", "slots"),
    [
        pytest.param(
            {"mode": "days", "offset": 30}, "2026-11-23T10:03:00Z",
            "10:03:20", "2026-11-26 09:00", 6 * HOUR,
            ["2026-11-24 00:30", "2026-11-25 00:30", "2026-11-26 00:30"],
            id="every day at 00:30",
        ),
        pytest.param(
            {"mode": "days", "offset": 150, "timezone": "Europe/Berlin"}, "2027-03-26T10:03:00Z",
            "2027-03-26 10:03:20", "2027-03-29 09:00", HOUR,
            ["2027-03-27 01:30", "2027-03-28 01:00", "2027-03-29 00:30"],
            id="every day at 02:30 in Berlin, which is left out on one of them",
        ),
        pytest.param(
            {"mode": "days", "offset": 150, "timezone": "Europe/Berlin"}, "2026-10-23T10:03:00Z",
            "2026-10-23 10:03:20", "2026-10-26 09:00", HOUR,
            ["2026-10-24 00:30", "2026-10-25 01:30", "2026-10-26 01:30"],
            id="every day at 02:30 in Berlin, which comes twice on one of them",
        ),
        pytest.param(
            {"mode": "days", "offset": 1410, "timezone": "Africa/Cairo"}, "2027-10-26T10:03:00Z",
            "2027-10-26 10:03:20", "2027-10-31 09:00", HOUR,
            ["2027-10-26 20:30", "2027-10-27 20:30", "2027-10-28 21:30", "2027-10-29 21:30",
             "2027-10-30 21:30"],
            id="every day at 23:30 in Cairo, whose clocks go back at midnight",
        ),
        pytest.param(
            {"mode": "days", "timezone": "America/Havana"}, "2027-11-05T10:03:00Z",
            "2027-11-05 10:03:20", "2027-11-08 09:00", HOUR,
            ["2027-11-06 04:00", "2027-11-07 05:00", "2027-11-08 05:00"],
            id="every day at midnight in Havana, which comes twice",
        ),
        pytest.param(
            {"mode": "days", "offset": 30, "interval": 3}, "2026-11-23T10:03:00Z",
            "10:03:20", "2026-12-03 09:00", DAY,
            ["2026-11-26 00:30", "2026-11-29 00:30", "2026-12-02 00:30"],
            id="every 3 days, carried by daily ticks",
        ),
        pytest.param(
            {"mode": "days", "interval": 2}, "2027-02-25T10:03:00Z",
            "2027-02-25 10:03:20", "2027-03-04 00:00", DAY,
            ["2027-02-27 00:00", "2027-03-01 00:00", "2027-03-03 00:00"],
            id="every 2 days over the end of February",
        ),
        pytest.param(
            {"mode": "days"}, "2026-12-30T10:03:00Z",
            "2026-12-30 10:03:20", "2027-01-02 00:00", 6 * HOUR,
            ["2026-12-31 00:00", "2027-01-01 00:00", "2027-01-02 00:00"],
            id="every day over the end of the year",
        ),
        pytest.param(
            {"mode": "hours", "offset": 15}, "2026-11-22T23:50:00Z",
            "00:00:05", "03:00", 30 * MINUTE,
            ["2026-11-23 00:15", "2026-11-23 01:15", "2026-11-23 02:15"],
            id="every hour at :15",
        ),
        pytest.param(
            {"mode": "hours", "interval": 5}, "2026-11-23T10:03:00Z",
            "10:03:20", "2026-11-24 06:00", HOUR,
            ["2026-11-23 15:00", "2026-11-23 20:00", "2026-11-24 01:00", "2026-11-24 06:00"],
            id="every 5 hours, across midnight",
        ),
        pytest.param(
            {"mode": "minutes", "interval": 10}, "2026-11-23T10:03:00Z",
            "10:03:20", "10:34", MINUTE,
            ["2026-11-23 10:13", "2026-11-23 10:23", "2026-11-23 10:33"],
            id="every 10 minutes from the creation",
        ),
        pytest.param(
            {"mode": "minutes", "interval": 7}, "2026-11-23T10:03:00Z",
            "10:03:20", "10:18", MINUTE,
            ["2026-11-23 10:10", "2026-11-23 10:17"],
            id="every 7 minutes",
        ),
        pytest.param(
            {"mode": "minutes", "interval": 50}, "2026-11-23T23:03:00Z",
            "23:03:20", "2026-11-24 00:45", 5 * MINUTE,
            ["2026-11-23 23:53", "2026-11-24 00:43"],
            id="every 50 minutes, across midnight",
        ),
    ],
)  # fmt: skip
def test_slots(
    daemon: Daemon,
    schedule: dict[str, Any],
    created_at: str,
    start: str,
    end: str,
    every: timedelta,
    slots: list[str],
) -> None:
    daemon.write(**schedule, created_at=created_at)
    daemon.start(start).until(end, every=every)
    assert daemon.runs() == slots


def test_no_slot_lies_at_or_before_the_creation(daemon: Daemon) -> None:
    daemon.write(mode="hours", offset=15, created_at="2026-11-23T10:15:00Z")
    daemon.start("09:00:05").at("09:15:01").at("10:15:01").at("11:15:01")
    assert daemon.runs() == ["2026-11-23 11:15"]
    assert [tick.says for tick in daemon.ticks()] == [
        "acme has had no slot yet; the next slot is 2026-11-23 11:15 UTC",
        "acme has had no slot yet; the next slot is 2026-11-23 11:15 UTC",
        "",
    ]


CARRIERS = [
    pytest.param({"mode": "minutes", "interval": 10}, "13:53", "11:53", id="10 minutes"),
    pytest.param({"mode": "minutes", "interval": 7}, "14:00", "11:58", id="7 minutes"),
    pytest.param({"mode": "hours", "interval": 5}, "13:00", "12:00", id="5 hours"),
    pytest.param({"mode": "days", "interval": 3, "offset": 30}, "00:30", "00:30", id="3 days"),
]


@pytest.mark.parametrize(("schedule", "after_26_hours", "after_ten_days"), CARRIERS)
def test_after_an_outage_the_latest_missed_slot_runs_once(
    daemon: Daemon, schedule: dict[str, Any], after_26_hours: str, after_ten_days: str
) -> None:
    daemon.write(**schedule)
    daemon.start("10:03:20").sensors().at("2026-11-25 12:00:05")
    before = daemon.runs()
    daemon.restart("2026-11-26 14:00:05").at("14:00:05").sensors().at("14:00:50")
    assert daemon.runs() == [*before, f"2026-11-26 {after_26_hours}"]
    daemon.restart("2026-12-05 12:00:05").at("12:00:05").sensors().at("12:00:50")
    assert daemon.runs()[-2:] == [f"2026-11-26 {after_26_hours}", f"2026-12-05 {after_ten_days}"]


@pytest.mark.parametrize(
    ("schedule", "slot", "tick"),
    [
        pytest.param({"mode": "minutes", "interval": 7}, "10:10", MINUTE, id="7 minutes"),
        pytest.param({"mode": "minutes", "interval": 50}, "10:53", 10 * MINUTE, id="50 minutes"),
        pytest.param({"mode": "hours", "interval": 5}, "15:00", HOUR, id="5 hours"),
        pytest.param({"mode": "days", "interval": 3}, "2026-11-26 00:00", DAY, id="3 days"),
        pytest.param({"mode": "days"}, "2026-11-24 00:00", HOUR, id="1 day"),
    ],
)
def test_a_slot_whose_run_was_deleted_is_not_requested_again(
    daemon: Daemon, schedule: dict[str, Any], slot: str, tick: timedelta
) -> None:
    daemon.write(**schedule)
    daemon.start("10:03:20").sensors().at(slot)
    daemon.instance.delete_run(daemon.last_run())
    daemon.at(daemon.now + tick).restart(daemon.now + MINUTE / 2).at(daemon.now + tick)
    assert daemon.runs() == ["initial"]


def test_a_manual_run_moves_nothing(daemon: Daemon) -> None:
    daemon.write(mode="minutes", interval=7)
    daemon.start("10:03:20").until("10:05")
    daemon.launch("acme_sync", at="10:05:30")
    daemon.until("10:12")
    daemon.launch("acme_sync", at="10:12:30")
    daemon.until("10:18")
    assert daemon.runs() == ["2026-11-23 10:10", "2026-11-23 10:17"]


def test_a_manual_run_does_not_stand_for_a_missed_slot(daemon: Daemon) -> None:
    daemon.write(mode="hours", interval=5)
    daemon.start("14:30:00").sensors()
    daemon.launch("acme_sync", at="15:20:00")
    daemon.restart("16:10:00").at("16:10:00")
    assert daemon.runs() == ["initial", "2026-11-23 15:00"]


def test_two_schedulers_request_a_slot_once(daemon: Daemon) -> None:
    daemon.write(mode="minutes", interval=7)
    with Daemon(daemon.folder, daemon.instance) as second:
        daemon.start("10:03:20")
        second.start("10:03:25")
        for minute in range(4, 19):
            daemon.at(f"10:{minute:02}:01")
            second.at(f"10:{minute:02}:01")
    assert daemon.runs() == ["2026-11-23 10:10", "2026-11-23 10:17"]


def test_under_another_name_the_location_requests_nothing_again(daemon: Daemon) -> None:
    """To Dagster, all its schedules and sensors are new ones: no tick, no cursor is left."""
    daemon.write(mode="days", interval=3)
    daemon.start("10:03:20").sensors().at("2026-11-26 00:00:01")
    renamed = in_process(location="renamed")
    with Daemon(daemon.folder, daemon.instance, renamed) as later:
        later.start("2026-11-26 12:00:00").sensors().at("2026-11-27 00:00:01")
    assert daemon.runs() == ["initial", "2026-11-26 00:00"]


@pytest.mark.parametrize(
    ("minutes", "back_at", "ended"),
    [
        pytest.param(10, "10:17:40", ["10:17", "10:27"], id="the tick is resumed"),
        pytest.param(10, "10:30:05", ["10:27"], id="later"),
        pytest.param(7, "10:17:40", ["10:17", "10:24"], id="carrier, the tick is resumed"),
        pytest.param(7, "10:18:40", ["10:17", "10:24"], id="carrier, a minute later"),
        pytest.param(7, "10:30:05", ["10:24"], id="carrier, later"),
    ],
)
def test_a_scheduler_killed_in_mid_request_blocks_no_later_slot(
    daemon: Daemon, minutes: int, back_at: str, ended: list[str]
) -> None:
    """The run that it leaves may be NOT_STARTED for ever, and is not one that waits."""
    created_at = f"2026-11-23T10:{17 - minutes:02}:00Z"
    daemon.write(mode="minutes", interval=minutes, created_at=created_at)
    daemon.start("10:16:20").sensors().killed_at("10:17:01")
    daemon.restart(back_at).at(back_at).until("10:30:30")
    slots = [daemon.slot(run) for run in daemon.all_runs() if run.status.value == "SUCCESS"]
    assert slots == ["initial", *[f"2026-11-23 {time}" for time in ended]]
