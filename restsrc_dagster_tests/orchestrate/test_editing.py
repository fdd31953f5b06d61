"""Editing a schedule never fires a slot that lies before the edit was loaded.

Dagster's own search for ticks goes on from the last tick, or from an hourly checkpoint: when a
cron string changes, and the daemon's memory is gone, it may find a tick that lies in the past.
"""

from collections.abc import Callable
from typing import Any

import pytest

from restsrc_dagster_tests.support.daemon import Daemon

Sensors = Callable[[Daemon], Daemon]

SENSORS = [
    pytest.param(lambda daemon: daemon.sensors(), id="the sensor has ticked"),
    pytest.param(lambda daemon: daemon, id="the sensor has not ticked"),
]
EDITS = [
    pytest.param({"mode": "minutes", "interval": 5}, "10:18", "10:23", id="interval, finer"),
    pytest.param({"mode": "minutes", "interval": 7}, "10:17", "10:24", id="interval, carried"),
    pytest.param({"mode": "hours", "offset": 15}, "10:15", "11:15", id="mode"),
    pytest.param({"mode": "days", "offset": 615}, "10:15", "2026-11-24 10:15", id="mode, days"),
]


@pytest.mark.parametrize("sensors", SENSORS)
@pytest.mark.parametrize(("edit", "past", "following"), EDITS)
def test_a_tick_that_dagster_finds_in_the_past_is_skipped(
    daemon: Daemon, edit: dict[str, Any], past: str, following: str, sensors: Sensors
) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors().at("10:13:01")
    daemon.write(**edit)
    sensors(daemon.restart("10:19:10")).at("10:19:50")
    skipped = daemon.ticks()[-1]
    assert skipped.status == "SKIPPED"
    assert skipped.says.startswith(
        f"slot 2026-11-23 {past} UTC lies before this schedule was loaded, at 2026-11-23 10:19 UTC"
        "; the next slot is"
    )
    assert daemon.at(following).runs()[2:] == [daemon.moment(following)]


def test_the_skipped_tick_lies_before_the_edit(daemon: Daemon) -> None:
    """Shows that Dagster does evaluate it; if it no longer does, the test above proves nothing."""
    daemon.write(mode="days", offset=540)
    daemon.start("08:00:00").sensors().at("09:00:05")
    daemon.write(mode="days", offset=560)
    daemon.restart("09:40:10").at("09:40:50")
    assert [tick.at for tick in daemon.ticks()] == ["2026-11-23 09:00", "2026-11-23 09:20"]


@pytest.mark.parametrize("sensors", SENSORS)
@pytest.mark.parametrize("load", [Daemon.reload, Daemon.restart])
def test_a_carrier_does_not_catch_up_a_slot_from_before_the_edit(
    daemon: Daemon, load: Callable[[Daemon, str], Daemon], sensors: Sensors
) -> None:
    """Every 6 days becomes every 3: the 2nd of December would have been a slot."""
    daemon.write(mode="days", interval=6, offset=30)
    daemon.start("10:03:20").sensors().at("2026-11-29 00:30:01")
    daemon.write(mode="days", interval=3, offset=30)
    sensors(load(daemon, "2026-12-03 12:00:00"))
    daemon.at("2026-12-04 00:30:01").at("2026-12-05 00:30:01").at("2026-12-06 00:30:01")
    assert daemon.runs() == ["initial", "2026-11-29 00:30", "2026-12-05 00:30"]


@pytest.mark.parametrize("sensors", SENSORS)
def test_an_offset_is_edited(daemon: Daemon, sensors: Sensors) -> None:
    daemon.write(mode="hours", offset=15)
    daemon.start("10:03:20").sensors().at("10:15:01")
    daemon.write(mode="hours", offset=20)
    sensors(daemon.restart("10:40:00")).at("10:40:50").at("11:15:01").at("11:20:01")
    assert daemon.runs() == ["initial", "2026-11-23 10:15", "2026-11-23 11:20"]


def test_without_any_tick_of_the_sensor(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").at("10:13:01")
    daemon.write(mode="minutes", interval=5)
    daemon.restart("10:19:10").at("10:19:50").at("10:23:01")
    assert daemon.runs() == ["2026-11-23 10:13", "2026-11-23 10:23"]


@pytest.mark.parametrize("sensors", SENSORS)
def test_there_and_back_again(daemon: Daemon, sensors: Sensors) -> None:
    """10:23 was a slot of the schedule as it was, and is one again, but not when it passed."""
    daemon.write()
    daemon.start("10:03:20").sensors().at("10:13:01")
    daemon.write(mode="minutes", interval=7)
    sensors(daemon.reload("10:14:00")).until("10:18:01")
    daemon.write()
    sensors(daemon.restart("10:24:10")).at("10:24:50").at("10:33:01")
    assert daemon.runs() == [
        "initial", "2026-11-23 10:13", "2026-11-23 10:17", "2026-11-23 10:33",
    ]  # fmt: skip


def test_a_new_schedule_catches_up_after_an_outage(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors()
    daemon.write(mode="hours", interval=5)
    daemon.reload("10:30:00").sensors().at("10:31:00")
    daemon.restart("2026-11-24 12:00:00").at("12:00:10")
    assert daemon.runs() == ["initial", "2026-11-24 11:00"]


def test_so_does_one_that_was_edited_while_the_sensor_was_off(daemon: Daemon) -> None:
    daemon.write()
    daemon.start("10:03:20").sensors()
    daemon.write(mode="hours", interval=5)
    daemon.reload("10:30:00").at("10:31:00").at("15:00:01")
    daemon.restart("2026-11-24 12:00:00").at("12:00:10")
    assert daemon.runs() == ["initial", "2026-11-23 15:00", "2026-11-24 11:00"]


def test_other_keys_may_be_edited_at_any_time(daemon: Daemon) -> None:
    daemon.write(mode="hours", interval=5)
    daemon.start("10:03:20").sensors()
    daemon.write(mode="hours", interval=5, description="edited while nothing was running")
    daemon.restart("16:00:00").sensors().at("16:00:50")
    assert daemon.runs() == ["initial", "2026-11-23 15:00"]


def test_a_file_that_was_broken_for_a_while_keeps_the_time_of_its_edit(daemon: Daemon) -> None:
    daemon.write(mode="days", interval=6, offset=30)
    daemon.start("10:03:20").sensors()
    path = daemon.write(mode="days", interval=3, offset=30)
    mended = path.read_text()
    daemon.reload("2026-11-27 12:00:00").sensors()
    path.write_text("{")
    daemon.reload("2026-11-27 12:05:00").at("12:05:10").sensors()
    path.write_text(mended)
    daemon.reload("2026-11-27 12:10:00").at("12:10:10").sensors()
    assert daemon.at("2026-11-28 00:30:01").runs() == ["initial"]
    assert daemon.at("2026-11-29 00:30:01").runs() == ["initial", "2026-11-29 00:30"]
