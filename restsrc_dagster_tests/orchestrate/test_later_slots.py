"""Slots that no cron string says: dates as far as they reach, and then one sensor for all."""

from datetime import datetime, timedelta

import pytest

from restsrc_dagster.connector.schedule.cron import cron_of
from restsrc_dagster.connector.schedule.schedule import Schedule
from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster_tests.support.daemon import Daemon

SENSOR = "later_slots_sensor"
CREATED = parse_time("2026-11-23T10:03:00Z")
SLOTS = Schedule(mode="minutes", interval=7).slots(CREATED)


def horizon() -> datetime:
    end = cron_of(SLOTS, CREATED + timedelta(seconds=20)).end
    assert end is not None
    return end


def shown(slot: datetime) -> str:
    return f"{slot:%Y-%m-%d %H:%M}"


def test_no_tick_is_empty(daemon: Daemon) -> None:
    daemon.write(mode="minutes", interval=7)
    daemon.start("10:03:20").until("10:32")
    assert daemon.runs() == [f"2026-11-23 {slot}" for slot in ("10:10", "10:17", "10:24", "10:31")]
    assert [tick.says for tick in daemon.ticks()] == ["", "", "", ""]


def test_one_sensor_goes_on_where_the_dates_end(daemon: Daemon) -> None:
    daemon.write(mode="minutes", interval=7)
    last, first = SLOTS.latest(horizon() - timedelta(seconds=1)), SLOTS.next(horizon())
    daemon.start("10:03:20").sensors().at(last + timedelta(seconds=5))
    daemon.sensors()
    assert daemon.runs() == ["initial", shown(last)]
    daemon.at(first + timedelta(seconds=5)).sensors().sensors()
    assert daemon.runs() == ["initial", shown(last), shown(first)]
    second = SLOTS.next(first)
    daemon.at(second + timedelta(seconds=40)).sensors().sensors()
    assert daemon.runs() == ["initial", shown(last), shown(first), shown(second)]
    assert "reload the location so that 1 schedules show their next slots" in (
        daemon.ticks(SENSOR)[-1].says
    )


def test_a_schedule_that_is_stopped_stays_stopped(daemon: Daemon) -> None:
    daemon.write(mode="minutes", interval=7)
    first = SLOTS.next(horizon())
    daemon.start("10:03:20").sensors().stop_schedule()
    daemon.at(first + timedelta(seconds=5)).sensors()
    assert daemon.runs() == ["initial"]
    assert daemon.ticks(SENSOR)[-1].says == "acme_schedule is stopped"


def test_on_a_branch_deployment_it_goes_on_for_what_a_person_has_started(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_CLOUD_IS_BRANCH_DEPLOYMENT", "1")
    for name in ("acme", "shop"):
        daemon.write(name, mode="minutes", interval=7)
    first = SLOTS.next(horizon())
    daemon.start("10:03:20").sensors().start_schedule("acme")
    daemon.at(first + timedelta(seconds=5)).sensors()
    assert (daemon.runs(), daemon.runs("shop")) == ([shown(first)], [])
    second = SLOTS.next(first)
    daemon.stop_schedule().at(second + timedelta(seconds=5)).sensors()
    assert daemon.runs() == [shown(first)]
    assert daemon.ticks(SENSOR)[-1].says == "acme_schedule is stopped\nshop_schedule is stopped"


def test_of_an_outage_the_latest_slot_is_requested_once(daemon: Daemon) -> None:
    daemon.write(mode="minutes", interval=7)
    daemon.start("10:03:20").sensors()
    late = SLOTS.next(horizon() + timedelta(days=3))
    daemon.at(late + timedelta(seconds=30)).sensors().at(late + timedelta(seconds=60)).sensors()
    assert daemon.runs()[-1] == shown(late)
    assert daemon.runs().count(shown(late)) == 1


def test_a_file_that_broke_meanwhile_is_not_loaded(daemon: Daemon) -> None:
    file = daemon.write(mode="minutes", interval=7)
    first = SLOTS.next(horizon())
    daemon.start("10:03:20").sensors()
    file.write_text("{", encoding="utf-8")
    daemon.at(first + timedelta(seconds=5)).sensors()
    assert daemon.runs() == ["initial"]


def test_where_each_slot_is_said_by_a_cron_there_is_no_such_sensor(daemon: Daemon) -> None:
    daemon.write(mode="hours")
    daemon.start("10:03:20").sensors()
    assert daemon.states(SENSOR) == []
